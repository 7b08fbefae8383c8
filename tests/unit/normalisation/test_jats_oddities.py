"""JATS as journals really write it: names, groups, abstracts and links out of the ordinary."""

from __future__ import annotations

import pytest

from service.normalisation import jats
from service.records import Author, Identifiers, Kind, Link, Paper, Record, Relation, Section

FRONT = '<article xmlns:xlink="http://www.w3.org/1999/xlink" {}><front><article-meta>{}</article-meta></front></article>'
NAMED = '<article-id pub-id-type="pmcid">PMC5</article-id>'


def read(meta: str, attributes: str = "") -> Paper:
    body = FRONT.format(attributes, NAMED + meta).encode()
    return jats.article(Record("pmc", "PMC5", "", "jats", body))


# -- authors -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("contrib", "expected"),
    [
        ("<string-name>Ada Roe</string-name>", [("Roe", "Ada")]),
        ("<string-name>Roe, Ada</string-name>", [("Roe", "Ada")]),
        ("<name><given-names>Plato</given-names></name>", [("Plato", "")]),
        ("<name><surname>Roe</surname><given-names>A</given-names><suffix>Jr</suffix></name>",
         [("Roe", "A Jr")]),
        ("<name-alternatives><name name-style='eastern'><surname>李</surname><given-names>四"
         "</given-names></name><name name-style='western'><surname>Li</surname><given-names>Si"
         "</given-names></name></name-alternatives>", [("Li", "Si")]),
        ("<name-alternatives><name><surname>李</surname><given-names>四</given-names></name>"
         "</name-alternatives>", [("李", "四")]),
        ("<name-alternatives><string-name>Si Li</string-name></name-alternatives>", [("Li", "Si")]),
        ("<collab>The <italic>WHO</italic> Group<contrib-group><contrib><name><surname>X</surname>"
         "</name></contrib></contrib-group><xref>1</xref>;</collab>", [("The WHO Group", "")]),
        ("<collab-alternatives><collab>First</collab><collab>Erste</collab></collab-alternatives>",
         [("First", "")]),
        ("<collab><xref>1</xref></collab><collab>Second</collab>", [("Second", "")]),
        ("<name><surname>Roe</surname></name><on-behalf-of>the Group</on-behalf-of>",
         [("Roe", ""), ("the Group", "")]),
        ("<anonymous/>", []),
        ("<name/>", []),
    ],
)  # fmt: skip
def test_a_contributor_in_every_form(contrib: str, expected: list[tuple[str, str]]) -> None:
    meta = f'<contrib-group><contrib contrib-type="author">{contrib}</contrib></contrib-group>'
    found = [(a.family or a.collective, a.given) for a in read(meta + TITLE).authors]
    assert found == expected


TITLE = "<title-group><article-title>A study</article-title></title-group>"
ORCID = "0000-0002-1825-0097"


@pytest.mark.parametrize(
    ("link", "orcid"),
    [
        (f'<contrib-id contrib-id-type="orcid">https://orcid.org/{ORCID}</contrib-id>', ORCID),
        (f'<contrib-id contrib-id-type="ORCID">{ORCID}</contrib-id>', ORCID),
        (f"<uri>http://orcid.org/{ORCID}</uri>", ORCID),
        (f'<ext-link xlink:href="https://orcid.org/{ORCID}">iD</ext-link>', ORCID),
        ('<contrib-id contrib-id-type="orcid">0000-0002-1825-0098</contrib-id>', None),
        ('<contrib-id contrib-id-type="scopus">123</contrib-id>', None),
        ('<ext-link xlink:href="https://x.org/a">home</ext-link>', None),
    ],
)
def test_an_orcid_is_found_where_journals_put_it(link: str, orcid: str | None) -> None:
    person = "<name><surname>Roe</surname><given-names>A</given-names></name>"
    meta = f'<contrib-group><contrib contrib-type="author">{link}{person}</contrib></contrib-group>'
    assert read(meta + TITLE).authors == (Author("Roe", "A", orcid=orcid),)


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        ('<contrib-group content-type="editors"><contrib><name><surname>E</surname></name></contrib>'
         "</contrib-group>", []),
        ('<contrib-group content-type="authors"><contrib><name><surname>A</surname></name></contrib>'
         "</contrib-group>", ["A"]),
        ("<contrib-group><contrib><name><surname>A</surname></name></contrib></contrib-group>", ["A"]),
        ('<contrib-group><contrib contrib-type="author"><name><surname>A</surname></name></contrib>'
         "<contrib><name><surname>R</surname></name></contrib></contrib-group>", ["A"]),
        ('<contrib-group><contrib contrib-type="editor"><name><surname>E</surname></name></contrib>'
         "<collab>Group</collab></contrib-group>", ["Group"]),
        ("<contrib-group><collab/><on-behalf-of>Them</on-behalf-of></contrib-group>", ["Them"]),
    ],
)  # fmt: skip
def test_editors_and_reviewers_are_no_authors(groups: str, expected: list[str]) -> None:
    assert [author.name for author in read(groups + TITLE).authors] == expected


# -- titles --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("group", "title"),
    [
        ("<article-title>A study<xref>*</xref> of it</article-title>", "A study of it"),
        ("<article-title><fn><p>Note</p></fn>A study</article-title>", "A study"),
        ("<article-title>In <italic>vivo<xref>1</xref> cells</italic></article-title>",
         "In vivo cells"),
        ("<article-title>A study:</article-title><subtitle>of it</subtitle>", "A study: of it"),
        ("<article-title>A study of it</article-title><subtitle>of it</subtitle>", "A study of it"),
        ("<article-title/><subtitle>Alone</subtitle>", "Alone"),
    ],
)  # fmt: skip
def test_a_title_is_free_of_its_footnotes(group: str, title: str) -> None:
    assert read(f"<title-group>{group}</title-group>").title == title


