"""A sentence-transformers model from a folder on this machine: offline, safetensors, silent."""

from __future__ import annotations

import contextlib
import logging
import warnings
from typing import TYPE_CHECKING, Any

from service.errors import EncoderError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_TALKATIVE = ("sentence_transformers", "transformers", "huggingface_hub", "torch")


def load(folder: Path) -> Any:  # noqa: ANN401 (a SentenceTransformer, which is heavy to name)
    """The model in `folder`, on the CPU, for inference. Raises `EncoderError` when it is broken."""
    with quiet():
        try:
            from sentence_transformers import SentenceTransformer  # noqa: PLC0415 (heavy)

            model = SentenceTransformer(
                str(folder),
                device="cpu",
                local_files_only=True,
                trust_remote_code=False,
                model_kwargs={"use_safetensors": True},
            )
        except Exception as error:  # the loaders raise a dozen kinds for one broken file
            raise EncoderError(
                f"model {folder}",
                f"cannot be loaded: {_first_line(error)}",
                "its files are damaged or of another kind: reinstall it or name another folder",
            ) from error
    if not getattr(model.tokenizer, "is_fast", False):
        raise EncoderError(
            f"model {folder}",
            "its tokenizer does not tell where tokens begin, so long texts cannot be cut",
            "choose a model with a tokenizer.json",
        )
    return model.eval()


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keeps the libraries' bars, warnings and notes off the terminal; their errors still raise."""
    from transformers.utils import logging as untyped  # noqa: PLC0415 (heavy)

    own: Any = untyped

    had_bars = own.is_progress_bar_enabled()
    levels = {name: logging.getLogger(name).level for name in _TALKATIVE}
    own.disable_progress_bar()
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
        if had_bars:
            own.enable_progress_bar()


def _first_line(error: BaseException) -> str:
    text = str(error).strip()
    return text.splitlines()[0][:300] if text else type(error).__name__
