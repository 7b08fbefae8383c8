"""Seeds of whatever a person tells: each kind, many at once, and hostile ones."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from service.bootstrap import build, seed_resolving
from service.bootstrap.seed_resolving import MOST_BYTES, MOST_SEEDS, FoundSeeds
from service.config import Settings
from service.demo.server import ReplayServer
from service.errors import ConfigError, InputError, LitwatchError, TopicError, TransientError
from service.records import Identifiers, Topic
from service.records.findings import SavedSearch
from service.records.queries import Mode
from service.sources.http import PoliteClient
from service.topics import editing
from service.topics.documents import dump, parse
from tests.fake_zotero import KEY, FakeZotero
from tests.fakes_papers import ABSTRACT, Held
from tests.papers import NOW
from tests.seed_desk import Desk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

REVIEW = "# Herons in marsh\n\nDOI: 10.5555/marsh.1\n\n## Abstract\n\nMarsh shelters a colony.\n"
BIB = "@article{berg, title={Reed and heron}, author={Berg, Ane}, doi={10.5555/Reed.2}}\n"
RIS = "TY  - JOUR\nTI  - Chicks in spring\nAB  - Chicks grow.\nDO  - 10.5555/chick.3\nER  - \n"
NBIB = "PMID- 31\nTI  - Feathers\nAB  - They are light.\nPT  - Review\n\nPMID- 32\nTI  - Wings\n"
TEXT = "Herons that wade in reed at dawn"


def titles(found: FoundSeeds) -> list[str]:
    return [seed.title for seed in found.seeds]


# -- papers ---------------------------------------------------------------------------------------


def test_a_review_comes_with_its_facts_and_is_named_for_its_references(desk: Desk) -> None:
    found = desk.app.seeds_of(["https://pubmed.ncbi.nlm.nih.gov/38000001/"])
    [seed] = found.seeds
    assert (seed.kind, seed.title, seed.abstract) == (
        "review",
        "Herons in reed: a review",
        ABSTRACT,
    )
    assert seed.ids == Identifiers("10.5555/heron.1", "38000001", "PMC7000001")
    assert (seed.authors, seed.venue, seed.published) == (("Berg Ane",), "Wading Letters", "2026")
    assert (seed.weight, seed.sign) == (1.0, 1)
    assert found.references == (seed.key,)
    assert found.notes == ('PMID 38000001: "Herons in reed: a review", a review, from PubMed.',)


def test_a_paper_has_no_references_to_get(desk: Desk) -> None:
    found = desk.app.seeds_of(["10.5555/chick.3"])
    assert [(seed.kind, seed.title) for seed in found.seeds] == [("paper", "Chicks in spring")]
    assert found.references == ()


def test_a_pasted_list_becomes_a_seed_each_in_its_order(desk: Desk) -> None:
    found = desk.app.seeds_of(["10.5555/chick.3, PMID 40000001\n38000001", "PMC7000001"])
    assert titles(found)[0] == "Chicks in spring"
    assert titles(found)[2] == "Herons in reed: a review"
    assert len(found.seeds) == 3
    assert "from the archive" in found.notes[1]
    assert found.notes[-1] == '"Herons in reed: a review" is told twice, and counts once.'


def test_what_is_known_against_a_paper_is_told(desk: Desk) -> None:
    desk.sources.papers = (
        Held("RETRACTED: Herons", pmid="38000009", abstract=""),
        Held("Erratum: Chicks", pmid="38000008"),
    )
    first, second = desk.app.seeds_of(["38000009 38000008"]).notes
    assert "without an abstract" in first
    assert "it has been retracted" in first
    assert second.endswith("a paper, from PubMed; it is a notice about another paper.")


def test_seeds_go_into_a_topic_as_they_are(desk: Desk) -> None:
    """Under the very keys that were told, and through a document without loss."""
    found = desk.app.seeds_of(["38000001 38000002 40000003", TEXT, "Another text on wading birds"])
    topic = editing.new("birds", "Birds", found.seeds)
    assert topic.seeds == found.seeds
    assert parse(dump(topic), lambda name: name) == topic
    assert set(found.references) <= {seed.key for seed in topic.seeds}


def test_nothing_is_added_when_one_of_many_is_unknown(desk: Desk) -> None:
    with pytest.raises(InputError, match="PMID 39999999: not found in the archive, PubMed"):
        desk.app.seeds_of(["38000001", "39999999", TEXT])


def test_a_bad_text_is_refused_before_anybody_is_asked(desk: Desk) -> None:
    with pytest.raises(InputError, match="'herons'"):
        desk.app.seeds_of(["38000001", "herons"])
    assert desk.sources.asked == []


def test_a_source_that_is_down_is_told(desk: Desk) -> None:
    desk.sources.down = {"ncbi", "europepmc"}
    with pytest.raises(TransientError, match="PMID 38000001"):
        desk.app.seeds_of(["38000001"])


@pytest.mark.parametrize("told", [[], [""], [" \n", "\t"]])
def test_nothing_told_is_refused(desk: Desk, told: list[str]) -> None:
    with pytest.raises(InputError, match="a seed: is not given"):
        desk.app.seeds_of(told)


def test_so_many_papers_are_refused_before_anybody_is_asked(desk: Desk) -> None:
    many = " ".join(str(30_000_000 + n) for n in range(MOST_SEEDS + 1))
    with pytest.raises(InputError, match="are 301, at most 300"):
        desk.app.seeds_of([many])
    assert desk.sources.asked == []


def test_text_is_a_seed_by_itself(desk: Desk) -> None:
    found = desk.app.seeds_of([f"  {TEXT}\n\nand of chicks.\x00 \n"])
    [seed] = found.seeds
    assert (seed.kind, seed.title) == ("text", "")
    assert seed.abstract == f"{TEXT}\n\nand of chicks."
    assert seed.key.startswith("herons-that-wade-in-reed")
    assert found.notes == ("'Herons that wade in reed at dawn and of chicks.': text, 10 words.",)
    assert desk.sources.asked == []


# -- files ----------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    inside = tmp_path / "seeds"
    inside.mkdir()
    for name, text in {"r.md": REVIEW, "b.bib": BIB, "c.ris": RIS, "d.nbib": NBIB}.items():
        (inside / name).write_text(text, encoding="utf-8")
    return inside


def test_files_of_each_form_are_read(desk: Desk, folder: Path) -> None:
    found = desk.app.seeds_of([str(folder / name) for name in ("r.md", "c.ris", "d.nbib")])
    assert [(seed.kind, seed.title) for seed in found.seeds] == [
        ("review", "Herons in marsh"),
        ("paper", "Chicks in spring"),
        ("review", "Feathers"),
        ("paper", "Wings"),
    ]
    assert found.references == ("10.5555/marsh.1", "31")
    assert found.notes[:3] == (
        "r.md: 1 review.",
        "c.ris: 1 paper.",
        "d.nbib: 1 review and 1 paper.",
    )


def test_missing_abstracts_are_got_where_they_can_be_had(desk: Desk, folder: Path) -> None:
    desk.sources.papers = (Held("Reed & heron", doi="10.5555/reed.2", ppr="PPR5"),)
    found = desk.app.seeds_of([str(folder / "d.nbib"), str(folder / "b.bib")])
    told = {seed.title: seed.abstract for seed in found.seeds}
    assert told == {"Reed and heron": ABSTRACT, "Feathers": "They are light.", "Wings": ""}
    assert found.notes[1] == "0 of 1 missing abstracts were got."
    assert found.notes[3] == "1 of 1 missing abstracts were got."


def test_a_file_is_read_also_when_no_source_can_be_asked(desk: Desk, folder: Path) -> None:
    desk.sources.down = {"ncbi", "europepmc"}
    found = desk.app.seeds_of([str(folder / "b.bib")])
    assert titles(found) == ["Reed and heron"]
    assert found.notes[-1].startswith("0 of 1 missing abstracts were got (")
    assert "HTTP 500" in found.notes[-1]


def test_files_are_not_read_where_they_may_not_be_named(desk: Desk, folder: Path) -> None:
    with pytest.raises(InputError):
        desk.app.seeds_of([str(folder / "r.md")], files=False)


def test_a_file_may_be_handed_in_as_bytes(desk: Desk) -> None:
    found = desk.app.seeds_in("r.md", REVIEW.encode())
    assert (titles(found), found.references) == (["Herons in marsh"], ("10.5555/marsh.1",))
    [seed] = desk.app.seeds_in("note.TXT", TEXT.encode()).seeds
    assert (seed.kind, seed.abstract) == ("text", TEXT)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd.md", "passwd.md"),
        ("C:\\Users\\Ida\\r.md", "r.md"),
        ("..md", "file.md"),
        (".md", "file.md"),
        ("a\x00b\n.md", "a-b.md"),
        ("\U00010400" * 500 + ".md", "\U00010400.md"),
        ("\U00010400" * 500, "is of no form"),
        ("", "is of no form"),
    ],
)
def test_a_hostile_name_of_a_file_is_only_a_name(
    desk: Desk, tmp_path: Path, name: str, shown: str
) -> None:
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises((InputError, TopicError)) as caught:
        desk.app.seeds_in(name, b"no title")
    assert shown in str(caught.value)
    assert "litwatch-" not in str(caught.value)
    assert "/" not in caught.value.thing
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("paper.pdf", b"%PDF", "is of no form"),
        ("refs.xml.gz", b"\x1f\x8b", "is of no form"),
        ("refs.bib", b"@" * (MOST_BYTES + 1), "is larger than 5,242,880 bytes"),
        ("long.md", b"# Herons\n" * 20_000, "is larger than 100,000 bytes"),
        ("long.txt", b"Herons wade. " * 10_000, "has 129,999 characters"),
        ("refs.xml", gzip.compress(b"<PubmedArticleSet/>", mtime=0), "is compressed"),
        ("refs.xml", b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>", "refs.xml"),
        ("refs.jsonl", b"[" * 100_000, "refs.jsonl"),
        ("refs.jsonl", b"{}\n" * 10, "refs.jsonl"),
        ("note.txt", b"\xff\xfe", "is not UTF-8 text"),
    ],
)
def test_a_hostile_file_is_refused(desk: Desk, name: str, content: bytes, told: str) -> None:
    with pytest.raises((InputError, TopicError)) as caught:
        desk.app.seeds_in(name, content)
    assert told in str(caught.value)
    assert desk.sources.asked == []


def test_a_file_of_too_many_papers_is_refused(desk: Desk) -> None:
    rows = "\n".join(json.dumps({"title": f"Paper {n}"}) for n in range(MOST_SEEDS + 1))
    with pytest.raises(InputError, match="at most 300"):
        desk.app.seeds_in("many.jsonl", rows.encode())


# -- searches and collections ---------------------------------------------------------------------


def test_the_best_works_of_a_saved_search_are_seeds(desk: Desk) -> None:
    with desk.store.writing() as tx:
        tx.searches.save(SavedSearch("niche", "shields", Mode.LEXICAL, "Ida", NOW))
        tx.searches.save(SavedSearch("none", "zebrafish", Mode.LEXICAL, "Ida", NOW))
    found = desk.app.seeds_of(["search:niche"], files=False)
    assert sorted(seed.ids.pmid or "" for seed in found.seeds) == ["40000001", "40000002"]
    told = ("search:niche: 2 papers, the best of 2.", "0 of 1 missing abstracts were got.")
    assert found.notes == told
    with pytest.raises(InputError, match="'none': finds nothing now"):
        desk.app.seeds_of(["search:none"])
    with pytest.raises(InputError, match="'other': does not exist"):
        desk.app.seeds_of(["search: other"])


@pytest.fixture
def zotero(desk: Desk) -> Iterator[FakeZotero]:
    with FakeZotero() as server:
        given = {"base_url": server.url, "api_key": KEY, "user": 7}
        desk.app.settings = Settings.model_validate({"zotero": given})
        client = PoliteClient("litwatch/test", unknown_host=0.0, trusted=frozenset({server.host}))
        fake = desk.app.__dict__["http"]
        desk.app.__dict__["http"] = client
        yield server
        client.close()
        desk.app.__dict__["http"] = fake


def test_the_papers_of_a_collection_are_seeds(desk: Desk, zotero: FakeZotero) -> None:
    inside = zotero.collection("Wading birds")
    zotero.item(inside, title="Herons", DOI="10.5555/z.1", abstractNote="They wade.")
    zotero.item(inside, title="")
    zotero.item(inside, itemType="note", note="mine")
    found = desk.app.seeds_of(["zotero:wading birds"], files=False)
    assert [(seed.key, seed.title) for seed in found.seeds] == [("10.5555/z.1", "Herons")]
    left = "left out: 1 without a title, 1 that are files or notes"
    assert found.notes == (f"zotero:wading birds: 1 paper; {left}.",)


def test_a_collection_without_papers_or_of_no_library_is_told(
    desk: Desk, zotero: FakeZotero
) -> None:
    zotero.collection("Empty")
    with pytest.raises(InputError, match="holds no paper"):
        desk.app.seeds_of(["zotero:Empty"])
    with pytest.raises(InputError, match="is not in Zotero users/7"):
        desk.app.seeds_of(["zotero:Other"])
    desk.app.settings = Settings()
    with pytest.raises(ConfigError, match=r"zotero\.api_key"):
        desk.app.seeds_of(["zotero:Empty"])


# -- over the network -----------------------------------------------------------------------------


def over(desk: Desk, address: Callable[[str], str]) -> Desk:
    """The same archive with a real client, and all sources at these addresses."""
    entrez, rxiv = {"base_url": address("eutils")}, {"base_url": address("biorxiv")}
    given = {
        "http": {"pace": 0, "tries": 1},
        "sources": {
            "pubmed": entrez,
            "pmc": entrez,
            "biorxiv": rxiv,
            "medrxiv": rxiv,
            "arxiv": {"api_url": address("arxiv_api"), "oai_url": address("arxiv_oai")},
            "europepmc": {"base_url": address("europepmc")},
        },
    }
    url = str(desk.store.engine.url)
    return Desk(build(Settings.model_validate({"database": {"url": url}, **given})), desk.sources)


@pytest.fixture
def replayed(desk: Desk) -> Iterator[Desk]:
    """Before a server that has the example records."""
    with ReplayServer() as server:
        made = over(desk, server.url)
        yield made
        made.app.close()


@pytest.mark.parametrize(
    ("told", "holder"),
    [
        ("https://pubmed.ncbi.nlm.nih.gov/99000001/", "PubMed"),
        ("PMC99000001", "PMC"),
        ("https://doi.org/10.5555/2026.06.18.900003", "Europe PMC"),
        ("10.5555/ejtb.2026.0156", "PubMed"),
        ("https://arxiv.org/abs/2611.90008v1", "arXiv"),
        ("https://europepmc.org/article/PPR/PPR9900009", "Europe PMC"),
    ],
)
def test_papers_come_over_the_polite_client(replayed: Desk, told: str, holder: str) -> None:
    found = replayed.app.seeds_of([told])
    [seed] = found.seeds
    assert seed.abstract
    assert seed.authors
    assert found.notes[0].endswith(f"a paper, from {holder}.")


def test_a_server_that_is_gone_is_told(desk: Desk) -> None:
    lost = over(desk, lambda _name: "http://127.0.0.1:9")
    with pytest.raises(TransientError, match="no connection") as caught:
        lost.app.seeds_of(["38000001"])
    assert caught.value.thing == "PMID 38000001"
    lost.app.close()


# -- whatever comes -------------------------------------------------------------------------------

_FUZZ = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
_PIECES = [
    "38000001",
    "10.5555/chick.3",
    "PMC7000001",
    "search:",
    "zotero:",
    TEXT,
    "\ud800",
    "\x00",
]


@_FUZZ
@example(told=["0 0 A\r\U00018d09"])  # a sign that this Python does not know, in a note
@given(st.lists(st.one_of(st.sampled_from(_PIECES), st.text(max_size=60)), max_size=5))
def test_any_texts_are_seeds_of_a_topic_or_refused(desk: Desk, told: list[str]) -> None:
    try:
        found = desk.app.seeds_of([" ".join(told), *told], files=False)
    except LitwatchError as error:
        str(error).encode()
        return
    topic = editing.with_seeds(Topic("t", "T", ()), found.seeds)
    assert parse(dump(topic), lambda name: name).seeds == topic.seeds
    assert all(note.isprintable() for note in found.notes)


@_FUZZ
@given(
    st.sampled_from([".md", ".bib", ".ris", ".nbib", ".txt", ".xml", ".jsonl"]),
    st.text(max_size=10),
    st.one_of(
        st.binary(max_size=200),
        st.sampled_from([REVIEW, BIB, RIS, NBIB])
        .map(str.encode)
        .flatmap(
            lambda text: st.integers(0, len(text)).map(lambda cut: text[:cut] + b"\xff\x00\x1b[")
        ),
    ),
)
def test_any_file_is_seeds_of_a_topic_or_refused(
    desk: Desk, suffix: str, name: str, content: bytes
) -> None:
    try:
        found = desk.app.seeds_in(name + suffix, content)
    except LitwatchError as error:
        str(error).encode()
        return
    topic = editing.with_seeds(Topic("t", "T", ()), found.seeds)
    assert parse(dump(topic), lambda name: name).seeds == topic.seeds
    assert all(note.isprintable() for note in found.notes)


def test_the_most_that_is_taken_is_as_documented() -> None:
    assert (MOST_SEEDS, MOST_BYTES, seed_resolving.OF_A_SEARCH) == (300, 5 * 1024 * 1024, 20)
