"""The API in the words of OpenAPI 3.1: what FastAPI sees in the routes, and what it cannot see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi.openapi.utils import get_openapi

from service import __version__
from service.web.api.models import Problem
from service.web.api.problems import MEDIA_TYPE

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi import FastAPI

MOUNT = "/api"
_ABOUT = """The archive of a research group's literature: search it, read it, vote, export.

Every GET has an `ETag`; send it back as `If-None-Match`, and what has not changed is not sent
again (304). HEAD is answered wherever GET is. Lists come in pages: `cursor` leads on, and is null
at the end. Errors are problems (RFC 9457); `remedy` says what you can do. Scopes of tokens are
read < vote < admin; `read` is enough unless an operation names another.
"""
_ANY = {  # what every operation may answer
    "401": "no token, or one that lets nobody in",
    "403": "the token does not reach that far, or another site has sent this",
    "422": "a parameter or the body does not fit what is described here",
    "429": "too much at once: wait as `Retry-After` says",
    "500": "a defect of ours; the log has it under the number in `instance`",
    "503": "the archive is busy or away: wait as `Retry-After` says",
}
_SOME = {
    "400": "the query, the cursor or another text cannot be used",
    "404": "the archive has nothing of that name",
    "412": "it is no longer what `If-Match` names: somebody has changed it meanwhile",
    "413": "the body is too large",
    "428": "it says neither what it is to replace (`If-Match`) nor that it is new",
}
_SCHEMES = {
    "token": {"type": "http", "scheme": "bearer", "description": "a token as `Bearer lw_...`"},
    "password": {
        "type": "http",
        "scheme": "basic",
        "description": "the token as password, any user: for programs that know no Bearer",
    },
}
_HEADERS = {
    "RateLimit-Policy": "how many requests in how many seconds",
    "RateLimit": "how many are left, and in how many seconds all will be again",
}
_ETAG = {"ETag": "names this very answer"}
_RETRY = {"Retry-After": "seconds to wait"}
_PROBLEM = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}


def maker(api: FastAPI, public: str) -> Callable[[], dict[str, Any]]:
    """What makes the description, once; `public` is the address that it is served under."""
    made: dict[str, Any] = {}

    def openapi() -> dict[str, Any]:
        if not made:
            made.update(_described(api, public))
        return made

    return openapi


def _described(api: FastAPI, public: str) -> dict[str, Any]:
    found = get_openapi(
        title="Litwatch",
        version=__version__,
        summary="A monitored archive of biomedical literature",
        description=_ABOUT,
        routes=api.routes,
        servers=[{"url": public or "/"}],
        license_info={"name": "Apache 2.0", "identifier": "Apache-2.0"},
    )
    found["paths"] = {f"{MOUNT}{path}": item for path, item in found["paths"].items()}
    schemas = found["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):  # ours are problems
        schemas.pop(name, None)
    schemas["Problem"] = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= schemas["Problem"].pop("$defs", {})
    found["components"]["securitySchemes"] = _SCHEMES
    found["security"] = [*({name: []} for name in _SCHEMES), {}]  # {}: on this very machine
    for item in found["paths"].values():
        for method, operation in item.items():
            operation["responses"] = _responses(method, operation["responses"])
    return found


def _responses(method: str, told: dict[str, Any]) -> dict[str, Any]:
    """The answers of an operation, those that all have among them."""
    reasons = _ANY | {status: _SOME[status] for status in told if status in _SOME}
    if method in {"post", "put"}:
        reasons["413"] = _SOME["413"]
    good = {status: answer for status, answer in told.items() if status < "400"}
    tag = _ETAG if method == "get" else {}
    for answer in good.values():
        answer["headers"] = _headers(_HEADERS | tag)
    if method == "get":
        good["304"] = {
            "description": "it is what `If-None-Match` named",
            "headers": _headers(_HEADERS | _ETAG),
        }
    bad = {
        status: {
            "description": reason,
            "headers": _headers(_RETRY if status in {"429", "503"} else {}),
            "content": _PROBLEM,
        }
        for status, reason in reasons.items()
    }
    return dict(sorted({**good, **bad}.items()))


def _headers(told: dict[str, str]) -> dict[str, Any]:
    return {
        name: {"description": text, "schema": {"type": "string"}} for name, text in told.items()
    }
