"""The model's own forward pass, for GPUs and for models and machines that `packed` does not fit."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch
    from numpy import float32
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Plain:
    """Token ids to unit vectors through the `SentenceTransformer`; `dtype` None is float32. The
    model must be on `device`."""

    model: Any
    dtype: torch.dtype | None
    device: str = "cpu"

    def __call__(self, texts: Sequence[Sequence[int]]) -> NDArray[float32]:
        """One row per text; `texts` hold ids with the special tokens."""
        import torch  # noqa: PLC0415 (heavy)

        padded = self.model.tokenizer.pad(
            {"input_ids": [list(ids) for ids in texts]}, return_tensors="pt"
        )
        features = {name: each.to(self.device) for name, each in padded.items()}
        lower = torch.autocast(self.device, self.dtype) if self.dtype else nullcontext()
        with torch.inference_mode(), lower:
            found = self.model(features)["sentence_embedding"]
        vectors: NDArray[float32] = torch.nn.functional.normalize(found.float()).cpu().numpy()
        return vectors
