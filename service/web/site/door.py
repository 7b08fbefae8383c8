"""Who may come in: people at this machine, and those who have signed in with a token.

A page names what it needs (`Reading`, `Voting`, `Tuning`), a form what it takes (`Posted`,
`Tuned`, or `filled(scope)`); nothing else of a route decides who may.
"""

from __future__ import annotations

import getpass
import hmac
import re
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request
from starlette.datastructures import UploadFile

from service.errors import AccessError, InputError, ScopeError, TokenError
from service.records.tokens import Scope
from service.web.api import people
from service.web.api.access import HERE, Caller
from service.web.api.home import crosses, elsewhere
from service.web.limits import BODY
from service.web.site.sessions import Session, Sessions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from service.bootstrap import App
    from service.records.tokens import Token
    from service.web.api.access import Gate

FIELD = "csrf"  # of every form: `Visitor.token`
_FIELDS = 1_000
_LONGEST_NAME = 64
_JOINERS = re.compile("[\u200c\u200d]")  # signs without width that names are written with
# Control characters but tab and line feed, and halves of characters.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_COME_IN = "sign in with a token (litwatch token create NAME --scope vote)"


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who looks at a page: `name` is whose their votes are, `scope` how far they reach, `here`
    whether they sit at this machine and showed no token, `token` what their forms must carry,
    `by` the name of the token that they signed in with ("" for who is here)."""

    name: str
    scope: Scope
    here: bool
    token: str = field(repr=False)
    by: str = ""

    def may(self, scope: str) -> bool:
        """Whether they reach as far as "read", "vote" or "admin"; templates ask this."""
        return self.scope.covers(Scope(scope))

    def told(self, text: str) -> str:
        """A text as they may see it: mail addresses are cut short for all but admins."""
        return people.told(text, Caller(self.by or HERE, self.scope))


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came with a form: its name as the sender's machine has it, and its bytes."""

    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Sent:
    """The fields of a form, in their order, and its one file. Nobody has vouched for it yet."""

    fields: Mapping[str, list[str]]
    file: Upload | None = None

    def text(self, name: str, default: str = "") -> str:
        """The first value of a field, stripped; `default` where it is missing or empty."""
        return (self.fields.get(name) or [""])[0].strip() or default

    def texts(self, name: str) -> list[str]:
        """All values of a field, as they are."""
        return list(self.fields.get(name, ()))


@dataclass(frozen=True, slots=True)
class Filled(Sent):
    """A form of ours, sent by a visitor who may send it."""

    visitor: Visitor = field(kw_only=True)


class Door:
    """Lets in by session, or as one who is here; `at_home` says that only this machine reaches the
    socket."""

    def __init__(self, app: App, gate: Gate, *, at_home: bool) -> None:
        web = app.settings.web
        self._now = app.clock.now
        self._gate = gate
        self._at_home = at_home
        self._public = web.url
        self._user = _user()
        self._here = secrets.token_urlsafe()  # stands for the session of those who need none
        self.sessions = Sessions([key.get_secret_value() for key in web.keys])

    def admit(self, request: Request, scope: Scope) -> Visitor:
        """Who sent the request. Raises `TokenError` for a stranger, `ScopeError`."""
        visitor = self._known(request) or self._sitting(request)
        request.state.caller = visitor.by or HERE  # for the log
        request.state.visitor = visitor  # for the page that tells of an error
        if not visitor.scope.covers(scope):
            told = f"reaches as far as {visitor.scope}; this needs {scope}"
            raise ScopeError(f"token {visitor.by!r}", told, "ask for one that reaches further")
        return visitor

    def session(self, request: Request) -> Session | None:
        """The session that the request shows, if it is one; its token may be good no more."""
        return self.sessions.read(request.cookies.get(self.cookie(request), ""), self._now())

    def cookie(self, request: Request) -> str:
        """The name of the session's cookie. `__Host-` makes the browser see to it that it came by
        TLS and from this very host."""
        return "__Host-litwatch" if self.secure(request) else "litwatch"

    def secure(self, request: Request) -> bool:
        """Whether the browser reaches us by TLS."""
        return request.url.scheme == "https" or self._public.startswith("https:")

    def sign_in(self, request: Request, secret: str, name: str) -> Session:
        """A session of who shows a token. Raises `TokenError`, `InputError` for a name that is
        none; `HTTPException` 429 for one who has tried too many."""
        reader = reader_name(name)
        token = self._gate.presented(request, secret)
        return Session(token.sha256, reader, int(self._now().timestamp()))

    def holder(self, session: Session) -> Token:
        """The token that a session was begun with. Raises `TokenError` where it is good no more."""
        return self._gate.holder(session.sha256)

    def check_origin(self, request: Request) -> None:
        """Raises `AccessError` for what a page of another site has sent."""
        if crosses(request, self._public):
            told = "was sent by a page of another site"
            raise AccessError("this form", told, "open the page here, and send it from there")

    def check_form(self, visitor: Visitor, given: Sent) -> None:
        """Raises `AccessError` for a form that this visitor was not given."""
        if not hmac.compare_digest(given.text(FIELD).encode(), visitor.token.encode()):
            told = "is older than your sign-in, or than this program's last start"
            raise AccessError("this form", told, "go back, reload the page, and send it again")

    def _known(self, request: Request) -> Visitor | None:
        """Who has a session; None for nobody. Raises `TokenError` where its token is good no more,
        unless they are here."""
        session = self.session(request)
        if session is None:
            return None
        try:
            token = self.holder(session)
        except TokenError:
            if self._why_not_here(request):
                raise
            return None
        return self._visitor(session, token)

    def _visitor(self, session: Session, token: Token) -> Visitor:
        form_token = self.sessions.form_token(session.nonce)
        name = session.reader or token.name
        return Visitor(name, token.scope, here=False, token=form_token, by=token.name)

    def _sitting(self, request: Request) -> Visitor:
        """Who sits at this machine. Raises `TokenError` where that is not sure."""
        why = self._why_not_here(request)
        if why:
            raise TokenError("this page", f"is for who has signed in ({why})", _COME_IN)
        form_token = self.sessions.form_token(self._here)
        return Visitor(self._user, Scope.ADMIN, here=True, token=form_token)

    def _why_not_here(self, request: Request) -> str:
        """Why a request may not be of who sits at this machine; "" where it is."""
        if not self._at_home:
            return "it is served to other machines"
        why = elsewhere(request, self._public)
        # Following a link on another site to a page here shows that site nothing and changes
        # nothing. What it fetches, frames or sends by itself is another matter.
        how = (request.method, *map(request.headers.get, ("sec-fetch-mode", "sec-fetch-dest")))
        followed = how == ("GET", "navigate", "document")
        if not why and not followed and crosses(request, self._public):
            why = "it was sent by a page of another site"
        return why


