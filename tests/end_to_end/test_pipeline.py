"""From records to a file in a folder, week after week, with the shipped topics."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from service import encoding, pipeline, seeding, topics, voting
from service.delivery.file import FileChannel
from service.delivery.sending import deliver
from service.digest.render import FileRenderer
from service.embedding.works import work_vectors
from service.errors import DeliveryError, EncoderError, ParseError
from service.records import (
    Batch,
    DigestContent,
    DigestItem,
    EncoderInfo,
    Identifiers,
    Judgement,
    Record,
    Reference,
    Seed,
    Subscription,
    Tally,
    Topic,
)
from service.sources import importing
from service.sources.references import SeedReferences
from service.store import Store, StoredOutbox
from tests import databases
from tests.fakes import START, FakeRanker, FixedClock
from tests.fakes_encoder import FakeEncoder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

WEEK = timedelta(days=7)
WEEKLY = Subscription("weekly", ("stroma", "neutrophils"), "file", "weekly.txt", cap=10, floor=0)
STROMA = "The tumor stroma: a myofibroblast and cancer-associated fibroblast story number"
OTHER = "Sea urchins of the northern shelf and how they count their own spines in year"


class NoEncoder:
    """A model that is not installed."""

    def info(self) -> EncoderInfo:
        raise EncoderError("model 'mini'", "is not installed", "pip install it")

    def encode(self, texts: object, progress: object = None) -> list[Any]:
        raise AssertionError("asked without a model")


def article(number: int, title: str = "", *, entered: str = "2026-11-15", doi: str = "") -> str:
    """One article as PubMed gives it."""
    year, month, day = entered.split("-")
    title = title or f"{STROMA} {number}"
    return f"""<PubmedArticle><MedlineCitation Status="MEDLINE" Owner="NLM">
