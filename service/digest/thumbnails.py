"""Which figures of works a digest shows, and their pictures: few and small."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from service.protocols import Pictures
    from service.records import DigestContent

MOST = 12  # pictures of one digest
MOST_BYTES = 500_000  # of them all: a mail grows by a third more
LARGEST = 100_000  # of one
# What a file of each kind begins with: what is none of these is not shown as one.
KINDS = {"png": b"\x89PNG\r\n\x1a\n", "jpeg": b"\xff\xd8\xff"}


def thumbnails(content: DigestContent, pictures: Pictures | None) -> dict[str, bytes]:
    """The pictures of the works in full, by digest, in the order of the works, as far as they are
    kept and find room; none without `pictures`."""
    wanted = dict.fromkeys(
        item.figure.digest for part in content.sections for item in part.items if item.figure
    )
    kept = pictures(wanted) if pictures and wanted else {}
    found: dict[str, bytes] = {}
    room = MOST_BYTES
    for digest in wanted:
        picture = kept.get(digest, b"")
        if kind(picture) and len(picture) <= min(LARGEST, room) and len(found) < MOST:
            found[digest] = picture
            room -= len(picture)
    return found


def kind(picture: bytes) -> str:
    """ "png" or "jpeg"; "" for anything else."""
    return next((name for name, begins in KINDS.items() if picture.startswith(begins)), "")


def file_name(digest: str, picture: bytes) -> str:
    """What the picture is called in a mail."""
    return f"figure-{digest[:16]}.{kind(picture)}"
