"""What the codes of a refusal say of the address: that it is dead, or only of the moment. Pure.

The codes are those of RFC 3463 ("5.1.1") and of RFC 5321 ("550"). An address that is called dead in
error costs a reader their digest, one called alive in error costs a mail a week: in doubt, alive.
"""

from __future__ import annotations

import re

NO_SUCH_ADDRESS = frozenset({"5.1.1", "5.1.6", "5.1.10"})
"""The server that must know says that there is no such mail box: once is enough. A domain that is
not found (5.1.2, 5.4.4) proves less, for the name server may have been at fault."""

_DEAD = NO_SUCH_ADDRESS | {
    "5.1.0",  # something with the address
    "5.1.2",  # no such domain
    "5.1.3",  # not an address at all
    "5.1.4",  # an address that fits several
    "5.2.1",  # the mail box is switched off
    "5.4.1",  # Exchange: the domain has no such recipient
    "5.4.4",  # no way to the domain
    "5.4.310",  # Exchange: no such domain
}
# What servers say when they have nothing more exact to say: the older code decides.
_VAGUE = frozenset({"", "5.0.0", "5.2.0", "5.3.0", "5.5.0"})
_STATUS = re.compile(r"(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?![\d.])")
# With the older code before it, it is no version of a mail server.
_REPLY_AND_STATUS = re.compile(r"[45]\d\d[\s-]+#?([45]\.\d{1,3}\.\d{1,3})(?![\d.])")
_REPLY = re.compile(r"(?:^|(?<=[\s;:'\"(<#]))[45]\d\d(?=[\s-])")
_NO_SUCH_REPLY = frozenset({"550", "551", "553"})  # 552: full; 554: anything
_OTHER_REASONS = re.compile(
    r"spam|block|blacklist|polic|reputation|quota|full\b|denied|virus|dmarc|dkim|\bspf\b|relay",
    re.IGNORECASE,
)
_REASON = 200  # characters after the code


def status_in(text: str) -> str:
    """The code of RFC 3463 in a server's words; "" where there is none."""
    pair = _REPLY_AND_STATUS.search(text)
    found = pair or _STATUS.search(text)
    return found[1 if pair else 0] if found else ""


def exact(status: str, told: str) -> str:
    """The more exact of a stated status and the one that the server's own words hold."""
    return status_in(told) or status if status in _VAGUE else status


def dead(status: str, told: str) -> bool:
    """Whether a refusal means that the address will not take mail at all. Not for a full mail box
    (5.2.2), a mail that is too large or unwanted (5.2.3, 5.6, 5.7), a fault of the sender (5.1.7,
    5.1.8), time that ran out (5.4.7) or anything that is said to pass (4.x.x)."""
    if status not in _VAGUE:
        return status in _DEAD
    reply = _REPLY.search(told)
    if reply is None or reply.group() not in _NO_SUCH_REPLY:
        return False
    return not _OTHER_REASONS.search(told, reply.start(), reply.start() + _REASON)
