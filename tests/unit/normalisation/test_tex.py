from __future__ import annotations

import time

import pytest

from service.normalisation.licences import short
from service.normalisation.mojibake import repaired
from service.normalisation.tex import plain


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (r"\'Edgar Rold\'an", "Édgar Roldán"),
        (r"Ji\v{r}\'{\i} {\L}uk{\'a}sz", "Jiří Łukász"),
        (r"S\o ren G\"{o}del, Wei{\ss}", "Søren Gödel, Weiß"),
        (r"$\alpha$-synuclein and TGF-$\beta$", "α-synuclein and TGF-β"),
        (r"of $p<0.05$ in $n$ mice", "of p<0.05 in n mice"),
        (r"an \emph{in vivo} model, {\it E. coli}", "an in vivo model, E. coli"),
        (r"43\% of R\&D", "43% of R&D"),
        (r"i.i.d.\ samples", "i.i.d. samples"),
    ],
)
def test_simple_latex_becomes_characters(raw: str, shown: str) -> None:
    assert plain(raw) == shown


@pytest.mark.parametrize(
    "text",
    [
        "5% of mice, and 43-165% in rats",
        "a bounty of $35,000 in total, not $5 as before",
        "C:\\data\\new",
        r"\begin{equation} E \end{equation}",
        "costs $5",
        "",
    ],
)
def test_what_is_not_simple_latex_stays(text: str) -> None:
    assert plain(text) == text


def test_nothing_after_a_per_cent_sign_is_lost() -> None:
    assert plain(r"rose by 5% in $\gamma\delta$ T cells of 7% of mice") == (
        "rose by 5% in γδ T cells of 7% of mice"
    )


def test_hostile_latex_takes_no_long_time() -> None:
    began = time.process_time()
    for text in ("$" * 50_000, "\\" * 50_000, "{\\" * 30_000, "\\'" * 30_000, "${" * 30_000):
        plain(text)
    assert time.process_time() - began < 15


@pytest.mark.parametrize(
    ("broken", "whole"),
    [
        ("RamÃ­rez", "Ramírez"),
        ("WÃ¼bben of GÃ¶teborg", "Wübben of Göteborg"),
        ("Î²-cell", "β-cell"),
        ("p â\x89¤ 0.05", "p ≤ 0.05"),
    ],
)
def test_text_decoded_twice_is_put_right(broken: str, whole: str) -> None:
    assert repaired(broken) == whole


@pytest.mark.parametrize("text", ["Ramírez", "São Tomé à Ça", "β-cell ≤ 5 °C", "Ã", "naïve"])
def test_right_text_is_left_alone(text: str) -> None:
    assert repaired(text) == text


@pytest.mark.parametrize(
    ("said", "licence"),
    [
        ("http://creativecommons.org/licenses/by-nc-sa/4.0/", "CC BY-NC-SA 4.0"),
        ("https://creativecommons.org/licenses/by/3.0/", "CC BY 3.0"),
        ("http://creativecommons.org/publicdomain/zero/1.0/", "CC0 1.0"),
        ("http://arxiv.org/licenses/nonexclusive-distrib/1.0/", "arXiv non-exclusive"),
        ("cc_by_nc", "CC BY-NC"),
        ("cc_no", ""),
        ("All rights reserved", "All rights reserved"),
        ("", ""),
    ],
)
def test_licences_are_named_briefly(said: str, licence: str) -> None:
    assert short(said) == licence
