"""What Slack's window would show of messages, as one HTML page: for people to look at."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Message = Mapping[str, Any]

_EMOJI = {"warning": "⚠️"}
_CSS = """
:root{--bg:#fff;--ink:#1d1c1d;--grey:#616061;--line:#ddd;--link:#1264a3;--code:#c01343;
--codebg:#f8f8f8;--edge:#bbb}
.dark{--bg:#1a1d21;--ink:#d1d2d3;--grey:#ababad;--line:#3a3d42;--link:#1d9bd1;--code:#e8912d;
--codebg:#232529;--edge:#565856}
*{box-sizing:border-box}
body{margin:0;padding:16px;background:var(--bg);color:var(--ink);
font:15px/1.46668 Lato,"Noto Sans","Noto Sans Hebrew",sans-serif}
a{color:var(--link);text-decoration:none}
.message{display:grid;grid-template-columns:36px 1fr;gap:8px;margin-bottom:18px;max-width:700px}
.face{width:36px;height:36px;border-radius:8px;background:#3f7d6b;color:#fff;font-weight:900;
display:grid;place-items:center}
.who b{font-weight:900}.who span{color:var(--grey);font-size:12px;margin-left:6px}
.app{background:var(--line);padding:0 3px;border-radius:2px;font-size:10px!important}
.thread{border-top:1px solid var(--line);color:var(--grey);font-size:13px;margin:4px 0 14px;
padding-top:8px;max-width:700px}
.header{font-size:18px;font-weight:900;line-height:1.3;margin:8px 0 4px}
.section{margin:4px 0}.rich_text{margin:4px 0;white-space:pre-line}
.context{font-size:13px;line-height:1.38;color:var(--grey);margin:4px 0;display:flex;
flex-wrap:wrap;gap:2px 8px;white-space:pre-line}
.divider{border-top:1px solid var(--line);margin:12px 0}
.actions{display:flex;flex-wrap:wrap;gap:8px;margin:6px 0 14px}
.button{border:1px solid var(--edge);border-radius:8px;padding:0 12px;font-weight:700;
font-size:13px;line-height:30px;max-width:220px}
blockquote{margin:2px 0;padding-left:12px;border-left:4px solid var(--line)}
ul{margin:2px 0;padding-left:22px}
code{font:12px/1.5 monospace;color:var(--code);background:var(--codebg);
border:1px solid var(--line);border-radius:3px;padding:1px 3px}
.file{font-size:13px;color:var(--grey)}.file img{display:block;max-width:360px;width:100%;
border:1px solid var(--line);border-radius:8px;margin-top:4px}
"""


def page(messages: Sequence[Message], *, dark: bool = False, width: int = 740) -> str:
    """The first message, then the others as replies in its thread."""
    first, *replies = (_message(message) for message in messages)
    count = f"{len(replies)} {'reply' if len(replies) == 1 else 'replies'}"
    thread = f'<div class="thread">{count}</div>' if replies else ""
    ground = "dark" if dark else "light"
    return (
        f"<!DOCTYPE html><meta charset='utf-8'><style>{_CSS}</style>"
        f"<body class='{ground}' style='width:{width}px'>{first}{thread}{''.join(replies)}</body>"
    )


def _message(message: Message) -> str:
    shown = "".join(_block(block) for block in message.get("blocks", ()))
    if "upload" in message:
        upload = message["upload"]
        shown = (
            f'<div class="section">{mrkdwn(upload["comment"])}</div><div class="file">'
            f'{escape(upload["title"])}<img src="data:image/png;base64,{upload["png"]}"></div>'
        )
    elif not message.get("blocks"):
        shown = f'<div class="section">{mrkdwn(message["text"])}</div>'
    who = '<div class="who"><b>Litwatch</b><span class="app">APP</span><span>08:00</span></div>'
    return f'<div class="message"><div class="face">L</div><div>{who}{shown}</div></div>'


def _block(block: Message) -> str:
    kind = block["type"]
    if kind == "divider":
        return '<div class="divider"></div>'
    if kind in {"header", "section"}:
        held = _text(block["text"])
    elif kind == "actions":
        texts = (_text(element["text"]) for element in block["elements"])
        held = "".join(f'<span class="button">{text}</span>' for text in texts)
    elif kind == "context":
        held = "".join(f"<span>{_text(element)}</span>" for element in block["elements"])
    else:
        held = "".join(_rich(element) for element in block["elements"])
    return f'<div class="{kind}" dir="auto">{held}</div>'


def _text(held: Message) -> str:
    return mrkdwn(held["text"]) if held["type"] == "mrkdwn" else escape(held["text"])


def _rich(element: Message) -> str:
    inner = "".join(_rich(each) for each in element.get("elements", ()))
    match element["type"]:
        case "rich_text_section":
            return f'<div dir="auto">{inner}</div>'
        case "rich_text_quote":
            return f'<blockquote dir="auto">{inner}</blockquote>'
        case "rich_text_list":
            return (
                "<ul>"
                + "".join(f"<li>{_rich(each)}</li>" for each in element["elements"])
                + "</ul>"
            )
        case "emoji":
            return _EMOJI[element["name"]]
    told = escape(element["text"])
    for style, tag in (("code", "code"), ("bold", "b"), ("strike", "s")):
        if element.get("style", {}).get(style):
            told = f"<{tag}>{told}</{tag}>"
    return f'<a href="{escape(element["url"])}">{told}</a>' if element["type"] == "link" else told


def mrkdwn(text: str) -> str:
    """Slack's own markup as HTML. What is escaped in it stays so."""
    told = text.replace('"', "&quot;")
    told = re.sub(r"<(https?://[^|>]+)\|([^>]+)>", r'<a href="\1">\2</a>', told)
    told = re.sub(r"(?<![A-Za-z0-9])\*([^*\n]+)\*(?![A-Za-z0-9])", r"<b>\1</b>", told)
    told = re.sub(r":([a-z_]+):", lambda found: _EMOJI.get(found[1], found[0]), told)
    return told.replace("\n", "<br>")