<PMID Version="1">{number}</PMID><Article PubModel="Print">
<Journal><ISSN IssnType="Print">1234-5678</ISSN><JournalIssue CitedMedium="Print">
<PubDate><Year>2026</Year><Month>Nov</Month></PubDate></JournalIssue>
<Title>Journal of Tests</Title></Journal><ArticleTitle>{title}</ArticleTitle>
<Abstract><AbstractText>About {title}.</AbstractText></Abstract>
<AuthorList CompleteYN="Y"><Author ValidYN="Y"><LastName>Lindqvist{number}</LastName>
<ForeName>Maja</ForeName></Author></AuthorList><Language>eng</Language>
<PublicationTypeList><PublicationType UI="D016428">Journal Article</PublicationType>
</PublicationTypeList></Article></MedlineCitation><PubmedData><History>
<PubMedPubDate PubStatus="entrez"><Year>{year}</Year><Month>{month}</Month><Day>{day}</Day>
</PubMedPubDate></History><ArticleIdList><ArticleId IdType="pubmed">{number}</ArticleId>
{f'<ArticleId IdType="doi">{doi}</ArticleId>' if doi else ""}</ArticleIdList></PubmedData>
</PubmedArticle>"""


def preprint(number: int) -> Record:
    """The preprint of `article(number)`."""
    payload = {
        "doi": f"10.1101/2026.11.{number:06}",
        "title": f"{STROMA} {number}",
        "authors": f"Lindqvist{number}, M.",
        "author_corresponding": f"Maja Lindqvist{number}",
        "author_corresponding_institution": "X",
        "date": "2026-11-10",
        "version": "1",
        "type": "new results",
        "license": "cc_by",
        "category": "cancer biology",
        "jatsxml": "",
        "abstract": "The tumor stroma, before review.",
        "published": "NA",
        "server": "biorxiv",
    }
    body = json.dumps(payload).encode()
    return Record("biorxiv", payload["doi"], "1", "biorxiv-json", body)


@dataclass
class Service:
    """The whole way, with a folder at its end. `time` is moved by the tests."""

    store: Store
    folder: Path
    time: FixedClock = field(default_factory=lambda: FixedClock(START + timedelta(hours=2)))
    encoder: Any = field(default_factory=FakeEncoder)
    ranker: FakeRanker = field(default_factory=FakeRanker)
    topics: tuple[Topic, ...] = field(default_factory=topics.shipped)

    @property
    def parts(self) -> pipeline.Parts:
        return pipeline.Parts(
            store=self.store,
            clock=self.time.clock,
            encoder=self.encoder,
            ranker=self.ranker,
            work_vectors=work_vectors,
            topics=lambda _tx: self.topics,
            renderers={"file": FileRenderer()},
            default_cutoff=0.01,
        )

    def subscribe(self, *subscriptions: Subscription) -> None:
        with self.store.writing() as tx:
            tx.subscriptions.sync(subscriptions, self.time.at)

    def take_in(self, *articles: str | Record, announce: bool = True) -> Tally:
        """Articles as XML, preprints as records."""
        records = [a for a in articles if isinstance(a, Record)]
        file = self.folder / "in.xml"
        file.parent.mkdir(exist_ok=True)
        if texts := [a for a in articles if isinstance(a, str)]:
            inside = "\n".join(texts)
            head = '<?xml version="1.0" encoding="UTF-8"?>\n'
            file.write_text(f"{head}<PubmedArticleSet>\n{inside}\n</PubmedArticleSet>\n")
            for batch in importing.batches(file):
                records += batch.records
        return pipeline.take_in(self.parts, Batch(tuple(records)), "pubmed", announce=announce)

    def next_week(self) -> DigestContent:
        """Let a week pass, freeze the digest that is due, and deliver it."""
        self.time.at += WEEK
        [made] = pipeline.digest_due(self.parts)
        timed = Store(self.store.engine, self.time.clock.now)
        outbox = StoredOutbox(timed, "test", {"file": timedelta(minutes=1)})
        deliver(outbox, {"file": FileChannel(self.folder / "out")})
        return made

    def files(self) -> list[str]:
        """What was delivered, the oldest first."""
        files = (self.folder / "out").glob("*.txt")
        return [file.read_text() for file in sorted(files, key=lambda f: f.stat().st_mtime_ns)]

    def vote(self, topic: str, work: int, judgement: Judgement) -> None:
        """Ida's vote on a work."""
        with self.store.writing() as tx:
            tx.topics.save(topic, "document", "Ida", "because", self.time.at)
        ballot = voting.Ballot(str(work), judgement)
        voting.cast(self.parts, topic, [ballot], voter="Ida", via="command line")


def shipped(slug: str) -> Topic:
    return next(topic for topic in topics.shipped() if topic.slug == slug)


def items(content: DigestContent) -> list[DigestItem]:
    return [item for part in content.sections for item in part.items]


def titles(content: DigestContent) -> list[str]:
    return sorted(item.work.title for item in items(content))


@pytest.fixture(params=databases.KINDS)
def service(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Service]:
    for engine in databases.migrated(request.param, tmp_path):
        made = Service(Store(engine), tmp_path / "service")
        made.subscribe(WEEKLY)
        yield made


def test_what_is_near_a_topic_arrives_in_the_folder(service: Service) -> None:
    assert service.take_in(article(1), article(2, f"{OTHER} 2")) == Tally(new=2)
    content = service.next_week()
    assert titles(content) == [f"{STROMA} 1"]
    assert (content.screened, content.banner) == (2, "")
    assert content.encoder == "fake (0000000000000000, float32)"
    [text] = service.files()
    assert "story number 1" in text.replace("\n", " ").replace("    ", "")
    assert "Sea urchins" not in text.partition("Just below the line")[0]
    with service.store.reading() as tx:
        assert [line.state for line in tx.deliveries.lines()] == ["sent"]
        assert tx.digests.content(content.digest_id) == content


def test_a_digest_is_made_once_a_week(service: Service) -> None:
    service.take_in(article(1))
    service.next_week()
    assert pipeline.digest_due(service.parts) == []
    service.time.at += timedelta(days=1)
    assert pipeline.digest_due(service.parts) == []


