"""Import of a whole NLM update file beside pubmed_parser's parse of the same file, in one run.

    python tests/bench/import_nlm.py [FILE.xml.gz] [--rounds N]

Each side runs in a process of its own, in turn, so that neither warms the other's caches; the
ratio is taken pair by pair. Ours parses, normalises, merges and stores; theirs only parses.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT.parent / "shared/captures/pubmed_update/pubmed21n1298.xml.gz"


def ours(file: Path) -> dict[str, object]:
    sys.path.insert(0, str(ROOT))
    from service import bootstrap, config
    from service.records import Tally
    from service.sources.importing import batches
    from service.store import migrations

    with tempfile.TemporaryDirectory() as folder:
        values = {"database": {"url": f"sqlite:///{folder}/bench.db"}}
        app = bootstrap.build(config.Settings.model_validate(values))
        migrations.upgrade(app.store.engine)
        began, tally = time.perf_counter(), Tally()
        for batch in batches(file):
            tally += app.take_in("pubmed", batch, announce=False)
        seconds = time.perf_counter() - began
        with app.store.reading() as tx:
            counts = tx.works.counts()
            kinds = tx.works.kinds()
        app.close()
    return {"seconds": seconds, "records": tally.fetched, "counts": counts, "kinds": kinds}


def theirs(file: Path) -> dict[str, object]:
    import pubmed_parser

    began = time.perf_counter()
    records = sum(1 for _ in pubmed_parser.parse_medline_xml(str(file)))
    return {"seconds": time.perf_counter() - began, "records": records}


def measured(side: str, file: Path) -> dict[str, object]:
    command = [sys.executable, __file__, str(file), "--side", side]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("file", nargs="?", type=Path, default=FILE)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--side", choices=["ours", "theirs"])
    chosen = options.parse_args()
    if chosen.side:
        result = ours(chosen.file) if chosen.side == "ours" else theirs(chosen.file)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps(result | {"peak_mib": round(peak)}))
        return
    ratios = []
    for number in range(1, chosen.rounds + 1):
        mine, peer = (measured(side, chosen.file) for side in ("ours", "theirs"))
        ratios.append(mine["seconds"] / peer["seconds"])
        print(
            f"round {number}: litwatch import {mine['seconds']:.1f} s ({mine['peak_mib']} MiB),"
            f" pubmed_parser parse {peer['seconds']:.1f} s ({peer['peak_mib']} MiB),"
            f" ratio {ratios[-1]:.2f}"
        )
    print(f"records: {mine['records']}; archive: {mine['counts']}; works by kind: {mine['kinds']}")
    print(f"median ratio {statistics.median(ratios):.2f} (target: at most 2)")


if __name__ == "__main__":
    main()
