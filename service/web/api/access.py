"""Who is let in, and how far."""

from __future__ import annotations

import base64
import hmac
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, HTTPException, Request

from service import tokens
from service.errors import AccessError, ScopeError, StoreBusyError, TokenError
from service.records.tokens import Scope
from service.web.api.home import crosses, stranger
from service.web.limits import Turns

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from service.bootstrap import App
    from service.records.tokens import Token
    from service.web.limits import Allowance

log = logging.getLogger(__name__)

CHALLENGE = 'Bearer realm="Litwatch", Basic realm="Litwatch", charset="UTF-8"'
HERE = "(this machine)"  # who shows no token and needs none; no token can have this name
_MINUTE = 60
_SAFE = {"GET", "HEAD"}
_REMEDY = 'send "Authorization: Bearer lw_..."; make a token with: litwatch token create NAME'


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: a token's name or `HERE`, and how far they reach."""

    name: str
    scope: Scope

    @property
    def sees_addresses(self) -> bool:
        """Whether they are told people's mail addresses."""
        return self.scope is Scope.ADMIN


class Gate:
    """Lets requests in by their token; with `at_home`, which says that only this machine reaches
    the socket, also those that were surely made on it."""

    def __init__(self, app: App, *, at_home: bool) -> None:
        self._app = app
        self._public = app.settings.web.url
        self._at_home = at_home
        rate = app.settings.web.api_rate
        self._turns = Turns(app.clock.monotonic, burst=rate, every=_MINUTE / rate)
        self._failures = Turns(app.clock.monotonic)
        self._noted: set[tuple[str, date]] = set()  # uses that are in the archive

    def admit(self, request: Request, scope: Scope) -> Caller:
        """Who sent the request. Raises `TokenError`, `ScopeError`, `AccessError`; `HTTPException`
        429 for one who asks too often, or who has tried too many tokens."""
        shown = request.headers.getlist("authorization")
        # A browser sends a password it knows by itself, but never a bearer's token.
        by_itself = not "".join(shown).lower().startswith("bearer ")
        if by_itself and request.method not in _SAFE and crosses(request, self._public):
            told = "was sent by a page of another site"
            raise AccessError("this request", told, "send it from a program")
        caller = self._shown(request, shown) if shown else self._here(request)
        request.state.allowance = allowance = self._turns.count(caller.name)
        request.state.caller = caller.name  # for the log
        if allowance.wait:
            raise HTTPException(429, headers={"Retry-After": str(allowance.wait)})
        if not caller.scope.covers(scope):
            told = f"reaches as far as {caller.scope}; this needs {scope}"
            remedy = f"make another: litwatch token create NAME --scope {scope}"
            raise ScopeError(f"token {caller.name!r}", told, remedy)
        return caller

    def presented(self, request: Request, secret: str) -> Token:
        """The token that a request shows; its use is noted. Raises `TokenError`; `HTTPException`
        429 for one who has tried too many."""
        try:
            return self.holder(tokens.hashed(secret) if tokens.well_formed(secret) else "")
        except TokenError:
            self._failures.take(request.client.host if request.client else "")
            raise

    def holder(self, sha256: str) -> Token:
        """The token with this hash; its use is noted. Raises `TokenError`."""
        now = self._app.clock.now()
        found = None
        if sha256:
            with self._app.store.reading() as tx:
                found = tx.tokens.find(sha256)
        if found is None or not hmac.compare_digest(found.sha256, sha256):
            raise TokenError("the token", "is not known here", _REMEDY)
        refused = found.refused(now)
        if refused:
            raise TokenError(f"token {found.name!r}", refused, _REMEDY)
        self._note(found, now.date())
        return found

    def _shown(self, request: Request, shown: list[str]) -> Caller:
        """Who sent a request with an Authorization header. Raises as `admit`."""
        token = self.presented(request, _secret(shown))
        return Caller(token.name, token.scope)

    def _here(self, request: Request) -> Caller:
        """Who sent a request without a token. Raises `TokenError`."""
        why = "it is served to other machines"
        if self._at_home:
            why = stranger(request, self._public)
            if not why:
                return Caller(HERE, Scope.ADMIN)
        raise TokenError("this request", f"needs a token ({why})", _REMEDY)

    def _note(self, token: Token, today: date) -> None:
        """Keep the day of the last use: tried once a day, for it may have to wait for a writer."""
        if token.last_used_on == today or (token.name, today) in self._noted:
            return
        self._noted = {each for each in self._noted if each[1] == today} | {(token.name, today)}
        try:
            with self._app.store.writing() as tx:
                tx.tokens.used(token.name, today)
        except StoreBusyError as error:
            log.info("the use of token %r was not noted: %s", token.name, error)


def _secret(shown: list[str]) -> str:
    """The token of an Authorization header, "" for none; with Basic it is the password, whoever the
    user is."""
    kind, _, value = shown[0].strip().partition(" ")
    if len(shown) == 1 and kind.lower() == "bearer":
        return value.strip()
    if len(shown) == 1 and kind.lower() == "basic":
        try:
            return base64.b64decode(value.strip(), validate=True).decode().partition(":")[2]
        except ValueError:  # no base64, or no text
            return ""
    return ""


def limits(allowance: Allowance) -> dict[str, str]:
    """What an answer says of how often its asker may ask (draft-ietf-httpapi-ratelimit-headers)."""
    return {
        "RateLimit-Policy": f'"minute";q={allowance.most};w={_MINUTE}',
        "RateLimit": f'"minute";r={allowance.left};t={allowance.wait or allowance.full_in}',
    }


def needs(scope: Scope) -> Callable[[Request], Caller]:
    """A dependency: who asks, where they reach as far as `scope`. The web app that a route is in
    has its `Gate` in `state.gate`."""

    def caller(request: Request) -> Caller:
        found: Caller = request.app.state.gate.admit(request, scope)
        return found

    return caller


Reader = Annotated[Caller, Depends(needs(Scope.READ))]
Voter = Annotated[Caller, Depends(needs(Scope.VOTE))]
Admin = Annotated[Caller, Depends(needs(Scope.ADMIN))]