def test_a_second_week_never_repeats_a_work(service: Service) -> None:
    service.take_in(article(1), article(2))
    assert len(titles(service.next_week())) == 2
    service.take_in(article(3), article(1, f"{STROMA} 1, now with a corrected title"))
    content = service.next_week()
    assert titles(content) == [f"{STROMA} 3"]
    assert content.screened == 2
    assert len(service.files()) == 2


def test_a_preprint_that_is_published_after_it_was_sent_is_not_sent_again(
    service: Service,
) -> None:
    service.take_in(preprint(1))
    assert len(titles(service.next_week())) == 1
    assert service.take_in(article(1)) == Tally(new=1)
    with service.store.reading() as tx:
        assert tx.works.counts()["works"] == 1
    assert titles(service.next_week()) == []


def test_works_that_are_merged_after_one_was_sent_are_not_sent_again(service: Service) -> None:
    """The older of the two was never near a topic; the sent one is merged into it."""
    old = article(7, f"{OTHER} 7", doi="10.5555/seven")
    service.take_in(old)
    service.take_in(preprint(8))
    assert titles(service.next_week()) == [f"{STROMA} 8"]
    bridge = json.loads(preprint(8).payload) | {"published": "10.5555/seven", "version": "2"}
    body = json.dumps(bridge).encode()
    service.take_in(Record("biorxiv", bridge["doi"], "2", "biorxiv-json", body))
    service.take_in(article(7, f"{STROMA} 8, published", doi="10.5555/seven"))
    with service.store.reading() as tx:
        assert tx.works.counts()["works"] == 1
        assert tx.works.get(2).id == 1
    assert titles(service.next_week()) == []


def test_an_empty_week_says_so(service: Service) -> None:
    service.take_in(article(1))
    service.next_week()
    content = service.next_week()
    assert (content.shown, content.screened) == (0, 0)
    assert "Nothing this week" in service.files()[1]


def test_without_the_model_words_alone_rank_and_the_digest_says_so(service: Service) -> None:
    service.encoder = NoEncoder()
    service.take_in(article(1))
    content = service.next_week()
    assert titles(content) == [f"{STROMA} 1"]
    assert content.encoder == ""
    assert content.banner.startswith("Ranked by words only")
    assert "is not installed" in content.banner
    assert "Ranked by words only" in service.files()[0]
    assert all(item.ranked.examples is None for item in items(content))


def test_works_are_embedded_before_they_are_ranked(service: Service) -> None:
    service.take_in(article(1), article(2))
    assert pipeline.to_embed(service.parts) == 2
    [item, _] = items(service.next_week())
    assert item.ranked.examples is not None
    assert pipeline.to_embed(service.parts) == 0
    assert pipeline.embed(service.parts) == 0


def test_a_model_that_fails_at_the_references_alone_costs_no_digest(service: Service) -> None:
    topic = shipped("stroma")
    cited = Reference("Fibroblasts of the stroma", abstract="Stroma is made of fibroblasts.")
    got = SeedReferences("PMC full text", 1, (cited,))
    seeding.keep_references(service.parts, topic, topic.seeds[0], got)
    service.take_in(article(1))
    pipeline.embed(service.parts)
    service.encoder = _fails_after(0)
    content = service.next_week()
    assert titles(content) == [f"{STROMA} 1"]
    assert "went away" in content.banner
    assert content.encoder == ""
    [told] = service.ranker.evidence["stroma"]
    assert told.work.vectors is None


# -- votes ----------------------------------------------------------------------------------------


def test_a_work_that_readers_refused_is_not_shown_for_that_topic(service: Service) -> None:
    service.take_in(article(1), article(2), article(3))
    service.vote("stroma", 1, Judgement.NOT_RELEVANT)
    service.vote("stroma", 2, Judgement.RELEVANT)
    shown = titles(service.next_week())
    assert shown == [f"{STROMA} 2", f"{STROMA} 3"]


def test_a_work_refused_for_one_topic_is_shown_for_another(service: Service) -> None:
    both = replace(shipped("stroma"), slug="niches", name="Niches")
    service.topics = (*service.topics, both)
    service.subscribe(replace(WEEKLY, topics=("stroma", "niches")))
    service.take_in(article(1))
    service.vote("stroma", 1, Judgement.NOT_RELEVANT)
    content = service.next_week()
    assert {part.topic: len(part.items) for part in content.sections} == {"stroma": 0, "niches": 1}


