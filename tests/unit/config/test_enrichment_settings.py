"""What `[enrichment]` takes, and where it leads to."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from service.bootstrap.enriched import addresses
from service.bootstrap.upstreams import host_rules, own_hosts
from service.config import Settings
from service.config.enrichment_settings import EnrichmentChoice
from service.sources.enrichment import Addresses

LOCAL = "http://127.0.0.1:8080"


def settings(pace: float = 1.0, europepmc: str = "", **enrichment: Any) -> Settings:
    values: dict[str, Any] = {"enrichment": enrichment, "http": {"pace": pace}}
    if europepmc:
        values["sources"] = {"europepmc": {"base_url": europepmc}}
    return Settings.model_validate(values)


def test_it_is_on_and_asks_the_public_services() -> None:
    at = addresses(settings())
    assert at.europepmc == "https://www.ebi.ac.uk/europepmc/webservices/rest/"
    assert at.annotations == "https://www.ebi.ac.uk/europepmc/annotations_api"
    assert at.pubtator == "https://www.ncbi.nlm.nih.gov/research/pubtator3-api"
    assert len(at.pictures) == 2
    assert Settings().enrichment.enabled


def test_below_the_agreed_pace_only_this_machine_is_asked() -> None:
    assert addresses(settings(pace=0.5)) == Addresses()
    here = settings(
        pace=0,
        europepmc=f"{LOCAL}/rest",
        annotations_url=f"{LOCAL}/marks",
        pictures=(f"{LOCAL}/{{pmcid}}/{{name}}", "https://europepmc.org/{pmcid}/{name}"),
    )
    assert addresses(here) == Addresses(
        f"{LOCAL}/rest/", f"{LOCAL}/marks", "", (f"{LOCAL}/{{pmcid}}/{{name}}",)
    )


def test_an_empty_address_is_not_asked() -> None:
    at = addresses(settings(annotations_url="", pubtator_url="", pictures=()))
    assert (at.annotations, at.pubtator, at.pictures) == ("", "", ())


@pytest.mark.parametrize(
    "place",
    [
        "https://x.example.org/{pmcid}",
        "https://x.example.org/{name}",
        "https://x.example.org/{pmcid}/{name}/{name}",
        "http://x.example.org/{pmcid}/{name}",
        "ftp://x.example.org/{pmcid}/{name}",
        "https://me:secret@x.example.org/{pmcid}/{name}",
        "{pmcid}{name}",
    ],
)
def test_a_place_of_pictures_must_say_where_they_are(place: str) -> None:
    with pytest.raises(ValidationError):
        EnrichmentChoice(pictures=(place,))


def test_hosts_of_ones_own_have_the_rules_of_those_they_stand_for() -> None:
    told = settings(
        annotations_url="https://marks.example.org",
        pubtator_url="https://tator.example.org",
        pictures=("https://pictures.example.org/{pmcid}/{name}",),
    )
    rules = host_rules(told)
    assert rules["marks.example.org"] == rules["ebi.ac.uk"]
    assert rules["tator.example.org"] == rules["ncbi.nlm.nih.gov"]
    assert rules["pictures.example.org"] == rules["europepmc.org"]
    assert {"marks.example.org", "pictures.example.org"} <= own_hosts(told)
    assert "" not in own_hosts(settings(annotations_url=""))
