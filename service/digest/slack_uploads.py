"""A chart for the digest's thread in Slack. The body is our own form, not Slack's: a picture takes
three calls, which the channel makes of it.

Its text alternative is the message beside it: with the `alt_txt` of `files.getUploadURLExternal`,
Slack says yes and never shows the file (python-slack-sdk, issue 1818).
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, Any

from service.digest.identity import delivery_id
from service.digest.mrkdwn import escaped
from service.digest.pictures import pictures
from service.digest.safe import shorten
from service.digest.slack_blocks import markup

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from service.protocols import Draw
    from service.records import DigestContent

TITLE = 120
COMMENT = 1500
BYTES = 1_000_000
_PNG = b"\x89PNG\r\n\x1a\n"
_FILE = re.compile(r"litwatch-[0-9a-f-]{36}\.png")


def uploads(
    content: DigestContent, destination: str, draw: Draw | None, after: int
) -> list[dict[str, Any]]:
    """One body per chart that could be drawn, as the parts that follow part `after`.

    {"channel": id, "upload": {"filename", "title", "comment" (mrkdwn), "png" (base64)}}; the
    file's name holds the delivery's id, by which the file is found again.
    """
    drawn = [one for one in pictures(content, draw, "png") if one.light]
    return [
        {
            "channel": destination,
            "upload": {
                "filename": file_name(delivery_id(content.digest_id, "slack", destination, part)),
                "title": shorten(one.title, TITLE),
                "comment": escaped(one.alt, COMMENT),
                "png": b64encode(one.light).decode(),
            },
        }
        for part, one in enumerate(drawn, start=after + 1)
    ]


def file_name(identity: str) -> str:
    """What the picture of this delivery is called."""
    return f"litwatch-{identity}.png"


def upload_problems(body: Mapping[str, Any]) -> Iterator[str]:
    """Everything in an upload's body that Slack or the channel could not use."""
    upload = body["upload"]
    if not body.get("channel"):
        yield "no channel"
    if not isinstance(upload, dict) or set(upload) != {"filename", "title", "comment", "png"}:
        yield "an upload needs a filename, a title, a comment and a png"
        return
    if not _FILE.fullmatch(upload["filename"]):
        yield f"the file name {upload['filename']!r} could not be found again"
    if not 1 <= len(upload["title"]) <= TITLE:
        yield f"a file's title of {len(upload['title'])} characters, not 1 to {TITLE}"
    if not 1 <= len(upload["comment"]) <= COMMENT:
        yield f"a file's comment of {len(upload['comment'])} characters, not 1 to {COMMENT}"
    yield from markup(upload["comment"])
    try:
        png = b64decode(upload["png"], validate=True)
    except ValueError:
        png = b""
    if not png.startswith(_PNG) or len(png) > BYTES:
        yield f"no PNG of at most {BYTES} bytes"
