"""How fast a large archive answers, and what a user would pick instead, in one run.

    PYTHONPATH=. python tests/bench/search.py [FOLDER] [--works N] [--postgres URL]

FOLDER keeps the archive that `search_data` makes, and what the peers need, between runs. Every side
runs in a process of its own, so that memory is its own; all are asked the same questions, warm.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import re
import resource
import subprocess
import sys
import time
from dataclasses import astuple
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from service import bootstrap, config
from service.records.findings import Search
from service.records.queries import Mode
from tests.bench import real_texts, search_data, search_peers, search_postgres, search_recall
from tests.bench.anew import asked_anew
from tests.bench.search_queries import FILTERED, PLAIN, Asked, questions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from service.bootstrap.app import App

COMPARED = (*PLAIN, *FILTERED)  # classes that the peers can answer
SEED = 3
FEW = 3  # questions to what takes seconds for each
COLD = 7  # starts of the command


class Times(NamedTuple):
    """Of some questions: the seconds of each, and the processor seconds of this process per
    question, which a busy machine does not change."""

    seconds: list[float]
    processor: float


Row = tuple[str, str, Times]  # who, class of questions


def ours(url: str, asked: dict[str, list[Asked]], name: str = "litwatch") -> dict[str, Any]:
    """Litwatch, as a program that stays up: every mode, every class. As of its peers, all is asked
    twice and the second time counts: what it needs of the files is in memory then."""
    app = opened(url)
    before = time.perf_counter()
    taken = app.neighbours.refresh(app.query_encoder.info())
    refresh = time.perf_counter() - before
    rows: list[Row] = []
    for _ in range(2):
        rows = [
            (f"{name}, {mode}", cls, timed(each, partial(_find, app, mode)))
            for mode in Mode
            for cls, each in asked.items()
        ]
        rows += [
            (f"{name}, hybrid, facets", cls, timed(asked[cls], partial(_facets, app)))
            for cls in COMPARED
        ]
    encoding = timed(asked[PLAIN[0]], lambda one: app.query_encoder.encode(one.typed))
    rows.append(("of that, the query's vector", PLAIN[0], encoding))
    held = memory()
    compared = _recalls(app, [one for cls in PLAIN for one in asked[cls]])
    rows += [
        (f"20 nearest, {who}", only, Times(found.seconds, found.processor))
        for who, each in compared
        for only, found in each.items()
    ]
    recall = {who: {only: each[only].recall for only in each} for who, each in compared}
    notes = {"memory": held, "refresh": {"works": taken, "seconds": refresh}, "recall@20": recall}
    app.close()
    return {"rows": rows, **notes}


def _recalls(app: App, asked: list[Asked]) -> list[tuple[str, dict[str, search_recall.Found]]]:
    if app.store.engine.dialect.name == "postgresql":
        return list(search_postgres.recalls(app, asked))
    return [("litwatch", search_recall.found(app, asked))]


def opened(url: str) -> App:
    return asked_anew(bootstrap.build(config.Settings.model_validate({"database": {"url": url}})))


def _find(app: App, mode: Mode, asked: Asked) -> object:
    return app.find(Search(asked.typed, mode=mode))


def _facets(app: App, asked: Asked) -> object:
    return app.find(Search(asked.typed, facets=True))


def timed(asked: Sequence[Asked], answer: Callable[[Asked], object]) -> Times:
    found, used = [], time.process_time()
    for each in asked:
        began = time.perf_counter()
        answer(each)
        found.append(time.perf_counter() - began)
    return Times(found, (time.process_time() - used) / len(asked))


def memory() -> dict[str, float]:
    """MB of this process: what it holds by itself (`anon`), and what of files (`file`) is mapped,
    which the system takes back when it needs to; the most there was."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    names = {"RssAnon": "anon", "RssFile": "file", "VmRSS": "resident", "VmHWM": "most"}
    found = dict(re.findall(r"(\w+):\s+(\d+) kB", status))
    return {told: int(found[name]) / 1e3 for name, told in names.items()}


def others(file: Path, folder: Path, asked: dict[str, list[Asked]]) -> dict[str, Any]:
    """The peers: only the classes that they can answer."""
    rows: list[Row] = []
    notes = {}
    for peer, told in search_peers.peers(file, folder):
        notes[peer.name] = told
        for name in COMPARED:
            some = asked[name][:FEW] if peer.slow else asked[name]
            if not peer.slow:
                timed(some, peer.find)
            rows.append((peer.name, name, timed(some, peer.find)))
    return {"rows": rows, "memory": memory(), "notes": notes}


def cold(url: str, asked: Sequence[Asked]) -> Times:
    """Of the command from its start to its end, each for another question."""
    environ = os.environ | {"LITWATCH_DATABASE__URL": url}
    command = [str(Path(sys.executable).with_name("litwatch")), "search", "--json"]
    found, before = [], resource.getrusage(resource.RUSAGE_CHILDREN)
    for each in asked:
        began = time.perf_counter()
        subprocess.run([*command, each.typed], env=environ, check=True, capture_output=True)
        found.append(time.perf_counter() - began)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Times(found, used / len(asked))


