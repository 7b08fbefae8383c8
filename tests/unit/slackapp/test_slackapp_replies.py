from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.digest import slack_blocks, slack_limits
from service.errors import DeliveryError, InputError, StoreError, TopicError
from service.records import Judgement
from service.records.findings import Findings, Hit, Matched
from service.records.queries import Mode
from service.slackapp import home, replies
from service.slackapp.blocks import CUT, fitted, message, section
from tests.factories import digest_content, facet, item, ranked, work
from tests.factories import section as part

if TYPE_CHECKING:
    from collections.abc import Mapping

NEXT = datetime(2026, 11, 30, 7, 0, tzinfo=UTC)
HOSTILE = st.text(
    alphabet=st.sampled_from("<!channel>@U1&*_~`|\\:smile: \u202e\u0000é\n[]()#\"'"), max_size=120
)


def troubles(told: Mapping[str, Any]) -> list[str]:
    """Whatever Slack would refuse or misread in an answer."""
    sent = {
        "channel": "C1",
        "unfurl_links": False,
        "unfurl_media": False,
        "metadata": {"event_type": "answer", "event_payload": {}},
    }
    return slack_limits.problems({**sent, **told})


def shown(told: Mapping[str, Any]) -> str:
    return "\n".join(text for block in told["blocks"] for text in slack_blocks.texts(block))


# -- answers --------------------------------------------------------------------------------------


def test_help_names_every_command() -> None:
    told = replies.help_text()
    assert not troubles(told)
    assert all(f"/litwatch {verb}" in shown(told) for verb in ("search", "topics", "why", "help"))


def test_what_is_no_command_is_told_with_those_that_are() -> None:
    told = replies.help_text("<!channel> *x*")
    assert not troubles(told)
    assert "<!channel>" not in shown(told)
    assert "/litwatch topics" in shown(told)


def answered(*numbers: int, total: int, exact: bool = True, note: str = "") -> Findings:
    hits = tuple(Hit(work(number), Matched.ALL) for number in numbers)
    return Findings(hits, total, exact, Mode.LEXICAL, notes=(note,) if note else ())


def test_works_found_are_links_with_who_wrote_them_and_their_number() -> None:
    told = replies.found("CXCL12", answered(1, 2, total=2))
    assert not troubles(told)
    assert "2 works have all of CXCL12" in shown(told)
    assert "<https://doi.org/10.5555/stroma.1|Stromal niche 1" in shown(told)
    assert "`2`  *<https" in shown(told)


def test_a_search_says_how_many_have_all_of_it() -> None:
    assert "1 work has all of CAF" in shown(replies.found("CAF", answered(1, 2, total=1)))
    told = shown(replies.found("CAF", answered(1, 2, total=10_000, exact=False)))
    assert "at least 10,000 works have all of CAF" in told
    near = shown(replies.found("CAF", answered(1, total=0)))
    assert "No work has all of CAF; these are near" in near


def test_what_a_person_should_know_of_the_search_is_told() -> None:
    told = replies.found("CAF", answered(1, total=1, note='no work has "<CAF>"'))
    assert not troubles(told)
    assert "&lt;CAF&gt;" in shown(told)


def test_a_search_that_finds_nothing_says_so() -> None:
    assert shown(replies.found("CAF", answered(total=0))) == "Nothing in the archive for CAF."


def test_topics_say_who_is_sent_them_and_how_many_votes_there_are() -> None:
    votes = {Judgement.RELEVANT: 12, Judgement.NOT_RELEVANT: 3}
    told = replies.topics(
        [
            replies.TopicLine("stroma", "Stromal cells", ("lab", "office"), votes),
            replies.TopicLine("tan", "", (), {}),
        ]
    )
    assert not troubles(told)
    assert "`stroma`\nsent to lab, office · 12 relevant, 3 not relevant" in shown(told)
    assert "sent to nobody · no votes" in shown(told)


def test_no_topics_is_said() -> None:
    assert "No topic" in shown(replies.topics([]))


def test_why_says_relevance_facet_sentence_and_terms_the_nearest_topic_first() -> None:
    stands = [ranked(1, topic="tan", relevance=0.2, sentences=()), ranked(1)]
    told = replies.why(work(1), {"stroma": "Stromal cells", "tan": "Neutrophils"}, stands, "")
    assert not troubles(told)
    text = shown(told)
    assert text.index("*Stromal cells*: Very likely, 83 %") < text.index("*Neutrophils*")
    assert "Near the topic's key finding “Myofibroblastic CAFs wall off tumours" in text
    assert "> “Niches of fibroblasts hold neutrophils back.”" in text
    assert "Matched: CXCL12, myCAF, neutrophil" in text


