"""JSON Lines of papers: what is read, and what is refused where."""

from __future__ import annotations

import json

import pytest

from service.errors import InputError
from service.ranking.listed import ListedPaper, read_papers, repeated_ids


def as_is(text: str) -> str:
    return text


def lines(*rows: object) -> bytes:
    return "\n".join(json.dumps(row) for row in rows).encode()


def one(**fields: object) -> ListedPaper:
    return read_papers("a.jsonl", lines({"title": "A title"} | fields), as_is)[0]


def test_a_line_is_a_paper_and_other_keys_do_not_matter() -> None:
    row = {"id": "7", "title": "T", "abstract": "A.", "label_included": 1, "llm_buckets": ["x"]}
    assert read_papers("a.jsonl", lines(row), as_is) == [ListedPaper("7", "T", "A.", True, None)]


@pytest.mark.parametrize("abstract", [None, ""])
def test_an_abstract_may_be_missing(abstract: str | None) -> None:
    assert one(abstract=abstract).abstract == ""
    assert one().abstract == ""


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"id": "x", "pmid": "1"}, "x"),
        ({"id": 42}, "42"),
        ({"id": 0}, "0"),
        ({"id": "", "pmid": "1", "doi": "10.1/a"}, "1"),
        ({"id": None, "doi": " 10.1/a "}, "10.1/a"),
        ({"openalex_id": "https://openalex.org/W1"}, "https://openalex.org/W1"),
        ({"id": True}, "1"),
        ({"id": ["x"]}, "1"),
        ({}, "1"),
    ],
)
def test_the_id_falls_back_to_other_ids_and_to_the_line(
    fields: dict[str, object], expected: str
) -> None:
    assert one(**fields).id == expected


def test_the_line_number_counts_blank_lines() -> None:
    body = b'\n{"title": "A"}\n\n{"title": "B"}\n'
    assert [each.id for each in read_papers("a.jsonl", body, as_is)] == ["2", "4"]


@pytest.mark.parametrize(
    ("label", "expected"),
    [(1, True), (0, False), (True, True), ("1", True), ("0", False), (1.0, True), (None, None)],
)
def test_labels_are_read(label: object, expected: bool | None) -> None:
    assert one(label_included=label).relevant is expected


@pytest.mark.parametrize("label", [2, -1, 0.5, "yes", [1], {}, float("nan")])
def test_a_wrong_label_is_refused_with_its_line(label: object) -> None:
    body = lines({"title": "A"}, {"title": "B", "label_included": label})
    with pytest.raises(InputError) as caught:
        read_papers("a.jsonl", body, as_is)
    assert caught.value.thing == "a.jsonl, line 2"
    assert "label_included" in caught.value.cause
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"date": "2021-03-04"}, "2021-03-04"),
        ({"published": "2021-03", "date": "1999"}, "2021-03"),
        ({"year": 2020}, "2020"),
        ({"year": "2020.0"}, "2020"),
        ({"date": "2021-03-04T10:00:00Z"}, "2021-03-04"),
        ({"date": "20210304"}, None),
        ({"date": "March"}, None),
        ({"date": ""}, None),
    ],
)
def test_dates_are_as_precise_as_the_file_has_them(
    fields: dict[str, object], expected: str | None
) -> None:
    assert one(**fields).published == expected


@pytest.mark.parametrize(
    "body",
    [
        b'\xef\xbb\xbf{"title": "A"}\r\n{"title": "B"}\r\n',
        b'{"title": "A"}\n{"title": "B"}',
        b'{"title": "A"}\n\n  \n{"title": "B"}\n\n',
    ],
)
def test_line_ends_byte_order_marks_and_blank_lines_do_not_matter(body: bytes) -> None:
    assert [each.title for each in read_papers("a.jsonl", body, as_is)] == ["A", "B"]


def test_a_line_separator_inside_a_text_does_not_end_the_line() -> None:
    body = '{"title": "A\u2028B\x85C"}'.encode()
    assert read_papers("a.jsonl", body, as_is)[0].title == "A\u2028B\x85C"


def test_texts_are_cleaned_ids_are_not() -> None:
    found = read_papers("a.jsonl", lines({"id": "a<b", "title": "x", "abstract": "y"}), str.upper)
    assert found == [ListedPaper("a<b", "X", "Y")]


@pytest.mark.parametrize(
    ("bad", "cause"),
    [
        (b"not json", "is not JSON"),
        (b'{"title": "A"', "is not JSON"),
        (b'["A"]', "a JSON list, not an object"),
        (b'"A"', "a JSON str"),
        (b'{"id": "1"}', "neither a title nor an abstract"),
        (b'{"title": 5}', "its title is 5"),
        (b'{"title": "A", "abstract": ["B"]}', "its abstract is"),
        (b'{"title": "caf\xe9"}', "not UTF-8"),
        (b'{"year": ' + b"9" * 5000 + b', "title": "A"}', "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
    ],
)
def test_a_bad_line_is_named_with_its_cause(bad: bytes, cause: str) -> None:
    with pytest.raises(InputError) as caught:
        read_papers("dir/a.jsonl", b'{"title": "A"}\n\n' + bad + b"\n", as_is)
    assert caught.value.thing == "dir/a.jsonl, line 3"
    assert cause in caught.value.cause
    assert caught.value.remedy
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("body", [b"", b"\n\n", b'{"title": ""}\n{"abstract": null}'])
def test_a_file_without_any_text_is_refused(body: bytes) -> None:
    with pytest.raises(InputError, match="holds no paper"):
        read_papers("a.jsonl", body, as_is)


def test_half_a_surrogate_pair_in_an_id_can_be_printed() -> None:
    found = read_papers("a.jsonl", b'{"id": "a\\ud800", "title": "A"}', as_is)
    assert found[0].id.encode()


def test_ids_that_come_again_are_told_once_each() -> None:
    body = lines(*({"id": each, "title": "A"} for each in "abbcbaa"))
    papers = read_papers("a.jsonl", body, as_is)
    assert len(papers) == 7
    assert repeated_ids(papers) == ["b", "a"]
