"""The body of a mail: text first, then the page with its pictures. The same parts give the same
bytes: every boundary and every Content-ID is made from the delivery's id."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

from service.digest.thumbnails import file_name, kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from email.message import EmailMessage

    from service.digest.pictures import Picture


def content_id(name: str, identity: str, domain: str) -> str:
    """The name of a picture within the mail: what stands after "cid:"."""
    return f"{re.sub(r'[^a-z0-9-]+', '-', name.lower())}.{identity}@{domain}"


def fill(
    message: EmailMessage,
    text: str,
    page: str,
    shown: Iterable[Picture],
    copies: Mapping[str, bytes],
    *,
    identity: str,
    domain: str,
) -> None:
    """Make the message a multipart/alternative of text and page; where there are pictures, the
    page and they are its multipart/related. `copies` are thumbnails by digest."""
    message.set_content(text, cte=_encoding(text))
    message.add_alternative(page, subtype="html", cte=_encoding(page))
    message.set_boundary(f"=_{identity}")
    files = [
        (name, file, "png", f"{name}.png")
        for one in shown
        for name, file in ((one.name, one.light), (f"{one.name}-dark", one.dark))
        if file
    ]
    for digest, file in copies.items():
        if content_id(digest, identity, domain) in page:  # it may have had no room for them
            files.append((digest, file, kind(file), file_name(digest, file)))
    if not files:
        return
    _, html = message.iter_parts()
    related = cast("EmailMessage", html)
    for name, file, subtype, filename in files:
        related.add_related(
            file,
            "image",
            subtype,
            cid=f"<{content_id(name, identity, domain)}>",
            filename=filename,
            disposition="inline",
        )
    related.set_boundary(f"=_{identity}.related")
    related.set_param("type", "text/html")


def _encoding(text: str) -> str:
    foreign = len(text.encode()) - len(text)
    return "base64" if foreign * 6 > len(text) else "quoted-printable"
