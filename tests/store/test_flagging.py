"""What works are flagged with, whoever says so and whatever comes when."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from service import normalisation, refreshing, rulings
from service.errors import InputError
from service.records import Flag, Identifiers, Kind, Paper, Relation
from service.store.schema import WorkRow
from service.store.schema_watch import StatementRow
from tests.papers import NOW, Archive, paper, preprint, states, understood

if TYPE_CHECKING:
    from service.records.stated import Stated

RETRACTED = frozenset({Flag.RETRACTED})
HOUR = timedelta(hours=1)


def notice(
    number: int = 900,
    relation: Relation = Relation.RETRACTION_OF,
    kind: Kind = Kind.RETRACTION,
    *,
    of: int = 1,
    **changes: Any,
) -> Paper:
    """A notice about `paper(of)`, naming its PMID."""
    values: dict[str, Any] = {
        "title": f"Notice {number} about an article on stromal niches",
        "kind": kind,
        "abstract": "The authors could not repeat the experiment in figure 2.",
        "links": (states(relation, pmid=f"{40_000_000 + of}"),),
    }
    return paper(number, **(values | changes))


def flags(archive: Archive, name: object) -> frozenset[Flag]:
    with archive.store.reading() as tx:
        return tx.works.get(tx.works.find(str(name))).flags


def stated(archive: Archive, name: object) -> list[Stated]:
    with archive.store.reading() as tx:
        return tx.statements.of(tx.works.get(tx.works.find(str(name))).id)


NOTICED = [
    (Relation.RETRACTION_OF, Kind.RETRACTION, Flag.RETRACTED),
    (Relation.PARTIAL_RETRACTION_OF, Kind.RETRACTION, Flag.CORRECTED),
    (Relation.CONCERN_FOR, Kind.CONCERN, Flag.CONCERN),
    (Relation.ERRATUM_FOR, Kind.ERRATUM, Flag.CORRECTED),
]


@pytest.mark.parametrize(("relation", "kind", "flag"), NOTICED)
def test_a_notice_flags_the_paper_that_it_names_and_not_itself(
    archive: Archive, relation: Relation, kind: Kind, flag: Flag
) -> None:
    archive.take_in(paper(1), paper(2))
    archive.now += HOUR
    archive.take_in(notice(900, relation, kind))
    assert flags(archive, 40_000_001) == {flag}
    assert flags(archive, 40_000_002) == flags(archive, 40_000_900) == frozenset()
    (said,) = stated(archive, 40_000_001)
    assert (said.statement.said_by, said.at) == ("pubmed:40000900", NOW + HOUR)
    assert said.statement.notice == Identifiers(doi="10.5555/stroma.900", pmid="40000900")
    assert said.statement.text == "The authors could not repeat the experiment in figure 2."


def test_a_notice_that_comes_first_is_remembered(archive: Archive) -> None:
    archive.take_in(notice())
    archive.take_in(paper(1))
    assert flags(archive, 40_000_001) == RETRACTED


def test_a_notice_and_its_paper_in_one_batch(archive: Archive) -> None:
    archive.take_in(notice(), paper(1))
    assert flags(archive, 40_000_001) == RETRACTED


def test_a_notice_names_any_of_the_papers_of_a_work(archive: Archive) -> None:
    link = states(Relation.PREPRINT_OF, doi="10.5555/stroma.1")
    archive.take_in(preprint(1, links=(link,)), paper(1))
    archive.take_in(notice(links=(states(Relation.CONCERN_FOR, doi="10.1101/2026.000001"),)))
    assert flags(archive, 40_000_001) == {Flag.CONCERN}


def test_a_flag_that_the_source_takes_back_stays(archive: Archive) -> None:
    archive.take_in(paper(1, flags=RETRACTED))
    archive.take_in(paper(1, title="A better title for the same stromal niche paper"))
    assert flags(archive, 40_000_001) == RETRACTED


def test_a_flag_stays_though_the_paper_loses_the_identifier_it_was_told_by(
    archive: Archive,
) -> None:
    archive.take_in(paper(1))
    archive.take_in(notice(links=(states(Relation.RETRACTION_OF, doi="10.5555/stroma.1"),)))
    archive.take_in(paper(1, ids=Identifiers(pmid="40000001")))
    assert flags(archive, 40_000_001) == RETRACTED


def test_a_paper_without_identifiers_keeps_its_flag(archive: Archive) -> None:
    entry = paper(1, source="journal-feed", source_id="entry-1", ids=Identifiers(), flags=RETRACTED)
    archive.take_in(entry)
    archive.take_in(paper(1, source="journal-feed", source_id="entry-1", ids=Identifiers()))
    (number,) = archive.window()
    assert flags(archive, number) == RETRACTED


def test_a_work_that_is_merged_brings_what_was_said_of_it(archive: Archive) -> None:
    archive.take_in(paper(1), preprint(2), notice())
    link = states(Relation.PREPRINT_OF, pmid="40000001")
    archive.take_in(preprint(2, version="2", links=(link,)))
    assert archive.work("10.1101/2026.000002") == archive.work(40_000_001)
    assert flags(archive, 40_000_001) == RETRACTED


def test_a_split_leaves_each_side_what_was_said_of_it(archive: Archive) -> None:
    link = states(Relation.PREPRINT_OF, doi="10.5555/stroma.1")
    archive.take_in(paper(1), preprint(2, links=(link,)), notice())
    assert flags(archive, "10.1101/2026.000002") == RETRACTED
    parted = archive.split(40_000_001, "biorxiv:10.1101/2026.000002v1")
    assert flags(archive, parted) == frozenset()
    assert flags(archive, 40_000_001) == RETRACTED
    archive.take_in(paper(1, flags=frozenset({Flag.CORRECTED})))  # it says to be that, still
    archive.take_in(preprint(2, links=(link,), abstract="Revised."))
    assert flags(archive, parted) == frozenset()
    assert flags(archive, 40_000_001) == RETRACTED | {Flag.CORRECTED}


def test_a_notice_that_shares_its_papers_doi_is_not_flagged(archive: Archive) -> None:
    shared = Identifiers(doi="10.5555/stroma.1", pmid="40000900")
    link = states(Relation.RETRACTION_OF, pmid="40000001", doi="10.5555/stroma.1")
    archive.take_in(paper(1, flags=RETRACTED), notice(ids=shared, links=(link,)))
    assert flags(archive, 40_000_001) == RETRACTED
    assert flags(archive, 40_000_900) == frozenset()
    archive.take_in(notice(ids=shared, links=(link,), abstract="Revised."))
    assert flags(archive, 40_000_900) == frozenset()


def test_what_is_flagged_is_touched_and_keeps_its_place(archive: Archive) -> None:
    archive.take_in(paper(1))
    archive.now += HOUR
    archive.take_in(notice())
    assert archive.window() == [1]  # the notice is no finding, and the paper no newer
    with archive.store.engine.begin() as connection:
        touched = connection.execute(
            WorkRow.__table__.select().where(WorkRow.__table__.c.id == 1)
        ).one()
    assert (touched.seq, touched.updated_at) == (1, NOW + HOUR)


def test_the_same_statement_is_kept_once(archive: Archive) -> None:
    for abstract in ("One.", "Two.", "Three."):
        archive.take_in(paper(1, flags=RETRACTED, abstract=abstract), notice(abstract=abstract))
    with archive.store.reading() as tx:
        assert tx.statements.count() == 3  # by the paper under PMID and DOI, and by the notice
    assert [s.statement.text for s in stated(archive, 40_000_001)] == ["", "One."]


# -- an archive from before statements were kept --------------------------------------------------


def forget(archive: Archive) -> None:
    """As if all had come before statements were kept."""
    with archive.store.engine.begin() as connection:
        connection.execute(StatementRow.__table__.delete())


def test_a_flag_from_before_stays_and_is_dated_by_the_last_touch(archive: Archive) -> None:
    archive.take_in(paper(1, flags=RETRACTED), paper(2, flags=RETRACTED))
    forget(archive)
    archive.now += HOUR
    archive.take_in(paper(1), paper(2, flags=RETRACTED, abstract="Revised."))
    for number in (40_000_001, 40_000_002):
        assert flags(archive, number) == RETRACTED
        assert [s.at for s in stated(archive, number)] == [NOW]


def refresh(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> refreshing.Refreshed:
    monkeypatch.setattr(normalisation, "normalise", understood)
    return refreshing.refresh(archive.parts, lambda _done: None)


def test_a_refresh_hears_the_notices_that_are_held_already(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.take_in(paper(1), paper(2, flags=RETRACTED), notice())
    forget(archive)
    with archive.store.writing() as tx:
        tx.statements.mark({1: frozenset()}, NOW)
    refresh(archive, monkeypatch)
    assert flags(archive, 40_000_001) == flags(archive, 40_000_002) == RETRACTED
    assert refresh(archive, monkeypatch).changed == 0


def test_a_refresh_takes_nothing_off(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    archive.take_in(paper(1, flags=RETRACTED), paper(2))
    archive.take_in(paper(1), notice(of=2))
    assert refresh(archive, monkeypatch).changed == 0
    assert flags(archive, 40_000_001) == flags(archive, 40_000_002) == RETRACTED


# -- what people rule out -------------------------------------------------------------------------


@pytest.fixture
def ruled(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> Archive:
    """An archive with one paper that a notice retracts and corrects, and a person who knows that it
    names the wrong one for the retraction."""
    monkeypatch.setattr(normalisation, "normalise", understood)
    archive.take_in(paper(1, flags=frozenset({Flag.CORRECTED})), notice())
    left = rulings.rule_out(
        archive.parts, "40000001", Flag.RETRACTED, author="ida", reason="wrong PMID"
    )
    assert left.work.flags == {Flag.CORRECTED}
    return archive


def test_what_was_ruled_out_stays_out_whatever_is_revised(
    ruled: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    ruled.take_in(paper(1, abstract="Revised."), notice(abstract="Revised."))
    refresh(ruled, monkeypatch)
    assert flags(ruled, 40_000_001) == {Flag.CORRECTED}
    ruling = next(s.ruling for s in stated(ruled, 40_000_001) if s.ruling)
    assert (ruling.author, ruling.reason, ruling.at) == ("ida", "wrong PMID", NOW)


def test_a_later_statement_is_heard_again(ruled: Archive) -> None:
    ruled.take_in(notice(901))
    assert flags(ruled, 40_000_001) == RETRACTED | {Flag.CORRECTED}


def test_a_record_is_not_heard_again_for_an_identifier_more(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(normalisation, "normalise", understood)
    archive.take_in(paper(1, flags=RETRACTED))
    rulings.rule_out(archive.parts, "40000001", Flag.RETRACTED, author="ida", reason="a mistake")
    more = Identifiers(doi="10.5555/stroma.1", pmid="40000001", pmcid="PMC77")
    archive.take_in(paper(1, flags=RETRACTED, ids=more))
    assert flags(archive, 40_000_001) == frozenset()
    link = states(Relation.RETRACTION_IN, pmid="40000900")
    archive.take_in(paper(1, flags=RETRACTED, ids=more, links=(link,)))
    assert flags(archive, 40_000_001) == frozenset()  # the same event, told better


def test_another_notice_of_the_same_record_is_heard(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(normalisation, "normalise", understood)
    first, second = (states(Relation.ERRATUM_IN, pmid=pmid) for pmid in ("40000900", "40000901"))
    corrected = frozenset({Flag.CORRECTED})
    archive.take_in(paper(1, flags=corrected, links=(first,)))
    rulings.rule_out(archive.parts, "40000001", Flag.CORRECTED, author="ida", reason="not ours")
    archive.take_in(paper(1, flags=corrected, links=(first, second)))
    assert flags(archive, 40_000_001) == corrected


def test_a_flag_from_before_statements_can_be_ruled_out(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(normalisation, "normalise", understood)
    archive.take_in(paper(1, flags=RETRACTED))
    forget(archive)
    rulings.rule_out(archive.parts, "40000001", Flag.RETRACTED, author="ida", reason="a mistake")
    archive.take_in(paper(1, flags=RETRACTED, abstract="Revised."))
    assert flags(archive, 40_000_001) == frozenset()


def test_what_is_not_flagged_or_has_no_reason_is_refused(ruled: Archive) -> None:
    with pytest.raises(InputError, match=r"not flagged as retracted.*it is flagged as: corrected"):
        rulings.rule_out(ruled.parts, "40000001", Flag.RETRACTED, author="ida", reason="again")
    with pytest.raises(InputError, match="the reason"):
        rulings.rule_out(ruled.parts, "40000001", Flag.CORRECTED, author="ida", reason=" ")


def test_the_works_flagged_last_come_first(ruled: Archive) -> None:
    ruled.take_in(paper(2), paper(3), paper(4))
    ruled.take_in(notice(901, of=3))
    ruled.take_in(notice(902, Relation.CONCERN_FOR, Kind.CONCERN, of=2))
    listed = rulings.flagged(ruled.parts, 10)
    assert [(work.ids.pmid, said.statement.flag) for work, said in listed] == [
        ("40000002", Flag.CONCERN),
        ("40000003", Flag.RETRACTED),
        ("40000001", Flag.CORRECTED),
    ]
    assert len(rulings.flagged(ruled.parts, 1)) == 1
