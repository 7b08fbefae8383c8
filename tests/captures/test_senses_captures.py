"""Ambiguous short forms in 21,747 real papers: 3,302 of oncology and one NLM update file.

The PMIDs were sorted by reading the papers. Of all that use NET, TAN, CAF, TASC or TSC in capitals,
defined or not, each is in a table here.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from service.normalisation import normalise
from service.ranking.sense_inventory import Inventory, take_inventory
from service.ranking.sense_writing import Writing, mentions, read_writing
from service.ranking.senses import Sense, read_sense, topic_senses
from service.sources import importing
from service.topics import shipped

if TYPE_CHECKING:
    from pathlib import Path

    from service.records import Topic

pytestmark = [pytest.mark.captures, pytest.mark.slow]

OURS = {
    "NET": """33047496 33571683 33906071 34034080 34082773 34091010 34096915 41741233 42384429""",
    "TAN": "34095111",
    "CAF": """33819917 33940087 33999859 34094963 34095111 34095135 34096957 41423506 41551162
        41616773 41698472 41747244 41896590 41965446 42481943""",
    "TASC": "",
    "TSC": "",
}
FOREIGN = {
    "NET": """32449097 32492680 32615553 33183463 33305819 33549952 33751987 33782836 33990013
        34090442 34092781 34093744 42180080 42288118 42392118 42393461 42400125""",
    "TAN": "33991826",
    "CAF": "33642166 34074584 34092078 34095067 34097242",
    "TASC": "34090986",
    "TSC": "33303533 33526281 34087568 34092923 34096024",
}
# Of all that use TME; the others mean the tumor microenvironment.
MESORECTAL = "32691944 32813899 33068271 33170489 33902088 34092222 34097005"
NEITHER = "33198504"  # part of a reagent's name


@pytest.fixture(scope="module")
def papers(shared: Path) -> dict[str, Writing]:
    found = {}
    with (shared / "eval" / "oncology_2025_2026.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            paper = json.loads(line)
            found[paper["pmid"]] = read_writing(paper["title"], paper["abstract"] or "")
    update = shared / "captures" / "pubmed_update" / "pubmed21n1298.xml.gz"
    for batch in importing.batches(update):
        for record in batch.records:
            paper = normalise(record)
            if paper.abstract:
                found[record.source_id] = read_writing(paper.title, paper.abstract)
    return found


@pytest.fixture(scope="module")
def senses() -> dict[str, Sense]:
    pinned = {"TSC": "tumor stromal cell"}
    found = {}
    for topic in shipped():
        found |= topic_senses(texts_of(topic), pinned)
    return found


def texts_of(topic: Topic) -> list[str]:
    texts = list(topic.include)
    for seed in topic.seeds:
        texts += [seed.title, seed.tldr, seed.contribution, *seed.findings, seed.abstract]
    return texts


@pytest.fixture(scope="module")
def inventory(papers: dict[str, Writing], senses: dict[str, Sense]) -> Inventory:
    return take_inventory(papers.values(), senses)


@pytest.mark.parametrize("short", OURS)
def test_every_paper_is_read_as_a_person_reads_it(
    short: str, papers: dict[str, Writing], senses: dict[str, Sense], inventory: Inventory
) -> None:
    told: dict[bool | None, set[str]] = {True: set(), False: set(), None: set()}
    for pmid, paper in papers.items():
        reading = read_sense(paper, senses[short], inventory)
        if reading is not None:
            told[reading.ours].add(pmid)
    assert told == {True: set(OURS[short].split()), False: set(FOREIGN[short].split()), None: set()}


def test_mesorectal_excision_is_no_microenvironment(
    papers: dict[str, Writing], senses: dict[str, Sense], inventory: Inventory
) -> None:
    users = {pmid for pmid, paper in papers.items() if mentions(paper, "TME")}
    foreign = {*MESORECTAL.split(), NEITHER}
    readings = {pmid: read_sense(papers[pmid], senses["TME"], inventory) for pmid in users}
    assert {pmid for pmid, each in readings.items() if each and each.ours is False} == foreign
    unsure = {pmid for pmid, each in readings.items() if each and each.ours is None}
    assert not unsure & foreign
    assert len(unsure) <= 1
    assert len(users) > 60


@pytest.mark.parametrize("short", ["NET", "TAN", "CAF"])
def test_with_definitions_taken_out_the_rest_of_the_paper_still_tells(
    short: str, papers: dict[str, Writing], senses: dict[str, Sense]
) -> None:
    """Each paper judged by the others; "neutrophil extracellular traps (NETs)" became "NET"."""
    definers = {pmid: paper for pmid, paper in papers.items() if _defines(paper, short)}
    for pmid, paper in definers.items():
        known = take_inventory([other for at, other in definers.items() if at != pmid], [short])
        reading = read_sense(_undefined(paper, short), senses[short], known)
        assert reading is not None
        assert (pmid, reading.ours) == (pmid, pmid in OURS[short].split())


@pytest.mark.parametrize("short", ["NET", "TAN", "CAF", "TME"])
def test_a_young_archive_that_knows_no_other_sense_is_never_wrong(
    short: str, papers: dict[str, Writing], senses: dict[str, Sense]
) -> None:
    foreign = {*FOREIGN.get(short, MESORECTAL).split(), NEITHER}
    for pmid, paper in papers.items():
        reading = read_sense(paper, senses[short], Inventory())
        if reading is not None and reading.ours is not None:
            assert (pmid, reading.ours) == (pmid, pmid not in foreign)


def _defines(paper: Writing, short: str) -> bool:
    return any(each.short == short for each in paper.found)


def _undefined(paper: Writing, short: str) -> Writing:
    text = paper.text
    for each in sorted(paper.found, key=lambda found: -found.start):
        if each.short == short:
            text = text[: each.start] + short + text[each.end :]
    title, _, abstract = text.partition("\n")
    return read_writing(title, abstract)
