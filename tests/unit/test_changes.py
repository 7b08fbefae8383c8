from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.changes import News, news
from service.records import Change, Flag, Kind

FLAGS = {
    Flag.RETRACTED: Change.RETRACTED,
    Flag.WITHDRAWN: Change.WITHDRAWN,
    Flag.CONCERN: Change.CONCERN,
    Flag.CORRECTED: Change.CORRECTED,
}


@dataclass(frozen=True)
class Sent:
    """A work as one digest sent it: a plain article then and now."""

    work_id: int = 1
    kind: Kind = Kind.ARTICLE
    flags: frozenset[Flag] = frozenset()
    sent_kind: Kind | None = Kind.ARTICLE
    sent_flags: frozenset[Flag] | None = frozenset()
    topic: str = "stroma"
    period: str = "UTC:2026-W45"
    told: frozenset[Change] = field(default_factory=frozenset)
    version: int = 0
    seen_version: int = 0


def changes(*sent: Sent) -> list[Change]:
    return [each.change for each in news(sent)]


def flagged(*flags: Flag) -> frozenset[Flag]:
    return frozenset(flags)


@pytest.mark.parametrize("flag", list(FLAGS))
def test_a_flag_that_came_after_sending_is_news(flag: Flag) -> None:
    sent = Sent(flags=flagged(flag))
    assert news([sent]) == (News(FLAGS[flag], sent),)


@pytest.mark.parametrize("flag", list(FLAGS))
def test_a_flag_that_was_seen_or_told_is_none(flag: Flag) -> None:
    now = flagged(flag)
    assert changes(Sent(flags=now, sent_flags=now)) == []
    assert changes(Sent(flags=now, told=frozenset({FLAGS[flag]}))) == []
    assert changes(Sent(flags=now, sent_flags=None, sent_kind=None)) == []


def test_other_flags_and_flags_that_went_away_are_no_news() -> None:
    assert changes(Sent(flags=flagged(Flag.TRANSLATED_TITLE))) == []
    assert changes(Sent(sent_flags=flagged(Flag.CONCERN))) == []


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        (Kind.PREPRINT, Kind.ARTICLE, [Change.PUBLISHED]),
        (Kind.PREPRINT, Kind.REVIEW, [Change.PUBLISHED]),
        (Kind.PREPRINT, Kind.PREPRINT, []),
        (Kind.PREPRINT, Kind.RETRACTION, []),
        (Kind.ARTICLE, Kind.REVIEW, []),
        (Kind.ARTICLE, Kind.PREPRINT, []),
        (None, Kind.ARTICLE, []),
    ],
)
def test_only_a_preprint_is_published(before: Kind | None, now: Kind, told: list[Change]) -> None:
    assert changes(Sent(kind=now, sent_kind=before)) == told


def test_who_saw_the_article_needs_no_word_of_its_publication() -> None:
    """A preprint and its article, each sent before they were known to be one."""
    preprint, article = Sent(sent_kind=Kind.PREPRINT), Sent()
    assert changes(preprint, preprint) == [Change.PUBLISHED]
    assert changes(preprint, article) == []
    assert changes(preprint, Sent(sent_kind=None)) == []


def test_who_saw_either_of_two_unmarked_is_told_of_the_retraction_once() -> None:
    now = flagged(Flag.RETRACTED)
    marked = Sent(flags=now, sent_flags=now, period="UTC:2026-W44")
    one, two = Sent(flags=now, topic="tan"), Sent(flags=now, period="UTC:2026-W46")
    assert news([marked, one, two]) == (News(Change.RETRACTED, two),)
    assert news([marked, one]) == (News(Change.RETRACTED, one),)
    assert news([one, Sent(told=frozenset({Change.RETRACTED}))]) == ()


def test_of_a_void_work_nothing_less_alarming_is_told() -> None:
    every = frozenset(FLAGS)
    assert changes(Sent(flags=every, sent_kind=Kind.PREPRINT)) == [Change.RETRACTED]
    assert changes(Sent(flags=every, sent_flags=flagged(Flag.RETRACTED))) == []
    assert changes(Sent(flags=every, told=frozenset({Change.RETRACTED}))) == []
    assert changes(Sent(flags=every, told=frozenset({Change.WITHDRAWN}))) == [Change.RETRACTED]
    concern = flagged(Flag.CONCERN, Flag.CORRECTED)
    assert changes(Sent(flags=concern, told=frozenset({Change.CONCERN}))) == [Change.CORRECTED]


def test_the_alarming_come_first_and_then_the_older_works() -> None:
    corrected, retracted = flagged(Flag.CORRECTED), flagged(Flag.RETRACTED)
    told = news([Sent(3, flags=corrected), Sent(2, flags=corrected), Sent(9, flags=retracted)])
    assert [(each.work_id, each.change) for each in told] == [
        (9, Change.RETRACTED),
        (2, Change.CORRECTED),
        (3, Change.CORRECTED),
    ]


FLAG_SETS = st.frozensets(st.sampled_from(list(Flag)))
KINDS = st.sampled_from(list(Kind))


@given(
    st.lists(
        st.builds(
            Sent,
            work_id=st.integers(1, 3),
            sent_kind=st.none() | KINDS,
            sent_flags=st.none() | FLAG_SETS,
            told=st.frozensets(st.sampled_from(list(Change))),
        ),
        max_size=6,
    ),
    st.lists(st.tuples(KINDS, FLAG_SETS), min_size=3, max_size=3),
)
def test_news_told_are_never_told_again(
    sent: list[Sent], now: list[tuple[Kind, frozenset[Flag]]]
) -> None:
    def at(each: Sent, told: frozenset[Change]) -> Sent:
        kind, flags = now[each.work_id - 1]
        return Sent(
            each.work_id, kind, flags, each.sent_kind, each.sent_flags, told=each.told | told
        )

    first = news([at(each, frozenset()) for each in sent])
    assert len({(each.work_id, each.change) for each in first}) == len(first)
    said = {
        number: frozenset(each.change for each in first if each.work_id == number)
        for number in (1, 2, 3)
    }
    assert news([at(each, said[each.work_id]) for each in sent]) == ()
    for each in first:
        assert each.change not in {c for s in sent if s.work_id == each.work_id for c in s.told}


def test_each_version_that_was_not_seen_is_news_of_a_preprint() -> None:
    preprint = Sent(kind=Kind.PREPRINT, sent_kind=Kind.PREPRINT, version=3, seen_version=1)
    assert changes(preprint) == [Change.NEW_VERSION]
    assert changes(replace(preprint, told=frozenset({Change.NEW_VERSION}))) == [Change.NEW_VERSION]
    assert changes(replace(preprint, seen_version=3)) == []
    assert changes(preprint, replace(preprint, seen_version=3)) == []  # sent again since


def test_of_a_published_or_void_preprint_no_version_is_told() -> None:
    preprint = Sent(kind=Kind.PREPRINT, sent_kind=Kind.PREPRINT, version=2, seen_version=1)
    assert changes(replace(preprint, kind=Kind.ARTICLE)) == [Change.PUBLISHED]
    withdrawn = replace(preprint, flags=flagged(Flag.WITHDRAWN))
    assert changes(withdrawn) == [Change.WITHDRAWN]
    assert changes(replace(withdrawn, told=frozenset({Change.WITHDRAWN}))) == []
    corrected = replace(preprint, flags=flagged(Flag.CORRECTED))
    assert changes(corrected) == [Change.CORRECTED, Change.NEW_VERSION]