def test_why_says_how_it_was_ranked_when_that_was_by_words_only() -> None:
    told = replies.why(work(1), {}, [], "Ranked by words only: the model is not there.")
    assert "Ranked by words only" in shown(told)
    assert not troubles(told)


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (InputError("work 7", "is not in the archive"), "not in the archive any more"),
        (TopicError("topic 'x'", "does not exist"), "not followed any more"),
        (DeliveryError("inbox", "x"), "was not counted"),
    ],
)
def test_a_press_that_came_to_nothing_is_told_in_plain_words(error: Any, word: str) -> None:
    told = replies.not_counted(error)
    assert word in shown(told)
    assert not troubles(told)


def test_a_question_that_cannot_be_answered_says_whose_it_is_to_mend() -> None:
    asked = replies.trouble(InputError("work '<!here>'", "is not in the archive", "give its DOI"))
    assert "give its DOI" in shown(asked)
    down = replies.trouble(StoreError("postgresql://db", "connection refused"))
    assert "postgresql" not in shown(down)
    assert not troubles(asked)
    assert not troubles(down)


@given(HOSTILE, HOSTILE, HOSTILE)
def test_no_text_of_others_becomes_a_mention_or_breaks_an_answer(
    title: str, venue: str, sentence: str
) -> None:
    bad = work(1, title=title, venue=venue, authors=(title,), abstract=sentence)
    stands = ranked(1, facet=facet(text=venue), terms=(title,), sentences=(sentence,))
    for told in (
        replies.found(
            title, Findings((Hit(bad, Matched.NEAR),), 0, True, Mode.HYBRID, notes=(venue,))
        ),
        replies.why(bad, {"stroma": title}, [stands], "By words only."),
        replies.topics([replies.TopicLine("stroma", title, (venue,), {})]),
        replies.trouble(InputError(title, venue, sentence)),
        replies.help_text(title),
    ):
        assert not troubles(told)


def test_long_answers_are_cut_where_slack_would_refuse_them() -> None:
    long = work(1, title="Neutrophil & stroma " * 80, venue="<Journal> " * 60)
    stands = [
        ranked(1, topic=f"t{n}", facet=facet(text="CAF & TAN " * 200), sentences=("a & b " * 400,))
        for n in range(60)
    ]
    found = Findings((Hit(long, Matched.ALL),) * 11, 11, True, Mode.HYBRID)
    for told in (replies.found("x", found), replies.why(long, {}, stands, "")):
        assert not troubles(told)
    assert CUT in shown(replies.why(long, {}, stands, ""))


def test_what_fits_is_not_cut() -> None:
    blocks = [section(f"{number}") for number in range(30)]
    assert fitted(blocks) == blocks
    assert message("told")["blocks"] == [section("told")]


# -- home -----------------------------------------------------------------------------------------


def home_troubles(view: Mapping[str, Any]) -> list[str]:
    found = [trouble for block in view["blocks"] for trouble in slack_blocks.problems(block)]
    return found if len(view["blocks"]) <= 100 else [*found, "too many blocks"]


def test_home_shows_the_last_digest_and_when_the_next_comes() -> None:
    content = digest_content(part(item(1), item(2, relevance=0.61)))
    view = home.view([home.Issue("lab", "Europe/Berlin", NEXT, content)])
    assert not home_troubles(view)
    text = shown(view)
    assert "*lab*  Week 47, 2026" in text
    assert "• <https://doi.org/10.5555/stroma.1|Stromal niche 1" in text
    assert "(61 %)" in text
    assert "Next: Mon 30 Nov 2026, 08:00 (Europe/Berlin)" in text
    assert "/litwatch search" in text


def test_home_before_the_first_digest_and_after_a_quiet_one() -> None:
    quiet = digest_content(part(items=()), screened=12)
    view = home.view([home.Issue("a", "UTC", NEXT, None), home.Issue("b", "UTC", NEXT, quiet)])
    assert not home_troubles(view)
    assert "There was no digest yet." in shown(view)
    assert "Nothing this week: none of 12 new records" in shown(view)
    assert "Nobody is sent a digest yet" in shown(home.view([]))


def test_home_lists_some_and_counts_the_rest() -> None:
    content = digest_content(part(*(item(number) for number in range(1, 16))))
    text = shown(home.view([home.Issue("lab", "UTC", NEXT, content)]))
    assert text.count("• <") == home.LISTED
    assert f"• and {15 - home.LISTED} more" in text


@given(HOSTILE, HOSTILE)
def test_home_keeps_within_slacks_limits_whatever_titles_say(title: str, name: str) -> None:
    works = [item(number, title=title * 4) for number in range(1, 16)]
    content = replace(digest_content(part(*works, name=name)), label=name or "x")
    issues = [home.Issue(name or "x", "UTC", NEXT, content)] * 60
    assert not home_troubles(home.view(issues))
