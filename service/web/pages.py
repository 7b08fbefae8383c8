"""How the pages look: one layout, one style sheet, no script, no outside request."""

from __future__ import annotations

import base64
import hashlib
from functools import cache

from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from service.digest.palette import DARK, LIGHT

# What is said of a status where nobody knows better: heading, then what a person can do.
_FAULTS = {
    400: ("This does not work", "Open the link in the mail again, and choose there."),
    404: ("There is no such page", "Open the link in the mail again; it may have been cut off."),
    405: ("This page cannot be used like that", "Open the link in the mail again."),
    410: ("This is no longer here", "Use a link in a newer digest."),
    413: ("That was too much at once", "Go back and shorten the note."),
    429: ("That was a little fast", "Wait a minute, then go back and try again."),
    500: ("Something went wrong here", "It was not your doing. Please try again later."),
    503: ("The archive is busy", "Please try again in a minute; nothing was lost."),
}


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("service.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _style() -> str:
    return _environment().get_template("style.css").render(c=LIGHT, d=DARK)


STYLE = _style()
_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)


def page(name: str, status: int = 200, **values: object) -> HTMLResponse:
    """The named template as an answer; what `values` hold is escaped."""
    # The hash in the policy is of the style sheet's very bytes: it must not be escaped.
    style = Markup(STYLE)  # nosec B704  # noqa: S704 - ours, rendered from our own palette
    template = _environment().get_template(f"{name}.html")
    return HTMLResponse(template.render(style=style, **values), status)


def fault(status: int, number: str, heading: str = "", advice: str = "") -> HTMLResponse:
    """What went wrong, what to do, and the number under which the log tells more."""
    known = _FAULTS.get(status, _FAULTS[400 if status < 500 else 500])
    return page(
        "fault",
        status,
        heading=heading or known[0],
        advice=advice or known[1],
        number=number,
    )
