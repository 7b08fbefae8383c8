"""News with who says so and what was edited, and works with what is added to them: in each
channel."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from lxml import html

from service.digest import page as paging
from service.digest.atom import body
from service.digest.page import MAIL_BYTES, render_html
from service.digest.short import short
from service.digest.slack import messages
from service.digest.slack_blocks import texts
from service.digest.slack_limits import problems
from service.digest.terminal import WIDTH, render_text
from service.records import Change, DigestChange, DigestContent
from service.records.watching import Edits, Entity, EntityKind, Piece, PieceKind, Signal, SignalKind
from tests.edited_news import FIGURE, PUBLISHED, RETRACTED, REVISED, SAVED, change, dressed, told
from tests.factories import digest_content, item, section

ROOM = "C0123456789"
HOSTILE = [
    "<script>alert(1)</script>",
    "</del><ins onclick=x>",
    "<!channel> <@U1> *b* ~s~ `c`",
    "[-gone-] {+new+}",
    "\x00\u202e\ud800 \u2028",
    "x" * 9000,
]


def mail(content: DigestContent) -> str:
    return render_html(content, for_mail=True)


def read(markup: str) -> str:
    return " ".join(html.document_fromstring(markup).text_content().split())


def posted(content: DigestContent) -> list[dict[str, Any]]:
    made = messages(content, ROOM)
    assert [problems(message) for message in made] == [[] for _ in made]
    return made


def shown(content: DigestContent) -> str:
    return "\n".join(
        text for message in posted(content) for block in message["blocks"] for text in texts(block)
    )


def hostile(text: str) -> DigestChange:
    pieces = (
        Piece(PieceKind.SAME, f"{text} "),
        Piece(PieceKind.GONE, text),
        Piece(PieceKind.NEW, text),
    )
    return replace(
        change(Change.PUBLISHED),
        notice=text,
        said_by=text,
        text=text,
        version=text,
        edits=Edits(pieces, pieces),
    )


# -- who says so ----------------------------------------------------------------------------------


@pytest.mark.parametrize("render", [mail, render_text, body, shown])
def test_who_says_so_stands_with_the_words_of_the_notice(render: Any) -> None:
    text = " ".join(read(f"<p>{render(told())}</p>").split())
    assert "According to PubMed: “Panels of Figure 2 were duplicated.”" in text
    assert "According to Europe PMC" in text
    assert "you saved it" in text or "YOU SAVED IT" in text


def test_the_notice_is_linked_where_there_can_be_links() -> None:
    for markup in (mail(told()), body(told())):
        tree = html.document_fromstring(markup)
        assert tree.xpath("//a[.='Read the notice']/@href") == ["https://doi.org/10.5555/gone"]
    assert "The notice: https://doi.org/10.5555/gone" in render_text(told())
    linked = json.dumps(posted(told()))
    assert '"text": "Read the notice"' in linked
    assert '"url": "https://doi.org/10.5555/gone"' in linked


def test_a_short_digest_says_who_says_so() -> None:
    told_short = short(told(RETRACTED)).body
    assert "According to PubMed: “Panels of Figure 2 were duplicated.”" in told_short


# -- what was edited ------------------------------------------------------------------------------


def test_a_page_strikes_out_what_is_gone_and_underlines_what_is_new() -> None:
    tree = html.document_fromstring(mail(told()))
    assert [each.text for each in tree.iter("del")] == ["Old", "12", "12"]
    assert [each.text for each in tree.iter("ins")] == ["New", "24", "24"]
    styles = {each.tag: each.get("style") for each in (*tree.iter("del"), *tree.iter("ins"))}
    assert "line-through" in styles["del"]
    assert "underline" in styles["ins"]


def test_what_the_marks_mean_is_told_once() -> None:
    assert mail(told()).count("Words struck out are gone, words underlined are new.") == 1
    assert render_text(told()).count("[-…-] is gone from the text, {+…+} is new in it.") == 1
    without = told(RETRACTED)
    assert "struck out" not in mail(without)
    assert "[-…-]" not in render_text(without)


def test_plain_text_marks_what_is_gone_and_what_is_new() -> None:
    text = " ".join(render_text(told()).split())
    assert "Title: [-Old-] {+New+} niches" in text
    assert "hold neutrophils back in [-12-] {+24+} mice." in text
    assert all(len(line) <= WIDTH or "http" in line for line in render_text(told()).splitlines())


def test_slack_strikes_out_what_is_gone_and_makes_bold_what_is_new() -> None:
    elements = [
        (each["text"], each["style"])
        for message in posted(told(PUBLISHED))
        for block in message["blocks"]
        for part in block.get("elements", ())
        for row in part.get("elements", ())
        if isinstance(row, dict)
        for each in row.get("elements", ())
        if each.get("style") in ({"strike": True}, {"bold": True})
    ]
    assert elements == [
        ("Old", {"strike": True}),
        ("New", {"bold": True}),
        ("12", {"strike": True}),
        ("24", {"bold": True}),
    ]


def test_a_feed_has_the_edits() -> None:
    markup = body(told(PUBLISHED))
    assert "<del>Old</del> <ins>New</ins> niches" in markup


def test_slack_names_the_news_where_nothing_is_shown() -> None:
    only = digest_content(section(items=()), changes=(RETRACTED,))
    assert posted(only)[0]["blocks"][0]["text"]["text"].startswith(
        "1 correction to earlier digests"
    )
    before = digest_content(section(items=()), changes=(change(Change.RETRACTED),))
    assert posted(before)[0]["blocks"][0]["text"]["text"].startswith("Nothing new")


# -- works ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("render", [mail, render_text, body, shown])
def test_signals_and_names_stand_with_the_work(render: Any) -> None:
    text = read(f"<p>{render(told())}</p>")
    for phrase in ("Cites your seed", "Cites your seed “A framework of fibroblasts” and 1 more"):
        assert phrase in text
    assert "By Okafor Chidi, whom you follow" in text
    for name in ("CXCL12", "TGFB1", "neutrophil"):
        assert name in text


@pytest.mark.parametrize("render", [mail, render_text, body, shown])
def test_below_the_line_it_is_said_why_a_work_is_listed_at_all(render: Any) -> None:
    far = dressed()
    far = replace(far, ranked=replace(far.ranked, relevance=0.02))
    content = digest_content(section(item(9), below=(far,)))
    text = read(f"<p>{render(content)}</p>")
    assert "2 %, cites your seed, by an author you follow" in text


def test_names_are_chips_in_a_page_and_one_line_in_slack() -> None:
    tree = html.document_fromstring(mail(told()))
    [names] = tree.xpath("//p[@class='names']")
    assert [chip.text for chip in names.iter("span")] == ["CXCL12", "TGFB1", "neutrophil"]
    assert "\nGenes: CXCL12, TGFB1 · Cells: neutrophil" in shown(told())


def test_a_signal_is_told_from_other_badges() -> None:
    tree = html.document_fromstring(mail(told()))
    assert [each.text for each in tree.xpath("//span[@class='signal']")] == [
        "Cites your seed",
        "By an author you follow",
    ]


def test_a_digest_without_any_of_it_is_styled_as_ever() -> None:
    plain = mail(digest_content(changes=(change(Change.RETRACTED),)))
    for style in (".signal", ".thumb", ".edit", "del {"):
        assert style not in plain


# -- room -----------------------------------------------------------------------------------------


def test_a_mail_keeps_what_was_edited_longer_than_quotes() -> None:
    works = [item(n) for n in range(3, 53)]
    page = mail(replace(told(), sections=(section(dressed(), *works),)))
    assert "blockquote" not in page
    assert "<del" in page
    assert len(page.encode()) < MAIL_BYTES


def test_a_mail_that_is_full_leaves_out_what_was_edited_before_works() -> None:
    many = tuple(replace(PUBLISHED, work=each.work) for each in map(item, range(300)))
    page = mail(replace(told(*many), sections=(section(*[item(n) for n in range(60)]),)))
    assert len(page.encode()) + page.count("\n") < MAIL_BYTES
    assert "<del" not in page


def test_long_edits_keep_within_slack() -> None:
    pieces = tuple(
        piece
        for n in range(400)
        for piece in (
            Piece(PieceKind.SAME, f"and so it is said {n} "),
            Piece(PieceKind.GONE, f"once {n}"),
            Piece(PieceKind.NEW, f"now {n} "),
        )
    )
    many = [replace(REVISED, work=item(n).work, edits=Edits(pieces, pieces)) for n in range(30)]
    text = shown(told(*many))
    assert text.count("more changes") == 60


@pytest.mark.parametrize("text", HOSTILE)
def test_what_strangers_write_is_shown_as_written_and_does_nothing(text: str) -> None:
    one = dressed()
    one = replace(
        one,
        ranked=replace(one.ranked, signals=(Signal(SignalKind.CITES, text),)),
        entities=(Entity(EntityKind.GENE, text),),
        figure=replace(FIGURE, label=text, caption=text, credit=text),
    )
    content = replace(told(hostile(text)), sections=(section(one),))
    page = render_html(content, for_mail=True, thumbnails={FIGURE.digest: "cid:x"})
    tree = html.document_fromstring(page)
    assert tree.xpath("//script | //*[@onclick] | //*[@onload]") == []
    assert len(page.encode()) < MAIL_BYTES
    assert posted(content)
    plain = render_text(content)
    assert "\x00" not in plain
    assert "\u202e" not in plain
    assert "<script>" not in body(content)
    assert short(content).body


def test_the_whole_page_shows_more_of_an_edit_than_a_mail() -> None:
    pieces = tuple(
        piece
        for n in range(90)
        for piece in (Piece(PieceKind.SAME, f"as said {n} "), Piece(PieceKind.NEW, f"now {n} "))
    )
    content = told(replace(REVISED, edits=Edits(abstract=pieces)))
    assert mail(content).count("<ins") < 90
    assert render_html(content, for_mail=False).count("<ins") == 90


def test_the_rooms_of_a_mail_shrink_one_by_one() -> None:
    rooms = list(paging._rooms())
    assert [room.edits > 0 for room in rooms] == [True] * (len(rooms) - 1) + [False]
    assert SAVED.sent == ""