def reader_name(text: str) -> str:
    """The name that a person gives, its spaces tidied; may be "". Raises `InputError`."""
    name = " ".join(text.split())
    if len(name) > _LONGEST_NAME or not _JOINERS.sub("", name).isprintable():
        raise InputError("this name", "is too long, or has signs that do not show", "shorten it")
    if ":" in name:
        told = "has a colon, as only the names of mail readers, Slack accounts and programs have"
        raise InputError("this name", told, "leave it out")
    return name


def door(request: Request) -> Door:
    """The door of the web app that a request came to."""
    found: Door = request.app.state.door
    return found


def visiting(scope: Scope) -> Callable[[Request], Visitor]:
    """A dependency of pages: who looks, where they reach as far as `scope`."""

    def visitor(request: Request) -> Visitor:
        return door(request).admit(request, scope)

    return visitor


async def sent(request: Request) -> Sent:
    """A form as browsers send it, as text or in parts; no fields from any other body. Control
    characters are left out, lines end with a line feed. Raises `HTTPException` 400 for more fields
    than any of our forms has, or more than one file."""
    fields: dict[str, list[str]] = {}
    file = None
    asked = request.form(max_files=1, max_fields=_FIELDS, max_part_size=BODY)
    async with asked as form:
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                content = await value.read()
                file = Upload(value.filename, content) if value.filename else file
            else:
                text = _UNSAFE.sub("", value.replace("\r\n", "\n"))
                fields.setdefault(name, []).append(text)
    return Sent(fields, file)


Form = Annotated[Sent, Depends(sent)]


def filled(scope: Scope) -> Callable[[Request, Sent], Filled]:
    """A dependency of what forms are sent to: a form of ours, from a visitor who reaches as far as
    `scope`. Raises `AccessError` for any other."""

    def form(request: Request, given: Form) -> Filled:
        entry = door(request)
        entry.check_origin(request)
        visitor = entry.admit(request, scope)
        entry.check_form(visitor, given)
        return Filled(given.fields, given.file, visitor=visitor)

    return form


Reading = Annotated[Visitor, Depends(visiting(Scope.READ))]
Voting = Annotated[Visitor, Depends(visiting(Scope.VOTE))]
Tuning = Annotated[Visitor, Depends(visiting(Scope.ADMIN))]
Marked = Annotated[Filled, Depends(filled(Scope.READ))]
Posted = Annotated[Filled, Depends(filled(Scope.VOTE))]
Tuned = Annotated[Filled, Depends(filled(Scope.ADMIN))]


def _user() -> str:
    """Who `litwatch vote` would take the person at this machine for."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # an account without a name, as in some containers
        return HERE
