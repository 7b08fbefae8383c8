"""Does what is installed here do what an image is for? Any failure ends the build.

The model that lies inside is loaded and encodes, both ways, to the same; a chart is drawn; the
migrations make an archive.
"""

from __future__ import annotations

import sys
import tempfile

from service import charts
from service.bootstrap import build
from service.bootstrap.evaluation import plain_encoder
from service.config import Settings
from service.embedding.quick import QuickEncoder

TEXT = "Neutrophil extracellular traps in pancreatic cancer"


def prove() -> None:
    """Raises whatever is wrong."""
    whole = plain_encoder(Settings())
    (vectors,) = whole.encode([TEXT])
    quick = QuickEncoder(None, whole).encode(TEXT)
    if float(vectors[0] @ quick) < 0.999:
        raise SystemExit("the two ways to encode differ")
    chart = {"mark": "bar", "data": {"values": [{"x": 1}]}, "encoding": {"x": {"field": "x"}}}
    charts.draw(chart, "chart.png")
    with tempfile.TemporaryDirectory() as folder:
        app = build(Settings.model_validate({"database": {"url": f"sqlite:///{folder}/proof.db"}}))
        app.upgrade()
        app.check()
        app.close()


if __name__ == "__main__":
    prove()
    sys.stdout.write("The model, the charts and the migrations are in place.\n")
