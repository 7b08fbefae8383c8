from __future__ import annotations

import shutil

import pytest

from service.embedding.weights import folder_of, name_of, revision_of
from service.errors import EncoderError


@pytest.fixture
def folder(tmp_path):
    """A folder that looks like a model to everything but a loader."""
    for name in ("modules.json", "config.json", "model.safetensors"):
        (tmp_path / name).write_text("{}")
    return tmp_path


def test_the_default_model_is_installed_with_its_weights() -> None:
    folder = folder_of(None)
    assert (folder / "model.safetensors").stat().st_size > 80_000_000
    assert folder_of("all-MiniLM-L6-v2") == folder
    assert name_of(None) == "all-MiniLM-L6-v2"


def test_a_folder_is_taken_as_it_is_and_named_by_its_last_part(folder) -> None:
    assert folder_of(str(folder)) == folder
    assert name_of(f"{folder}/") == folder.name


def test_the_revision_changes_with_weights_and_settings_only(folder) -> None:
    first = revision_of(folder)
    assert len(first) == 16
    (folder / "README.md").write_text("read me")
    assert revision_of(folder) == first
    (folder / "config.json").write_text('{"layers": 7}')
    second = revision_of(folder)
    (folder / "model.safetensors").write_text("other")
    assert len({first, second, revision_of(folder)}) == 3


def test_a_model_that_is_nowhere_is_told_with_a_remedy() -> None:
    with pytest.raises(EncoderError) as caught:
        folder_of("some-group/no-such-model")
    assert "some-group/no-such-model" in caught.value.thing
    assert "downloads none" in caught.value.cause
    assert caught.value.remedy


@pytest.mark.parametrize("missing", ["modules.json", "config.json", "model.safetensors"])
def test_an_incomplete_folder_is_refused(folder, missing: str) -> None:
    (folder / missing).unlink()
    with pytest.raises(EncoderError, match=r"missing|safetensors"):
        folder_of(str(folder))


def test_pickled_weights_are_refused_even_beside_others(folder) -> None:
    shutil.copytree(folder, folder / "2_Dense")
    (folder / "2_Dense" / "model.safetensors").rename(folder / "2_Dense" / "pytorch_model.bin")
    with pytest.raises(EncoderError, match="never loaded"):
        folder_of(str(folder))
