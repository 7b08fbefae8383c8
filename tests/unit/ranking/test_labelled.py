"""Corpora: blind to the order and the name of their file; draws by content alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from service.errors import InputError
from service.ranking.labelled import corpus, draw, newest_first
from service.ranking.listed import ListedPaper
from tests.labelled import listed, made


def test_neither_name_nor_order_of_the_file_changes_anything_else() -> None:
    papers = listed()
    one, two = corpus("a", papers), corpus("b", papers[::-1])
    assert one.papers == two.papers
    assert one.relevant.tolist() == two.relevant.tolist()
    assert one.published == two.published
    assert [draw(one, 3, n) for n in range(5)] == [draw(two, 3, n) for n in range(5)]


def test_included_papers_do_not_stand_together_as_in_the_file() -> None:
    assert sorted(made().relevant.tolist(), reverse=True) != made().relevant.tolist()
    assert made().relevant[:30].any()
    assert made().relevant[30:].any()


def test_another_label_is_another_content() -> None:
    papers = listed()
    changed = [replace(papers[0], relevant=False), *papers[1:]]
    assert corpus("a", papers).content != corpus("a", changed).content


def test_rows_are_numbered_and_keep_label_and_date() -> None:
    found = made()
    by_title = {paper.title: paper for paper in listed()}
    assert [each.work_id for each in found.papers] == list(range(60))
    for row, paper in enumerate(found.papers):
        assert by_title[paper.title].relevant == found.relevant[row]
        assert by_title[paper.title].published == found.published[row]


def test_papers_without_a_label_are_left_out_and_counted() -> None:
    papers = [*listed(), ListedPaper("x", "no label", "none")]
    found = corpus("a", papers)
    assert (len(found.papers), found.unlabelled) == (60, 1)
    assert found.papers == corpus("a", listed()).papers


@pytest.mark.parametrize(
    ("labels", "missing"), [((1, 1), "excluded"), ((0, 0), "included"), ((None,), "included")]
)
def test_a_corpus_of_one_label_is_refused(labels: tuple[int | None, ...], missing: str) -> None:
    papers = [
        ListedPaper(str(at), f"t{at}", "", None if each is None else bool(each))
        for at, each in enumerate(labels)
    ]
    with pytest.raises(InputError, match=f"labelled as {missing}"):
        corpus("a", papers)


def test_seeds_are_included_papers_that_differ_and_so_do_draws() -> None:
    found = made()
    draws = [draw(found, 4, number) for number in range(8)]
    for each in draws:
        assert len(set(each)) == 4
        assert found.relevant[each].all()
    assert len({tuple(each) for each in draws}) > 1


def test_more_seeds_begin_with_those_of_fewer() -> None:
    assert draw(made(), 5, 3)[:2] == draw(made(), 2, 3)


def test_a_paper_without_abstract_is_a_seed_only_where_others_are_too_few() -> None:
    papers = [replace(each, abstract="") if int(each.id) < 8 else each for each in listed()]
    found = corpus("a", papers)
    for number in range(10):
        assert all(found.papers[row].abstract for row in draw(found, 4, number))
        assert [bool(found.papers[row].abstract) for row in draw(found, 6, number)] == [
            *[True] * 4,
            *[False] * 2,
        ]


def test_too_few_included_papers_are_refused() -> None:
    assert len(draw(made(), 11, 0)) == 11
    with pytest.raises(InputError, match="12 seeds leave none"):
        draw(made(), 12, 0)


def test_the_newest_come_first_and_the_undated_keep_their_order_last() -> None:
    found = made()
    dates = ("2020", None, "2021-05", None, "2021", *[None] * 55)
    dated = replace(found, published=dates)
    assert newest_first(dated, [3, 0, 1, 4, 2]) == [2, 4, 0, 3, 1]
