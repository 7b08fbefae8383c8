"""One preprint's life as its reader sees it: posted, revised, published, corrected, retracted, each
told once in mail, Slack and a page; and the work's own page in the end."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import timedelta
from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any

import pytest
from fastapi.testclient import TestClient
from lxml import html

from service import bootstrap, pipeline, replay
from service.cli.revised import revised
from service.config import Settings
from service.digest.slack_blocks import texts
from service.digest.slack_limits import problems
from service.normalisation import normalise
from service.records import Batch, Change, DigestContent
from service.records.enriching import Enrichment, Picture, What
from service.web.app import create
from tests import databases, edited_news, life_story
from tests.fakes import START, FixedClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from service.records import Record
    from service.store import Unit

WEEK = timedelta(days=7)
MARKS = {"strike": ("[-", "-]"), "bold": ("{+", "+}")}
READERS = (("mail", "email", "ida@example.org"), ("room", "slack", "C0123456789"))
READERS = (*READERS, ("page", "file", "page.html"))


@dataclass
class Told:
    """One week's digest, as each of its readers gets it; on one line, the mail's marks as such."""

    content: DigestContent
    mail: str
    mail_page: str
    slack: str
    page: str

    @property
    def everywhere(self) -> tuple[str, ...]:
        """All of them: the mail's text and page, Slack's message, the page of a file."""
        return (self.mail, self.mail_page, self.slack, self.page)


@dataclass
class Life:
    """The service over an empty archive, and what its three readers are sent."""

    app: bootstrap.App
    time: FixedClock

    def week(self, *records: Record, then: Callable[[Unit], None] = lambda _: None) -> Told:
        """Let these records come within the week, `then` something be noted of them, and the
        week's digests be made."""
        self.time.at += WEEK / 2
        if records:
            pipeline.take_in(self.app.parts, Batch(records), records[0].source)
        with self.app.store.writing() as tx:
            then(tx)
        self.time.at += WEEK / 2
        made = {content.subscription: content for content in pipeline.digest_due(self.app.parts)}
        assert set(made) == {"mail", "room", "page"}
        payloads = {name: self._payload(content) for name, content in made.items()}
        letter = message_from_bytes(payloads["mail"], policy=policy.default)
        plain, page = (letter.get_body((kind,)) for kind in ("plain", "html"))
        assert plain is not None
        assert page is not None
        return Told(
            made["mail"],
            one_line(plain.get_content()),
            shown(page.get_content()),
            slack(json.loads(payloads["room"])),
            shown(payloads["page"].decode()),
        )

    def _payload(self, content: DigestContent) -> bytes:
        """The frozen bytes of the first part, which would be written the same again."""
        with self.app.store.reading() as tx:
            stored = replay.deliveries(tx, content.digest_id)
            kept = tx.digests.content(content.digest_id)
        assert kept == content
        assert all(each.same for each in replay.check(kept, stored, self.app.renderers))
        return stored[0].payload

    def site(self) -> TestClient:
        """A browser on the machine that serves."""
        return TestClient(
            create(self.app, at_home=True),
            base_url="http://127.0.0.1:8080",
            client=("127.0.0.1", 50_000),
        )


# The stages are the same; the store has tests of its own on both.
@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.exhaustive)])
def life(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Life]:
    for engine in databases.migrated(request.param, tmp_path):
        time = FixedClock(START + timedelta(hours=2))
        settings = {
            "database": {"url": engine.url.render_as_string(hide_password=False)},
            "encoder": {"model": "none-that-exists"},
            "http": {"contact": "lab@example.org"},
            "email": {"sender": "Lab <lab@example.org>", "host": "localhost", "security": "none"},
            "file": {"folder": str(tmp_path / "out")},
            "web": {"keys": ["k" * 32]},
            "subscriptions": [
                {"name": name, "channel": channel, "destination": to, "zone": "UTC"}
                for name, channel, to in READERS
            ],
        }
        app = bootstrap.build(Settings.model_validate(settings), time.clock)
        app.prepare()
        yield Life(app, time)
        app.close()


def one_line(text: str) -> str:
    return " ".join(text.split())


def shown(page: str) -> str:
    """What a page says, with what is struck out and underlined marked as in plain text."""
    tree = html.document_fromstring(page)
    for style in tree.xpath("//style"):
        style.getparent().remove(style)
    for tag, marks in (("del", MARKS["strike"]), ("ins", MARKS["bold"])):
        for each in tree.iter(tag):
            each.text = each.text.join(marks)
    for block in tree.iter("p", "td", "li", "h1", "h2", "h3"):
        block.tail = f" {block.tail or ''}"
    return one_line(tree.text_content())


def slack(message: dict[str, Any]) -> str:
    """What a message shows, with the same marks."""
    assert problems(message) == []
    told = []
    for block in message["blocks"]:
        for each in _elements(block):
            style = each.get("style")
            named = [name for name in MARKS if isinstance(style, dict) and name in style]
            if named and each["type"] == "text" and not each["text"].startswith(" · "):
                words = each["text"].strip()
                each["text"] = each["text"].replace(words, words.join(MARKS[named[0]]))
        told += [*texts(block), "\n"]
    return one_line("".join(told))


