"""A seed that was retracted, as the command line tells of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from service.clock import standing
from tests import databases
from tests.command_line import MONDAY, Litwatch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOTICE = """<?xml version="1.0" encoding="UTF-8"?>
<PubmedArticleSet><PubmedArticle><MedlineCitation Status="MEDLINE" Owner="NLM">
<PMID Version="1">99000001</PMID><Article PubModel="Print"><Journal><Title>Journal of Tests</Title>
</Journal><ArticleTitle>Retraction: a review</ArticleTitle><Language>eng</Language>
<PublicationTypeList><PublicationType UI="D016440">Retraction of Publication</PublicationType>
</PublicationTypeList></Article><CommentsCorrectionsList>
<CommentsCorrections RefType="RetractionOf"><RefSource>Mol Cancer. 2026. doi: {doi}</RefSource>
</CommentsCorrections></CommentsCorrectionsList></MedlineCitation><PubmedData><ArticleIdList>
<ArticleId IdType="pubmed">99000001</ArticleId></ArticleIdList></PubmedData></PubmedArticle>
</PubmedArticleSet>"""


@pytest.fixture
def litwatch(tmp_path: Path) -> Iterator[Litwatch]:
    for engine in databases.migrated("sqlite", tmp_path):
        settings: dict[str, Any] = {"database": {"url": str(engine.url)}}
        made = Litwatch(settings, standing(MONDAY))
        assert made("init") == 0
        yield made


def test_a_retracted_seed_needs_a_person_and_is_marked_in_its_topic(
    litwatch: Litwatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def said(*words: str) -> str:
        capsys.readouterr()
        assert litwatch(*words) == 0
        return capsys.readouterr().out

    (seed,) = json.loads(said("topics", "show", "neutrophils", "--json"))["topic"]["seeds"]
    assert "Nothing needs you" in said("status")
    file = tmp_path / "notice.xml"
    file.write_text(NOTICE.format(doi=seed["ids"]["doi"]))
    said("import", str(file))
    status = said("status")
    assert "of topic neutrophils: was retracted" in status
    assert f"litwatch topics seed remove neutrophils {seed['key']}" in status
    assert "\n  was retracted\n" in said("topics", "show", "neutrophils")
    told = json.loads(said("topics", "show", "neutrophils", "--json"))
    assert told["doubted"] == {seed["key"]: "was retracted"}
