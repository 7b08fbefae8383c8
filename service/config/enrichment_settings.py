"""The settings of what is added to works beside what their sources say."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from service.config import values
from service.config.kinds import ApiUrl, Part, Words
from service.config.values import wrong


def _places(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Addresses of pictures, each with both marks in it."""
    for text in texts:
        if text.count("{pmcid}") != 1 or text.count("{name}") != 1:
            raise wrong(f"{text!r} does not say where the picture is", "write {pmcid} and {name}")
    return tuple(values.api_url(text) for text in texts)


class EnrichmentChoice(Part):
    """What is added to works that are about to be shown: licence, open links, names, figures."""

    enabled: bool = Field(default=True, description="ask for it, in the background")
    figures: bool = Field(
        default=True, description="ask for the first figure of open-access papers in PMC, too"
    )
    annotations_url: ApiUrl = Field(
        default="https://www.ebi.ac.uk/europepmc/annotations_api",
        description="address of Europe PMC's annotations; empty: not asked",
    )
    pubtator_url: ApiUrl = Field(
        default="https://www.ncbi.nlm.nih.gov/research/pubtator3-api",
        description="address of PubTator; empty: not asked",
    )
    pictures: Annotated[Words, AfterValidator(_places)] = Field(
        default=(
            "https://pmc-oa-opendata.s3.amazonaws.com/{pmcid}.1/{name}",
            "https://europepmc.org/articles/{pmcid}/bin/{name}",
        ),
        description="addresses of the pictures of papers in PMC, asked in this order",
    )
