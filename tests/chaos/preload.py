"""Everything a worker imports, loaded once: a worker that was killed is back within moments."""

from __future__ import annotations

import css_inline  # noqa: F401
import jinja2  # noqa: F401
import sqlalchemy.dialects.postgresql  # noqa: F401
import vl_convert  # noqa: F401

import tests.chaos.office  # noqa: F401
