"""All topics at a glance, and the making of a new one."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response

from service import tuning
from service.errors import TopicError
from service.topics import editing
from service.topics.identity import label
from service.web.site.door import Reading, Tuned, Tuning  # noqa: TC001 - FastAPI reads them
from service.web.site.shell import done, page
from service.web.site.topics import cited as topics_cited
from service.web.site.topics import found as topics_found
from service.web.site.topics import held as topics_held
from service.web.site.topics.packing import packed, unpacked
from service.web.site.topics.preview import LISTED, look
from service.web.site.trouble import sentences

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from service.bootstrap import App
    from service.records import Seed, Topic
    from service.store import Unit
    from service.web.site.door import Filled, Visitor
    from service.web.site.errands import Errands
    from service.web.site.topics.held import Held
    from service.web.site.topics.preview import Look

TAKEN = ("new", "import")  # addresses below /topics that are no topics


@dataclass(frozen=True, slots=True)
class Card:
    """A topic at a glance: `shown` of `came` works of the last days reach its line; None where they
    were not ranked yet. `author` is who changed it last, as the visitor may see it."""

    held: Held
    author: str
    shown: int | None
    came: int


@dataclass(frozen=True, slots=True)
class Draft:
    """A topic that is being made: what was filled in, and what was found for it."""

    name: str = ""
    slug: str = ""
    typed: str = ""
    seeds: Sequence[Seed] = ()
    notes: Sequence[str] = ()
    trouble: str = ""

    @property
    def rows(self) -> list[tuple[Seed, str]]:
        """Each seed with what a reader knows it by."""
        return [(seed, label(seed)) for seed in self.seeds]

    @property
    def found(self) -> str:
        """The seeds as the form carries them."""
        return packed(self.seeds)


def routes(app: App, errands: Errands) -> APIRouter:
    """/topics and /topics/new."""
    router = APIRouter()

    @router.get("/topics")
    def every(request: Request, visitor: Reading) -> Response:
        with app.store.reading() as tx:
            held = topics_held.all_held(tx, app.topics(tx))
            cards = [_card(tx, each, visitor) for each in held]
        return page(request, visitor, "topics.html", cards=cards)

    @router.get("/topics/new")
    def fresh(request: Request, visitor: Tuning) -> Response:
        return _drafted(request, visitor, Draft())

    @router.post("/topics/new")
    def make(request: Request, form: Tuned) -> Response:
        draft, topic = _draft(app, form)
        if topic is None or form.text("how") != "create" or draft.notes:
            seen = look(app, topic) if topic else None
            return _drafted(request, form.visitor, draft, seen)
        author, reason = form.visitor.name, form.text("reason")
        tuning.save(app.parts, topic, author=author, reason=reason, based_on=0)
        topics_cited.fetch(app, errands, None, topic, author)
        return done(request, f"/topics/{topic.slug}", f"{topic.name} is followed from now on.")

    return router


def _card(tx: Unit, held: Held, visitor: Visitor) -> Card:
    author = visitor.told(held.version.author)
    week = held.week
    if week is None:
        return Card(held, author, None, 0)
    shown = sum(each.relevance >= week.line for each in tx.weeks.listed(held.slug))
    return Card(held, author, shown, week.screened)


def _drafted(
    request: Request, visitor: Visitor, draft: Draft, seen: Look | None = None
) -> Response:
    status = 422 if draft.trouble else 200
    values = {"draft": draft, "seen": seen, "listed": LISTED}
    return page(request, visitor, "topic_new.html", status=status, **values)


def _draft(app: App, form: Filled) -> tuple[Draft, Topic | None]:
    """What was filled in, with what was found for it; and the topic, where it makes one."""
    name = " ".join(form.text("name").split())
    new = topics_found.given(app, form)
    typed = "" if new.taken else form.text("seeds")
    with app.store.reading() as tx:
        taken = {version.slug for version in tx.topics.current()}
    slug = slugged(name, taken)
    dropped = set(form.texts("seed.drop"))
    try:
        kept = [
            seed
            for n, seed in enumerate(unpacked(form.text("seeds.found")))
            if str(n) not in dropped
        ]
        seeds = [*kept, *new.seeds]
        if not seeds:
            told = "Give at least one paper, review or text that says what the topic is about."
            return Draft(name, slug, typed, (), new.notes, "" if new.notes else told), None
        topic = editing.new(slug, name, seeds)
    except TopicError as error:
        return Draft(name, slug, form.text("seeds"), (), new.notes, sentences(error)), None
    return Draft(name, slug, typed, topic.seeds, new.notes), topic


def slugged(name: str, taken: Collection[str]) -> str:
    """What names a topic in addresses and commands: made of its name, and not `taken`."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    words = re.findall(r"[a-z0-9]+", "".join(c for c in plain if not unicodedata.combining(c)))
    first = "-".join(words)[: editing.LONGEST_SLUG - 4].strip("-") or "topic"
    slug, number = first, 2
    while slug in taken or slug in TAKEN:
        slug, number = f"{first}-{number}", number + 1
    return slug
