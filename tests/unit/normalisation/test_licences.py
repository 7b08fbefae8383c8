"""Licences in one short form, however a source writes them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.normalisation.licences import short


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cc_by", "CC BY"),
        ("cc_by_nc_nd", "CC BY-NC-ND"),
        ("cc_by_nd", "CC BY-ND"),
        ("CC BY-NC-SA", "CC BY-NC-SA"),
        ("cc by", "CC BY"),
        ("cc-by-nc", "CC BY-NC"),
        ("cc0", "CC0"),
        ("CC0_NG", "CC0"),
        ("cc_0", "CC0"),
        ("cc_no", ""),
        ("NA", ""),
        ("None", ""),
        ("", ""),
        ("https://creativecommons.org/licenses/by/4.0/", "CC BY 4.0"),
        ("http://creativecommons.org/licenses/by-nc-nd/4.0", "CC BY-NC-ND 4.0"),
        ("HTTPS://WWW.CREATIVECOMMONS.ORG/LICENSES/BY-SA/3.0/LEGALCODE", "CC BY-SA 3.0"),
        ("https://creativecommons.org/licenses/by/", "CC BY"),
        ("https://creativecommons.org/publicdomain/zero/1.0/", "CC0 1.0"),
        ("https://creativecommons.org/publicdomain/mark/1.0/", "public domain 1.0"),
        ("http://arxiv.org/licenses/nonexclusive-distrib/1.0/", "arXiv non-exclusive"),
        ("http://arxiv.org/licenses/assumed-1991-2003/", "arXiv non-exclusive"),
        ("Free &amp; open", "Free & open"),
        (
            "https://www.elsevier.com/tdm/userlicense/1.0/",
            "https://www.elsevier.com/tdm/userlicense/1.0/",
        ),
        ("cc_by_something", "cc_by_something"),
        ("access by cc_by", "access by cc_by"),
    ],
)
def test_a_licence_in_every_form(text: str, expected: str) -> None:
    assert short(text) == expected


@given(st.lists(st.sampled_from(("nc", "nd", "sa")), unique=True), st.sampled_from("_- "))
def test_a_code_and_its_own_short_form_are_the_same(parts: list[str], sign: str) -> None:
    found = short(sign.join(("cc", "by", *parts)))
    assert found == f"CC {'-'.join(('BY', *map(str.upper, parts)))}"
    assert short(found) == found
