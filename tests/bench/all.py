"""Every benchmark of speed in turn, with what it ran on; `--write` puts it into the documentation.

    PYTHONPATH=. python tests/bench/all.py [--only NAME,NAME] [--small] [--every N] [--up-to N] [--write]

What a benchmark prints takes the place of what stands between its marks in docs/benchmarks.md. One
whose data are not here is left out, and says so; one that fails holds up no other.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench import growth, machine, real_texts, weekly_topics

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "benchmarks.md"
PROGRESS = " "  # what a line of progress begins with; it is not for the page


@dataclass(frozen=True, slots=True)
class Bench:
    """A script, what it is asked, and what it needs to be there. `plain` output is shown in the
    page as it is printed; else it is Markdown."""

    script: str
    arguments: tuple[str, ...]
    needs: tuple[Path, ...]
    plain: bool = True


def benches(*, small: bool, every: int, up_to: int) -> dict[str, Bench]:
    """By name, in their order. `small` ones show that they run; their figures say little."""
    update, oncology = real_texts.UPDATE, real_texts.ONCOLOGY
    labelled = (update, weekly_topics.SCREENING)
    week = ("--records", "2000", "--archive", "5000") if small else ()
    works = min(up_to, growth.RUNGS[0]) if small else up_to
    return {
        "import": Bench("import_nlm.py", ("--rounds", "1") if small else (), (update,)),
        "encoder": Bench("encoder.py", ("500",) if small else (), (oncology,)),
        "ranking": Bench("ranking.py", ("3000", "20", "6000") if small else (), (update,)),
        "weekly": Bench("weekly.py", ("--every", str(every), *week), labelled, plain=False),
        "growth": Bench("growth.py", ("--up-to", str(works)), labelled, plain=False),
    }


def carried_out(name: str, bench: Bench) -> str | None:
    """Prints what the benchmark says while it runs; returns what is for the page, None where there
    is nothing: it was left out, or failed."""
    print(f"\n## {name}\n", flush=True)
    absent = [path for path in bench.needs if not path.exists()]
    if absent:
        print(f"left out: not here: {', '.join(map(str, absent))}")
        return None
    print(f"{(head := machine.header())}\n", flush=True)
    command = [sys.executable, str(Path(__file__).with_name(bench.script)), *bench.arguments]
    lines = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        for line in running.stdout or ():
            print(line, end="", flush=True)
            lines.append(line.rstrip())
    if running.returncode:
        print(f"{bench.script} failed")
        return None
    return f"{head}\n\n{shown(lines, plain=bench.plain)}"


def shown(lines: Sequence[str], *, plain: bool) -> str:
    """What a page has of the printed lines."""
    if plain:
        return "\n".join(["```text", *lines, "```"])
    return "\n".join(line for line in lines if not line.startswith(PROGRESS)).strip()


def marked(page: str, name: str, text: str) -> str | None:
    """The page with this text between the marks of that name; None where it has none."""
    mark = re.compile(rf"(<!-- bench: {re.escape(name)} -->\n).*?(<!-- end -->)", re.DOTALL)
    if not mark.search(page):
        return None
    return mark.sub(lambda found: f"{found[1]}{text}\n{found[2]}", page, count=1)


def write(name: str, text: str) -> None:
    """Put it into the page, and say where."""
    page = marked(PAGE.read_text(encoding="utf-8"), name, text)
    if page is None:
        print(f"{PAGE.name} has no marks for {name!r}: not written")
        return
    PAGE.write_text(page, encoding="utf-8")
    print(f"\nwritten to {PAGE.relative_to(ROOT)}")


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--only", default="", help="names parted by commas")
    options.add_argument("--small", action="store_true", help="only to see that they run")
    options.add_argument("--every", type=int, default=1, help="of the week, encode one of N blocks")
    options.add_argument(
        "--up-to", type=int, default=growth.RUNGS[-1], help="works that it grows to"
    )
    options.add_argument("--write", action="store_true", help="into docs/benchmarks.md")
    chosen = options.parse_args()
    all_of = benches(small=chosen.small, every=chosen.every, up_to=chosen.up_to)
    wanted = [name for name in chosen.only.split(",") if name] or list(all_of)
    if unknown := set(wanted) - set(all_of):
        options.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(all_of)}")
    failed = False
    for name in wanted:
        found = carried_out(name, all_of[name])
        failed |= found is None and all(path.exists() for path in all_of[name].needs)
        if found is not None and chosen.write:
            write(name, found)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
