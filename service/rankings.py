"""The receipts of a ranking. Pure; a module beside the pipeline, which keeps them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service import __version__
from service.records import RankingRun

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from service.records import EncoderInfo, Topic
    from service.standings import Ranking

DIGEST, WEEK = "digest", "week"


def receipts(
    purpose: str,
    topics: Iterable[Topic],
    ranking: Ranking,
    lines: Mapping[str, float],
    *,
    window: tuple[int, int],
    digest: str | None = None,
) -> tuple[RankingRun, ...]:
    """One for each topic. `wanted` counts the works at its line or over it, without those that its
    readers voted against."""
    wanted = ranking.wanted
    return tuple(
        RankingRun(
            purpose=purpose,
            topic=topic.slug,
            version=topic.version,
            lo=window[0],
            hi=window[1],
            screened=ranking.screened,
            wanted=sum(work.relevance >= lines[topic.slug] for work in wanted[topic.slug]),
            line=lines[topic.slug],
            encoder=named(ranking.encoder),
            program=f"litwatch {__version__}",
            missing=ranking.missing or "",
            digest=digest,
        )
        for topic in topics
    )


def named(encoder: EncoderInfo | None) -> str:
    """All that tells vectors of different encoders apart; "" for none."""
    if encoder is None:
        return ""
    made = f"{encoder.revision}, {encoder.precision}, text {encoder.text_version}"
    return f"{encoder.name} ({made})"