def test_a_seed_is_no_news_for_its_own_topic_but_for_another(service: Service) -> None:
    given = Seed("given", "paper", f"{STROMA} 2", ids=Identifiers(pmid="2"))
    own = replace(shipped("stroma"), slug="niches", name="Niches", seeds=(given,))
    service.topics = (*service.topics, own)
    service.take_in(article(1), article(2))
    service.subscribe(replace(WEEKLY, topics=("niches",)))
    assert titles(service.next_week()) == [f"{STROMA} 1"]
    service.subscribe(replace(WEEKLY, name="late", topics=("niches", "stroma")))
    service.time.at += WEEK
    [late] = (each for each in pipeline.digest_due(service.parts) if each.subscription == "late")
    shown = {item.work.title: part.topic for part in late.sections for item in part.items}
    assert shown[f"{STROMA} 2"] == "stroma"


def test_what_was_voted_on_is_evidence_and_no_background(service: Service) -> None:
    service.take_in(*(article(number) for number in range(1, 6)))
    service.next_week()
    service.vote("stroma", 2, Judgement.SAVED)
    service.vote("neutrophils", 3, Judgement.NOT_RELEVANT)
    service.take_in(article(9))
    service.next_week()
    assert {work.work_id for work in service.ranker.background} == {1, 4, 5}
    told = {
        slug: [(each.work.work_id, each.weight, each.origin) for each in evidence]
        for slug, evidence in service.ranker.evidence.items()
    }
    assert told == {"stroma": [(2, 1.0, "saved")], "neutrophils": [(3, -1.0, "vote")]}
    [saved] = service.ranker.evidence["stroma"]
    assert saved.work.vectors is not None


# -- where the line is drawn ----------------------------------------------------------------------


def terms(service: Service, *include: str, **line: float) -> None:
    """One topic, for which a work is the likelier the more of these terms it names."""
    service.topics = (replace(shipped("stroma"), include=include, **line),)
    service.subscribe(replace(WEEKLY, topics=("stroma",)))


def test_a_digest_says_for_what_its_line_was_drawn(service: Service) -> None:
    terms(service, "crab", "clam", "whelk", "urchin", precision=0.8)
    service.take_in(
        *(article(n, f"Crab, clam, whelk and urchin of the shore number {n}") for n in (1, 2)),
        article(3, "Clam, whelk and urchin on the northern shelf of the sea"),
        article(4, "Crab that walk along quays at night in the harbour"),
    )
    content = service.next_week()
    assert len(items(content)) == 3
    assert content.cutoffs == {"stroma": 0.75}
    assert content.aims == {"stroma": "expected precision 80 %"}
    told = " ".join(service.files()[0].split())
    assert "stroma: line at 75 % relevance (expected precision 80 %)" in told
    assert "Very" not in told
    assert "Almost surely, 100 %" in told


def test_papers_a_week_are_counted_over_the_weeks_before(service: Service) -> None:
    """A week of two likely works, then one with three that are less likely."""
    terms(service, "crab", "clam", per_week=1.0)
    service.take_in(*(article(n, f"Crab and clam of the shore number {n}") for n in (1, 2)))
    assert len(items(service.next_week())) == 2
    service.take_in(*(article(n, f"The crab that walks quay {n} at night") for n in (3, 4, 5)))
    content = service.next_week()
    assert content.cutoffs["stroma"] > 0.5
    assert items(content) == []
    assert "about 1 paper a week" in " ".join(service.files()[1].split())


def test_embedding_goes_on_where_it_was_stopped(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoding, "PAGE", 2)
    service.take_in(*(article(number) for number in range(1, 6)))
    service.encoder = _fails_after(4)  # two calls a batch: titles, and whole texts
    with pytest.raises(EncoderError):
        pipeline.embed(service.parts)
    service.encoder = FakeEncoder()
    told: list[int] = []
    assert pipeline.embed(service.parts, told.append) == 1
    assert sum(told) == 1


