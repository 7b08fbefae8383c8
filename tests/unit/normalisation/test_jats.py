from __future__ import annotations

import pytest

from service.errors import ParseError
from service.normalisation import jats
from service.records import Author, Flag, Identifiers, Kind, Paper, Record, Relation, Section

XLINK = 'xmlns:xlink="http://www.w3.org/1999/xlink"'


def read(
    meta: str = "", journal: str = "", kind: str = "research-article", attributes: str = ""
) -> Paper:
    if "article-id" not in meta:
        meta = '<article-id pub-id-type="doi">10.1000/own</article-id>' + meta
    body = (
        f'<article {XLINK} article-type="{kind}" {attributes}><front><journal-meta>{journal}'
        f"</journal-meta><article-meta>{meta}</article-meta></front><body/></article>"
    )
    return jats.article(Record("pmc", "PMC1", "", "jats", body.encode()))


def a_date(*parts: tuple[str, str], kind: str) -> str:
    return f"<pub-date {kind}>{''.join(f'<{n}>{v}</{n}>' for n, v in parts)}</pub-date>"


# -- identity ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "ids",
    [
        '<article-id pub-id-type="pmc">123</article-id>',
        '<article-id pub-id-type="pmc">PMC123</article-id>',
        '<article-id pub-id-type="pmcid">PMC123</article-id>'
        '<article-id pub-id-type="pmcid-ver">PMC123.2</article-id>',
        '<article-id pub-id-type="pmcaid">123</article-id>',
    ],
)
def test_the_pmcid_is_found_in_old_and_new_files(ids: str) -> None:
    assert read(ids).ids.pmcid == "PMC123"


def test_ids_are_canonical() -> None:
    paper = read(
        '<article-id pub-id-type="pmid">0021</article-id>'
        '<article-id pub-id-type="doi">10.1000/ABC</article-id>'
    )
    assert paper.ids == Identifiers("10.1000/abc", "21", "PMC1")
    assert paper.url == "https://pmc.ncbi.nlm.nih.gov/articles/PMC1/"


def test_a_namespace_changes_nothing() -> None:
    paper = read(
        "<title-group><article-title>A</article-title></title-group>",
        attributes='xmlns="https://jats.nlm.nih.gov/ns/archiving/1.4/"',
    )
    assert (paper.title, paper.ids.doi) == ("A", "10.1000/own")


@pytest.mark.parametrize(
    "payload",
    [b"<article>", b"<book/>", b"<pmc-articleset/>", b"<article><front/></article>", b"text"],
)
def test_what_cannot_be_known_is_a_parse_error(payload: bytes) -> None:
    with pytest.raises(ParseError):
        jats.article(Record("pmc", "sha256-x", "", "jats", payload))


# -- titles ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("group", "expected"),
    [
        ("<article-title>CO<sub>2</sub> in <italic>E. coli</italic></article-title>", "CO2 in E. coli"),
        ('<article-title>A<xref ref-type="fn"><sup>*</sup></xref> study<fn><p>Note</p></fn></article-title>', "A study"),
        ("<article-title>Main:</article-title><subtitle>sub</subtitle>", "Main: sub"),
        ("<article-title>A</article-title><alt-title>B</alt-title>", "A"),
    ],
)  # fmt: skip
def test_a_title_is_without_marks_and_with_its_subtitle(group: str, expected: str) -> None:
    assert read(f"<title-group>{group}</title-group>").title == expected


def test_an_english_translation_is_shown_and_the_original_kept() -> None:
    paper = read(
        "<title-group><article-title>Un estudio</article-title><trans-title-group xml:lang='en'>"
        "<trans-title>A study</trans-title></trans-title-group></title-group>"
        "<abstract><p>Uno.</p></abstract><trans-abstract xml:lang='en'><p>One.</p></trans-abstract>",
        attributes='xml:lang="es"',
    )
    assert (paper.title, paper.original_title, paper.language) == ("A study", "Un estudio", "es")
    assert paper.flags == {Flag.TRANSLATED_TITLE}
    assert paper.abstract == "One."
    assert [(o.language, o.text) for o in paper.other_abstracts] == [("es", "Uno.")]


# -- dates -------------------------------------------------------------------------------------

