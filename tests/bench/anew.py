"""Apps in which every question is new, though a bench asks the same in every round."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.bootstrap.evaluation import plain_encoder
from service.embedding.quick import QuickEncoder

if TYPE_CHECKING:
    from service.bootstrap import App


def asked_anew(app: App) -> App:
    """The app, which keeps nothing of what questions mean."""
    model = app.settings.encoder.model or None
    app.query_encoder = QuickEncoder(model, plain_encoder(app.settings), kept=0)
    return app
