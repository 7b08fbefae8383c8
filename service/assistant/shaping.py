"""The archive's values as the tools' answers: made safe to read, and of bounded size. Pure."""

from __future__ import annotations

from dataclasses import asdict
from itertools import islice
from typing import TYPE_CHECKING

from service.assistant.answers import (
    DigestAnswer,
    Found,
    Ids,
    Listed,
    News,
    Passage,
    SearchAnswer,
    Section,
    SeedNearness,
    Shown,
    Standing,
    TopicLine,
    WorkAnswer,
)
from service.digest import news_words, summary, words
from service.digest.compose import aim
from service.digest.safe import clean, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from service.records import (
        DigestContent,
        DigestItem,
        DigestSection,
        Judgement,
        RankedWork,
        Topic,
        Vote,
        Work,
    )
    from service.records.findings import Findings, Hit, Snippet

# What one answer holds at most, so that none fills the memory of who asks.
ABSTRACT = 6_000  # characters; a long structured abstract has 4,000
AUTHORS, TERMS, SENTENCES, PASSAGES, SEEDS = 10, 12, 3, 2, 10
HEADINGS = 40  # MeSH headings, keywords; included or excluded terms
DIGEST_WORKS = 60  # in all, those below the line among them
NEWS = 30

Identity = dict[str, object]


def listed(work: Work) -> Listed:
    """A work as lists show it."""
    return Listed.model_validate(_identity(work))


def _identity(work: Work) -> Identity:
    return {
        "work": work.id,
        "title": words.title(work),
        "authors": [shorten(author, 80) for author in work.authors[:AUTHORS]],
        "authors_in_all": len(work.authors),
        "venue": shorten(work.venue, 120),
        "published": work.published or "",
        "kind": str(work.kind),
        "notices": list(words.badges(work)),
        "ids": Ids(**{name: clean(value) for name, value in asdict(work.ids).items() if value}),
        "link": words.best_link(work),
    }


def whole(work: Work) -> WorkAnswer:
    """All that is held of a work."""
    abstract = _lines(work.abstract)
    return WorkAnswer.model_validate(
        {
            **_identity(work),
            "abstract": abstract[:ABSTRACT],
            "abstract_cut": len(abstract) > ABSTRACT,
            "keywords": _short(work.keywords),
            "mesh": _short(work.mesh),
            "sources": _short(work.sources),
            "first_seen_at": work.first_seen_at,
            "links": dict(words.links(work)),
        }
    )


def _lines(text: str) -> str:
    """Several lines of visible characters; a section of an abstract is a line."""
    lines = text[: 2 * ABSTRACT].splitlines()
    return "\n".join(line for each in lines if (line := clean(each)))


def _short(texts: Iterable[str], most: int = HEADINGS) -> list[str]:
    return [shorten(text, 120) for text in islice(texts, most)]


# -- what a search found --------------------------------------------------------------------------


def found(findings: Findings) -> SearchAnswer:
    """A page of what was found."""
    return SearchAnswer(
        total=findings.total,
        exact=findings.exact,
        mode=str(findings.mode),
        works=[_hit(hit) for hit in findings.hits],
        cursor=findings.cursor,
        notes=[shorten(note, 300) for note in findings.notes],
        as_of=findings.as_of,
    )


def _hit(hit: Hit) -> Found:
    passages = [_passage(snippet) for snippet in hit.snippets[:PASSAGES]]
    told = {
        "matched": str(hit.matched),
        "similarity": None if hit.similarity is None else round(hit.similarity, 3),
        "passages": passages,
    }
    return Found.model_validate({**_identity(hit.work), **told})


def _passage(snippet: Snippet) -> Passage:
    marked = dict.fromkeys(snippet.text[begin:end] for begin, end in snippet.marks)
    return Passage(
        part=str(snippet.part), text=shorten(snippet.text, 400), words=_short(marked, TERMS)
    )


# -- how a work stands ----------------------------------------------------------------------------


