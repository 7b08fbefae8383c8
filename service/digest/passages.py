"""What of the edits of a text is shown: the changed passages with some words around them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from service.digest import words
from service.digest.safe import clean, shorten
from service.records.watching import Piece, PieceKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from service.records import DigestChange
    from service.records.watching import Edits

WHOLE = 4000  # characters of one text's edits on a page, which has room
MAIL = 700  # and in a mail
LINE = 420  # and in Slack and in plain text
_MARKS = {PieceKind.GONE: ("[-", "-]"), PieceKind.NEW: ("{+", "+}")}
_READ = 7000  # characters of a piece: far more than is shown of it
_AROUND = 7  # words before and after a change
_LETTERS = 120  # of them, at most
_CUT = 3  # of so many parts of the room a single change may fill one


@dataclass(frozen=True, slots=True)
class Edited:
    """One text's edits as shown; `label` says which text, `more` what is left out ("and 2 more
    changes"), "" where nothing is."""

    label: str
    pieces: tuple[Piece, ...]
    more: str = ""


def edited(change: DigestChange, room: int) -> tuple[Edited, ...]:
    """What differs from what the reader saw, of each text at most some `room` characters; () where
    nothing is known to, or there is no room."""
    return shown(change.edits, room) if change.edits else ()


def shown(edits: Edits, room: int) -> tuple[Edited, ...]:
    """The same of any edits."""
    told = (("Title", edits.title), ("Abstract", edits.abstract)) if room else ()
    return tuple(_edited(label, pieces, room) for label, pieces in told if pieces)


def excerpt(pieces: Sequence[Piece], room: int) -> tuple[tuple[Piece, ...], int]:
    """The first changes that fit into `room` characters, with the words around them, and how many
    more there are. One change is always shown, cut where it alone is too long."""
    cut = [made for piece in pieces if (made := _cut(piece, max(40, room // _CUT))).text]
    taken: list[Piece] = []
    size = 0
    for place, piece in enumerate(cut):
        shown = _context(piece, first=place == 0, last=place == len(cut) - 1)
        left = _changes(cut[place:])
        if size + len(shown.text) > room and taken and left and _is_start(cut, place):
            return _closed(taken), left
        taken.append(shown)
        size += len(shown.text)
    return tuple(taken), 0


def in_words(pieces: Iterable[Piece]) -> str:
    """Edits as plain text: "reduced by [-40%-] {+38%+}"."""
    told = []
    for piece in pieces:
        text = piece.text
        if piece.kind is not PieceKind.SAME:
            before, after = _MARKS[piece.kind]
            end = " " if text.endswith(" ") or piece.kind is PieceKind.GONE else ""
            text = f"{before}{text.strip()}{after}{end}"
        told.append(text)
    return "".join(told)


def _edited(label: str, pieces: tuple[Piece, ...], room: int) -> Edited:
    kinds = [piece.kind for piece in pieces]
    if kinds == [PieceKind.GONE, PieceKind.NEW]:
        label += ", rewritten"
    found, left = excerpt(pieces, room)
    return Edited(label, found, f"and {words.counted(left, 'more change')}" if left else "")


def _changes(pieces: Iterable[Piece]) -> int:
    """How many there are: what is gone and what is new in its place are one."""
    kinds = [PieceKind.SAME, *(piece.kind for piece in pieces)]
    return sum(now is not PieceKind.SAME and was is PieceKind.SAME for was, now in pairwise(kinds))


def _is_start(pieces: Sequence[Piece], place: int) -> bool:
    """Whether no change is torn apart before this piece."""
    return PieceKind.SAME in (pieces[place].kind, pieces[place - 1].kind)


def _closed(taken: Sequence[Piece]) -> tuple[Piece, ...]:
    last = taken[-1]
    if last.kind is not PieceKind.SAME:
        return (*taken, Piece(PieceKind.SAME, " …"))
    if last.text.endswith("…"):
        return tuple(taken)
    return (*taken[:-1], Piece(PieceKind.SAME, last.text.rstrip() + " …"))


def _context(piece: Piece, *, first: bool, last: bool) -> Piece:
    """Of what stayed only the words next to a change."""
    if piece.kind is not PieceKind.SAME:
        return piece
    told = piece.text.split(" ")
    before = 0 if first else _AROUND + piece.text.startswith(" ")
    after = 0 if last else _AROUND + piece.text.endswith(" ")
    if len(told) > before + after + 2:
        told = [*told[:before], "…", *told[len(told) - after :]]
    text = " ".join(told)
    if len(text) > 2 * _LETTERS:  # words that are none
        text = f"{'' if first else text[:_LETTERS]}…{'' if last else text[-_LETTERS:]}"
    return Piece(piece.kind, text)


def _cut(piece: Piece, limit: int) -> Piece:
    piece = _harmless(piece)
    if piece.kind is PieceKind.SAME or len(piece.text) <= limit:
        return piece
    return Piece(piece.kind, shorten(piece.text, limit))


def _harmless(piece: Piece) -> Piece:
    """What is cleaned loses its outer space: a letter on either side keeps it."""
    text = clean(f"x{piece.text[:_READ]}x")[1:-1]
    return Piece(piece.kind, text if text.strip() else "")
