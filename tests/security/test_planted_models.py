"""Model folders and caches from somebody else: nothing in them is ever run."""

from __future__ import annotations

import json
import pickle
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from service.bootstrap import vectors
from service.embedding import weights
from service.embedding.weights import folder_of, revision_of
from service.errors import EncoderError

if TYPE_CHECKING:
    from collections.abc import Iterator

MODULES = [
    {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
    {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
]
NAMES = (
    "pytorch_model.bin",
    "pytorch_model-00001-of-00002.bin",
    "model.pkl",
    "model.pickle",
    "model.joblib",
    "model.pt",
    "model.pth",
    "model.ckpt",
    "flax_model.msgpack",
    "tf_model.h5",
    "training_args.bin",
)


class Trap:
    """Unpickled, it leaves a file."""

    def __init__(self, sprung: Path) -> None:
        self.sprung = sprung

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.write_text, (self.sprung, "sprung")


@pytest.fixture
def sprung(tmp_path: Path) -> Path:
    """Where a trap shows that it was run."""
    return tmp_path / "sprung"


@pytest.fixture
def planted(tmp_path: Path, sprung: Path) -> Path:
    """A folder like a model's, in which every pickle that anything could load is a trap."""
    folder = tmp_path / "planted"
    folder.mkdir()
    (folder / "modules.json").write_text(json.dumps(MODULES))
    (folder / "config.json").write_text("{}")
    for name in NAMES:
        (folder / name).write_bytes(pickle.dumps(Trap(sprung)))
    return folder


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Where anybody tried to connect to."""
    tried: list[object] = []

    def refuse(_: socket.socket, address: object) -> None:
        tried.append(address)
        raise OSError("no network here")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    return tried


def test_the_trap_works(planted: Path, sprung: Path) -> None:
    """The tests below can fail."""
    pickle.loads((planted / "model.pkl").read_bytes())
    assert sprung.exists()


def test_a_folder_with_pickled_weights_alone_is_refused(planted: Path, sprung: Path) -> None:
    with pytest.raises(EncoderError, match="never loaded"):
        folder_of(str(planted))
    assert not sprung.exists()


def test_what_only_calls_itself_safetensors_does_not_help(planted: Path, sprung: Path) -> None:
    """Weights of one part in safetensors, those of another pickled."""
    (planted / "2_Dense").mkdir()
    (planted / "2_Dense" / "model.safetensors").write_bytes(b"\0" * 8)
    with pytest.raises(EncoderError, match="never loaded"):
        folder_of(str(planted))
    assert not sprung.exists()


@pytest.mark.parametrize(
    "kind",
    [
        "modeling_trap.Trap",
        "custom.Pooling",
        "builtins.exec",
        "subprocess.Popen",
        "os.system",
        "sentence_transformers_evil.Module",
        "",
    ],
)
def test_code_that_comes_with_a_model_is_refused(kind: str, planted: Path, tmp_path: Path) -> None:
    """Older versions of the library import it from a local folder without being asked."""
    (planted / "model.safetensors").write_bytes(b"\0" * 8)
    (planted / "modeling_trap.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    assert folder_of(str(planted)) == planted
    parts = [*MODULES, {"idx": 2, "name": "2", "path": "", "type": kind}]
    (planted / "modules.json").write_text(json.dumps(parts))
    with pytest.raises(EncoderError, match="never run"):
        folder_of(str(planted))
    assert not (tmp_path / "ran").exists()


def test_weights_that_are_not_the_published_ones_are_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The default model comes in somebody else's package: its bytes are checked when it is loaded."""
    folder = folder_of(None)
    assert len(revision_of(folder)) == 16
    changed = tmp_path / "model.safetensors"
    changed.write_bytes(b"\0" * 8)
    monkeypatch.setattr(weights, "_packaged_weights", lambda: changed)
    with pytest.raises(EncoderError, match="not those that its authors published"):
        revision_of(tmp_path)


def test_a_model_that_is_not_here_is_not_looked_for_elsewhere(connected: list[object]) -> None:
    for name in ("some-group/no-such-model", "all-mpnet-base-v2", "https://evil.example.org/model"):
        with pytest.raises(EncoderError):
            folder_of(name)
    assert connected == []


def test_a_cache_of_vectors_is_never_unpickled(tmp_path: Path, sprung: Path) -> None:
    """It counts as damaged, and the vectors are made anew."""
    trap = np.empty(1, dtype=object)
    trap[0] = Trap(sprung)
    file = tmp_path / "vectors.npz"
    with file.open("wb") as stream:
        np.savez(stream, rows=trap, counts=np.ones(1, dtype=np.int64))
    assert vectors._read(file, 1) is None
    assert not sprung.exists()


@pytest.fixture
def beside_good_weights(planted: Path) -> Iterator[Path]:
    """The installed model, with a trap beside everything."""
    good = folder_of(None)
    for file in good.rglob("*"):
        if file.is_file():
            at = planted / file.relative_to(good)
            at.parent.mkdir(exist_ok=True)
            at.unlink(missing_ok=True)
            at.symlink_to(file)
    return planted


@pytest.mark.model
def test_a_planted_pickle_never_loads(
    beside_good_weights: Path, sprung: Path, connected: list[object]
) -> None:
    """Neither beside safetensors, nor in their place when our own check is passed by; and nothing
    is asked of a hub."""
    from service.embedding.loading import load

    folder = beside_good_weights
    assert folder_of(str(folder)) == folder
    load(folder)
    assert not sprung.exists()
    (folder / "model.safetensors").unlink()
    with pytest.raises(EncoderError):
        load(folder)
    assert not sprung.exists()
    assert connected == []


@pytest.mark.model
def test_code_beside_the_weights_is_not_run_by_the_loader_either(
    beside_good_weights: Path, tmp_path: Path
) -> None:
    from service.embedding.loading import load

    folder, ran = beside_good_weights, tmp_path / "ran"
    code = f"from pathlib import Path\nPath({str(ran)!r}).touch()\nclass Trap: ...\n"
    (folder / "modeling_trap.py").write_text(code)
    for name, changes in (
        ("config.json", {"auto_map": {"AutoModel": "modeling_trap.Trap", "AutoConfig": "modeling_trap.Trap"}, "model_type": "trap"}),
        ("modules.json", [*MODULES, {"idx": 2, "name": "2", "path": "", "type": "modeling_trap.Trap"}]),
    ):  # fmt: skip
        before = (folder / name).read_text()
        (folder / name).unlink()
        held = json.loads(before)
        (folder / name).write_text(
            json.dumps({**held, **changes} if isinstance(changes, dict) else changes)
        )
        with pytest.raises(EncoderError):
            load(folder)
        assert not ran.exists(), name
        (folder / name).write_text(before)
