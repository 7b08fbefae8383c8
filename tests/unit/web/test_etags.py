from __future__ import annotations

import pytest
from starlette.datastructures import Headers

from service.web.etags import etag, held

TAG = etag(b"answer")


def test_the_same_bytes_have_the_same_tag_and_others_another() -> None:
    assert etag(b"answer") == TAG
    assert etag(b"answers") != TAG
    assert TAG.startswith('"')
    assert TAG.endswith('"')


@pytest.mark.parametrize(
    ("told", "has"),
    [
        ((), False),
        ((TAG,), True),
        ((f"W/{TAG}",), True),
        ((f'"other", {TAG}',), True),
        (('"other"', TAG), True),
        (("*",), True),
        (('"other"',), False),
        ((f'"other", "*{TAG[1:]}',), False),
    ],
)
def test_a_request_names_what_it_has(told: tuple[str, ...], has: bool) -> None:
    headers = Headers(raw=[(b"if-none-match", each.encode()) for each in told])
    assert held(headers, TAG) is has
