"""Text to unit vectors with a sentence-transformers model on this machine."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

from service.embedding.batches import by_tokens, halving
from service.embedding.loading import load, quiet
from service.embedding.plain import Plain
from service.embedding.precision import choose_compiled, choose_forward
from service.embedding.text import TEXT_VERSION, chunks, sentence_starts
from service.embedding.weights import folder_of, name_of, revision_of
from service.embedding.workers import ahead, spread
from service.errors import EncoderError
from service.records import EncoderInfo

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from pathlib import Path

    from numpy import float32
    from numpy.typing import NDArray

    from service.embedding.precision import Backend, Device, Forward, Precision

    Pieces = list[list[list[int]]]  # of each text its chunks, of each chunk its token ids

# Per batch. Measured on two cores: 512 to 1,024 is fastest; 4,096 is 10 % slower (see `packed`).
TOKENS = 1024
# A GPU idles between small batches; this much needs about 1 GB of its memory, and less is tried
# where it has less.
GPU_TOKENS = 65_536
# Texts tokenised at a time: bounds memory, and gives progress and Ctrl-C their grain.
_SLAB = 512
_GPU_SLAB = 2048


class SentenceTransformerEncoder:
    """An `Encoder`. Downloads nothing; keeps no state but the loaded model.

    `model` is None for the installed default, a folder, or the name of a model in the local cache.
    `threads` bounds the CPU threads (None: all); `device` is heeded by the backend "torch" only.
    The model is loaded on the first call, which raises `EncoderError`, or `ConfigError` for what
    this installation or machine does not have.
    """

    def __init__(
        self,
        model: str | None = None,
        precision: Precision = "auto",
        threads: int | None = None,
        backend: Backend = "torch",
        device: Device = "auto",
    ) -> None:
        self._model_name = model
        self._precision = precision
        self._threads = threads
        self._backend = backend
        self._device = device
        self._loaded: tuple[Any, Forward, EncoderInfo] | None = None

    def info(self) -> EncoderInfo:
        """What the vectors are made with. Loads the model: precision is known only by probing."""
        return self._load()[2]

    def encode(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> list[NDArray[float32]]:
        """One array per text, shape (chunks, dimension), unit rows; a blank text is one chunk."""
        model, forward, _ = self._load()
        found: list[NDArray[float32]] = []
        slab = _GPU_SLAB if _on_gpu(forward) else _SLAB
        slabs = [texts[start : start + slab] for start in range(0, len(texts), slab)]
        with closing(ahead(lambda each: token_ids(model, each), slabs)) as tokenised:
            for pieces in tokenised:
                found += self._encode_slab(forward, pieces, progress)
        return found

    def _encode_slab(
        self, forward: Forward, pieces: Pieces, progress: Callable[[int], None] | None
    ) -> list[NDArray[float32]]:
        import numpy as np  # noqa: PLC0415 (not needed for --help)

        flat = [ids for each in pieces for ids in each]
        owners = [owner for owner, each in enumerate(pieces) for _ in each]
        waiting = [len(each) for each in pieces]
        rows: list[NDArray[float32] | None] = [None] * len(flat)
        budget = GPU_TOKENS if _on_gpu(forward) else TOKENS
        batches = list(by_tokens([len(ids) for ids in flat], budget))
        # Closed by hand: an interrupted loop would else leave the threads at work.
        with closing(self._run(forward, flat, batches)) as results:
            for batch, vectors in zip(batches, results, strict=True):
                for index, vector in zip(batch, vectors, strict=True):
                    rows[index] = vector
                    waiting[owners[index]] -= 1
                done = sum(1 for owner in {owners[i] for i in batch} if waiting[owner] == 0)
                if progress is not None and done:
                    progress(done)
        ends = np.cumsum([len(each) for each in pieces])[:-1]
        return list(np.split(np.asarray(rows, dtype=np.float32), ends))

    def _run(
        self, forward: Forward, flat: Sequence[list[int]], batches: Sequence[list[int]]
    ) -> Generator[list[NDArray[float32]]]:
        """The vectors of each batch of indices into `flat`."""
        import torch  # noqa: PLC0415 (heavy)

        def run(batch: list[int]) -> list[NDArray[float32]]:
            return halving(forward, [flat[index] for index in batch])

        if isinstance(forward, Plain):  # libraries' modules do not promise to bear two threads
            yield from map(run, batches)
        else:
            yield from spread(run, batches, self._threads or torch.get_num_threads())

    def _load(self) -> tuple[Any, Forward, EncoderInfo]:
        if self._loaded is None:
            folder = folder_of(self._model_name)
            self._set_threads()
            model = load(folder)
            forward, precision = self._choose(model, folder)
            info = EncoderInfo(
                name=name_of(self._model_name),
                revision=revision_of(folder),
                text_version=TEXT_VERSION,
                dimension=int(forward(token_ids(model, ["cell"])[0]).shape[1]),
                precision=precision,
            )
            self._loaded = model, forward, info
        return self._loaded

    def _choose(self, model: Any, folder: Path) -> tuple[Forward, str]:  # noqa: ANN401 (as above)
        import torch  # noqa: PLC0415 (heavy)

        if self._backend == "openvino":
            threads = self._threads or torch.get_num_threads()
            return choose_compiled(model, folder, self._precision, threads)
        return choose_forward(model, self._precision, self._device)

    def _set_threads(self) -> None:
        if self._threads is None:
            return
        if self._threads < 1:
            raise EncoderError("encoder threads", f"is {self._threads}", "give 1 or more")
        import torch  # noqa: PLC0415 (heavy)

        torch.set_num_threads(self._threads)


def _on_gpu(forward: Forward) -> bool:
    return isinstance(forward, Plain) and forward.device != "cpu"


def token_ids(model: Any, texts: Sequence[str]) -> Pieces:  # noqa: ANN401
    """For each text its chunks, each as token ids with the model's special tokens around them."""
    tokenizer = model.tokenizer
    window = model.get_max_seq_length() - tokenizer.num_special_tokens_to_add()
    with quiet():  # it warns of texts longer than the window, which are cut up below
        encoded = tokenizer(
            list(texts),
            add_special_tokens=False,
            return_offsets_mapping=True,
            return_attention_mask=False,
            return_token_type_ids=False,
        )
    found: list[list[list[int]]] = []
    before, after = special_ids(model)
    for text, ids, offsets in zip(
        texts, encoded["input_ids"], encoded["offset_mapping"], strict=True
    ):
        begins = [begin for begin, _ in offsets]
        ranges = chunks(begins, sentence_starts(text) if len(ids) > window else (), window)
        found.append([[*before, *ids[first:last], *after] for first, last in ranges])
    return found


def special_ids(model: Any) -> tuple[list[int], list[int]]:  # noqa: ANN401 (a SentenceTransformer)
    """The ids that the model wants before and after every text ([CLS] and [SEP], <s> and </s>)."""
    probe = model.tokenizer("cell", return_special_tokens_mask=True)
    ids, special = list(probe["input_ids"]), list(probe["special_tokens_mask"])
    words = [place for place, is_special in enumerate(special) if not is_special]
    return ids[: words[0]], ids[words[-1] + 1 :]
