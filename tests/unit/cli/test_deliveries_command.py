"""`litwatch deliveries` and `litwatch status`, over an archive of three digests."""

from __future__ import annotations

import getpass
import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from service import periods
from service.clock import standing
from service.errors import TransientError
from service.records import DeliveryState, RenderedPart, StopReason, Subscription
from service.store import Store
from tests import databases
from tests.command_line import Litwatch
from tests.factories import digest_content
from tests.papers import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WEEKLY = Subscription("weekly", ("stroma",), "slack", "C1")
NOBODY = "workers: none is running (litwatch run)"
LEASES = {"slack": timedelta(minutes=1)}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Three digests: "aaa" of two parts, "bbb" and "ccc" of one, the last the newest."""
    for engine in databases.migrated("sqlite", tmp_path):
        store = Store(engine)
        with store.writing() as tx:
            tx.subscriptions.sync([WEEKLY], NOW)
            for week, (key, parts) in enumerate((("aaa", 2), ("bbb", 1), ("ccc", 1))):
                made = replace(
                    digest_content(digest_id=key, period=f"UTC:2026-W{45 + week}"),
                    subscription="weekly",
                    sections=(),
                )
                pieces = [
                    RenderedPart(f"{key}{n}-long-id", n, parts, b"bytes")
                    for n in range(1, parts + 1)
                ]
                at = NOW - timedelta(minutes=9 - week)
                tx.digests.freeze(made, WEEKLY, pieces, revision=1, window=(0, 0), now=at)
        yield store


@pytest.fixture
def litwatch(store: Store, monkeypatch: pytest.MonkeyPatch) -> Litwatch:
    """The person at the computer is Ida."""
    monkeypatch.setattr(getpass, "getuser", lambda: "Ida")
    settings = {
        "database": {"url": str(store.engine.url)},
        "log": {"level": "error"},
        "slack": {"token": "xoxb-1"},
    }
    return Litwatch(settings, standing(NOW))


def became(
    store: Store, identity: str, state: DeliveryState, detail: str = "no answer", remedy: str = ""
) -> None:
    """Let a delivery have come to this."""
    with store.writing() as tx:
        assert tx.deliveries.finish(
            tx.deliveries.get(identity),
            state=state,
            not_before=None,
            detail=detail,
            provider_id="171.5" if state is DeliveryState.SENT else None,
            remedy=remedy,
            resend=False,
            plain=False,
            now=NOW,
        )


def printed(litwatch: Litwatch, capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    capsys.readouterr()
    assert litwatch(*words, "--json") == 0
    return json.loads(capsys.readouterr().out)


def state(store: Store, identity: str) -> DeliveryState:
    with store.reading() as tx:
        return tx.deliveries.get(identity).state


# -- list


def test_those_that_need_a_person_come_first_with_cause_and_remedy(
    store: Store, litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    became(store, "aaa1-long-id", DeliveryState.UNKNOWN, "no answer", "look into the channel")
    became(store, "bbb1-long-id", DeliveryState.DEAD, "is_archived", "unarchive it")
    listed = printed(litwatch, capsys, "deliveries")
    assert [line["id"][:4] for line in listed] == ["aaa1", "bbb1", "ccc1", "aaa2"]
    assert litwatch("deliveries") == 0
    out = capsys.readouterr().out
    assert "aaa1-lon: no answer - look into the channel" in out
    assert "bbb1-lon: is_archived - unarchive it" in out


def test_a_list_can_be_of_one_state_or_of_several(
    store: Store, litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    became(store, "bbb1-long-id", DeliveryState.DEAD)
    assert [each["id"] for each in printed(litwatch, capsys, "deliveries", "--state", "dead")] == [
        "bbb1-long-id"
    ]
    both = ("deliveries", "--state", "dead", "--state", "ready")
    assert len(printed(litwatch, capsys, *both)) == 4
    assert litwatch("deliveries", "--state", "lost") == 2


def test_all_is_more_than_the_last_two_hundred(
    store: Store, litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    more = [RenderedPart(f"many{n}", n, 250, b"") for n in range(1, 251)]
    with store.writing() as tx:
        tx.deliveries.write("aaa", "slack", "C2", more, detail="written", now=NOW)
    assert len(printed(litwatch, capsys, "deliveries")) == 200
    assert len(printed(litwatch, capsys, "deliveries", "--all")) == 254


# -- explain


def test_everything_about_a_delivery_is_told(
    store: Store, litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    became(store, "bbb1-long-id", DeliveryState.DEAD, "is_archived", "unarchive it")
    for words in (("deliveries", "explain", "bbb"), ("deliveries", "bbb1-long-id")):
        assert litwatch(*words) == 0
        out = capsys.readouterr().out
        for told in (
            "bbb1-long-id",
            "weekly 2026-W46 1/1",
            "slack C1",
            "5, sha256 277089d91c0bdf4f2e6862ba7e4a07605119431f5d13f726dd352b06f1b206a9",
            "is_archived",
            "unarchive it",
            "nothing by itself",
            "litwatch deliveries retry bbb1-lon",
            "written",
        ):
            assert told in out, told


def test_everything_about_a_delivery_is_told_to_scripts(
    store: Store, litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with store.writing() as tx:
        tx.deliveries.claim("worker", NOW, LEASES)
        tx.stops.stop("weekly", StopReason.BOUNCED, "", NOW)
    told = printed(litwatch, capsys, "deliveries", "explain", "aaa1")
    assert (told["state"], told["attempt"], told["bytes"]) == ("sending", 1, 5)
    assert told["next_at"] == (NOW + timedelta(minutes=1)).isoformat()
    assert told["commands"] == []
    assert told["stopped"] == "bounced"
    assert [(event["from"], event["to"]) for event in told["events"]] == [
        ("", "ready"),
        ("ready", "sending"),
    ]


@pytest.mark.parametrize("command", ["explain", "retry"])
@pytest.mark.parametrize(("prefix", "why"), [("nope", "does not exist"), ("aaa", "several")])
def test_an_id_that_names_no_delivery_or_several_is_refused(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str], command: str, prefix: str, why: str
) -> None:
    assert litwatch("deliveries", command, prefix) == 2
    assert why in capsys.readouterr().err


# -- retry, resolve


def test_a_dead_delivery_is_retried_and_the_person_is_named(
    store: Store, litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    became(store, "bbb1-long-id", DeliveryState.DEAD)
    assert litwatch("deliveries", "retry", "bbb") == 0
    assert "bbb1-lon: dead -> retry" in capsys.readouterr().err
    with store.reading() as tx:
        one = tx.deliveries.line("bbb1-long-id")
        *_, last = tx.deliveries.events("bbb1-long-id")
    assert (one.state, one.not_before, one.created_at) == (DeliveryState.RETRY, NOW, NOW)
    assert last == (NOW, "dead", "retry", "to be tried again now, by Ida")


@pytest.mark.parametrize("before", [DeliveryState.SENT, DeliveryState.UNKNOWN])
def test_what_has_or_may_have_arrived_is_not_retried(
    store: Store, litwatch: Litwatch, capsys: pytest.CaptureFixture[str], before: DeliveryState
) -> None:
    became(store, "bbb1-long-id", before)
    assert litwatch("deliveries", "retry", "bbb") == 2
    assert "arrived" in capsys.readouterr().err
    assert state(store, "bbb1-long-id") is before


def test_what_is_being_sent_is_not_retried(
    store: Store, litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with store.writing() as tx:
        tx.deliveries.claim("worker", NOW, LEASES)
    assert litwatch("deliveries", "retry", "aaa1") == 2
    assert "right now" in capsys.readouterr().err


def test_what_is_retried_for_a_stopped_subscription_is_refused(
    store: Store, litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    became(store, "bbb1-long-id", DeliveryState.DEAD)
    with store.writing() as tx:
        tx.stops.stop("weekly", StopReason.UNSUBSCRIBED, "", NOW)
    assert litwatch("deliveries", "retry", "bbb") == 2
    assert "stopped: unsubscribed" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("decision", "after", "words"),
    [
        ("--sent", DeliveryState.SENT, "said to have arrived, by Ida"),
        ("--resend", DeliveryState.RETRY, "said not to have arrived: to be sent again, by Ida"),
        ("--cancel", DeliveryState.CANCELLED, "given up, by Ida"),
    ],
)
def test_a_delivery_in_doubt_is_resolved(
    store: Store, litwatch: Litwatch, decision: str, after: DeliveryState, words: str
) -> None:
    """T61."""
    became(store, "bbb1-long-id", DeliveryState.UNKNOWN)
    assert litwatch("deliveries", "resolve", "bbb", decision) == 0
    with store.reading() as tx:
        assert tx.deliveries.events("bbb1-long-id")[-1] == (NOW, "unknown", str(after), words)
        one = tx.deliveries.get("bbb1-long-id")
    again = decision == "--resend"
    assert (one.resends == 1, one.created_at == NOW) == (again, again), "only trying begins anew"
    assert state(store, "bbb1-long-id") is after


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--sent",), "not in doubt: it is dead"),
        ((), "needs a decision"),
        (("--resend", "--message", "1.2"), "goes with --sent"),
    ],
)
def test_a_resolution_that_makes_no_sense_changes_nothing(
    store: Store,
    litwatch: Litwatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    why: str,
) -> None:
    became(store, "bbb1-long-id", DeliveryState.DEAD)
    assert litwatch("deliveries", "resolve", "bbb", *words) == 2
    assert why in capsys.readouterr().err
    assert state(store, "bbb1-long-id") is DeliveryState.DEAD


def test_what_a_worker_decides_meanwhile_is_not_overruled(
    store: Store,
    litwatch: Litwatch,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    became(store, "bbb1-long-id", DeliveryState.DEAD)
    monkeypatch.setattr("service.store.deliveries.Deliveries.finish", lambda *_, **__: False)
    assert litwatch("deliveries", "retry", "bbb") == 2
    assert "has changed while you decided" in capsys.readouterr().err


def test_a_person_without_a_name_is_still_told_of(
    store: Store, litwatch: Litwatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody() -> str:
        raise KeyError("uid not found: 1000")

    monkeypatch.setattr(getpass, "getuser", nobody)
    became(store, "bbb1-long-id", DeliveryState.DEAD)
    assert litwatch("deliveries", "retry", "bbb") == 0
    with store.reading() as tx:
        assert tx.deliveries.events("bbb1-long-id")[-1][3].endswith("by somebody without a name")


# -- status


def test_when_all_is_well_that_is_said(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert litwatch("status") == 0
    assert capsys.readouterr().out == f"deliveries: 4 ready\n{NOBODY}\nNothing needs you.\n"


def test_of_a_source_that_failed_the_host_is_named_and_not_the_whole_address(
    store: Store, litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        with store.writing() as tx:
            tx.sources.begin("pmc", NOW, force=True)
            error = TransientError(
                "GET https://pmc.example.org/search?term=a%20b&page=7", "HTTP 502"
            )
            tx.sources.failed("pmc", error.code, str(error), NOW)
    assert litwatch("status") == 0
    told = capsys.readouterr().out.splitlines()[0]
    assert told == "source pmc: failed 2 times: pmc.example.org: HTTP 502"


def test_what_needs_a_person_is_told(
    store: Store, litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """T60, T61."""
    became(store, "aaa1-long-id", DeliveryState.SENT)
    became(store, "aaa2-long-id", DeliveryState.DEAD, "too long", "report it")
    became(store, "bbb1-long-id", DeliveryState.UNKNOWN, "no answer", "look for it")
    with store.writing() as tx:
        tx.sources.begin("arxiv", NOW, force=False)
        error = TransientError("arxiv", "HTTP 502")
        tx.sources.failed("arxiv", error.code, str(error), NOW)
    told = printed(litwatch, capsys, "status")
    assert told["deliveries"] == {"sent": 1, "dead": 1, "unknown": 1, "ready": 1}
    assert [line["id"][:4] for line in told["urgent"]] == ["bbb1", "aaa2"]
    assert told["partial"][0]["missing"] == [2]
    assert litwatch("status") == 0
    assert capsys.readouterr().out.splitlines() == [
        "source arxiv: failed once: arxiv: HTTP 502",
        "in doubt: bbb1-lon weekly 2026-W46 1/1 to slack C1",
        "  no answer - look for it",
        "dead: aaa2-lon weekly 2026-W45 2/2 to slack C1",
        "  too long - report it",
        "partial: weekly 2026-W45 is in slack C1 without part 2",
        "deliveries: 1 dead, 1 ready, 1 sent, 1 unknown",
        NOBODY,
    ]


def test_what_failed_long_ago_needs_nobody_and_what_is_in_doubt_does(
    store: Store, litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    became(store, "aaa1-long-id", DeliveryState.SENT)
    became(store, "aaa2-long-id", DeliveryState.DEAD)
    became(store, "bbb1-long-id", DeliveryState.UNKNOWN)
    told = printed(litwatch, capsys, "status")
    assert ([each["id"][:4] for each in told["urgent"]], len(told["partial"])) == (
        ["bbb1", "aaa2"],
        1,
    )
    later = replace(litwatch, clock=standing(NOW + timedelta(days=15)))
    told = printed(later, capsys, "status")
    assert ([each["id"][:4] for each in told["urgent"]], told["partial"]) == (["bbb1"], [])


def test_a_subscription_that_cannot_be_sent_to_needs_a_person(
    store: Store, litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with store.writing() as tx:
        mail = replace(WEEKLY, name="mail", channel="email", destination="ida@example.org")
        gone = replace(mail, name="gone", destination="no@example.org")
        left = replace(mail, name="left", destination="left@example.org")
        tx.subscriptions.sync([WEEKLY, mail, gone, left], NOW)
        tx.stops.stop("gone", StopReason.BOUNCED, "5.1.1 no such user", NOW)
        tx.stops.stop("left", StopReason.UNSUBSCRIBED, "", NOW)
    told = printed(litwatch, capsys, "status")
    assert [stop["subscription"] for stop in told["bounced"]] == ["gone"]
    assert [each["name"] for each in told["unconfigured"]] == ["mail"]
    assert litwatch("status") == 0
    assert capsys.readouterr().out.splitlines() == [
        "stopped: gone, for its mails come back: 5.1.1 no such user",
        "  mend the address, or: litwatch subscriptions resume gone",
        "not configured: email, where mail is to be sent",
        "  see: litwatch config check",
        "deliveries: 4 ready",
        NOBODY,
    ]


def test_a_digest_that_nobody_made_is_overdue(
    store: Store, litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """T42. Also what is seen when no worker runs."""
    due = periods.next_due(WEEKLY, NOW, "UTC:2026-W47").due_at
    soon = replace(litwatch, clock=standing(due + timedelta(hours=2)))
    assert printed(soon, capsys, "status")["overdue"] == []
    late = replace(litwatch, clock=standing(due + timedelta(hours=4)))
    [told] = printed(late, capsys, "status")["overdue"]
    assert (told["subscription"], told["due_at"]) == ("weekly", due.isoformat())
    assert late("status") == 0
    assert "overdue: the digest of weekly" in capsys.readouterr().out
