"""What Slack takes in one block, and a check of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    _Block = Mapping[str, Any]

SECTION_TEXT = 3000
CONTEXT_TEXT = 2000
HEADER_TEXT = 150
RICH_TEXT = 3000
BLOCK_ID = ACTION_ID = 255
BUTTON_TEXT = 75
BUTTON_VALUE = 2000
ALT_TEXT = 2000
ADDRESS = 3000
ELEMENTS = {"context": 10, "actions": 25}

_OURS = re.compile(r"<https?://[^<>|\s]+\|[^<>|\n]+>|^> ", re.MULTILINE)  # links and quotes
_WEB = re.compile(r"https?://[^\s<>]+")
# Elements of rich text that name nobody and nothing in the workspace.
_HARMLESS = frozenset({"text", "link", "emoji"})
_GROUPS = frozenset({"rich_text_section", "rich_text_quote", "rich_text_list"})


def problems(block: _Block) -> Iterator[str]:
    """Everything Slack would refuse, cut or misread in this block."""
    kind = str(block.get("type"))
    if len(block.get("block_id", "")) > BLOCK_ID:
        yield "a block_id is too long"
    check = _CHECKS.get(kind)
    if check is None:
        yield f"unknown block type {kind!r}"
        return
    yield from check(block)


def markup(text: str) -> Iterator[str]:
    """What in mrkdwn is neither escaped nor a link of ours."""
    if re.search("[<>]", _OURS.sub("", text)):
        yield f"raw mention or markup in {text[:60]!r}"


def texts(block: _Block) -> list[str]:
    """All texts that a block shows, in order."""
    held = block.get("text")
    own = [held] if isinstance(held, str) else texts(held) if held is not None else []
    return [*own, *(text for element in block.get("elements", ()) for text in texts(element))]


def _section(block: _Block) -> Iterator[str]:
    if "text" not in block:
        yield "a section block without text"
    else:
        yield from _text("section", block["text"], SECTION_TEXT)


def _header(block: _Block) -> Iterator[str]:
    if block.get("text", {}).get("type") != "plain_text":
        yield "a header takes plain_text only"
    else:
        yield from _text("header", block["text"], HEADER_TEXT)


def _context(block: _Block) -> Iterator[str]:
    yield from _number("context", block)
    for element in block.get("elements", ()):
        yield from _text("context", element, CONTEXT_TEXT)


def _actions(block: _Block) -> Iterator[str]:
    yield from _number("actions", block)
    elements = block.get("elements", ())
    ids = [element.get("action_id", "") for element in elements]
    if len(ids) != len(set(ids)):
        yield "an action_id occurs twice in a block"
    for element in elements:
        if element.get("type") != "button":
            yield f"unknown element {element.get('type')!r}"
            continue
        if not 1 <= len(element.get("action_id", "")) <= ACTION_ID:
            yield f"an action_id of {len(element.get('action_id', ''))} characters"
        if len(element.get("value", "")) > BUTTON_VALUE:
            yield f"a button's value of {len(element['value'])} characters"
        if element.get("text", {}).get("type") != "plain_text":
            yield "a button takes plain_text only"
        else:
            yield from _text("button", element["text"], BUTTON_TEXT)


def _image(block: _Block) -> Iterator[str]:
    if len(block.get("image_url", "")) > ADDRESS or not _WEB.fullmatch(block.get("image_url", "")):
        yield "an image without a web address"
    if not 1 <= len(block.get("alt_text", "")) <= ALT_TEXT:
        yield f"an image's alt text of {len(block.get('alt_text', ''))} characters"


def _rich(block: _Block) -> Iterator[str]:
    if not block.get("elements"):
        yield "rich text without anything in it"
    for group in block.get("elements", ()):
        yield from _rich_group(group)


def _rich_group(group: _Block) -> Iterator[str]:
    if group.get("type") not in _GROUPS:
        yield f"unknown element {group.get('type')!r} in rich text"
    elif not group.get("elements"):
        yield f"a {group['type']} without anything in it"
    elif group["type"] == "rich_text_list":
        if group.get("style") not in {"bullet", "ordered"}:
            yield "a list needs a style"
        for line in group["elements"]:
            yield from _rich_group(line)
    else:
        for element in group["elements"]:
            yield from _rich_element(element)


def _rich_element(element: _Block) -> Iterator[str]:
    kind = element.get("type")
    if kind not in _HARMLESS:
        yield f"unknown element {kind!r} in rich text: a mention?"
    elif kind == "emoji":
        if not re.fullmatch(r"[a-z0-9_+-]+", element.get("name", "")):
            yield f"an emoji named {element.get('name')!r}"
    elif not 1 <= len(element.get("text", "")) <= RICH_TEXT:
        yield f"a rich text of {len(element.get('text', ''))} characters, not 1 to {RICH_TEXT}"
    if kind == "link":
        address = element.get("url", "")
        if len(address) > ADDRESS or not _WEB.fullmatch(address):
            yield f"a link to {address[:60]!r}"


def _number(kind: str, block: _Block) -> Iterator[str]:
    if not 1 <= len(block.get("elements", ())) <= ELEMENTS[kind]:
        article = "an" if kind == "actions" else "a"
        yield f"{article} {kind} block needs 1 to {ELEMENTS[kind]} elements"


def _text(place: str, held: _Block, limit: int) -> Iterator[str]:
    text = str(held.get("text", ""))
    if held.get("type") not in {"plain_text", "mrkdwn"}:
        yield f"unknown text {held.get('type')!r} in a {place}"
    if not text.strip() or len(text) > limit:
        yield f"a {place} text of {len(text)} characters, not 1 to {limit}"
    if held.get("type") == "mrkdwn":
        yield from markup(text)


def _divider(_: _Block) -> Iterator[str]:
    return iter(())


_CHECKS: Mapping[str, Callable[[_Block], Iterator[str]]] = {
    "section": _section,
    "header": _header,
    "context": _context,
    "actions": _actions,
    "image": _image,
    "rich_text": _rich,
    "divider": _divider,
}
