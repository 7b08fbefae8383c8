"""The settings of the sources."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, field_validator

from service.config import values
from service.config.kinds import ApiUrl, Part, Word, Words


class Ncbi(Part):
    """PubMed or PMC, through the E-utilities."""

    enabled: bool = Field(default=True, description="poll this source")
    base_url: ApiUrl = Field(
        default="https://eutils.ncbi.nlm.nih.gov/entrez/eutils",
        description="address of the E-utilities",
    )
    api_key: SecretStr | None = Field(
        default=None, description="NCBI key: 10 requests a second, not 3"
    )


class PubMed(Ncbi):
    """Journal articles."""

    query: Word = Field(
        default=values.broad_query("{}[tiab]"),
        min_length=1,
        description="what is searched; keep it broader than your topics",
    )


class Pmc(Ncbi):
    """Full-text articles; many enter before, or without, a PubMed record."""

    query: Word = Field(
        default=values.broad_query("{0}[title] OR {0}[abstract]"),
        min_length=1,
        description="what is searched; keep it broader than your topics",
    )


class Rxiv(Part):
    """bioRxiv or medRxiv: every new preprint; there is no query."""

    enabled: bool = Field(default=True, description="poll this source")
    base_url: ApiUrl = Field(
        default="https://api.biorxiv.org", description="address of the API (serves both)"
    )


class Arxiv(Part):
    """arXiv: one set whole (OAI-PMH), and words in further categories (API)."""

    enabled: bool = Field(default=True, description="poll this source")
    oai_url: ApiUrl = Field(
        default="https://oaipmh.arxiv.org/oai", description="address of OAI-PMH"
    )
    api_url: ApiUrl = Field(
        default="https://export.arxiv.org/api/query", description="address of the query API"
    )
    oai_set: Word = Field(default="q-bio", min_length=1, description="set that is taken whole")
    categories: Words = Field(
        default=("physics.bio-ph", "cs.CV", "eess.IV", "stat.AP"),
        description="further categories, searched for `terms`",
    )
    terms: Words = Field(
        default=("tumor", "tumour", "cancer", "neutrophil", "stroma"),
        description="words that a paper of `categories` must have one of",
    )


class EuropePmc(Part):
    """Europe PMC: preprint servers that have no API of their own, and a check on PubMed."""

    enabled: bool = Field(default=True, description="poll this source")
    base_url: ApiUrl = Field(
        default="https://www.ebi.ac.uk/europepmc/webservices/rest", description="address of the API"
    )
    query: Word = Field(
        default=values.broad_query('TITLE:"{0}" OR ABSTRACT:"{0}"'),
        min_length=1,
        description="what is searched; keep it broader than your topics",
    )


class Crossref(Part):
    """Crossref: what publishers and Retraction Watch report of papers that were sent or saved. It
    is asked about those, not polled."""

    enabled: bool | None = Field(
        default=None, description="ask it; unset, where `http.contact` says who asks"
    )
    base_url: ApiUrl = Field(
        default="https://api.crossref.org", description="address of the REST API"
    )


class Citing(Part):
    """Papers that cite a seed of a topic: by Europe PMC and PubMed, as far as they are polled."""

    enabled: bool = Field(default=True, description="look for them, each seed once a week")
    openalex_key: SecretStr | None = Field(
        default=None, description="OpenAlex key: its lists are asked for too"
    )
    openalex_url: ApiUrl = Field(
        default="https://api.openalex.org", description="address of OpenAlex's API"
    )


class Authors(Part):
    """Papers by the authors that topics follow: in PubMed and Europe PMC, as far as they are
    polled."""

    enabled: bool = Field(default=True, description="look for them")


class Feed(Part):
    """An RSS or Atom feed, of a journal for instance."""

    name: Annotated[str, AfterValidator(values.slug)] = Field(
        description="its name in receipts and logs: lower case, digits, hyphens"
    )
    url: Annotated[str, AfterValidator(values.web_url)] = Field(
        min_length=1, description="its address"
    )
    enabled: bool = Field(default=True, description="poll this feed")


class Sources(Part):
    """What is polled."""

    pubmed: PubMed = PubMed()
    pmc: Pmc = Pmc()
    biorxiv: Rxiv = Rxiv()
    medrxiv: Rxiv = Rxiv()
    arxiv: Arxiv = Arxiv()
    europepmc: EuropePmc = EuropePmc()
    crossref: Crossref = Crossref()
    citing: Citing = Citing()
    authors: Authors = Authors()
    feeds: tuple[Feed, ...] = Field(default=(), description="RSS and Atom feeds")

    @field_validator("feeds")
    @classmethod
    def _names_differ(cls, feeds: tuple[Feed, ...]) -> tuple[Feed, ...]:
        taken = [name for name in cls.model_fields if name != "feeds"]
        values.all_different([*taken, *(feed.name for feed in feeds)], "feed")
        return feeds