# -- the table ------------------------------------------------------------------------------------


def told(rows: Sequence[Row]) -> Iterator[str]:
    """A line per class of questions; of every side a line for all of them."""
    for side in dict.fromkeys(side for side, _, _ in rows):
        own = {name: times for who, name, times in rows if who == side}
        for name, times in own.items():
            yield _line(side, name, times)
        if len(own) > 1:
            yield _line(side, "all of these", _together(own.values()))
        if len(own) > len(COMPARED):
            shared = _together(own[name] for name in COMPARED)
            yield _line(side, "those that peers answer", shared)
        yield ""


def _together(of: Iterable[Times]) -> Times:
    each = list(of)
    used = sum(times.processor * len(times.seconds) for times in each)
    seconds = [one for times in each for one in times.seconds]
    return Times(seconds, used / len(seconds))


HEAD = (
    f"{'':26} {'milliseconds':28} {'median':>9} {'p95':>9} {'most':>9} {'processor':>10}  questions"
)


def _line(side: str, name: str, times: Times) -> str:
    shown = (share(times.seconds, 0.5), share(times.seconds, 0.95), max(times.seconds))
    columns = " ".join(f"{seconds * 1e3:9.1f}" for seconds in shown)
    used = f"{times.processor * 1e3:10.1f}"
    return f"{side:26} {name:28} {columns} {used}  {len(times.seconds)}"


def share(values: Sequence[float], part: float) -> float:
    """The least value that `part` of them do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(part * len(ordered)) - 1)]


# -- the run --------------------------------------------------------------------------------------


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("folder", nargs="?", type=Path, default=real_texts.FOLDER)
    options.add_argument("--works", type=int, default=search_data.WORKS)
    options.add_argument("--base", type=int, default=search_data.BASES)
    options.add_argument("--each", type=int, default=20, help="questions of a class")
    options.add_argument("--cache", type=Path, default=real_texts.CACHE)
    options.add_argument("--postgres", help="a database with the same works, to be measured too")
    options.add_argument("--side", choices=["ours", "others", "postgres"])
    chosen = options.parse_args()
    if chosen.side:
        print(json.dumps(_side(chosen)))
        return
    file = _file(chosen)
    if not file.is_file():
        file.parent.mkdir(parents=True, exist_ok=True)
        unfinished = file.with_suffix(".part")
        unfinished.unlink(missing_ok=True)
        search_data.make(f"sqlite:///{unfinished}", chosen.works, chosen.base, chosen.cache)
        unfinished.rename(file)
    _report(chosen)


def _side(chosen: argparse.Namespace) -> dict[str, Any]:
    drawn = json.loads(_drawn(chosen).read_text(encoding="utf-8"))
    asked = {name: [Asked(*one) for one in each] for name, each in drawn[0].items()}
    match chosen.side:
        case "ours":
            return ours(f"sqlite:///{_file(chosen)}", asked)
        case "others":
            return others(_file(chosen), chosen.folder / "peers", asked)
        case _:
            return ours(chosen.postgres, asked, "on PostgreSQL")


def _draw(chosen: argparse.Namespace) -> list[dict[str, list[Asked]]]:
    """The questions of the run and those to the command; drawn once, because reading the titles
    takes longer than to answer."""
    works = real_texts.works()[: chosen.base]
    counts = ((chosen.each, SEED), (COLD, SEED + 2))
    drawn = [questions(works, each, seed) for each, seed in counts]
    asked = [{name: [astuple(one) for one in of[name]] for name in of} for of in drawn]
    _drawn(chosen).write_text(json.dumps(asked), encoding="utf-8")
    return drawn


def _drawn(chosen: argparse.Namespace) -> Path:
    return Path(chosen.folder).resolve() / "questions.json"


def _file(chosen: argparse.Namespace) -> Path:
    return Path(chosen.folder).resolve() / f"{chosen.works}-works.db"


def _report(chosen: argparse.Namespace) -> None:
    print(f"load of the machine before: {os.getloadavg()[0]:.1f}\n\n{HEAD}\n")
    *_, to_command = _draw(chosen)
    for side in ("ours", "others", *(["postgres"] if chosen.postgres else [])):
        command = [sys.executable, __file__, *sys.argv[1:], "--side", side]
        ended = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        found = json.loads(ended.stdout.splitlines()[-1])
        print(
            "\n".join(told([(who, name, Times(*times)) for who, name, times in found.pop("rows")]))
        )
        for name, value in found.items():
            print(f"{name}: {json.dumps(value)}", flush=True)
        print()
    times = cold(f"sqlite:///{_file(chosen)}", to_command[PLAIN[0]])
    print(_line("litwatch search --json", "start of a process to its end", times))
    print(f"\nload of the machine after: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
