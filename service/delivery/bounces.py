"""Mails that came back: which delivery each is about, and what it says. Pure.

The envelope address that a delivery goes out with holds a signed tag ("bounces+TAG@"). Nothing but
that tag says what a mail is about: all else in it can be forged. What is read is hostile; every
sequence of bytes has a meaning, if only that it has none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from enum import StrEnum
from typing import TYPE_CHECKING

from service.delivery.smtp_outcomes import one_line
from service.delivery.statuses import dead, exact, status_in
from service.records import Bounce

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LARGEST = 1 << 20
"""Bytes of a mail that are looked at: a report stands before the mail that it returns."""

_TAG = re.compile(r"\+([0-9a-f]{32}[a-z2-7]{16})@", re.IGNORECASE)
# Where servers write down to whom a mail came: first what they add, then what the sender wrote.
_ENVELOPE = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "To")
_MOST_TAGS = 20  # each costs a signature
_MOST_PARTS = 100
_MOST_WORDS = 20_000  # bytes
_DETAIL = 300  # characters

_FAILED, _DELAYED = "failed", "delayed"
_COMPLAINTS = frozenset({"abuse", "opt-out", "opt-out-list"})
_ABSENT = re.compile(
    r"out[ -]of[ -](the[ -])?office|auto(matic|mated|matische)?[ -]?(reply|response|antwort)"
    r"|abwesen|vacation|absence du bureau",
    re.IGNORECASE,
)
_POSTMASTER = re.compile(r"mailer-daemon|postmaster|mail delivery (sub)?system", re.IGNORECASE)
_FAILURE = re.compile(
    r"undeliver|failure notice|deliver[a-z]* (has )?fail|returned mail|unzustellbar|non remis"
    r"|delivery (status|problem)",
    re.IGNORECASE,
)
# From here on a report quotes the mail it is about, in which any number may stand.
_QUOTED = re.compile(
    r"^.{0,20}(below this line|original message|copy of (the|your) message|message headers?\b"
    r"|original headers|included below|received:).*",
    re.IGNORECASE | re.MULTILINE | re.DOTALL,
)


class Saying(StrEnum):
    """What a mail that came back says of the address that the delivery went to."""

    DEAD = "dead"  # it will take no mail at all
    PASSING = "passing"  # not this mail, or not now
    UNWANTED = "unwanted"  # its reader called the mail spam
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Returned:
    """What a mail that came back says. `delivery_id` is "" where it is about none of ours;
    `recipients` are the addresses that it names as failed, where it names any."""

    saying: Saying
    detail: str
    delivery_id: str = ""
    status: str = ""
    recipients: tuple[str, ...] = ()

    def bounce(self, address: str) -> Bounce:
        """As kept of a delivery to `address`. Where only others have failed, `address` stands for
        several, or forwards: dead for one is not dead for all."""
        others = [one for one in self.recipients if one.casefold() != address.casefold()]
        behind = f"behind the address, {others[0]}: " if others else ""
        hard = self.saying is Saying.DEAD and not others
        return Bounce(self.delivery_id, address, hard, self.status, f"{behind}{self.detail}")


def return_address(address: str, tag: str) -> str:
    """`address` with the tag in it: "bounces@example.org" -> "bounces+TAG@example.org"."""
    local, _, domain = address.rpartition("@")
    return f"{local}+{tag}@{domain}"


def read_returned(mail: bytes, delivery_of: Callable[[str], str | None]) -> Returned:
    """What a mail says, and which delivery it is about. `delivery_of` gives the delivery that a tag
    names, None for a tag that is not ours. Raises only what that raises."""
    try:
        message = BytesParser(policy=compat32).parsebytes(mail[:LARGEST])
        parts = _parts(message)
        tags, found = _tags(message, parts), _said(message, parts)
    except Exception:  # the library's own, of any kind, on mails that were made to break it
        return Returned(Saying.NOTHING, "is no mail that can be read")
    known = (delivery_of(tag) for tag in tags)
    identity = next((each for each in known if each), None)
    if identity is None:
        return Returned(Saying.NOTHING, "is about no mail of ours: no address with our signature")
    return replace(found, delivery_id=identity)


def _tags(message: Message, parts: list[Message]) -> list[str]:
    """What may be tags. A complaint comes to another address than the tag's, and quotes the sender
    instead."""
    places = [_header(message, name) for name in _ENVELOPE]
    places += [_header(each, "Original-Mail-From") for each in _blocks(parts, "feedback-report")]
    tags = [tag for place in places for tag in _TAG.findall(place)]
    return list(dict.fromkeys(tags))[:_MOST_TAGS]


def _said(message: Message, parts: list[Message]) -> Returned:
    """What the mail says, whatever it is about; machines' reports before anything in words."""
    if complaints := list(_blocks(parts, "feedback-report")):
        kind = _header(complaints[0], "Feedback-Type").strip().lower()
        if kind in _COMPLAINTS:
            return Returned(Saying.UNWANTED, f"reported by its reader ({kind})")
        return Returned(Saying.NOTHING, one_line(f"a report of another kind ({kind})")[:_DETAIL])
    recipients = [each for each in _blocks(parts, "delivery-status") if each["Action"]]
    if recipients:
        return _reported([_recipient(each) for each in recipients])
    failed = _header(message, "X-Failed-Recipients")
    if not failed and _automatic(message):
        return Returned(Saying.NOTHING, "an automatic reply")
    if failed or _from_a_server(message):
        return _in_words(parts, failed)
    return Returned(Saying.NOTHING, "no report of a failure")


