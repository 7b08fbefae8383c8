"""The form in which a topic is changed: what was sent, read as changes of a topic. Pure.

Every field says a change, so that one which does not come changes nothing. Numbers that stand as
the form showed them change nothing either: a slider's steps are coarser than what a document says.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from service.errors import TopicError
from service.records import FollowedAuthor, names
from service.topics import editing
from service.topics.identity import label
from service.web.site.topics.packing import fitting, unpacked
from service.web.site.trouble import sentences

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from service.records import Seed, Topic
    from service.web.site.door import Sent

LEAST_WEIGHT, MOST_WEIGHT, WEIGHT_STEP = 0.1, 3.0, 0.05
CUTOFF_STEP = 1.0  # percent
AGAINST = "against"
_APART = re.compile(r"[,;\n]")


@dataclass(frozen=True, slots=True)
class Edited:
    """A topic with what a form says of it; `wrong` is what could not be done, in a sentence by the
    name of the field that asked for it; `notes` are seeds that it has already."""

    topic: Topic
    wrong: Mapping[str, str] = field(default_factory=dict)
    notes: Sequence[str] = ()


def edited(
    sent: Sent, base: Topic, onto: Topic | None = None, found: Iterable[Seed] = ()
) -> Edited:
    """The topic as a form has it that was made over `base`; with `onto`, that topic with the same
    changes. `found` are seeds that come with this very request."""
    changes = _Changes(base, onto or base)
    changes.name(sent)
    changes.seeds(sent, found)
    changes.terms(sent)
    changes.senses(sent)
    changes.authors(sent)
    changes.line(sent)
    return Edited(changes.topic, changes.wrong, changes.notes)


def told_authors(sent: Sent) -> list[FollowedAuthor]:
    """The authors that the boxes tell; an ORCID may stand in the place of a name."""
    columns = (sent.texts(f"author.{part}") for part in ("name", "orcid", "affiliation"))
    found = []
    for row in zip(*columns, strict=False):
        name, orcid, affiliation = (one.strip() for one in row)
        if name and not orcid and names.orcid(name):
            name, orcid = "", name
        if name or orcid or affiliation:
            found.append(FollowedAuthor(name, orcid, affiliation))
    return found


def typed_terms(text: str) -> list[str]:
    """What was typed into a box of terms: parted by commas, semicolons or lines."""
    return [term for part in _APART.split(text) if (term := " ".join(part.split()))]


class _Changes:
    """Makes one change after the other; one that cannot be made hinders no other."""

    def __init__(self, base: Topic, topic: Topic) -> None:
        self.base = base
        self.before = topic
        self.topic = topic
        self.wrong: dict[str, str] = {}
        self.notes: list[str] = []

    def make(self, name: str, change: Callable[[Topic], Topic]) -> None:
        """Make a change; what is wrong with it is told of the field `name`."""
        try:
            self.topic = change(self.topic)
        except TopicError as error:
            self.wrong.setdefault(name, sentences(error))

    def name(self, sent: Sent) -> None:
        name = " ".join(sent.text("name").split())
        if "name" in sent.fields and name != self.base.name:
            self.make("name", partial(editing.renamed, name=name))

    # -- seeds

    def seeds(self, sent: Sent, found: Iterable[Seed]) -> None:
        """Those that are new come first: the last one of before may go then."""
        dropped = set(sent.texts("seed.drop"))
        try:
            fresh = unpacked(sent.text("seeds.found"))
        except TopicError as error:
            self.wrong["seeds"] = sentences(error)
            fresh = ()
        first = len(self.base.seeds)
        for n, seed in enumerate(fresh, start=first):
            if str(n) not in dropped:
                self._add(sent, n, seed)
        new, there = editing.parted(self.topic, tuple(found))
        self.notes += [f"{label(seed)} is a seed already." for seed, _ in there]
        waiting = [seed for seed in self.topic.seeds if not _has(self.before, seed)]
        room = max(0, fitting([*waiting, *new]) - len(waiting))
        if room < len(new):
            left = len(new) - room
            self.notes.append(
                f"{left} more were found. Save these, then look for the others again."
            )
        if new[:room]:
            self.make("seeds", partial(editing.with_seeds, seeds=new[:room]))
        for n, seed in enumerate(self.base.seeds):
            if str(n) not in dropped:
                self._weigh(sent, n, seed)
        for n, seed in enumerate(self.base.seeds):
            if str(n) in dropped and _has(self.topic, seed):
                self.make(f"seed.{n}", partial(editing.without_seed, key=seed.key))

    def _add(self, sent: Sent, n: int, seed: Seed) -> None:
        held = len(self.topic.seeds)
        self.make("seeds", partial(editing.with_seeds, seeds=[seed]))
        if len(self.topic.seeds) > held:
            self._weigh(sent, n, replace(seed, key=self.topic.seeds[-1].key))

    def _weigh(self, sent: Sent, n: int, seed: Seed) -> None:
        """Give the seed the weight of row `n`, if that is another than it has."""
        name = f"seed.{n}"
        try:
            weight = _number(sent, f"weight.{n}", seed.weight, WEIGHT_STEP / 2)
        except TopicError as error:
            self.wrong[name] = sentences(error)
            return
        side = sent.text(f"side.{n}")
        sign = seed.sign if not side else -1 if side == AGAINST else 1
        if (weight, sign) != (seed.weight, seed.sign):
            self.make(name, partial(editing.weighed, key=seed.key, weight=sign * weight))

    # -- terms and senses

    def terms(self, sent: Sent) -> None:
        for kind, held, add in (
            ("include", self.base.include, editing.including),
            ("exclude", self.base.exclude, editing.excluding),
        ):
            gone = {editing.folded(term) for term in sent.texts(f"{kind}.drop")}
            self._remove(kind, [term for term in held if editing.folded(term) in gone])
            kept = [term for term in sent.texts(f"{kind}.new") if editing.folded(term) not in gone]
            new = [*kept, *typed_terms(sent.text(f"{kind}.add"))]
            if new:
                self.make(kind, partial(add, terms=new))

    def _remove(self, kind: str, terms: Sequence[str]) -> None:
        there = {editing.folded(term) for term in (*self.topic.include, *self.topic.exclude)}
        gone = [term for term in terms if editing.folded(term) in there]
        if gone:
            self.make(kind, partial(editing.without_terms, terms=gone))

    def senses(self, sent: Sent) -> None:
        for short in sent.texts("sense.drop"):
            if short in self.topic.senses:
                self.make("sense", partial(editing.unpinned, short=short))
        pins = [pin.partition(": ")[::2] for pin in sent.texts("sense.pin")]
        given = [*zip(sent.texts("sense.short"), sent.texts("sense.long"), strict=False)]
        gone = set(sent.texts("sense.drop"))
        carried = [pair for pair in given[:-1] if pair[0] not in gone]  # the last one is typed
        for short, long in (*pins, *carried, *given[-1:]):
            if short.strip() or long.strip():
                self._pin(short.strip(), long.strip())

    def _pin(self, short: str, long: str) -> None:
        if short and long:
            self.make("sense", partial(editing.pinned, short=short, long=long))
            return
        told = "The short form is missing." if long else f"What does {short} stand for? Give it."
        self.wrong.setdefault("sense", told)

    # -- followed authors

    def authors(self, sent: Sent) -> None:
        """Those that stand there with their keys; the last of the boxes is the one typed into."""
        gone = set(sent.texts("author.drop"))
        for author in self.base.authors:
            if author.key in gone and author in self.topic.authors:
                self.make("author", partial(editing.not_following, name=author.key))
        for author in told_authors(sent):
            if author.key not in gone:
                self.make("author", partial(editing.following, authors=[author]))

    # -- the line

    def line(self, sent: Sent) -> None:
        kind = sent.text("line")
        if "line" not in sent.fields:
            return
        before = drawn(self.base)
        try:
            now = _line(sent, kind, self.base)
        except TopicError as error:
            self.wrong["line"] = sentences(error)
            return
        if now != before:
            self.make("line", lambda topic: editing.with_line(topic, **now))


def drawn(topic: Topic) -> dict[str, float]:
    """What says where the topic's line is, if anything does."""
    line = {"cutoff": topic.cutoff, "precision": topic.precision, "per_week": topic.per_week}
    return {kind: value for kind, value in line.items() if value is not None}