YEAR, FULL = ("year", "2011"), (("day", "2"), ("month", "8"), ("year", "2011"))


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        (
            a_date(YEAR, kind='pub-type="collection"') + a_date(*FULL, kind='pub-type="epub"'),
            "2011-08-02",
        ),
        (a_date(*FULL, kind='date-type="pub" publication-format="electronic"'), "2011-08-02"),
        (
            a_date(("year", "2010"), kind='pub-type="ppub"')
            + a_date(*FULL, kind='pub-type="epub"'),
            "2011-08-02",
        ),
        (
            a_date(("month", "Nov"), YEAR, kind='pub-type="ppub"')
            + a_date(YEAR, kind='pub-type="collection"'),
            "2011-11",
        ),
        (
            a_date(YEAR, kind='pub-type="ppub"')
            + a_date(("year", "2009"), kind='pub-type="nihms-submitted"'),
            "2011",
        ),
        (a_date(*FULL, kind='pub-type="pmc-release"'), "2011-08-02"),
        ('<pub-date iso-8601-date="2020-05-06"/>', "2020-05-06"),
        ("<pub-date><string-date>2001 Nov-Dec</string-date></pub-date>", "2001-11"),
        ("", None),
    ],
)
def test_the_electronic_date_goes_first_then_the_earliest(dates: str, expected: str | None) -> None:
    assert read(dates).published == expected


def test_pmcs_own_history_says_when_it_entered_and_changed() -> None:
    paper = read(
        "<pub-history><event event-type='pmc-release'><date><year>2026</year></date></event>"
        "<event event-type='pmc-live'><date><day>26</day><month>03</month><year>2026</year></date>"
        "</event><event event-type='pmc-last-change'>"
        "<date iso-8601-date='2026-04-01 09:25:13.630'/></event></pub-history>"
    )
    assert (paper.entered, paper.revised) == ("2026-03-26", "2026-04-01")


def test_older_files_entered_at_their_release() -> None:
    assert read(a_date(*FULL, kind='pub-type="pmc-release"')).entered == "2011-08-02"


# -- abstracts ---------------------------------------------------------------------------------


def test_sections_keep_their_titles() -> None:
    paper = read(
        "<abstract><title>Abstract</title><sec><title>Background:</title><p>One.</p><p>Two.</p></sec>"
        "<sec><title>Results</title><p>p &lt; 0.05</p></sec></abstract>"
    )
    assert paper.sections == (Section("Background", "One. Two."), Section("Results", "p < 0.05"))
    assert paper.abstract == "Background: One. Two.\nResults: p < 0.05"


def test_bold_words_that_open_paragraphs_are_headings() -> None:
    paper = read(
        "<abstract><p><bold>Aims:</bold> One.</p><p><bold>Results:</bold> Two.</p></abstract>"
    )
    assert [section.label for section in paper.sections] == ["Aims", "Results"]


@pytest.mark.parametrize(
    "kind",
    ["graphical", "teaser", "plain-language-summary", "key-points", "toc", "editor-highlights"],
)
def test_an_abstract_of_another_sort_is_never_the_abstract(kind: str) -> None:
    other = f'<abstract abstract-type="{kind}"><p>Other.</p></abstract>'
    paper = read(f"{other}<abstract><p>Main.</p></abstract>")
    assert paper.abstract == "Main."
    assert [(o.kind, o.text) for o in paper.other_abstracts] == [(kind, "Other.")]
    assert read(other).abstract == ""


def test_a_typed_abstract_stands_in_when_there_is_no_other() -> None:
    assert read('<abstract abstract-type="summary"><p>Main.</p></abstract>').abstract == "Main."


def test_formulae_in_an_abstract_are_text() -> None:
    math = (
        "<inline-formula><alternatives><tex-math>\\documentclass{x}\\begin{document}$$\\beta$$"
        '\\end{document}</tex-math><mml:math xmlns:mml="m"><mml:mi>β</mml:mi></mml:math>'
        "</alternatives></inline-formula>"
    )
    assert read(f"<abstract><p>TGF-{math} up.</p></abstract>").abstract == "TGF-β up."


# -- authors -----------------------------------------------------------------------------------


def contrib(inner: str, kind: str = 'contrib-type="author"') -> str:
    return f"<contrib {kind}>{inner}</contrib>"


LEE = "<name><surname>Lee</surname><given-names>Ann B</given-names></name>"


