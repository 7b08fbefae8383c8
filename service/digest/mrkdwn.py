"""Hostile text inside Slack's mrkdwn: it can neither mention, link, format nor draw an emoji.

Slack escapes only & < and >. Nothing escapes its formatting characters, and an invisible
character beside one switches formatting on as often as off, so those that could format are
replaced by look-alikes; inside a word (HLA-A*02, IFN_g) they cannot, and stay.
"""

from __future__ import annotations

import re

from service.digest.safe import shorten, web_url

LOOK_ALIKES = {"*": "∗", "_": "ˍ", "~": "∼", "`": "ˋ", ":": "∶", ">": "﹥"}
_FORMATTING = re.compile(r"(?<![A-Za-z0-9])[*_~]|[*_~](?![A-Za-z0-9])|`")
_EMOJI = re.compile(r":(?=[A-Za-z0-9_+'-]+:)")
_QUOTING = re.compile(r"^>")  # at the start of a line, escaped or not
_MAX_LINK = 1200


def escape(text: str) -> str:
    """One line of text as mrkdwn that shows it literally. Expects `clean` text."""
    plain = _EMOJI.sub(LOOK_ALIKES[":"], text)
    plain = _FORMATTING.sub(lambda match: LOOK_ALIKES[match[0]], plain)
    plain = _QUOTING.sub(LOOK_ALIKES[">"], plain)
    return plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def escaped(text: str, limit: int) -> str:
    """`escape` of as much of the text as gives at most `limit` characters of mrkdwn."""
    room = limit
    while len(told := escape(shorten(text, room))) > limit:
        room = min(room - 1, room * limit // len(told))
    return told


def link(url: str, label: str, limit: int = 600) -> str:
    """`<url|label>`; only the label when the address is not one that Slack may open."""
    # A label ends at the first ">" (escaped by now); a pipe would start a second label.
    shown = escaped(label.replace("|", "ǀ"), limit)
    address = web_url(url).replace("&", "&amp;")
    return f"<{address}|{shown}>" if address and len(address) <= _MAX_LINK else shown