@pytest.mark.parametrize(
    ("language", "translation", "title", "original"),
    [
        ("de", '<trans-title-group xml:lang="en"><trans-title>A study</trans-title>'
         "</trans-title-group>", "A study", "Eine Studie"),
        ("de", '<trans-title-group><trans-title xml:lang="EN-us">A study</trans-title>'
         "</trans-title-group>", "A study", "Eine Studie"),
        ("de", '<trans-title-group xml:lang="fr"><trans-title>Une étude</trans-title>'
         "</trans-title-group>", "Eine Studie", ""),
        ("de", '<trans-title-group xml:lang="en"/>', "Eine Studie", ""),
        ("en", '<trans-title-group xml:lang="en"><trans-title>Other</trans-title>'
         "</trans-title-group>", "Eine Studie", ""),
        ("de", "", "Eine Studie", ""),
    ],
)  # fmt: skip
def test_an_english_translation_is_shown_and_the_original_kept(
    language: str, translation: str, title: str, original: str
) -> None:
    group = f"<title-group><article-title>Eine Studie</article-title>{translation}</title-group>"
    paper = read(group, f'xml:lang="{language}"')
    assert (paper.title, paper.original_title) == (title, original)


# -- abstracts -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("abstract", "expected"),
    [
        ("<p>One.</p><p>Two.</p>", [("", "One. Two.")]),
        ("Bare text &lt; 5.", [("", "Bare text < 5.")]),
        ("<title>Abstract</title><p>One.</p>", [("", "One.")]),
        ("<p><bold>Aim:</bold> To see.</p><p><bold>Results</bold> Seen.</p>",
         [("Aim", "To see."), ("Results", "Seen.")]),
        ("<p>Loose.</p><sec><title>Aim</title><p>To see.</p></sec><p>After.</p>",
         [("", "Loose."), ("Aim", "To see."), ("", "After.")]),
        ("<sec><title>Summary</title><p>One.</p></sec>", [("", "One.")]),
        ("<sec><title>Empty</title></sec><sec><title>Aim.</title><p>One.</p></sec>", [("Aim", "One.")]),
        ("<sec><title>Outer</title><p>One.</p><sec><title>Inner</title><p>Two.</p></sec></sec>",
         [("Outer", "One."), ("Inner", "Two.")]),
        ("<sec><title>Aim</title><list><list-item><p>a</p></list-item><list-item><p>b</p></list-item>"
         "</list></sec>", [("Aim", "a b")]),
        ("<p/>", []),
    ],
)  # fmt: skip
def test_an_abstract_in_every_form(abstract: str, expected: list[tuple[str, str]]) -> None:
    paper = read(f"{TITLE}<abstract>{abstract}</abstract>")
    assert paper.sections == tuple(Section(*pair) for pair in expected)


@pytest.mark.parametrize(
    "kind",
    ["graphical", "teaser", "plain-language-summary", "key-points", "Highlights", "web-summary"],
)
def test_what_stands_beside_an_abstract_never_stands_for_it(kind: str) -> None:
    beside = f'<abstract abstract-type="{kind}"><p>Short.</p></abstract>'
    paper = read(f"{TITLE}{beside}<abstract><p>The whole.</p></abstract>")
    assert paper.abstract == "The whole."
    assert [(other.kind, other.text) for other in paper.other_abstracts] == [(kind, "Short.")]
    assert read(TITLE + beside).abstract == ""


# -- links ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("element", "expected"),
    [
        ('<related-article related-article-type="retracted-article" ext-link-type="doi" '
         'xlink:href="10.1000/A"/>', Link(Relation.RETRACTION_OF, Identifiers(doi="10.1000/a"), "10.1000/A")),
        ('<related-article related-article-type="corrected-article" ext-link-type="pmc" '
         'xlink:href="PMC7"/>', Link(Relation.ERRATUM_FOR, Identifiers(pmcid="PMC7"), "PMC7")),
        ('<related-article related-article-type="commentary" ext-link-type="pubmed" '
         'xlink:href="41">See.</related-article>',
         Link(Relation.COMMENT_IN, Identifiers(pmid="41"), "See.")),
        ('<related-article related-article-type="preprint"><pub-id pub-id-type="doi">10.1101/1'
         "</pub-id></related-article>",
         Link(Relation.HAS_PREPRINT, Identifiers(doi="10.1101/1"), "10.1101/1")),
        ('<related-article related-article-type="unheard-of" ext-link-type="doi" '
         'xlink:href="10.1000/a"/>', Link(Relation.OTHER, Identifiers(doi="10.1000/a"), "10.1000/a")),
        ('<related-article related-article-type="unheard-of"/>', None),
        ('<related-object link-type="x">No target</related-object>', None),
    ],
)  # fmt: skip
def test_a_related_article_is_a_link_when_it_points_anywhere(
    element: str, expected: Link | None
) -> None:
    assert read(TITLE + element).links == ((expected,) if expected else ())


@pytest.mark.parametrize(
    ("article_type", "kind"),
    [
        ("research-article", Kind.ARTICLE), ("Review-Article", Kind.REVIEW),
        ("retraction", Kind.RETRACTION), ("correction", Kind.ERRATUM), ("letter", Kind.LETTER),
        ("case report", Kind.CASE_REPORT), ("expression-of-concern", Kind.CONCERN),
        ("unheard-of", Kind.ARTICLE), ("", Kind.ARTICLE), ("other", Kind.OTHER),
    ],
)  # fmt: skip
def test_the_type_of_an_article_is_its_kind(article_type: str, kind: Kind) -> None:
    assert read(TITLE, f'article-type="{article_type}"').kind is kind