def test_authors_are_people_and_groups_and_editors_are_neither() -> None:
    paper = read(
        "<contrib-group>"
        + contrib(
            '<contrib-id contrib-id-type="orcid">https://orcid.org/0000-0002-1825-0097</contrib-id>'
            + LEE
        )
        + contrib(
            "<name><surname>Ng</surname><given-names>Bo</given-names><suffix>Jr</suffix></name>"
        )
        + contrib(
            "<collab>The NET Group<xref>1</xref><contrib-group>"
            + contrib("<name><surname>Member</surname></name>")
            + "</contrib-group></collab>"
        )
        + contrib("<string-name>Ada Lovelace</string-name>")
        + "<on-behalf-of>for the ABC Trial</on-behalf-of></contrib-group><contrib-group>"
        + contrib(LEE.replace("Lee", "Editor"), 'contrib-type="editor"')
        + "</contrib-group>"
    )
    assert paper.authors == (
        Author("Lee", "Ann B", "", "0000-0002-1825-0097"),
        Author("Ng", "Bo Jr"),
        Author(collective="The NET Group"),
        Author("Lovelace", "Ada"),
        Author(collective="for the ABC Trial"),
    )


def test_untyped_contributors_are_authors_when_nobody_is_typed() -> None:
    assert read(f"<contrib-group>{contrib(LEE, '')}</contrib-group>").authors == (
        Author("Lee", "Ann B"),
    )


def test_the_latin_form_of_a_name_is_taken() -> None:
    names = (
        "<name-alternatives><name name-style='eastern'><surname>李</surname></name>"
        "<name name-style='western'><surname>Li</surname><given-names>Hua</given-names></name>"
        "</name-alternatives>"
    )
    assert read(f"<contrib-group>{contrib(names)}</contrib-group>").authors == (
        Author("Li", "Hua"),
    )


# -- kinds, links, flags -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("research-article", Kind.ARTICLE),
        ("brief-report", Kind.ARTICLE),
        ("review-article", Kind.REVIEW),
        ("systematic-review", Kind.REVIEW),
        ("case-report", Kind.CASE_REPORT),
        ("editorial", Kind.EDITORIAL),
        ("letter", Kind.LETTER),
        ("reply", Kind.LETTER),
        ("article-commentary", Kind.COMMENT),
        ("news", Kind.NEWS),
        ("correction", Kind.ERRATUM),
        ("retraction", Kind.RETRACTION),
        ("expression-of-concern", Kind.CONCERN),
        ("preprint", Kind.PREPRINT),
        ("obituary", Kind.OTHER),
        ("", Kind.ARTICLE),
    ],
)
def test_the_article_type_is_the_kind(kind: str, expected: Kind) -> None:
    assert read(kind=kind).kind is expected


def test_the_heading_helps_where_the_type_says_nothing() -> None:
    heading = "<article-categories><subj-group subj-group-type='heading'><subject>Case Report</subject></subj-group></article-categories>"
    paper = read(heading, kind="other")
    assert (paper.kind, paper.category) == (Kind.CASE_REPORT, "Case Report")
    assert read(heading).kind is Kind.ARTICLE


def test_a_preprint_in_pmc_is_known_by_its_property_or_server() -> None:
    meta = "<custom-meta-group><custom-meta><meta-name>pmc-prop-preprint</meta-name><meta-value>yes</meta-value></custom-meta></custom-meta-group>"
    assert read(meta).kind is Kind.PREPRINT
    server = "<journal-title-group><journal-title>bioRxiv</journal-title></journal-title-group>"
    assert read(journal=server).kind is Kind.PREPRINT


def related(kind: str, href: str = "10.1000/other", how: str = "doi") -> str:
    return f'<related-article related-article-type="{kind}" ext-link-type="{how}" xlink:href="{href}"/>'


@pytest.mark.parametrize(
    ("own", "kind", "relation", "flags"),
    [
        ("correction", "corrected-article", Relation.ERRATUM_FOR, set()),
        ("correction", "correction", Relation.ERRATUM_FOR, set()),
        ("retraction", "retracted-article", Relation.RETRACTION_OF, set()),
        ("retraction", "partial-retraction", Relation.PARTIAL_RETRACTION_OF, set()),
        ("expression-of-concern", "object-of-concern", Relation.CONCERN_FOR, set()),
        ("research-article", "correction-forward", Relation.ERRATUM_IN, {Flag.CORRECTED}),
        ("research-article", "retraction-forward", Relation.RETRACTION_IN, {Flag.RETRACTED}),
        ("research-article", "expression-of-concern", Relation.CONCERN_IN, {Flag.CONCERN}),
        ("research-article", "preprint", Relation.HAS_PREPRINT, set()),
        ("article-commentary", "commentary-article", Relation.COMMENT_ON, set()),
        ("research-article", "companion", Relation.OTHER, set()),
    ],
)
def test_related_articles_become_links_and_flags(
    own: str, kind: str, relation: Relation, flags: set[Flag]
) -> None:
    paper = read(related(kind), kind=own)
    (link,) = paper.links
    assert (link.relation, link.target.doi) == (relation, "10.1000/other")
    assert paper.flags == flags


