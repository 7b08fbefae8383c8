"""Values: a work as it is exported, whatever the format."""

from __future__ import annotations

from dataclasses import dataclass

from service.archive.exports.plain import line
from service.records import Author, Flag, Identifiers, Kind, Work

# Publication types in PubMed's words, which reference managers know and our own readers take back.
TYPES = {
    Kind.ARTICLE: "Journal Article",
    Kind.REVIEW: "Review",
    Kind.PREPRINT: "Preprint",
    Kind.TRIAL: "Clinical Trial",
    Kind.CASE_REPORT: "Case Reports",
    Kind.GUIDELINE: "Guideline",
    Kind.EDITORIAL: "Editorial",
    Kind.LETTER: "Letter",
    Kind.COMMENT: "Comment",
    Kind.NEWS: "News",
    Kind.PROTOCOL: "Clinical Trial Protocol",
    Kind.DATASET: "Dataset",
    Kind.ERRATUM: "Published Erratum",
    Kind.RETRACTION: "Retraction of Publication",
    Kind.CONCERN: "Expression of Concern",
}

# What a reader of a reference must be told, the alarming first.
_NOTES = {
    Flag.RETRACTED: "RETRACTED",
    Flag.WITHDRAWN: "WITHDRAWN",
    Flag.CONCERN: "Expression of concern",
    Flag.CORRECTED: "Corrected",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A work with what its records say beyond it.

    `authors` have their names in parts, in the order of the work's; () where no record tells the
    parts of the names that the work shows. `topics` are those whose readers find it relevant.
    `others` are the identifiers of each record, those that the work does not show among them.
    """

    work: Work
    authors: tuple[Author, ...] = ()
    issn: str | None = None
    keywords: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    others: tuple[Identifiers, ...] = ()

    @property
    def key(self) -> str:
        """Its name in a bibliography: the same in every export, and no other work's. It says
        neither author nor year, for these change when a preprint becomes an article."""
        return f"litwatch-{self.work.id}"

    @property
    def people(self) -> tuple[Author, ...]:
        """The authors; a name whose parts nobody knows stands whole, as a group's does."""
        told = self.authors or tuple(Author(collective=name) for name in self.work.authors)
        cleaned = (
            Author(line(each.family), line(each.given), line(each.collective), each.orcid)
            for each in told
        )
        return tuple(each for each in cleaned if each.name)

    @property
    def title(self) -> str:
        """On one line."""
        return line(self.work.title)

    @property
    def venue(self) -> str:
        """The journal or server, on one line."""
        return line(self.work.venue)

    @property
    def abstract(self) -> str:
        """On one line."""
        return line(self.work.abstract)

    @property
    def subjects(self) -> tuple[str, ...]:
        """Keywords, then topics, each on one line and once."""
        told = (line(word) for word in (*self.keywords, *self.topics))
        return tuple(dict.fromkeys(word for word in told if word))

    @property
    def note(self) -> str:
        """What became of the paper ("RETRACTED"); "" for most."""
        return "; ".join(said for flag, said in _NOTES.items() if flag in self.work.flags)

    @property
    def date(self) -> tuple[str, ...]:
        """Year, month, day as digits, as far as they are known."""
        return tuple(self.work.published.split("-")) if self.work.published else ()

    @property
    def urls(self) -> tuple[str, ...]:
        """Where it can be read, the article first; web addresses only."""
        arxiv = self.work.ids.arxiv
        told = (self.work.url, f"https://arxiv.org/abs/{arxiv}" if arxiv else "")
        return tuple(dict.fromkeys(url for url in map(web, told) if url))


def web(url: str) -> str:
    """An address of the web without spaces; "" for anything else."""
    bare = "".join(line(url).split())
    return bare if bare.lower().startswith(("https://", "http://")) else ""
