"""Virtual weeks and years: simulated upstreams fail, the worker is killed, and nothing is missed.

What is promised, source by source, stands in `tests.upstreams.proof`. The seeds of a campaign are
run by `python -m tests.upstreams.campaign`.
"""

from __future__ import annotations

import socket
import zlib
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from service.records import Sweep, SweepKind, Window
from service.sources import eutils_source, polling
from service.sources.lanes import Lane
from tests.upstreams import proof
from tests.upstreams.year import Year, run

if TYPE_CHECKING:
    from pathlib import Path

    from tests.upstreams.proof import Proof
    from tests.upstreams.year import Outcome


def _has_loopback_addresses() -> bool:
    try:
        with closing(socket.create_server(("127.0.0.5", 0))):
            return True
    except OSError:
        return False


pytestmark = pytest.mark.skipif(
    not _has_loopback_addresses(), reason="needs 127.0.0.2 to 127.0.0.5, an address for each host"
)
DAILY = {"every_hours": 24, "per_day": 7.0}


def test_weeks_of_faults_and_kills_lose_nothing_and_break_no_rule(tmp_path: Path) -> None:
    outcome = run(8, tmp_path, days=12, drain=8, kills=500, spells=3.0, **DAILY)
    assert outcome.told == []
    assert outcome.proof.promised > 150
    assert outcome.restarts >= 2
    assert outcome.failed_polls >= 5
    assert outcome.register.statuses[503] + outcome.register.statuses[429] > 0


def test_sources_that_are_polled_side_by_side_keep_each_hosts_rules(tmp_path: Path) -> None:
    outcome = run(
        9, tmp_path, days=2, drain=0, spells=0.0, kills=0, side_by_side=True, every_hours=6
    )
    assert outcome.register.broken == []
    assert outcome.proof.doubled == []
    assert min(outcome.register.requests.values()) > 10


# -- that the measure measures: each of these products is broken in one place --------------------------


def quiet(folder: Path, **how: Any) -> Outcome:
    """Days without a lasting fault and without kills."""
    return run(10, folder, **({"days": 6, "drain": 0, "spells": 0.0, "kills": 0} | DAILY | how))


def test_a_client_that_does_not_keep_its_distance_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Lane, "asked", lambda _lane: None)
    broken = quiet(tmp_path, days=1).register.broken
    assert any("s after the last one, not" in line for line in broken)


@pytest.mark.exhaustive
def test_a_client_that_does_not_wait_as_told_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Lane, "slowed", lambda _lane, _seconds: None)
    broken = quiet(tmp_path, days=9, spells=30.0).register.broken
    assert any("before Retry-After is over" in line for line in broken)


@pytest.mark.exhaustive
def test_revisions_that_are_not_fetched_are_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = eutils_source._wanted
    monkeypatch.setattr(
        eutils_source,
        "_wanted",
        lambda kind, ids, unknown: [] if kind is SweepKind.REVISED else wanted(kind, ids, unknown),
    )
    assert any("'pubmed'" in line for line in quiet(tmp_path, days=10).proof.outdated)


@pytest.mark.exhaustive
def test_windows_that_do_not_reach_back_over_an_outage_are_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def yesterday_and_today(_kinds, _state, today, **_how):
        return (Sweep(SweepKind.RECENT, Window(today - timedelta(days=1), today)),)

    monkeypatch.setattr(polling, "due_sweeps", yesterday_and_today)
    missing = quiet(tmp_path, days=14, spells=10.0).proof.missing
    assert len({line.split("'")[1] for line in missing}) > 2


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Year:
    """A few days without trouble, whose archive is tampered with below."""
    year = Year(10, tmp_path_factory.mktemp("lived"), days=4, drain=8, spells=0.0, kills=0, **DAILY)
    assert year.run().told == []
    return year


def tampered(lived: Year, *statements: str) -> Proof:
    """What is found after these statements, which are undone."""
    app = lived.start()
    with app.store.engine.connect() as connection:
        for statement in statements:
            assert connection.exec_driver_sql(statement).rowcount == 1
        found = proof.compared(lived.world, connection, monthly=False)
        connection.rollback()
    app.close()
    return found


def one_of(lived: Year, source: str) -> str:
    """The number of a record that is promised, as SQL."""
    day = lived.world.begin
    return f"(SELECT MIN(id) FROM record WHERE source = '{source}' AND first_seen_at > '{day}')"


@pytest.mark.parametrize("source", ["pubmed", "pmc", "biorxiv", "medrxiv", "arxiv", "europepmc"])
def test_a_record_that_is_not_there_is_missed(lived: Year, source: str) -> None:
    [line] = tampered(lived, f"DELETE FROM record WHERE id = {one_of(lived, source)}").missing
    assert f"'{source}'" in line


@pytest.mark.parametrize("source", ["pubmed", "europepmc"])
def test_a_payload_of_another_time_is_out_of_date(lived: Year, source: str) -> None:
    old = zlib.compress(b"<PubmedArticle/>").hex()
    change = f"UPDATE record SET payload = x'{old}' WHERE id = {one_of(lived, source)}"
    assert len(tampered(lived, change).outdated) == 1


def test_a_record_that_no_upstream_ever_had_is_strange(lived: Year) -> None:
    change = f"UPDATE record SET source_id = '1' WHERE id = {one_of(lived, 'pubmed')}"
    found = tampered(lived, change)
    assert (len(found.strange), len(found.missing)) == (1, 1)


def test_a_record_in_another_papers_work_is_wrongly_joined(lived: Year) -> None:
    other = "(SELECT MAX(id) FROM work)"
    moved = f"UPDATE record SET work_id = {other} WHERE id = {one_of(lived, 'pubmed')}"
    assert len(tampered(lived, moved).joined) == 1


# -- more of the same ----------------------------------------------------------------------------------


@pytest.mark.exhaustive
@pytest.mark.parametrize("seed", [1, 2])
def test_a_year_polled_every_six_hours(tmp_path: Path, seed: int) -> None:
    outcome = run(seed, tmp_path)
    assert outcome.told == []
    assert outcome.proof.published > 4_000


@pytest.mark.exhaustive
def test_a_day_with_more_hits_than_a_search_gives_comes_whole(tmp_path: Path) -> None:
    outcome = run(
        3, tmp_path, days=1, drain=2, spells=0.0, kills=0, cap=9_999, crowd=10_300, **DAILY
    )
    assert outcome.register.broken == []
    assert [line for line in outcome.proof.missing if "'pubmed'" in line] == []
    assert outcome.proof.by_source["pubmed"] > 10_300
