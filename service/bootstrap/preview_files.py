"""What previews are made on, kept beside the database: a command reads it in place of the works.

Two files of plain arrays (NumPy's, never pickled): the pool, and the vectors of the texts that
topics are told in. Either may be deleted at any time. A file that is damaged, of another version of
Litwatch or of another encoder, or too old counts as none.
"""

from __future__ import annotations

import json
import logging
import os
import zipfile
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from service import __version__
from service.previews.pool import Pool, Span
from service.records import EncoderInfo

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from numpy import float32
    from numpy.typing import NDArray

log = logging.getLogger(__name__)

GOOD_FOR = timedelta(days=1)
_ABANDONED = 3600.0  # seconds after which nobody writes a file any more
_POOL, _TEXTS = "pool.npz", "texts.npz"
_DAMAGED = (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile)


@dataclass(frozen=True, slots=True)
class PreviewFiles:
    """The files of one archive, in a `folder` of its own; `described` tells the present encoder
    without loading it (its precision apart)."""

    folder: Path
    described: Callable[[], EncoderInfo]

    def keep(self, pool: Pool) -> None:
        """Keep the pool in place of the one before, unless it is without an encoder. That it
        cannot be written is only logged."""
        from service.ranking.packing import pack

        if pool.encoder is None:
            return
        about = {
            "span": asdict(pool.span),
            "weeks": pool.weeks,
            "asked": pool.asked,
            "made": pool.made.isoformat(),
            "born": pool.born.isoformat() if pool.born else None,
            "encoder": asdict(pool.encoder),
        }
        self._write(_POOL, about, pack(pool.features))

    def pool(self, now: datetime) -> Pool | None:
        """The pool that was kept within the last day, if it is still good."""
        try:
            return self._pool(now)
        except _DAMAGED as error:
            log.warning("%s is of no use: %s", self.folder / _POOL, error)
            return None

    def _pool(self, now: datetime) -> Pool | None:
        from service.ranking.packing import unpack

        held = self._read(_POOL)
        if held is None:
            return None
        about, arrays = held
        made, encoder = datetime.fromisoformat(about["made"]), EncoderInfo(**about["encoder"])
        if not timedelta(0) <= now - made <= GOOD_FOR or not self._present(encoder):
            return None
        return Pool(
            span=Span(**about["span"]),
            weeks=about["weeks"],
            asked=about["asked"],
            features=unpack(arrays),
            encoder=encoder,
            made=made,
            born=datetime.fromisoformat(about["born"]) if about["born"] else None,
        )

    def _present(self, encoder: EncoderInfo) -> bool:
        now = self.described()
        names = ("name", "revision", "text_version", "dimension")
        return all(getattr(now, name) == getattr(encoder, name) for name in names)

    def keep_texts(self, encoder: EncoderInfo, vectors: Mapping[str, NDArray[float32]]) -> None:
        """Keep these texts' vectors in place of those before."""
        import numpy as np

        from service.ranking.packing import pack_texts

        width = encoder.dimension
        arrays = {
            **pack_texts("texts", list(vectors)),
            "counts": np.array([len(rows) for rows in vectors.values()], dtype=np.int64),
            "rows": np.concatenate([np.zeros((0, width), np.float32), *vectors.values()]),
        }
        self._write(_TEXTS, {"encoder": asdict(encoder)}, arrays)

    def texts(self, encoder: EncoderInfo) -> dict[str, NDArray[float32]]:
        """The vectors of texts that this encoder has made, as far as they were kept."""
        import numpy as np

        from service.ranking.packing import unpack_texts

        try:
            held = self._read(_TEXTS)
            if held is None or held[0]["encoder"] != asdict(encoder):
                return {}
            arrays = held[1]
            texts = unpack_texts("texts", arrays)
            rows = np.split(arrays["rows"], np.cumsum(arrays["counts"])[:-1])
            return dict(zip(texts, rows, strict=True)) if texts else {}
        except _DAMAGED as error:
            log.warning("%s is of no use: %s", self.folder / _TEXTS, error)
            return {}

    # -- files

    def _write(
        self, name: str, about: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]
    ) -> None:
        import numpy as np

        told = json.dumps({"version": __version__, **about}).encode()
        held: dict[str, Any] = {"about": np.frombuffer(told, dtype=np.uint8), **arrays}
        fresh = self.folder / f"{name}.{uuid4().hex}"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with fresh.open("wb") as file:
                np.savez(file, **held)
            self._clear(name, fresh.stat().st_mtime - _ABANDONED)
            os.replace(fresh, self.folder / name)  # noqa: PTH105 (as one step, over what is there)
        except OSError as error:
            log.warning("%s could not be kept: %s", self.folder / name, error)
            with suppress(OSError):
                fresh.unlink(missing_ok=True)

    def _clear(self, name: str, before: float) -> None:
        """Remove what others began to write before then and never ended."""
        for left in self.folder.glob(f"{name}.*"):
            with suppress(OSError):
                if left.stat().st_mtime < before:
                    left.unlink()

    def _read(self, name: str) -> tuple[dict[str, Any], dict[str, NDArray[Any]]] | None:
        import numpy as np

        file = self.folder / name
        if not file.exists():
            return None
        with file.open("rb") as opened, np.load(opened, allow_pickle=False) as held:
            arrays = {each: held[each] for each in held.files}
        about = json.loads(arrays.pop("about").tobytes())
        return (about, arrays) if about["version"] == __version__ else None