def standing(
    ranked: RankedWork,
    topic: Topic,
    votes: Sequence[Vote],
    *,
    default_cutoff: float,
    recommended: bool,
) -> Standing:
    """How a work stands to a topic; `votes` are those in force on the work, for any topic."""
    anew = topic.precision is not None or topic.per_week is not None
    line = default_cutoff if topic.cutoff is None else topic.cutoff
    excluded = bool(topic.exclude) and not ranked.relevance  # nothing else is given 0
    return Standing(
        topic=topic.slug,
        name=words.topic_name(topic.name, topic.slug),
        relevance=round(ranked.relevance, 4),
        likelihood="Excluded" if excluded else words.relevance(ranked, {}),
        line=None if anew else line,
        line_is=aim(topic.cutoff, topic.precision, topic.per_week),
        excluded=excluded,
        recommended=recommended,
        votes=_counts(vote.judgement for vote in votes if vote.topic == topic.slug),
        facet=shorten(ranked.facet.text, 400),
        facet_kind=ranked.facet.kind,
        sentences=[shorten(each, 500) for each in ranked.sentences[:SENTENCES]],
        terms=_short(ranked.terms, TERMS),
        senses=_short(ranked.senses, TERMS),
        reference=shorten(ranked.reference, 300),
        designs=[*ranked.designs],
        seeds=_seeds(ranked, topic),
    )


def _seeds(ranked: RankedWork, topic: Topic) -> list[SeedNearness]:
    titles = {seed.key: shorten(seed.title, 300) for seed in topic.seeds}
    return [
        SeedNearness(seed=each.seed, title=titles.get(each.seed, ""), nearness=each.nearness)
        for each in ranked.seeds
    ]


def _counts(judgements: Iterable[Judgement]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for judgement in judgements:
        counts[str(judgement)] = counts.get(str(judgement), 0) + 1
    return counts


def topic_line(topic: Topic, sent_to: Sequence[str], votes: Mapping[Judgement, int]) -> TopicLine:
    """A topic as listed."""
    return TopicLine(
        topic=topic.slug,
        name=words.topic_name(topic.name, topic.slug),
        version=topic.version,
        seeds=[shorten(seed.title, 200) for seed in topic.seeds[:SEEDS]],
        seeds_in_all=len(topic.seeds),
        include=_short(topic.include),
        exclude=_short(topic.exclude),
        line=(
            aim(topic.cutoff, topic.precision, topic.per_week)
            if topic.cutoff is None
            else f"{words.percent(topic.cutoff)} relevance"
        ),
        sent_to=list(sent_to),
        votes={str(judgement): count for judgement, count in votes.items()},
    )


# -- digests --------------------------------------------------------------------------------------


def digest(content: DigestContent) -> DigestAnswer:
    """A digest as it was frozen; what would make it too long is left out, from the end."""
    room = DIGEST_WORKS
    sections = []
    for part in content.sections:
        sections.append(_section(part, content.cutoffs, room))
        room -= len(sections[-1].works) + len(sections[-1].below)
    held = sum(len(part.items) + len(part.below) for part in content.sections)
    return DigestAnswer(
        digest=content.digest_id,
        subscription=content.subscription,
        label=content.label,
        frozen_at=content.created_at,
        banner=shorten(content.banner, 400),
        news=[
            News(
                work=change.work.id,
                title=words.title(change.work),
                became=". ".join(
                    filter(None, (news_words.change_line(change), news_words.according(change)))
                ),
            )
            for change in content.changes[:NEWS]
        ],
        sections=sections,
        receipt=summary.quiet(content) or summary.receipt_line(content),
        sources=[summary.source_line(one) for one in content.receipts[:HEADINGS]],
        left_out=held - (DIGEST_WORKS - room) + max(0, len(content.changes) - NEWS),
    )


def _section(part: DigestSection, cutoffs: Mapping[str, float], room: int) -> Section:
    shown = part.items[:room]
    return Section(
        topic=part.topic,
        name=words.topic_name(part.name, part.topic),
        query=clean(part.query),
        works=[_shown(item, cutoffs) for item in shown],
        below=[listed(item.work) for item in part.below[: room - len(shown)]],
    )


def _shown(item: DigestItem, cutoffs: Mapping[str, float]) -> Shown:
    ranked = item.ranked
    told = {
        "notices": list(words.badges_of(item)),
        "relevance": None if ranked.search else round(ranked.relevance, 4),
        "likelihood": "" if ranked.search else words.relevance(ranked, cutoffs),
        "sentence": words.sentence(ranked),
        "reasons": list(words.reasons(item)),
        "similar": [other.work.id for other in item.similar[:AUTHORS]],
    }
    return Shown.model_validate({**_identity(item.work), **told})