def _fails_after(calls: int) -> FakeEncoder:
    made = FakeEncoder()
    encode: Callable[..., Any] = made.encode

    def limited(*args: Any) -> Any:
        if made.calls == calls:
            raise EncoderError("model", "went away")
        return encode(*args)

    made.encode = limited  # type: ignore[method-assign]
    return made


def test_importing_a_file_twice_changes_nothing(service: Service, tmp_path: Path) -> None:
    works = [article(1), article(2)]
    assert service.take_in(*works, announce=False) == Tally(new=2)
    with service.store.reading() as tx:
        before = tx.works.sequence(), tx.works.many([1, 2])
    assert service.take_in(*works, announce=False) == Tally(same=2)
    with service.store.reading() as tx:
        assert (tx.works.sequence(), tx.works.many([1, 2])) == before
    assert service.next_week().screened == 0


def test_what_reaches_us_long_after_it_entered_its_source_is_marked_late(
    service: Service,
) -> None:
    service.take_in(article(1, entered="2026-10-01"))
    assert [item.late for item in items(service.next_week())] == [False]
    service.take_in(article(2, entered="2026-10-01"), article(3, entered="2026-11-22"))
    late = {item.work.ids.pmid: item.late for item in items(service.next_week())}
    assert late == {"2": True, "3": False}


def test_a_preview_writes_no_digest(service: Service) -> None:
    service.take_in(article(1))
    made = pipeline.draft(service.parts, WEEKLY, "UTC:2026-W47", service.time.at)
    assert titles(made.content) == [f"{STROMA} 1"]
    with service.store.reading() as tx:
        assert tx.digests.past() == []


def test_of_two_workers_one_freezes_the_digest(service: Service) -> None:
    service.take_in(article(1))
    made = pipeline.draft(service.parts, WEEKLY, "UTC:2026-W47", service.time.at)
    assert pipeline.freeze(service.parts, WEEKLY, made)
    assert not pipeline.freeze(service.parts, WEEKLY, made)


def test_one_subscription_that_fails_holds_up_no_other(service: Service) -> None:
    service.subscribe(replace(WEEKLY, name="a", channel="pigeon"), replace(WEEKLY, name="b"))
    service.take_in(article(1))
    service.time.at += WEEK
    with pytest.raises(DeliveryError, match="pigeon"):
        pipeline.digest_due(service.parts)
    with service.store.reading() as tx:
        assert [past.subscription for past in tx.digests.past()] == ["b"]


def test_a_digest_that_another_worker_froze_meanwhile_is_not_reported_as_made(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.take_in(article(1))
    service.time.at += WEEK
    freeze = pipeline.freeze

    def second(*given: Any) -> bool:
        assert freeze(*given)  # the other one
        return freeze(*given)

    monkeypatch.setattr(pipeline, "freeze", second)
    assert pipeline.digest_due(service.parts) == []
    with service.store.reading() as tx:
        assert len(tx.digests.past()) == 1
        assert len(tx.deliveries.lines()) == 1


def test_sources_are_polled_side_by_side_and_told_in_their_order() -> None:
    """Each waits for all others to have begun: one after the other would never end."""
    begun = threading.Barrier(3)

    def poll_one(source: Any) -> Any:
        begun.wait(10)
        return source

    sources: list[Any] = ["a", "b", "c"]
    assert list(pipeline.poll(poll_one, sources)) == sources
    assert pipeline.poll(poll_one, []) == []


def test_a_record_that_was_not_understood_is_tried_again_and_then_placed(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an update of the program the same bytes may make sense."""

    def baffled(record: Record) -> Any:
        raise ParseError(record.key, "is of a form that nobody knows")

    with monkeypatch.context() as patch:
        patch.setattr(pipeline, "normalise", baffled)
        assert service.take_in(article(1)) == Tally(unparsed=1)
        assert service.take_in(article(1)).new == 0
    tally = service.take_in(article(1))
    assert tally.unparsed == 0
    with service.store.reading() as tx:
        assert tx.works.counts()["works"] == 1
    assert titles(service.next_week()) == [f"{STROMA} 1"]
