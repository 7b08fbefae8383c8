"""What is asked about a work beside what is polled: annotations, openness, full text, pictures.

Asked for a few works at a time, and over the polite client alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.errors import BadRequestError, FetchRefusedError, NotFoundError
from service.sources import enrichment_payload, replies
from service.sources.counting import chunks
from service.sources.europepmc_papers import EuropePmc

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from service.protocols import Http, Response
    from service.records.enriching import Mention
    from service.sources.enrichment_payload import Open

EUROPE_TOGETHER = 8  # articles in one request: the service takes no more
PUBTATOR_TOGETHER = 100
PAPERS_TOGETHER = 25  # in one query
LARGEST_PICTURE = 12 << 20  # bytes
_PMCID = re.compile(r"PMC\d{1,12}", re.ASCII)
_FILE = re.compile(r"\w[\w.+-]{0,199}", re.ASCII)
_SUFFIX = re.compile(r"\.(jpe?g|png|gif|webp|tiff?|eps)$", re.IGNORECASE)
_SHOWN = {"jpg", "jpeg", "png", "gif", "webp"}
_SAID = {"jpeg": b"\xff\xd8", "png": b"\x89PNG", "gif": b"GIF8", "webp": b"RIFF"}


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where is asked; "" and () where nobody is. `pictures` are addresses with {pmcid} and {name}
    in them, each tried where the one before it has no picture."""

    europepmc: str = ""  # the web service, for openness and full texts; ends in /
    annotations: str = ""
    pubtator: str = ""
    pictures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Services:
    """The services behind the polite client. What is raised is `SourceError`."""

    http: Http
    at: Addresses
    email: str = ""

    def annotations(self, articles: Sequence[str]) -> dict[str, tuple[Mention, ...]]:
        """What titles and abstracts name, by article ("MED:123", "PMC:PMC1", "PPR:PPR1"), of at
        most `EUROPE_TOGETHER`; articles that the service does not know are left out."""
        asked = {"articleIds": ",".join(articles), "format": "JSON"}
        url = f"{self.at.annotations}/annotationsByArticleIds"
        return self.http.fetch(
            url, read=lambda reply: enrichment_payload.europe_annotations(reply.body), params=asked
        )

    def pubtator(self, pmids: Sequence[str]) -> dict[str, tuple[Mention, ...]]:
        """The same by PMID, of at most `PUBTATOR_TOGETHER`."""
        return self.http.fetch(
            f"{self.at.pubtator}/publications/export/biocjson",
            read=lambda reply: enrichment_payload.pubtator(reply.body),
            params={"pmids": ",".join(pmids)},
        )

    def openness(self, terms: Sequence[str]) -> tuple[Open, ...]:
        """What Europe PMC says of the papers that these terms name."""
        europe = EuropePmc(self.http, self.at.europepmc, self.email)
        found: list[Open] = []
        for part in chunks(terms, PAPERS_TOGETHER):
            found += europe.any_of(part, enrichment_payload.openness)
        return tuple(found)

    def full_text(self, pmcid: str) -> bytes:
        """A paper's full text as JATS XML. Raises `NotFoundError` where there is none."""
        if not _PMCID.fullmatch(pmcid):
            raise NotFoundError(f"full text of {pmcid!r}", "it is no PMCID")
        return self.http.fetch(f"{self.at.europepmc}{pmcid}/fullTextXML", read=_full_text)

    def picture(self, pmcid: str, href: str) -> bytes:
        """A picture of a paper, by the name that its full text has for it, as it came.

        Raises `NotFoundError` where no place has one, or the name is none that a file may have.
        """
        for url in self._places(pmcid, href):
            try:
                return self.http.fetch(url, read=_picture)
            except (NotFoundError, BadRequestError, FetchRefusedError):
                continue  # a place that refuses programs is one that has nothing
        raise NotFoundError(f"picture {href[:80]!r} of {pmcid}", "no place has it")

    def _places(self, pmcid: str, href: str) -> Iterator[str]:
        name = file_name(href)
        if name and _PMCID.fullmatch(pmcid):
            for place in self.at.pictures:
                yield place.replace("{pmcid}", pmcid).replace("{name}", name)


def file_name(href: str) -> str:
    """The file that a browser would be shown for a graphic of a full text; "" for what is no plain
    name. Archives keep a JPEG beside what was handed in as TIFF or without an ending."""
    if not _FILE.fullmatch(href) or ".." in href:
        return ""
    suffix = _SUFFIX.search(href)
    if suffix is None:
        return f"{href}.jpg"
    return href if suffix[1].lower() in _SHOWN else f"{href[: suffix.start()]}.jpg"


def _full_text(reply: Response) -> bytes:
    replies.refuse_notices("full text", reply.body)
    return reply.body


def _picture(reply: Response) -> bytes:
    """The body, if it begins like a picture: walls and error pages come with status 200."""
    body = reply.body
    if not body.startswith(tuple(_SAID.values())):
        raise NotFoundError("a picture", "something else came in its place")
    if len(body) > LARGEST_PICTURE:
        raise FetchRefusedError("a picture", f"it is larger than {LARGEST_PICTURE >> 20} MiB")
    return body
