"""The pages on which topics are looked at and tuned: controls, preview, history, map, doubts."""

from __future__ import annotations

from service.web.site.topics.routes import routes

__all__ = ["routes"]