# -- reports of RFC 3464 --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Recipient:
    """What a report says of one recipient."""

    action: str
    address: str
    status: str
    told: str

    @property
    def dead(self) -> bool:
        return self.action == _FAILED and dead(self.status, self.told)


def _recipient(block: Message) -> _Recipient:
    told = one_line(_header(block, "Diagnostic-Code").partition(";")[2])
    status = exact(status_in(_header(block, "Status")), told)
    kind, _, named = _header(block, "Final-Recipient").partition(";")
    address = one_line(named).strip("<> ") if kind.strip().lower() == "rfc822" else ""
    action = _header(block, "Action").split()
    return _Recipient(action[0].lower() if action else "", address, status, told)


def _reported(recipients: list[_Recipient]) -> Returned:
    """Of several recipients (the address stands for them all) the address is as dead as the one
    that is best off."""
    told = [each for each in recipients if each.action in {_FAILED, _DELAYED}]
    if not told:
        actions = ", ".join(sorted({each.action for each in recipients}))
        return Returned(Saying.NOTHING, one_line(f"not a failure: {actions}")[:_DETAIL])
    best = min(recipients, key=lambda each: each.dead)
    first = best if best in told else told[0]
    return Returned(
        Saying.DEAD if best.dead else Saying.PASSING,
        (first.told or f"{first.action} without a reason")[:_DETAIL],
        status=first.status,
        recipients=tuple(dict.fromkeys(each.address for each in told if each.address)),
    )


# -- reports in words -----------------------------------------------------------------------------


def _automatic(message: Message) -> bool:
    """Whether a mail answers by itself for a person: RFC 3834, and what was there before it."""
    marks = ("X-Autoreply", "X-Autorespond", "X-Autogenerated")
    if any(message[name] is not None for name in marks):
        return True
    if _header(message, "Precedence").strip().lower() in {"auto_reply", "auto-reply"}:
        return True
    answered = _header(message, "Auto-Submitted").strip().lower().startswith("auto-replied")
    subject = _header(message, "Subject")
    return bool(_ABSENT.search(subject)) or (answered and not _from_a_server(message))


def _from_a_server(message: Message) -> bool:
    """Whether a mail looks like a report of a failure, to those who know only its headers."""
    subject, sender = _header(message, "Subject"), _header(message, "From")
    return bool(_POSTMASTER.search(sender) or _FAILURE.search(subject))


def _in_words(parts: list[Message], failed: str) -> Returned:
    """A failure that no machine was meant to read: for now, unless a code in it says for good."""
    words = next((_words(each) for each in parts if each.get_content_maintype() == "text"), "")
    told = one_line(_QUOTED.sub("", words))
    status = status_in(told)
    return Returned(
        Saying.DEAD if dead(status, told) else Saying.PASSING,
        _around(told, status)[:_DETAIL] or "failed without a reason",
        status=status,
        recipients=(one_line(failed),) if failed and "," not in failed else (),
    )


def _around(told: str, status: str) -> str:
    """The words about a code; without one, the beginning."""
    place = max(told.find(status) - 60, 0) if status else 0
    return told[place:]


def _words(part: Message) -> str:
    content = part.get_payload(decode=True)
    text = content[:_MOST_WORDS].decode("utf-8", "replace") if isinstance(content, bytes) else ""
    return re.sub(r"<[^>@]{1,200}>", " ", text) if part.get_content_subtype() == "html" else text


# -- the mail's structure -------------------------------------------------------------------------


def _parts(message: Message) -> list[Message]:
    """The mail's own parts in order; the mail that it returns is not looked into."""
    found: list[Message] = []
    waiting = [message]
    while waiting and len(found) < _MOST_PARTS:
        part = waiting.pop(0)
        found.append(part)
        inside = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(inside, list):
            waiting = [*inside, *waiting]
    return found


def _blocks(parts: list[Message], kind: str) -> Iterator[Message]:
    """The groups of fields in parts of the type message/`kind`. The parser splits them only in
    some types, and in no encoding."""
    for part in parts:
        if part.get_content_type() not in {f"message/{kind}", f"message/global-{kind}"}:
            continue
        inside = part.get_payload()
        blocks = [each for each in inside if isinstance(each, Message)]
        yield from blocks
        left = [each.get_payload() for each in blocks]
        yield from _fields(part, "\n\n".join(text for text in left if isinstance(text, str)))


def _fields(part: Message, left: str) -> Iterator[Message]:
    body = Message()
    body["Content-Transfer-Encoding"] = _header(part, "Content-Transfer-Encoding")
    body.set_payload(left)
    content = body.get_payload(decode=True)
    if isinstance(content, bytes):
        for group in re.split(rb"(?:\r?\n){2,}", content.strip())[:_MOST_PARTS]:
            yield BytesParser(policy=compat32).parsebytes(group, headersonly=True)


def _header(message: Message, name: str) -> str:
    """All values of a header as one text; bytes that are no ASCII come out as marks."""
    return ", ".join(str(value) for value in message.get_all(name, []))
