"""The parser that reads strangers' XML: it reaches nothing outside, and it always comes back."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from service.safe_xml import MalformedXMLError, local_name, parse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CANARY = "canary-4711"


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.3)
        yield server


def everything_in(root: etree._Element) -> str:
    return "".join(map(str, root.itertext())) + str(etree.tostring(root))


def nobody_called(listener: socket.socket) -> bool:
    try:
        listener.accept()[0].close()
    except TimeoutError:
        return True
    return False


def parsed(body: bytes) -> str:
    """All that the parser let through; "" when it refused the document, which is as good."""
    try:
        return everything_in(parse(body))
    except MalformedXMLError:
        return ""


def test_a_document_is_its_tree() -> None:
    root = parse('<a><b k="v">TGF-β</b></a>'.encode())
    assert (root.tag, root[0].text, root[0].get("k")) == ("a", "TGF-β", "v")


# -- nothing is fetched ---------------------------------------------------------------------------


def test_a_file_is_not_included(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(CANARY)
    body = f'<!DOCTYPE a [<!ENTITY x SYSTEM "{secret.as_uri()}">]><a>before &x; after</a>'
    assert CANARY not in parsed(body.encode())


def test_a_file_is_not_included_through_a_parameter_entity(tmp_path: Path) -> None:
    inner = tmp_path / "inner.dtd"
    inner.write_text(f'<!ENTITY x "{CANARY}">')
    body = f'<!DOCTYPE a [<!ENTITY % p SYSTEM "{inner.as_uri()}"> %p;]><a>&x;</a>'
    assert CANARY not in parsed(body.encode())


def test_a_dtd_is_not_read_from_disk(tmp_path: Path) -> None:
    """Neither its entities nor its default attributes take effect."""
    dtd = tmp_path / "a.dtd"
    dtd.write_text(f'<!ENTITY x "{CANARY}"><!ATTLIST a k CDATA "{CANARY}">')
    body = f'<!DOCTYPE a SYSTEM "{dtd.as_uri()}"><a>text</a>'
    root = parse(body.encode())
    assert root.text == "text"
    assert root.get("k") is None
    assert CANARY not in parsed(body.replace("text", "&x;").encode())


@pytest.mark.parametrize(
    "template",
    [
        '<!DOCTYPE a SYSTEM "http://{0}/a.dtd"><a/>',
        '<!DOCTYPE a PUBLIC "-//NLM//DTD X//EN" "http://{0}/a.dtd"><a/>',
        '<!DOCTYPE a [<!ENTITY x SYSTEM "http://{0}/x">]><a>&x;</a>',
        '<!DOCTYPE a [<!ENTITY % p SYSTEM "http://{0}/p"> %p;]><a/>',
        '<?xml-stylesheet href="http://{0}/s.xsl" type="text/xsl"?><a/>',
        '<a xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="http://{0}/i"/></a>',
    ],
    ids=["dtd", "public-dtd", "entity", "parameter-entity", "stylesheet", "xinclude"],
)
def test_no_address_in_a_document_is_visited(template: str, listener: socket.socket) -> None:
    parsed(template.format(f"127.0.0.1:{listener.getsockname()[1]}").encode())
    assert nobody_called(listener)


# -- nothing explodes -----------------------------------------------------------------------------


def test_a_billion_laughs_stay_a_few_bytes() -> None:
    lines = ['<!ENTITY l0 "lol">']
    lines += [f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12)]
    body = f"<!DOCTYPE a [{''.join(lines)}]><a>&l11;</a>".encode()
    began = time.monotonic()
    assert len(parsed(body)) < 100 * len(body)
    assert time.monotonic() - began < 5


def test_a_quadratic_blow_up_is_not_expanded() -> None:
    body = f'<!DOCTYPE a [<!ENTITY x "{"y" * 100_000}">]><a>{"&x;" * 10_000}</a>'.encode()
    assert len(parsed(body)) < 10 * len(body)


def test_an_entity_that_means_itself_ends() -> None:
    assert CANARY not in parsed(b'<!DOCTYPE a [<!ENTITY x "&y;"><!ENTITY y "&x;">]><a>&x;</a>')


def test_deep_nesting_is_refused_and_common_depth_is_not() -> None:
    def nested(depth: int) -> bytes:
        return b"<a>" * depth + b"</a>" * depth

    assert parse(nested(100)).tag == "a"
    with pytest.raises(MalformedXMLError):
        parse(nested(200_000))


def test_one_huge_text_is_refused() -> None:
    with pytest.raises(MalformedXMLError):
        parse(b"<a>" + b"x" * 10_500_000 + b"</a>")


# -- what is no XML -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   \n",
        b"plain text",
        b"<a>",
        b"<a></b>",
        b"<a/><b/>",
        b"<a>&undefined;</a>",
        b"<a>1 < 2</a>",
        b"<a k=1/>",
        b"<a>\x00</a>",
        b"<a>\x0b</a>",
        b"<a>\xff\xfe</a>",
        b'<?xml version="1.0" encoding="no-such-code"?><a/>',
        b"\x1f\x8b\x08\x00compressed",
    ],
    ids=ascii,
)
def test_what_is_not_well_formed_is_refused_with_a_reason(body: bytes) -> None:
    with pytest.raises(MalformedXMLError) as caught:
        parse(body)
    assert str(caught.value)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_tree_or_refused(body: bytes) -> None:
    parsed(b"<a>" + body + b"</a>")
    parsed(body)


@pytest.mark.parametrize("name", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1", "windows-1252"])
def test_the_encoding_that_a_document_declares_is_believed(name: str) -> None:
    declared = name.removesuffix("-sig")
    body = f'<?xml version="1.0" encoding="{declared}"?><a>Sørensen</a>'.encode(name)
    assert parse(body).text == "Sørensen"


def test_utf_16_without_a_declaration_is_known_by_its_first_bytes() -> None:
    assert parse("<a>β</a>".encode("utf-16")).text == "β"


# -- names ----------------------------------------------------------------------------------------


def test_a_local_name_has_no_namespace_and_a_comment_has_no_name() -> None:
    root = parse(b'<x:a xmlns:x="urn:n"><!-- c --><b/><?pi gone?></x:a>')
    assert [local_name(each) for each in (root, *root)] == ["a", "", "b"]
