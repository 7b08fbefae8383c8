"""A live topic as a labelled corpus: which papers are taken as what, and whence their vectors."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from service import pipeline, seeding
from service.bootstrap import live_topic
from service.bootstrap.evaluation import chosen_contenders
from service.embedding.works import work_vectors
from service.errors import EncoderError, TopicError
from service.ranking.ranker import FusedRanker
from service.records import Identifiers, Judgement, Reference, Seed, Topic, Vote
from service.sources.references import SeedReferences
from service.store import Store
from service.topics.facets import facets
from service.topics.sentences import split_sentences
from tests import databases, papers
from tests.fakes_encoder import FakeEncoder
from tests.papers import NOW, Archive, paper

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from service.bootstrap.evaluation import Bench
    from service.bootstrap.live_topic import LiveTopic
    from service.pipeline import Parts
    from service.records import EncoderInfo, RankedWork

REVIEW = Seed("review", "review", "A review of herons", ids=Identifiers("10.5555/review.1"))
AGAINST = Seed("against", "review", "A review of bridges", ids=Identifiers(pmid="7"), sign=-1)
WORKS = 260  # enough for a sample and a background of more than 100 each


class Missing(FakeEncoder):
    def info(self) -> EncoderInfo:
        raise EncoderError("model x", "is not there", "install it")


@dataclass
class Group:
    """A topic with seeds over an archive of works on bridges."""

    archive: Archive
    topic: Topic
    encoder: FakeEncoder

    @property
    def store(self) -> Store:
        return self.archive.store

    @property
    def parts(self) -> Parts:
        return replace(
            self.archive.parts,
            encoder=self.encoder,
            ranker=FusedRanker(facets, split_sentences),
            work_vectors=work_vectors,
            topics=lambda _tx: (self.topic,),
        )

    def cite(self, references: Sequence[Reference], seed: Seed = REVIEW) -> None:
        got = SeedReferences("PMC full text", len(references), tuple(references))
        seeding.keep_references(self.parts, self.topic, seed, got)

    def vote(self, judgement: Judgement, *works: int) -> None:
        with self.store.writing() as tx:
            for work in works:
                tx.votes.cast(Vote("birds", work, "Ida", judgement, "web", NOW))

    def live(self) -> LiveTopic:
        return live_topic.live_topic(self.parts, "birds")

    def bench(self, rankers: str = "bm25,max-cosine", encoder: FakeEncoder | None = None) -> Bench:
        def embedding(_name: str, _total: int) -> Callable[[int], None]:
            return lambda _done: None

        wanted = chosen_contenders(rankers)
        return live_topic.live_bench(
            wanted, self.live(), self.store, encoder or self.encoder, embedding
        )


@pytest.fixture
def group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Group]:
    monkeypatch.setattr(pipeline, "normalise", papers.understood)
    for engine in databases.migrated("sqlite", tmp_path):
        archive = Archive(Store(engine))
        archive.take_in(*(bridge(number) for number in range(1, WORKS + 1)))
        with archive.store.writing() as tx:
            tx.topics.save("birds", "document", "Ida", "because", NOW)
        yield Group(archive, Topic("birds", "Herons", (REVIEW,)), FakeEncoder())


def bridge(number: int, **changes: Any) -> Any:
    words = {
        "title": f"Girder {number} of a bridge under heavy traffic",
        "abstract": f"Concrete spans carry load{number} over rivers.",
    }
    return paper(number, **(words | changes))


def herons(count: int, start: int = 1, **changes: Any) -> list[Reference]:
    made = [
        Reference(
            f"Heron colony {number} in a reed wetland",
            Identifiers(doi=f"10.5555/heron.{number}"),
            f"Wading herons nest in reeds, as year{number} shows.",
            2000 + number,
        )
        for number in range(start, start + count)
    ]
    return [replace(each, **changes) for each in made]


def relevant(live: LiveTopic) -> set[str]:
    return {each.title for each in live.papers if each.relevant}


# -- which papers --------------------------------------------------------------------------------


def test_references_and_votes_are_told_from_a_sample_of_the_archive(group: Group) -> None:
    group.cite(herons(8))
    group.vote(Judgement.RELEVANT, 1, 2)
    group.vote(Judgement.SAVED, 3)
    group.vote(Judgement.NOT_RELEVANT, 4, 5)
    live = group.live()
    assert live.used == live_topic.Used(8, 3, 2, sampled=127, background=128)
    titles = {each.title for each in herons(8)} | {bridge(n).title for n in (1, 2, 3)}
    assert relevant(live) == titles
    assert len(live.papers) == 8 + 3 + 2 + 127
    assert all(each.relevant is not None for each in live.papers)
    assert len(live.background) == 128


def test_no_paper_is_both_labelled_and_background_or_labelled_twice(group: Group) -> None:
    group.cite(herons(12))
    group.vote(Judgement.NOT_RELEVANT, *range(1, 9))
    live = group.live()
    ids = [each.id for each in (*live.papers, *live.background)]
    assert len(ids) == len(set(ids)) == WORKS + 12


def test_both_halves_of_the_sample_are_from_the_whole_archive(group: Group) -> None:
    group.cite(herons(10))
    live = group.live()
    sampled = [each for each in live.papers if not each.relevant]
    for part in (sampled, live.background):
        numbers = [live.works[each.title, each.abstract] for each in part]
        assert np.mean(numbers) == pytest.approx((WORKS + 1) / 2, abs=1)


def test_seeds_are_neither_found_nor_left_behind(group: Group) -> None:
    group.cite([*herons(10), Reference(REVIEW.title, REVIEW.ids, "Herons reviewed.", 2020)])
    group.archive.take_in(bridge(900, title="The same", ids=REVIEW.ids))
    group.vote(Judgement.RELEVANT, group.archive.work(REVIEW.ids.doi))
    live = group.live()
    assert live.used.references == 10
    assert live.used.relevant == 0
    assert REVIEW.title not in {each.title for each in (*live.papers, *live.background)}
    assert "The same" not in {each.title for each in (*live.papers, *live.background)}


@pytest.mark.parametrize("same", ["title", "id"])
def test_a_reference_that_the_archive_holds_is_no_sampled_work(group: Group, same: str) -> None:
    held = bridge(11)
    told = {"title": held.title} if same == "title" else {"ids": Identifiers(pmid=held.ids.pmid)}
    group.cite([*herons(9), replace(herons(1, start=20)[0], **told)])
    live = group.live()
    assert live.used == live_topic.Used(10, 0, 0, sampled=129, background=130)
    assert sum(each.title == held.title for each in (*live.papers, *live.background)) == (
        1 if same == "title" else 0
    )


def test_what_a_reader_says_of_a_reference_prevails(group: Group) -> None:
    held = bridge(11)
    group.cite([*herons(10), Reference(held.title, Identifiers(held.ids.doi), "Cited.", 2020)])
    group.vote(Judgement.NOT_RELEVANT, group.archive.work(held.ids.doi))
    live = group.live()
    assert (live.used.references, live.used.not_relevant) == (10, 1)
    assert held.title not in relevant(live)


def test_votes_that_were_taken_back_or_stand_against_each_other_say_nothing(group: Group) -> None:
    group.cite(herons(10))
    group.vote(Judgement.RELEVANT, 1, 2)
    group.vote(Judgement.WITHDRAWN, 1)
    with group.store.writing() as tx:
        tx.votes.cast(Vote("birds", 2, "Rei", Judgement.NOT_RELEVANT, "web", NOW))
    used = group.live().used
    assert (used.relevant, used.not_relevant) == (0, 0)


def test_references_without_an_abstract_count_as_nothing(group: Group) -> None:
    held = bridge(11)
    group.cite([*herons(10), Reference(held.title), Reference("")])
    live = group.live()
    assert live.used == live_topic.Used(10, 0, 0, sampled=129, background=130)
    assert held.title not in {each.title for each in (*live.papers, *live.background)}


def test_what_a_seed_against_the_topic_cites_is_for_it_only_if_another_seed_cites_it(
    group: Group,
) -> None:
    group.topic = replace(group.topic, seeds=(AGAINST, REVIEW))
    group.cite(herons(14), AGAINST)
    group.cite(herons(11))
    assert relevant(group.live()) == {each.title for each in herons(11)}


def test_dates_are_kept_where_they_are_known(group: Group) -> None:
    group.cite([*herons(10), *herons(1, start=50, year=None)])
    group.vote(Judgement.RELEVANT, 1)
    dates = {each.title: each.published for each in group.live().papers}
    assert dates[herons(1)[0].title] == "2001"
    assert dates[herons(1, start=50)[0].title] is None
    assert dates[bridge(1).title] == bridge(1).published


# -- too little ----------------------------------------------------------------------------------


def test_too_few_papers_for_it_are_refused_with_what_to_do(group: Group) -> None:
    group.cite(herons(6))
    group.vote(Judgement.RELEVANT, 1, 2, 3)
    with pytest.raises(TopicError) as caught:
        group.live()
    told = str(caught.value)
    assert "9 papers for it are known (6 references with an abstract, 3 works voted" in told
    assert "litwatch topics references birds --fetch" in told
    assert "litwatch vote birds WORK relevant" in told
    group.vote(Judgement.RELEVANT, 4)
    assert group.live().used.relevant == 4


def test_a_topic_without_a_review_is_not_sent_to_fetch_references(group: Group) -> None:
    group.topic = replace(group.topic, seeds=(Seed("note", "text", "Herons of all kinds"),))
    with pytest.raises(TopicError) as caught:
        group.live()
    assert "--fetch" not in caught.value.remedy
    assert "litwatch vote birds" in caught.value.remedy


def test_too_small_an_archive_is_refused(group: Group) -> None:
    group.cite(herons(10))
    group.vote(Judgement.NOT_RELEVANT, *range(1, 62))
    with pytest.raises(TopicError, match="only 199 works"):
        group.live()
    group.vote(Judgement.WITHDRAWN, 1)
    assert group.live().used.sampled == 100


def test_an_unknown_topic_is_refused(group: Group) -> None:
    with pytest.raises(TopicError, match="fish"):
        live_topic.live_topic(group.parts, "fish")


# -- vectors -------------------------------------------------------------------------------------


def test_vectors_belong_to_their_papers_whether_kept_or_made(group: Group) -> None:
    group.cite(herons(10))
    plain = group.bench()
    pipeline.embed(group.parts)
    kept = group.bench()
    for bench in (plain, kept):
        for each in (*bench.corpora[0].papers, *bench.background):
            (rows,) = work_vectors([(each.title, each.abstract)], group.encoder.encode)
            assert each.vectors == pytest.approx(rows, abs=1e-3)
    assert kept.encoder == group.encoder.info()


def test_only_texts_without_a_current_vector_are_embedded(group: Group) -> None:
    group.cite(herons(10))
    pipeline.embed(group.parts)
    seeding.evidence(group.parts, group.topic, group.encoder.info())
    group.archive.take_in(bridge(1, abstract="Changed since."))
    group.archive.take_in(bridge(2, abstract="Changed, too."))
    seen: list[int] = []
    wanted, live = chosen_contenders("max-cosine"), group.live()

    def embedding(_name: str, total: int) -> Callable[[int], None]:
        seen.append(total)
        return lambda _done: None

    # The two held out by the measuring of fidelity are not embedded by `evidence`.
    live_topic.live_bench(wanted, live, group.store, group.encoder, embedding)
    assert seen == [2]


def test_nothing_is_written(group: Group) -> None:
    group.cite(herons(10))
    group.bench()
    with group.store.reading() as tx:
        assert tx.embeddings.find(group.encoder.info()) is None


def test_without_the_model_words_alone_are_left(group: Group) -> None:
    group.cite(herons(10))
    bench = group.bench("bm25,max-cosine", Missing())
    assert [each.name for each in bench.contenders] == ["bm25"]
    assert bench.left_out == ("max-cosine",)
    assert bench.encoder is None
    assert all(each.vectors is None for each in (*bench.corpora[0].papers, *bench.background))
    with pytest.raises(EncoderError, match="is not there"):
        group.bench("max-cosine", Missing())


# -- as it stands --------------------------------------------------------------------------------


def test_the_document_alone_ranks_all_papers(group: Group) -> None:
    group.topic = replace(group.topic, include=("heron", "wetland"))
    group.cite(herons(12))
    standing = live_topic.as_it_stands(
        group.live(), group.bench(), group.parts.ranker, group.encoder
    )
    assert standing.card.contender == "topic as it stands"
    assert standing.card.macro["ap"].mean == standing.card.macro["ndcg20"].mean == 1
    assert standing.card.corpora["birds"] == standing.card.macro


def test_the_document_is_measured_without_what_it_is_measured_on(group: Group) -> None:
    given: list[dict[str, Any]] = []

    class Watched:
        def rank(
            self, topic: Topic, works: Any, background: Any, encode: Any, evidence: Any = ()
        ) -> list[RankedWork]:
            given.append({"topic": topic, "encode": encode, "evidence": evidence})
            ranked = FusedRanker(facets, split_sentences)
            return ranked.rank(topic, works, background, encode, evidence)

    group.cite(herons(12))
    watched: Any = Watched()
    standing = live_topic.as_it_stands(
        group.live(), group.bench("bm25", Missing()), watched, group.encoder
    )
    assert given == [{"topic": group.topic, "encode": None, "evidence": ()}]
    assert 0 < standing.card.macro["ap"].mean <= 1
    assert (
        standing.card.macro["ap"].low
        == standing.card.macro["ap"].high
        == standing.card.macro["ap"].mean
    )


def test_a_document_about_the_other_subject_does_badly(group: Group) -> None:
    group.topic = replace(group.topic, include=("girder", "concrete"))
    group.cite(herons(12))
    standing = live_topic.as_it_stands(
        group.live(), group.bench(), group.parts.ranker, group.encoder
    )
    assert standing.card.macro["ap"].mean < 0.2


def test_sampled_works_at_the_top_are_named_and_judged_ones_are_not(group: Group) -> None:
    group.topic = replace(group.topic, include=("heron", "wetland"))
    group.cite(herons(12))
    for number, work in ((901, "first"), (902, "second"), (903, "third")):
        group.archive.take_in(bridge(number, title=f"Heron wetland, the {work} of them"))
    found = [group.archive.work(f"10.5555/stroma.{number}") for number in (901, 902, 903)]
    group.vote(Judgement.NOT_RELEVANT, found[0])
    live = group.live()
    standing = live_topic.as_it_stands(live, group.bench(), group.parts.ranker, group.encoder)
    sampled = [work for work in found[1:] if work in live.sampled]
    assert len(sampled) == 1
    named = [work for work, title in standing.unjudged if title.startswith("Heron")]
    assert named == sampled
    assert len(standing.unjudged) == 20 - 12 - 1


def test_papers_to_be_found_that_the_topic_excludes_are_named(group: Group) -> None:
    group.topic = replace(group.topic, include=("heron",), exclude=("girder",))
    group.cite(herons(10))
    group.vote(Judgement.RELEVANT, 3)
    standing = live_topic.as_it_stands(
        group.live(), group.bench(), group.parts.ranker, group.encoder
    )
    assert standing.excluded == (bridge(3).title,)
