"""Questions to an archive, answered page by page, on both databases."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from service import normalisation
from service.errors import EncoderError, InputError, QueryError
from service.finding import find
from service.records import Author, Relation
from service.records.findings import MOST_SHOWN, Findings, Matched, Search
from service.records.queries import Mode, Sort
from tests.fakes_search import WordEncoder, finding
from tests.papers import NOW, Archive, paper, preprint, states, understood

if TYPE_CHECKING:
    from numpy import float32
    from numpy.typing import NDArray

    from service.finding import Finding

TITLES = (
    "Neutrophil extracellular traps drive metastasis of the liver",
    "Fibroblasts of the tumour stroma wall off T cells",
    "Leukocyte webs in carcinoma",
    "Microglia and memory",
    "Stroma of the tumour: a review",
)


@pytest.fixture
def filled(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> Archive:
    """Works 1 to 5."""
    monkeypatch.setattr(normalisation, "normalise", understood)
    for number, title in enumerate(TITLES, start=1):
        archive.take_in(
            paper(
                number,
                title=title,
                abstract=f"About {title.lower()}.",
                authors=(Author(("Okafor", "Lindqvist")[number % 2], "Chidi"),),
                published=f"202{number}-05-01",
                venue="",
                mesh=("Neutrophils",) if number in {1, 3} else (),
            )
        )
    return archive


@pytest.fixture
def parts(filled: Archive) -> Finding:
    return finding(filled.store, filled.parts.clock)


def ids(found: Findings) -> list[int]:
    return [hit.work.id for hit in found.hits]


def test_works_with_all_words_come_first_and_those_that_are_near_after(parts: Finding) -> None:
    found = find(Search("tumour stroma"), parts)
    assert set(ids(found)[:2]) == {2, 5}
    assert [hit.matched for hit in found.hits[:2]] == [Matched.ALL] * 2
    assert 3 in ids(found)  # carcinoma: no word of it is asked for
    assert found.mode is Mode.HYBRID
    assert (found.total, found.exact) == (2, True)


def test_a_work_says_why_it_was_found(parts: Finding) -> None:
    by = {hit.work.id: hit for hit in find(Search("tumour fibroblast"), parts).hits}
    assert by[2].matched is Matched.ALL
    assert by[5].matched is Matched.SOME
    assert by[3].matched is Matched.NEAR
    assert by[3].snippets == ()
    assert (by[2].similarity or 0) > (by[3].similarity or 0) > 0


def test_by_words_alone_only_works_with_all_words_are_found(parts: Finding) -> None:
    found = find(Search("tumour stroma", Mode.LEXICAL), parts)
    assert set(ids(found)) == {2, 5}
    assert all(hit.similarity is None for hit in found.hits)
    assert found.mode is Mode.LEXICAL


def test_by_words_alone_works_with_some_are_found_where_none_has_all(parts: Finding) -> None:
    found = find(Search("tumour microglia", Mode.LEXICAL), parts)
    assert {2, 4, 5} <= set(ids(found))
    assert found.total == 0
    assert {hit.matched for hit in found.hits} == {Matched.SOME}


def test_by_meaning_alone_words_do_not_count(parts: Finding) -> None:
    found = find(Search("cancer", Mode.SEMANTIC), parts)
    assert set(ids(found)[:3]) == {2, 3, 5}
    assert found.total == 0


def test_a_half_remembered_title_is_found_by_some_words_an_author_and_the_year(
    parts: Finding,
) -> None:
    assert ids(find(Search("neutrofil traps liver Lindqvist 2021"), parts))[0] == 1


def test_what_must_hold_holds_for_every_work_that_is_shown(parts: Finding) -> None:
    for mode in Mode:
        assert set(ids(find(Search("tumour -title:review", mode), parts))) <= {1, 2, 3, 4}
        assert ids(find(Search("tumour published:2022", mode), parts)) == [2]
        assert set(ids(find(Search("tumour mesh:neutrophils", mode), parts))) <= {1, 3}


def test_without_words_the_newest_come_first(parts: Finding) -> None:
    for mode in Mode:
        assert ids(find(Search("published:2022.. -is:review", mode), parts)) == [5, 4, 3, 2]


def test_sort_goes_before_that_of_the_query(parts: Finding) -> None:
    search = Search("about sort:newest")
    assert ids(find(search, parts)) == [5, 4, 3, 2, 1]
    assert ids(find(replace(search, sort=Sort.SEEN), parts)) == [5, 4, 3, 2, 1]
    assert find(search, parts).mode is Mode.LEXICAL


@pytest.mark.parametrize("text", ["about", "about sort:newest", "about sort:seen", "-microglia"])
@pytest.mark.parametrize("mode", Mode)
def test_pages_are_the_whole_cut_up(parts: Finding, text: str, mode: Mode) -> None:
    whole = ids(find(Search(text, mode), parts))
    assert len(whole) >= 4
    for limit in (1, 2, 3):
        pages, cursor = [], None
        while True:
            page = find(Search(text, mode, limit, cursor), parts)
            pages += ids(page)
            cursor = page.cursor
            if cursor is None:
                break
        assert pages == whole


@pytest.mark.parametrize("text", ["about", "about sort:newest", "about sort:seen"])
def test_what_arrives_between_two_pages_shifts_nothing(
    parts: Finding, archive: Archive, text: str
) -> None:
    before = ids(find(Search(text), parts))
    first = find(Search(text, limit=2), parts)
    archive.take_in(paper(9, title="About everything", published="2026-11-12"))
    rest = find(Search(text, cursor=first.cursor), parts)
    assert ids(first) + ids(rest) == before
    assert 9 not in ids(rest)
    assert archive.work("10.5555/stroma.9") in ids(find(Search(text), parts))


def test_works_like_another_are_found_and_not_the_work_itself(parts: Finding) -> None:
    found = find(Search("like:10.5555/stroma.5"), parts)
    assert ids(found)[0] == 2
    assert 5 not in ids(found)
    assert found.mode is Mode.SEMANTIC


def test_words_beside_a_likeness_are_conditions(parts: Finding) -> None:
    assert ids(find(Search("like:5 leukocyte"), parts)) == [3]
    assert ids(find(Search("like:5 like:2 published:2023", Mode.LEXICAL), parts)) == [3]


def test_a_likeness_to_what_is_not_there_is_refused(parts: Finding) -> None:
    with pytest.raises(InputError, match=r"10\.5555/none"):
        find(Search("like:10.5555/none"), parts)
    blind = replace(parts, neighbours=replace(_fake(parts), without=frozenset({5})))
    with pytest.raises(InputError, match="is not embedded yet"):
        find(Search("like:5"), blind)


def test_without_a_model_words_are_left_and_that_is_said(parts: Finding) -> None:
    blind = replace(parts, encoder=WordEncoder(missing=True))
    found = find(Search("tumour stroma"), blind)
    assert set(ids(found)) == {2, 5}
    assert found.mode is Mode.LEXICAL
    assert any("by words alone: encoder: is not there" in note for note in found.notes)
    for search in (Search("tumour", Mode.SEMANTIC), Search("like:5")):
        with pytest.raises(EncoderError):
            find(search, blind)


def test_a_work_is_shown_as_it_was_known_then(archive: Archive, parts: Finding) -> None:
    archive.take_in(preprint(7, title="Osteoclasts in bone", abstract=""))
    archive.now = NOW + timedelta(days=40)
    link = states(Relation.HAS_PREPRINT, doi="10.1101/2026.000007")
    archive.take_in(paper(7, title="Osteoclasts", venue="Journal of Bone", links=(link,)))
    archive.take_in(paper(8, title="Osteoclasts of late"))
    (now,) = find(Search("osteoclasts -late", Mode.LEXICAL), parts).hits
    (then,) = find(Search(f"osteoclasts as-of:{NOW:%Y-%m-%d}", Mode.LEXICAL), parts).hits
    assert then.work.id == now.work.id
    was, has_become = then.work, now.work
    assert (was.kind, was.venue, was.title) == ("preprint", "bioRxiv", "Osteoclasts in bone")
    assert (has_become.kind, has_become.venue) == ("article", "Journal of Bone")
    assert has_become.title == "Osteoclasts"


def test_facets_count_what_answers_and_say_how_to_narrow(parts: Finding) -> None:
    found = find(Search("about", facets=True), parts)
    by_name = {facet.name: facet for facet in found.facets}
    years = {one.value: one for one in by_name["year"].values}
    assert years["2024"].count == 1
    assert ids(find(Search(years["2024"].query, Mode.LEXICAL), parts)) == [4]
    assert find(Search("about"), parts).facets == ()


@dataclass
class ToldEncoder(WordEncoder):
    """Keeps what it was asked."""

    asked: list[str] = field(default_factory=list)

    def encode(self, text: str) -> NDArray[float32]:
        self.asked.append(text)
        return super().encode(text)


def test_what_is_meant_is_looked_for_once_and_as_works_spell_it(parts: Finding) -> None:
    encoder = ToldEncoder()
    found = find(Search("stroma tumuor"), replace(parts, encoder=encoder))
    spells = parts.store.engine.dialect.name == "sqlite"
    assert encoder.asked == ["stroma tumour" if spells else "stroma tumuor"]
    assert found.total == 0
    assert found.notes[0].startswith('no work has "tumuor"')
    assert Matched.ALL not in {hit.matched for hit in found.hits}


def test_a_word_that_no_work_has_is_told(parts: Finding) -> None:
    (note,) = find(Search("osteoclast"), parts).notes
    assert note.startswith('no work has "osteoclast"')


@pytest.mark.parametrize("limit", [0, -1, MOST_SHOWN + 1])
def test_a_limit_that_is_none_is_refused(parts: Finding, limit: int) -> None:
    with pytest.raises(InputError, match="limit"):
        find(Search("tumour", limit=limit), parts)


def test_a_query_that_cannot_be_read_is_refused(parts: Finding) -> None:
    with pytest.raises(QueryError):
        find(Search("(tumour"), parts)


def test_a_query_for_nothing_finds_nothing(parts: Finding) -> None:
    assert find(Search("..."), parts).hits == ()


def _fake(parts: Finding) -> Any:
    return parts.neighbours
