"""The query language: what a person types in the search box, and what is made of it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.archive import explain, parse
from service.archive.tokens import DEEPEST, LONGEST_WORD, MOST_LETTERS, MOST_TOKENS, tokens
from service.errors import InputError, QueryError
from service.records import Kind
from service.records.queries import (
    AllOf,
    AnyOf,
    FromSource,
    Is,
    Named,
    Not,
    OfKind,
    OfTopic,
    Part,
    Published,
    Query,
    Scheme,
    Scored,
    Seen,
    Sort,
    State,
    Term,
    Words,
)

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)  # a Saturday


def read(text: str) -> Query:
    return parse(text, NOW, UTC)


def both(*terms: Term | str) -> AllOf:
    return AllOf(tuple(Words(term) if isinstance(term, str) else term for term in terms))


def either(*terms: Term | str) -> AnyOf:
    return AnyOf(tuple(Words(term) if isinstance(term, str) else term for term in terms))


def no(term: Term | str) -> Not:
    return Not(Words(term) if isinstance(term, str) else term)


def refused(text: str) -> QueryError:
    with pytest.raises(QueryError) as caught:
        read(text)
    return caught.value


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("neutrophil", Words("neutrophil")),
        ("stroma  neutrophil\tCAF", both("stroma", "neutrophil", "CAF")),
        ('"tumour stroma"', Words("tumour stroma")),
        ("“tumour stroma”", Words("tumour stroma")),
        ('stroma -"lung cancer" -mouse', both("stroma", no("lung cancer"), no("mouse"))),
        ("TGF-β", Words("TGF-β")),
        ("CAF -TGF-β", both("CAF", no("TGF-β"))),
        ('"never closed', Words("never closed")),
        ('a"b c"d', both("a", "b c", "d")),
        ("-only", no("only")),
        ("--only", no("only")),
        ("10.5555/a.b", Words("10.5555/a.b")),
        ("", None),
        (' "" - -- "  " ! * ', None),
        ('" padded "', Words("padded")),
        ("ÉTUDE", Words("ÉTUDE")),
        ("CD4(+) T", both("CD4(+)", "T")),
        ("neutrophil:lymphocyte", Words("neutrophil:lymphocyte")),
        ("https://a.org/b", Words("https://a.org/b")),
        ("twice twice", Words("twice")),
    ],
    ids=ascii,
)
def test_words_are_read_as_people_mean_them(text: str, term: Term | None) -> None:
    assert read(text) == Query(term, notes=read(text).notes)


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("a AND b", both("a", "b")),
        ("a and b", both("a", "b")),
        ("a OR b", either("a", "b")),
        ("a OR b OR c", either("a", "b", "c")),
        ("a NOT b", both("a", no("b"))),
        ("a AND NOT b", both("a", no("b"))),
        ("NOT (a b)", no(both("a", "b"))),
        ("a OR b c", either("a", both("b", "c"))),
        ("(a OR b) c", both(either("a", "b"), "c")),
        ("a (b (c d))", both("a", "b", "c", "d")),
        ("-(a OR b) c", both(no(either("a", "b")), "c")),
        ("a OR ***", Words("a")),
        ("NOT ***", None),
        ("NOT(a)b", both(no("a"), "b")),
    ],
    ids=ascii,
)
def test_operators_and_parentheses_build_what_they_say(text: str, term: Term | None) -> None:
    assert read(text).term == term


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("friend or foe", both("friend", "or", "foe")),
        ("to be or not", both("to", "be", "or", "not")),
        ("does not bind", both("does", "not", "bind")),
        ('caf or "stromal cell"', either("caf", "stromal cell")),
        ("(caf or fibroblast) lung", both(either("caf", "fibroblast"), "lung")),
        ("caf not is:review", both("caf", no(Is(State.REVIEW)))),
        ("and", Words("and")),
        ("a and", both("a", "and")),
    ],
    ids=ascii,
)
def test_small_operators_count_only_where_no_title_has_them(text: str, term: Term) -> None:
    assert read(text).term == term


def test_a_small_or_that_is_a_word_is_noted() -> None:
    assert read("friend or foe").notes == ('"or" is looked for as a word: the operator is OR',)
    assert read("(friend or foe)").notes == ()


def test_that_and_binds_before_or_is_noted() -> None:
    assert "AND binds before OR" in read("a OR b c").notes[0]
    assert read("a OR (b c)").notes == ()


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("neutro*", Words("neutro", prefix=True)),
        ('"tumour neutro*"', Words("tumour neutro", prefix=True)),
        ("title:neutro*", Words("neutro", Part.TITLE, prefix=True)),
        ("-neutro*", no(Words("neutro", prefix=True))),
        ("neutro-*", Words("neutro-")),
    ],
    ids=ascii,
)
def test_a_star_at_the_end_is_a_prefix(text: str, term: Term) -> None:
    assert read(text).term == term


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("title:caf", Words("caf", Part.TITLE)),
        ("TITLE:caf", Words("caf", Part.TITLE)),
        ("title: caf", Words("caf", Part.TITLE)),
        ("ti:caf", Words("caf", Part.TITLE)),
        ('abstract:"a b"', Words("a b", Part.ABSTRACT)),
        ('author:"Okafor C"', Words("Okafor C", Part.AUTHOR)),
        ("journal:nature", Words("nature", Part.JOURNAL)),
        ("title:-caf", Words("-caf", Part.TITLE)),
        ("title:author:x", Words("author:x", Part.TITLE)),
        ("-title:caf", no(Words("caf", Part.TITLE))),
        ("title:(a OR b)", either(Words("a", Part.TITLE), Words("b", Part.TITLE))),
        ("source:pubmed", FromSource("pubmed")),
        ('source:"my feed"', FromSource("my feed")),
        ("source:(pubmed OR arxiv)", either(FromSource("pubmed"), FromSource("arxiv"))),
        ("type:review", OfKind(Kind.REVIEW)),
        ('type:"case report"', OfKind(Kind.CASE_REPORT)),
        ("type:(review -letter)", both(OfKind(Kind.REVIEW), no(OfKind(Kind.LETTER)))),
        ("topic:stroma", OfTopic("stroma")),
        ("doi:10.5555/A(20)1", Named(Scheme.DOI, "10.5555/a(20)1")),
        ("doi:https://doi.org/10.5555/a", Named(Scheme.DOI, "10.5555/a")),
        ("doi:10.5555/*", Named(Scheme.DOI, "10.5555/", prefix=True)),
        ("pmid:123", Named(Scheme.PMID, "123")),
        ("PMID: 123", Named(Scheme.PMID, "123")),
        ("pmcid:77", Named(Scheme.PMCID, "PMC77")),
        ("pmcid:pmc77", Named(Scheme.PMCID, "PMC77")),
        ("arxiv:2101.00001v2", Named(Scheme.ARXIV, "2101.00001")),
        ("arxiv:q-bio/0101001", Named(Scheme.ARXIV, "q-bio/0101001")),
        ("is:Retracted", Is(State.RETRACTED)),
        ("has:pdf", Is(State.PDF)),
        ("-is:sent", no(Is(State.SENT))),
        ("published:2026", Published(date(2026, 1, 1), date(2026, 12, 31))),
        ("year:2026", Published(date(2026, 1, 1), date(2026, 12, 31))),
        ("published:2026-01..2026-03", Published(date(2026, 1, 1), date(2026, 3, 31))),
        ("seen:2026-11-01..", Seen(datetime(2026, 11, 1, tzinfo=UTC), None)),
    ],
    ids=ascii,
)
def test_tags_ask_for_what_they_name(text: str, term: Term) -> None:
    assert read(text).term == term


@pytest.mark.parametrize("state", State)
def test_every_state_can_be_asked_for_and_said(state: State) -> None:
    query = read(str(state))
    assert query.term == Is(state)
    assert "Order" in explain(query, UTC)


def test_days_seen_are_days_of_the_zone() -> None:
    asked = parse("seen:2026-07-01", NOW, ZoneInfo("Europe/Berlin"))
    since = datetime(2026, 6, 30, 22, tzinfo=UTC)
    assert asked.term == Seen(since, datetime(2026, 7, 1, 22, tzinfo=UTC))
    night = datetime(2026, 11, 21, 23, 30, tzinfo=UTC)  # in Berlin it is Sunday
    berlin = parse("published:today", night, ZoneInfo("Europe/Berlin"))
    assert berlin.term == Published(date(2026, 11, 22), date(2026, 11, 22))


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("caf sort:newest", Query(Words("caf"), Sort.NEWEST)),
        ("sort:SEEN caf", Query(Words("caf"), Sort.SEEN)),
        ("caf", Query(Words("caf"), Sort.RELEVANCE)),
        ("sort:newest", Query(AllOf(()), Sort.NEWEST)),
    ],
    ids=ascii,
)
def test_the_order_is_no_condition(text: str, query: Query) -> None:
    assert read(text) == query


@pytest.mark.parametrize(
    ("text", "scored"),
    [
        ("score:>0.7", Scored(low=0.7, low_too=False)),
        ("score:>=.7", Scored(low=0.7)),
        ("score:0.7", Scored(low=0.7)),
        ("score:<0.3", Scored(high=0.3, high_too=False)),
        ("score:<=0.3", Scored(high=0.3)),
        ("score:0.3..0.5", Scored(0.3, 0.5)),
        ("score:..0.5", Scored(high=0.5)),
        ("score:0.5..", Scored(low=0.5)),
        ("score:1", Scored(low=1.0)),
    ],
)
def test_a_relevance_is_more_less_or_between(text: str, scored: Scored) -> None:
    assert read(text).term == scored


def test_headings_and_keywords_are_parts_of_a_work() -> None:
    assert read('mesh:"extracellular traps"').term == Words("extracellular traps", Part.MESH)
    assert read("mh:neutro*").term == Words("neutro", Part.MESH, prefix=True)
    assert read("keyword:nets").term == Words("nets", Part.KEYWORD)


def test_works_that_are_liked_stand_beside_the_conditions() -> None:
    query = read('caf like:10.5555/a.1 like:"PMC7"')
    assert query.likes == ("10.5555/a.1", "PMC7")
    assert query.term == Words("caf")
    assert read("like:17").term == AllOf(())


def test_the_archive_is_asked_as_it_was_when_the_day_was_over() -> None:
    assert read("caf as-of:2026-06-01").as_of == datetime(2026, 6, 2, tzinfo=UTC)
    assert read("caf as-of:2026-05").as_of == datetime(2026, 6, 1, tzinfo=UTC)
    berlin = parse("caf as-of:2026-06-01", NOW, ZoneInfo("Europe/Berlin"))
    assert berlin.as_of == datetime(2026, 6, 1, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "at", "says"),
    [
        ("caf (stroma", 4, "never closed"),
        ("((a) b", 0, "never closed"),
        ("caf) stroma", 3, "never opened"),
        ("caf ()", 5, "empty parentheses"),
        ("caf AND", 4, "nothing after AND"),
        ("(caf OR)", 5, "nothing after OR"),
        ("caf NOT", 4, "nothing after NOT"),
        ("AND caf", 0, "nothing before AND"),
        ("caf OR AND b", 7, "nothing before AND"),
        ("NOT NOT caf", 4, "not twice"),
        ("caf title:", 4, "nothing after title:"),
        ("caf tittle:x", 4, "did you mean title:?"),
        ("autor:x", 0, "did you mean author:?"),
        ("caf is:retraced", 7, "did you mean is:retracted?"),
        ("is:xyzzy", 3, "known: is:preprint, is:review"),
        ("type:reveiw", 5, "did you mean review?"),
        ("sort:up caf", 5, "sort:relevance, sort:newest, sort:seen"),
        ("sort:(newest)", 0, "leave them out"),
        ("a OR sort:newest", 5, "put sort: outside"),
        ("caf published:2026-02-30", 14, "no day of the calendar"),
        ("published:soon", 10, "write it like 2026"),
        ("published:2026..2025", 10, "ends before it begins"),
        ("published:..", 10, "names no day"),
        ("seen:9999-12-31", 5, "no day of the calendar"),
        ("doi:11.1/x", 4, "which is no doi"),
        ("pmid:PMC7", 5, "which is no pmid"),
        ("source:!", 7, "names no source"),
        ("caf score:high", 10, "is no relevance"),
        ("score:>1.7", 6, "is no relevance from 0 to 1"),
        ("score:0.8..0.2", 6, "is no relevance from 0 to 1"),
        ("score:>0.2..0.7", 6, "is no relevance"),
        ("score:..", 6, "is no relevance"),
        ("like:(a b)", 0, "parentheses after like:"),
        ("caf -like:7", 5, "for a part of itself"),
        ("(caf OR as-of:2026) x", 8, "for a part of itself"),
        ('like:""', 5, "names no work"),
        ("as-of:soon", 6, "is no date that is known"),
        ("as-of:2026-06..", 6, "does not end"),
        ("caf[ti]", 0, "PubMed's way"),
        ("title:(a author:b)", 9, "inside of title:(...)"),
        ("source:(title:b)", 0, "inside of source:(...)"),
        (f"caf {'x' * (LONGEST_WORD + 1)}", 4, f"more than {LONGEST_WORD} letters"),
        ("(" * (DEEPEST + 1), DEEPEST, "deep"),
        ("a " * (MOST_TOKENS + 1), 2 * MOST_TOKENS, f"more than {MOST_TOKENS} parts"),
        ("a" * (MOST_LETTERS + 1), MOST_LETTERS, f"longer than {MOST_LETTERS}"),
    ],
    ids=lambda value: ascii(value)[:30],
)
def test_an_error_points_at_the_character_and_says_what_to_do(
    text: str, at: int, says: str
) -> None:
    error = refused(text)
    assert (error.at, error.exit_code) == (at, InputError.exit_code)
    assert says in str(error)
    assert error.remedy


def test_the_arrow_stands_under_the_place() -> None:
    lines = refused("caf tittle:x").here.splitlines()
    assert lines == ["caf tittle:x", "    ^ here"]


@pytest.mark.parametrize("before", ["word " * 30, "wörd\n" * 30])
def test_the_arrow_stands_under_the_place_in_a_long_query(before: str) -> None:
    shown, arrow = refused(f"{before}tittle:x more").here.splitlines()
    assert shown[arrow.index("^") :].startswith("tittle:x")
    assert len(shown) <= 76


# -- any text

PIECES = '" ( ) AND or NOT - * title: is: seen: sort:newest a “ x* : .. mesh: is:review'
SYNTAX = st.sampled_from([*PIECES.split(), "published:2026.."])
TEXTS = st.text(max_size=60) | st.lists(SYNTAX, max_size=12).map(" ".join)
TEXTS |= st.lists(SYNTAX, max_size=12).map("".join)


@given(TEXTS)
def test_any_text_is_a_question_or_is_refused_at_a_place_in_it(text: str) -> None:
    told, place = "", 0
    try:
        told = explain(read(text), UTC)
    except QueryError as error:
        told, place = error.cause and error.here, error.at
    assert told
    assert 0 <= place <= len(text)


@given(TEXTS)
def test_nothing_but_space_lies_between_the_tokens(text: str) -> None:
    try:
        cuts = tokens(text)
    except QueryError:
        return
    left = list(text)
    for cut in cuts:
        assert text[cut.at :].startswith(cut.text)
        left[cut.at : cut.at + len(cut.text)] = " " * len(cut.text)
    assert not "".join(left).strip()


plain_word = st.from_regex(r"[A-Za-z0-9α-ω][A-Za-z0-9α-ω-]{0,8}", fullmatch=True)
phrases = st.lists(plain_word, min_size=1, max_size=3).map(" ".join)


@given(st.lists(phrases, unique=True, min_size=2, max_size=6))
def test_what_is_quoted_comes_back_as_it_was(wanted: list[str]) -> None:
    assert read(" ".join(f'"{term}"' for term in wanted)).term == both(*wanted)


@given(st.lists(plain_word.filter(lambda word: word.upper() not in {"AND", "OR", "NOT"}), unique=True, min_size=2, max_size=8))  # fmt: skip
def test_words_keep_their_order_and_number(words: list[str]) -> None:
    assert read("  ".join(words)).term == both(*words)


@given(st.recursive(st.sampled_from("abcdefg"), lambda inner: st.tuples(inner, st.sampled_from(["AND", "OR", "AND NOT"]), inner), max_leaves=8))  # fmt: skip
def test_parentheses_decide_what_is_true(tree: object) -> None:
    text = written(tree)
    for chosen in ("", "a", "abc", "bdf", "abcdefg"):
        term = read(text).term
        assert term is not None
        assert holds(term, set(chosen)) == meant(tree, set(chosen))


def written(tree: object) -> str:
    if isinstance(tree, str):
        return tree
    left, operator, right = tree  # type: ignore[misc]
    return f"({written(left)} {operator} {written(right)})"


def meant(tree: object, true: set[str]) -> bool:
    if isinstance(tree, str):
        return tree in true
    left, operator, right = tree  # type: ignore[misc]
    one, other = meant(left, true), meant(right, true)
    return {"AND": one and other, "OR": one or other, "AND NOT": one and not other}[operator]


def holds(term: Term, true: set[str]) -> bool:
    match term:
        case Words(text):
            return text in true
        case Not(inner):
            return not holds(inner, true)
        case AllOf(terms):
            return all(holds(each, true) for each in terms)
        case AnyOf(terms):
            return any(holds(each, true) for each in terms)
    raise AssertionError(term)
