"""What is told of works that readers were sent or saved: to whom, what of it, and how often."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from service import news, normalisation
from service.records import (
    Change,
    DigestChange,
    Flag,
    Identifiers,
    Judgement,
    Kind,
    Relation,
    Subscription,
    Vote,
)
from tests.papers import NOW, Archive, paper, preprint, states, understood
from tests.sent_digests import WEEKLY, freeze_digest, lose

if TYPE_CHECKING:
    from datetime import datetime

    from service.records import Paper

HOUR, WEEK = timedelta(hours=1), timedelta(days=7)
RETRACTED = frozenset({Flag.RETRACTED})
IDA = Subscription("ida", ("stroma",), "email", "Ida@Example.org")
OTHER = Subscription("other", ("tan",), "slack", "C1")
DIRECT = Subscription("direct", ("stroma",), "slack", "U7")
PREPRINT = "10.1101/2026.000009"


@pytest.fixture
def filled(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> Archive:
    monkeypatch.setattr(normalisation, "normalise", understood)
    archive.take_in(*(paper(number) for number in range(1, 6)), preprint(9))
    with archive.store.writing() as tx:
        for slug in ("stroma", "tan"):
            tx.topics.save(slug, "document", "Ida", "first", NOW)
        tx.subscriptions.sync([WEEKLY, IDA, OTHER, DIRECT], NOW)
    return archive


def notice(number: int = 900, of: int = 1, **changes: Any) -> Paper:
    """A retraction notice about `paper(of)`."""
    values = {
        "kind": Kind.RETRACTION,
        "title": f"Notice {number} about an article on stromal niches",
        "abstract": "The authors could not repeat the experiment in figure 2.",
        "links": (states(Relation.RETRACTION_OF, pmid=f"{40_000_000 + of}"),),
    }
    return paper(number, **(values | changes))


def told(
    archive: Archive, subscription: Subscription = WEEKLY, until: datetime | None = None
) -> list[DigestChange]:
    with archive.store.reading() as tx:
        return list(news.told(tx, subscription, until))


def save(
    archive: Archive,
    work_id: int,
    voter: str,
    judgement: Judgement = Judgement.SAVED,
    topic: str = "stroma",
) -> None:
    with archive.store.writing() as tx:
        tx.votes.cast(Vote(topic, work_id, voter, judgement, "web", archive.now))


def tell(archive: Archive, key: str, subscription: Subscription = WEEKLY) -> list[Change]:
    """Send what is news; returns it."""
    changes = tuple(told(archive, subscription))
    freeze_digest(archive, subscription, (), key=key, changes=changes)
    return [each.change for each in changes]


# -- by a notice ----------------------------------------------------------------------------------


def test_a_notice_alone_is_told_with_its_address_and_words_and_once(filled: Archive) -> None:
    freeze_digest(filled, WEEKLY, (1, 2))
    filled.now += WEEK
    filled.take_in(notice())
    (change,) = told(filled)
    assert (change.work.id, change.change, change.sent) == (1, Change.RETRACTED, "UTC:2026-W47")
    assert change.notice == "https://pubmed.ncbi.nlm.nih.gov/40000900/"
    assert change.said_by == "pubmed"
    assert change.text == "The authors could not repeat the experiment in figure 2."
    assert tell(filled, "d2") == [Change.RETRACTED]
    filled.take_in(paper(1, flags=RETRACTED), notice(901))
    assert told(filled) == []
    assert told(filled, OTHER) == told(filled, IDA) == []


def test_a_digest_that_got_lost_has_told_nothing(filled: Archive) -> None:
    freeze_digest(filled, WEEKLY, (1,))
    filled.now += WEEK
    filled.take_in(notice())
    tell(filled, "d2")
    lose(filled.store, "d2")
    assert [each.change for each in told(filled)] == [Change.RETRACTED]


def test_the_notice_is_linked_though_the_paper_said_so_first(filled: Archive) -> None:
    freeze_digest(filled, WEEKLY, (1,))
    filled.now += WEEK
    filled.take_in(paper(1, flags=RETRACTED))
    assert [(each.notice, each.said_by, each.text) for each in told(filled)] == [("", "pubmed", "")]
    filled.now += HOUR
    ids = Identifiers(doi="10.5555/notice")
    filled.take_in(notice(source="crossref", source_id="10.5555/notice", ids=ids))
    (change,) = told(filled)
    assert (change.notice, change.said_by) == ("https://doi.org/10.5555/notice", "pubmed")
    assert change.text.startswith("The authors")


def test_long_words_are_cut_between_two(filled: Archive) -> None:
    freeze_digest(filled, WEEKLY, (1,))
    filled.take_in(notice(abstract="An experiment failed, " * 100))
    (change,) = told(filled)
    assert change.text.endswith("An experiment …") or change.text.endswith("failed …")
    assert len(change.text) <= news.TEXT + 2


def test_what_was_ruled_out_is_not_told(filled: Archive) -> None:
    freeze_digest(filled, WEEKLY, (1,))
    filled.take_in(notice())
    with filled.store.writing() as tx:
        tx.statements.rule_out([s.id for s in tx.statements.about(1)], "ida", "wrong", NOW)
        tx.statements.mark({1: frozenset()}, NOW)
    assert told(filled) == []


def test_as_of_then_nothing_later_is_told(filled: Archive) -> None:
    freeze_digest(filled, WEEKLY, (1, 2))
    filled.now += WEEK
    filled.take_in(notice())
    between = filled.now + HOUR
    filled.now += WEEK
    filled.take_in(notice(901, of=2), notice(902, of=1, abstract="A second notice."))
    assert [each.work.id for each in told(filled)] == [1, 2]
    (then,) = told(filled, until=between)
    assert (then.work.id, then.text) == (1, notice().abstract)
    assert told(filled, until=NOW + HOUR) == []


# -- to those who saved it ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("voter", "receivers"),
    [
        ("mail:ida@example.org", ["ida"]),
        ("Ida@Example.org", ["ida"]),
        ("ida", ["ida"]),  # an alias, below
        ("slack:U1", ["weekly"]),
        ("api:robot", ["weekly"]),  # a Slack user's token, below
        ("slack:U7", ["weekly", "direct"]),
        ("somebody", []),
    ],
)
def test_a_reader_who_saved_it_is_told_where_they_get_the_topic(
    filled: Archive, voter: str, receivers: list[str]
) -> None:
    with filled.store.writing() as tx:
        tx.aliases.link("mail:ida@example.org", "ida", "admin", NOW)
        tx.aliases.link("slack:U2", "api:robot", "admin", NOW)
    save(filled, 3, voter)
    filled.now += WEEK
    filled.take_in(notice(of=3))
    found = {each.name: told(filled, each) for each in (WEEKLY, IDA, OTHER, DIRECT)}
    assert [name for name, changes in found.items() if changes] == receivers
    for name in receivers:
        (change,) = found[name]
        assert (change.work.id, change.change, change.sent) == (3, Change.RETRACTED, "")
        assert change.topic == "stroma"


def test_who_saved_it_is_told_once(filled: Archive) -> None:
    save(filled, 3, "mail:ida@example.org")
    filled.now += WEEK
    filled.take_in(notice(of=3))
    assert tell(filled, "d1", IDA) == [Change.RETRACTED]
    filled.take_in(notice(901, of=3))
    assert told(filled, IDA) == []


def test_who_let_go_of_it_or_saved_it_flagged_is_told_nothing(filled: Archive) -> None:
    save(filled, 3, "mail:ida@example.org")
    filled.take_in(notice(of=4))
    filled.now += HOUR
    save(filled, 4, "mail:ida@example.org")
    save(filled, 3, "mail:ida@example.org", Judgement.WITHDRAWN)
    filled.now += HOUR
    filled.take_in(notice(901, of=3), paper(4, abstract="Revised."))
    assert told(filled, IDA) == []


def test_a_saved_preprint_that_is_published_is_told_with_what_changed(filled: Archive) -> None:
    number = filled.work(PREPRINT)
    save(filled, number, "mail:ida@example.org")
    filled.now += WEEK
    link = states(Relation.HAS_PREPRINT, doi=PREPRINT)
    filled.take_in(paper(9, links=(link,), title="Stromal niches shield tumour cells, indeed"))
    (change,) = told(filled, IDA)
    assert (change.change, change.sent) == (Change.PUBLISHED, "")
    assert change.edits is not None
    assert change.edits.title
    assert change.edits.abstract == ()


def test_sent_and_saved_it_is_told_as_sent(filled: Archive) -> None:
    save(filled, 1, "slack:U1")
    filled.now += HOUR
    freeze_digest(filled, WEEKLY, (1,))
    filled.now += WEEK
    filled.take_in(notice())
    assert [each.sent for each in told(filled)] == ["UTC:2026-W47"]


# -- preprints ------------------------------------------------------------------------------------


def test_a_published_preprint_comes_with_its_delay_and_edits(filled: Archive) -> None:
    number = filled.work(PREPRINT)
    freeze_digest(filled, WEEKLY, (number,))
    filled.now += WEEK
    link = states(Relation.HAS_PREPRINT, doi=PREPRINT)
    filled.take_in(paper(9, links=(link,), abstract="Niches of fibroblasts let neutrophils pass."))
    (change,) = told(filled)
    assert (change.change, change.days) == (Change.PUBLISHED, 164)  # 1 June to 12 November
    assert change.edits is not None
    assert change.edits.title == ()
    assert {piece.text.strip() for piece in change.edits.abstract} >= {"Niches of fibroblasts"}


@pytest.mark.parametrize("published", ["2026-11", None, "2026-05-01"])
def test_no_delay_is_told_that_is_not_known(filled: Archive, published: str | None) -> None:
    freeze_digest(filled, WEEKLY, (filled.work(PREPRINT),))
    filled.now += WEEK
    link = states(Relation.HAS_PREPRINT, doi=PREPRINT)
    filled.take_in(paper(9, links=(link,), published=published))
    assert [(each.change, each.days) for each in told(filled)] == [(Change.PUBLISHED, None)]


def test_each_new_version_is_told_once(filled: Archive) -> None:
    number = filled.work(PREPRINT)
    freeze_digest(filled, WEEKLY, (number,))
    assert told(filled) == []
    filled.now += WEEK
    filled.take_in(preprint(9, "2", abstract="Niches of fibroblasts let neutrophils pass."))
    (change,) = told(filled)
    assert (change.change, change.version) == (Change.NEW_VERSION, "2")
    assert change.edits is not None
    tell(filled, "d2")
    assert told(filled) == []
    filled.now += WEEK
    filled.take_in(preprint(9, "4"), preprint(9, "3"))
    assert [(each.change, each.version) for each in told(filled)] == [(Change.NEW_VERSION, "4")]
    tell(filled, "d3")
    filled.now += WEEK
    filled.take_in(preprint(9, "3", abstract="Corrected at the server."))
    assert told(filled) == []


def test_a_version_that_was_sent_is_not_new_and_older_ones_that_turn_up_are_none(
    filled: Archive,
) -> None:
    filled.take_in(preprint(8, "3"))
    number = filled.work("10.1101/2026.000008")
    freeze_digest(filled, WEEKLY, (number,))
    filled.now += WEEK
    filled.take_in(preprint(8, "1"), preprint(8, "2"))
    assert told(filled) == []
    filled.take_in(preprint(8, "4"))
    assert [each.version for each in told(filled)] == ["4"]


def test_of_a_work_known_without_versions_those_that_turn_up_first_are_not_new(
    filled: Archive,
) -> None:
    entry = preprint(7, "", source="journal-feed", source_id="entry-7")
    filled.take_in(entry)
    freeze_digest(filled, WEEKLY, (filled.work("10.1101/2026.000007"),))
    filled.now += WEEK
    filled.take_in(preprint(7, "1"), preprint(7, "2"))
    assert told(filled) == []
    filled.now += WEEK
    filled.take_in(preprint(7, "3"))
    assert [each.version for each in told(filled)] == ["3"]


def test_a_withdrawn_or_published_preprint_has_no_new_version(filled: Archive) -> None:
    filled.take_in(preprint(8))
    freeze_digest(filled, WEEKLY, (filled.work(PREPRINT), filled.work("10.1101/2026.000008")))
    filled.now += WEEK
    link = states(Relation.HAS_PREPRINT, doi="10.1101/2026.000008")
    filled.take_in(
        preprint(9, "2", flags=frozenset({Flag.WITHDRAWN})),
        preprint(8, "2"),
        paper(8, links=(link,)),
    )
    assert tell(filled, "d2") == [Change.WITHDRAWN, Change.PUBLISHED]
    filled.now += WEEK
    filled.take_in(preprint(9, "3"), preprint(8, "3"))
    assert told(filled) == []


def test_pubmeds_versions_are_none(filled: Archive) -> None:
    filled.take_in(preprint(6, "1", source="pubmed", source_id="41000006"))
    freeze_digest(filled, WEEKLY, (filled.work("10.1101/2026.000006"),))
    filled.now += WEEK
    filled.take_in(preprint(6, "2", source="pubmed", source_id="41000006"))
    assert told(filled) == []


@pytest.mark.parametrize(
    ("ids", "address"),
    [
        (Identifiers(), ""),
        (Identifiers(pmcid="PMC7"), "https://pmc.ncbi.nlm.nih.gov/articles/PMC7/"),
        (Identifiers(doi="10.5555/n", pmcid="PMC7"), "https://doi.org/10.5555/n"),
        (Identifiers(doi="10.5555/n", pmid="7"), "https://pubmed.ncbi.nlm.nih.gov/7/"),
        (Identifiers(arxiv="2601.00001"), ""),
    ],
)
def test_a_notice_is_linked_where_it_is_read_best(ids: Identifiers, address: str) -> None:
    assert news.address(ids) == address