def _elements(held: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for each in held.get("elements", ()):
        yield each
        yield from _elements(each)


# -- the walk -------------------------------------------------------------------------------------


@pytest.fixture
def weeks(life: Life) -> list[Told]:
    """Posted, revised, published, corrected, retracted, and a week without news of it."""
    return [
        life.week(life_story.posted(1)),
        life.week(life_story.posted(2)),
        life.week(life_story.printed()),
        life.week(life_story.corrected()),
        life.week(life_story.retraction()),
        life.week(),
    ]


def test_a_preprint_is_followed_to_its_end(life: Life, weeks: list[Told]) -> None:
    """Each is told once, in the digest of the week in which it came, to every reader."""
    assert [[each.change for each in told.content.changes] for told in weeks] == [
        [],
        [Change.NEW_VERSION],
        [Change.PUBLISHED],
        [Change.CORRECTED],
        [Change.RETRACTED],
        [],
    ]
    posted, revised, published, corrected, retracted, quiet = weeks
    _first(posted)
    _news(revised)
    _article(published)
    _notices(corrected, retracted)
    assert [told.content.shown for told in weeks] == [1, 0, 0, 0, 0, 0], "sent as a paper once"
    for text in quiet.everywhere:
        assert "Nothing this week" in text
    _page_of_its_own(life)


def _first(told: Told) -> None:
    for text in told.everywhere:
        assert life_story.TITLES[0] in text
        assert "Preprint" in text
        assert "bioRxiv · 4 May 2026" in text


def _news(told: Told) -> None:
    for text in told.everywhere:
        assert "New versions of preprints" in text
        assert "New version v2 of this preprint; shown in week 48" in text
        assert "neutrophils in [-12-] {+24+} mice (p = [-0.04-] {+0.01+})" in text
        assert "Title:" not in text, "it is the same"
    assert "New version after week 48: Cancer-associated fibroblasts" in told.mail
    assert "1 new version of a preprint" in told.mail
    assert "[-…-] is gone from the text, {+…+} is new in it." in told.mail
    assert "Words struck out are gone, words underlined are new." in told.page


def _article(told: Told) -> None:
    for text in told.everywhere:
        assert "Now published" in text
        since = "1 Dec 2026, 7 months after the preprint; shown in week 48"
        assert f"Published in Journal of Tests · {since}" in text
        assert (
            "Title: [-Cancer-associated fibroblasts drive-] {+Fibroblast-derived CXCL12 drives+} "
            "neutrophil extracellular traps in mice"
        ) in text
        assert "reduced {+lung+} metastasis by [-40%-] {+38%+}. The tumour stroma [-is-]" in text
    assert f"https://doi.org/{life_story.ARTICLE}" in told.mail, "not the copy of the preprint"


def _notices(corrected: Told, retracted: Told) -> None:
    for told, marks, number in (
        (corrected, ("Corrected; shown in week 48",) * 4, life_story.ERRATUM),
        (
            retracted,
            (
                "RETRACTED; SHOWN IN WEEK 48",
                "Retracted shown in week 48",
                "Retracted; shown in week 48",
                "Retracted shown in week 48",
            ),
            life_story.RETRACTION,
        ),
    ):
        for text, mark in zip(told.everywhere, marks, strict=True):
            assert "Corrections to earlier digests" in text
            assert mark in text
            assert life_story.TITLES[1] in text
            assert "According to PubMed" in text
        assert f"The notice: https://pubmed.ncbi.nlm.nih.gov/{number}/" in told.mail
    assert retracted.mail_page.startswith("Retracted after week 48: Fibroblast-derived CXCL12")


def _page_of_its_own(life: Life) -> None:
    page = life.site().get("/works/1")
    assert page.status_code == 200
    told = shown(page.text)
    assert "Retracted according to PubMed" in told
    assert "Corrected according to PubMed" in told
    assert f"https://pubmed.ncbi.nlm.nih.gov/{life_story.RETRACTION}/" in page.text
    assert "Posted as a preprint on bioRxiv (version 2)" in told
    assert "neutrophils in [-12-] {+24+} mice" in told
    assert "by [-40%-] {+38%+}" in told, "what the article changed in the second version"


def test_names_and_the_first_figure_travel_with_the_frozen_digest(life: Life) -> None:
    def enriched(tx: Unit) -> None:
        picture = Picture(edited_news.DIGEST, "image/png", 320, 240, edited_news.PNG)
        tx.pictures.keep(picture)
        tx.enrichments.name(1, edited_news.ENTITIES)
        figure = asdict(edited_news.FIGURE)
        now = life.time.at
        tx.enrichments.keep(Enrichment(1, What.FIGURE, "pmc", True, "", now, None, 0, figure))

    told = life.week(life_story.posted(1), then=enriched)
    for text in told.everywhere:
        assert "CXCL12" in text
        assert "neutrophil" in text
    assert "Genes: CXCL12, TGFB1 · Cells: neutrophil" in told.slack
    for text in (told.mail, told.mail_page, told.page):
        assert "Figure 1. Myofibroblastic cells surround tumour nests." in text
    assert "Figure 1" not in told.slack
    with life.app.store.reading() as tx:
        [stored] = replay.deliveries(tx, told.content.digest_id)
    parts = message_from_bytes(stored.payload, policy=policy.default).walk()
    pictures = [part.get_content() for part in parts if part.get_filename("").startswith("figure")]
    assert pictures == [edited_news.PNG]


def test_the_command_line_tells_what_each_record_changed(life: Life, weeks: list[Told]) -> None:
    assert len(weeks) == 6
    with life.app.store.reading() as tx:
        papers = [normalise(held.record) for held in tx.works.records(1)]
    told = "\n".join(revised(papers))
    assert f"biorxiv:{life_story.PREPRINT}v1 to biorxiv:{life_story.PREPRINT}v2" in told
    assert f"biorxiv:{life_story.PREPRINT}v2 to pubmed:{life_story.PMID}" in told
