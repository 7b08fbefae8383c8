"""/pictures/DIGEST: thumbnails for everybody, and nothing else."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from service.records.enriching import Picture
from service.web.site.pictures import address
from tests.enrichment_payloads import png

if TYPE_CHECKING:
    from tests.site_visits import Visits

BODY = png(64, 48)
DIGEST = hashlib.sha256(BODY).hexdigest()


def keep(visits: Visits, media_type: str = "image/png") -> None:
    with visits.app.store.writing() as tx:
        tx.pictures.keep(Picture(DIGEST, media_type, 64, 48, BODY))


def test_a_picture_is_served_for_ever_as_what_it_is(visits: Visits) -> None:
    keep(visits)
    answer = visits.here().get(address(DIGEST))
    assert (answer.status_code, answer.content) == (200, BODY)
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["etag"] == f'"{DIGEST}"'


def test_who_has_not_come_in_sees_it_too(visits: Visits) -> None:
    keep(visits)
    assert visits.stranger().get(address(DIGEST)).status_code == 200
    assert visits.stranger().head(address(DIGEST)).content == b""


@pytest.mark.parametrize(
    "name", ["", "x", "0" * 64, DIGEST.upper(), f"{DIGEST}.png", f"{DIGEST}/x", "..%2f..", "é" * 64]
)
def test_what_is_no_picture_that_is_kept_is_not_found(visits: Visits, name: str) -> None:
    keep(visits)
    assert visits.here().get(f"/pictures/{name}").status_code == 404


@pytest.mark.parametrize("kind", ["image/svg+xml", "text/html", ""])
def test_nothing_but_png_and_jpeg_is_ever_served(visits: Visits, kind: str) -> None:
    keep(visits, kind)
    assert visits.here().get(address(DIGEST)).status_code == 404
