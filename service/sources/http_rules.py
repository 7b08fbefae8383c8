"""How Litwatch reads HTTP: which addresses it follows, what a status means, what must not be told.

Pure. `network` checks where a name leads; here it is only about what the address says.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

import httpcore
import httpx

from service.errors import (
    BadRequestError,
    FetchRefusedError,
    NotFoundError,
    SourceError,
    ThrottledError,
    TransientError,
    one_line,
)
from service.sources.addresses import is_trusted
from service.sources.pacing import retry_after

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

REDIRECTS = frozenset({301, 302, 303, 307, 308})
KEEPS_METHOD = frozenset({307, 308})

_SECRET_NAMES = frozenset(
    {
        *("api_key", "apikey", "api-key", "email", "mailto", "token", "access_token", "key"),
        *("password", "authorization", "zotero-api-key"),
    }
)
_TOO_FAST = re.compile(
    r"rate limit exceeded|rate exceeded|error code: 1015|too many requests", re.I
)
_PASSING = frozenset({408, 425})
_FAULTS: Mapping[type[Exception], str] = {  # the first that fits is said
    httpcore.ConnectTimeout: "no connection in time",
    httpcore.ConnectError: "no connection",
    httpcore.TimeoutException: "no answer in time",
    httpcore.ReadError: "the connection broke while the reply came",
    httpcore.WriteError: "the connection broke while the request went out",
    httpcore.RemoteProtocolError: "the reply is cut off or no HTTP",
}


def checked_url(text: str, trusted: frozenset[str]) -> httpx.URL:
    """`text` as an address that may be asked. Raises `FetchRefusedError`.

    Only http and https, no user name inside, the usual ports (any port for a trusted host).
    """
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, UnicodeError) as error:
        raise FetchRefusedError("a web address", f"it cannot be read: {error}") from None
    thing = redacted(url)
    host = host_of(url)
    if url.scheme not in {"http", "https"} or not host:
        raise FetchRefusedError(thing, "only http and https addresses with a host are fetched")
    if url.userinfo:
        raise FetchRefusedError(thing, "the address has a user name or a password inside")
    if url.port not in {None, 80, 443} and not is_trusted(host, url.port, trusted):
        raise FetchRefusedError(
            thing, f"port {url.port} is not fetched from", "name the host as trusted if it is yours"
        )
    return url


def redirect_target(url: httpx.URL, location: str, trusted: frozenset[str]) -> httpx.URL:
    """Where `location` leads from `url`. Raises `FetchRefusedError`.

    Never from https to http, and never from a stranger to a host that the operator trusts:
    that trust was given to the operator's own addresses, not to whoever points at them.
    """
    if not location:
        raise FetchRefusedError(redacted(url), "a redirect without a target")
    try:
        joined = str(url.join(location))
    except (httpx.InvalidURL, UnicodeError) as error:
        raise FetchRefusedError(redacted(url), f"a redirect to no address: {error}") from None
    target = checked_url(joined, trusted)
    if url.scheme == "https" and target.scheme == "http":
        raise FetchRefusedError(redacted(url), "a redirect from https to http")
    if is_trusted(host_of(target), target.port, trusted) and not is_trusted(
        host_of(url), url.port, trusted
    ):
        raise FetchRefusedError(redacted(url), "a redirect to a host that only you may name")
    return target


def host_of(url: httpx.URL) -> str:
    """The host as it is resolved (ASCII, lower case)."""
    return url.raw_host.decode("ascii").lower()


def redacted(url: httpx.URL) -> str:
    """`url` fit for messages: no keys, e-mail addresses or user names, at most 160 characters."""
    items = [
        (name, "***" if name.lower() in _SECRET_NAMES else value)
        for name, value in url.params.multi_items()
    ]
    query = "&".join(f"{quote_plus(name)}={quote_plus(value, safe='*')}" for name, value in items)
    port = f":{url.port}" if url.port else ""
    host = url.raw_host.decode("ascii")
    told = f"{url.scheme}://{host}{port}{url.path}" + (f"?{query}" if query else "")
    return told if len(told) <= 160 else told[:157] + "..."


def secrets_in(*mappings: Mapping[str, str] | None) -> frozenset[str]:
    """The values in parameters, forms and headers that must not be told."""
    return frozenset(
        value
        for mapping in mappings
        if mapping
        for name, value in mapping.items()
        if name.lower() in _SECRET_NAMES and value
    )


def hidden(text: str, secrets: Iterable[str]) -> str:
    """`text` without the `secrets` that it may echo."""
    for secret in secrets:
        for form in (secret, quote(secret), quote_plus(secret)):
            text = text.replace(form, "***")
    return text


def hide(error: SourceError, secrets: Iterable[str]) -> None:
    """Take the `secrets` out of what an error tells: a reply may say back what it was asked."""
    told = [hidden(each, secrets) for each in (error.thing, error.cause, error.remedy)]
    error.thing, error.cause, error.remedy = told
    error.args = tuple(told)


def excerpt(body: bytes, secrets: Iterable[str]) -> str:
    """The first 200 characters of `body` on one line, without the `secrets` it may echo."""
    text = hidden(body[:4096].decode("utf-8", "replace"), secrets)
    line = one_line(text)
    return line if len(line) <= 200 else line[:197] + "..."


def status_error(
    thing: str, status: int, headers: Mapping[str, str], told: str, now: datetime
) -> SourceError:
    """The error that a reply of `status` means; `told` is the excerpt of its body."""
    cause = f"HTTP {status}" + (f": {told}" if told else "")
    wait = retry_after(headers.get("retry-after"), now)
    if status == 429 or (status == 503 and wait is not None) or _TOO_FAST.search(told):
        return ThrottledError(thing, cause, "Litwatch asks again later, and slower", wait)
    if status >= 500 or status in _PASSING:
        return TransientError(thing, cause, "Litwatch asks again later")
    if status in {404, 410}:
        return NotFoundError(thing, cause, "check the address or the identifier")
    return BadRequestError(thing, cause, "check the query and the settings of this source")


def network_fault(thing: str, error: Exception) -> TransientError:
    """What went wrong between us and the host, in words."""
    said = next(
        (text for kind, text in _FAULTS.items() if isinstance(error, kind)), "network fault"
    )
    detail = " ".join(str(error).split())[:200]
    return TransientError(
        thing, f"{said}: {detail}" if detail else said, "Litwatch asks again later"
    )