def test_a_related_article_is_known_by_any_id_and_never_oneself() -> None:
    paper = read(
        related("companion", "123", "pmid")
        + related("companion", "PMC9", "pmc")
        + related("companion", "https://doi.org/10.1000/uri", "uri")
        + related("companion", "10.1000/OWN")
    )
    assert [tuple(filter(None, (x.target.doi, x.target.pmid, x.target.pmcid))) for x in paper.links] == [
        ("123",),
        ("PMC9",),
        ("10.1000/uri",),
    ]  # fmt: skip


def test_the_preprint_that_the_history_names_is_a_link() -> None:
    """As eLife writes it; the reviewed preprint bears the article's own DOI with a version."""

    def event(kind: str, doi: str) -> str:
        address = f'<self-uri content-type="{kind}" xlink:href="https://doi.org/{doi}"/>'
        return f"<event><event-desc>Published.</event-desc>{address}</event>"

    told = event("preprint", "10.1101/2026.1") + event("reviewed-preprint", "10.1000/own.1")
    paper = read(f"<pub-history>{told}<event><date/></event></pub-history>")
    (link,) = paper.links
    assert (link.relation, link.target.doi) == (Relation.HAS_PREPRINT, "10.1101/2026.1")
    assert paper.flags == frozenset()


def test_a_retracted_title_flags_the_paper() -> None:
    paper = read("<title-group><article-title>RETRACTED: A study</article-title></title-group>")
    assert (paper.title, paper.flags, paper.kind) == ("A study", {Flag.RETRACTED}, Kind.ARTICLE)


# -- the rest ----------------------------------------------------------------------------------


def test_the_journal_is_read_from_old_and_new_files() -> None:
    new = (
        "<journal-id journal-id-type='nlm-ta'>Br J Cancer</journal-id><journal-title-group>"
        "<journal-title>British Journal</journal-title></journal-title-group>"
        "<issn pub-type='ppub'>0007-0920</issn><issn pub-type='epub'>1532-1827</issn>"
    )
    paper = read(journal=new)
    assert (paper.venue, paper.venue_short, paper.issn) == (
        "British Journal",
        "Br J Cancer",
        "1532-1827",
    )
    old = read(
        journal="<journal-title>Old</journal-title><abbrev-journal-title>O</abbrev-journal-title>"
    )
    assert (old.venue, old.venue_short, old.issn) == ("Old", "O", None)


def test_keywords_and_mesh_are_told_apart_and_abbreviations_are_neither() -> None:
    paper = read(
        "<kwd-group><title>Keywords</title><kwd><italic>NET</italic>osis</kwd></kwd-group>"
        "<kwd-group kwd-group-type='MeSH'><kwd>Neoplasms</kwd></kwd-group>"
        "<kwd-group kwd-group-type='abbreviations'><kwd>CI</kwd></kwd-group>"
    )
    assert (paper.keywords, paper.mesh) == (("NETosis",), ("Neoplasms",))


CC = "https://creativecommons.org/licenses/by-nc/4.0/"


@pytest.mark.parametrize(
    ("licence", "expected"),
    [
        (f"<ali:license_ref xmlns:ali='a'>{CC}</ali:license_ref>", "CC BY-NC 4.0"),
        (f"<license-p><ext-link xlink:href='{CC}'>x</ext-link></license-p>", "CC BY-NC 4.0"),
        ("<license-p><ext-link xlink:href='mailto:a@b'>x</ext-link></license-p>", ""),
    ],
)
def test_the_licence_is_found_where_files_put_it(licence: str, expected: str) -> None:
    meta = f"<permissions><license>{licence}</license></permissions>"
    assert read(meta).licence == expected
    inline = f"<permissions><license xlink:href='{CC}'/></permissions>"
    assert read(inline).licence == "CC BY-NC 4.0"


def test_the_pdf_is_addressed_at_pmc() -> None:
    paper = read("<self-uri content-type='pmc-pdf' xlink:href='a.pdf'/>")
    assert paper.pdf_url == "https://pmc.ncbi.nlm.nih.gov/articles/PMC1/pdf/a.pdf"