def _line(sent: Sent, kind: str, base: Topic) -> dict[str, float]:
    if kind == "cutoff":
        return {kind: _percent(sent, kind, base.cutoff, CUTOFF_STEP / 2)}
    if kind == "precision":
        return {kind: _percent(sent, kind, base.precision, 1e-6)}
    if kind == "per_week":
        return {kind: _number(sent, kind, base.per_week, 1e-6)}
    return {}


def _percent(sent: Sent, name: str, before: float | None, near: float) -> float:
    """The share that a field gives in percent; as `_number`."""
    if before is None:
        return _number(sent, name, None, near) / 100
    percent = _number(sent, name, before * 100, near)
    return before if percent == before * 100 else percent / 100


def _number(sent: Sent, name: str, before: float | None, near: float) -> float:
    """The number in a field; `before` where it is no further than `near` from that, or missing.
    Raises `TopicError`."""
    text = sent.text(name)
    try:
        number = float(text.replace(",", ".")) if text else before
    except ValueError:
        number = math.nan
    if number is None:
        raise TopicError("a number", "is missing here", "give one")
    if not math.isfinite(number):
        raise TopicError(f'"{text}"', "is no number", "give one, as 2.5")
    return before if before is not None and abs(number - before) <= near + 1e-9 else number


def _has(topic: Topic, seed: Seed) -> bool:
    return any(each.key == seed.key for each in topic.seeds)
