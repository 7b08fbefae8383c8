from __future__ import annotations

import base64
import json
import random
import re
import string
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from service.capabilities import Capabilities, FeedbackLink, FeedLink, PageLink, StopLink
from service.errors import LinkError, LinkExpiredError
from tests.factories import NOW, digest_content

if TYPE_CHECKING:
    from collections.abc import Callable

KEY, OLDER, OTHER = "k" * 32, "o" * 32, "x" * 32
URL = "https://litwatch.example.org/lab"
READER = "ida.berg@example.org"
CONTENT = digest_content(created_at=NOW)
SIGNED = Capabilities(URL, (KEY, OLDER))
DELIVERY = "0b5c9f0e-7f6b-5d2a-9a57-6f1f0a3c2d11"


def token(address: str) -> str:
    return address.rpartition("/")[2]


def feedback(signer: Capabilities = SIGNED, reader: str = READER) -> str:
    return token(signer.feedback(CONTENT, reader, "stroma", 123_456))


def addresses(signer: Capabilities) -> list[str]:
    return [
        signer.feedback(CONTENT, READER, "stroma", 123_456),
        signer.page(CONTENT, READER),
        signer.unsubscribe(CONTENT, READER),
    ]


# -- giving out and reading back ------------------------------------------------------------------


def test_what_is_signed_is_read_back() -> None:
    for_work, page, stop = map(token, addresses(SIGNED))
    assert SIGNED.read_feedback(for_work, NOW) == FeedbackLink(READER, "stroma", 123_456)
    assert SIGNED.read_page(page, NOW) == PageLink(READER, CONTENT.digest_id)
    assert SIGNED.read_unsubscribe(stop) == StopLink(READER, CONTENT.subscription)


def test_addresses_are_pages_of_this_installation() -> None:
    assert [address.rpartition("/")[0] for address in addresses(SIGNED)] == [
        f"{URL}/f",
        f"{URL}/d",
        f"{URL}/u",
    ]
    for address in addresses(SIGNED):
        assert re.fullmatch(r"[A-Za-z0-9._-]+", token(address))


@pytest.mark.parametrize("signer", [Capabilities("", (KEY,)), Capabilities(URL, ())])
def test_without_url_or_keys_there_are_no_links(signer: Capabilities) -> None:
    assert addresses(signer) == ["", "", ""]


def test_the_same_digest_always_gives_the_same_addresses() -> None:
    again = Capabilities(URL, (KEY, OLDER))
    assert addresses(again) == addresses(SIGNED)


def test_readers_topics_and_works_have_links_of_their_own() -> None:
    found = {
        SIGNED.feedback(CONTENT, reader, topic, work)
        for reader in (READER, "rei@example.org")
        for topic in ("stroma", "neutrophils")
        for work in (1, 2)
    }
    assert len(found) == 8


def test_names_of_any_script_survive() -> None:
    content = digest_content(subscription="Gruppe Süd · 週刊", created_at=NOW)
    stop = token(SIGNED.unsubscribe(content, "ørsted@example.org"))
    assert SIGNED.read_unsubscribe(stop) == StopLink("ørsted@example.org", "Gruppe Süd · 週刊")


def test_links_are_short_enough_to_stand_in_a_mail_dozens_of_times() -> None:
    """A vote token is the reader's address, topic and number in base64 (4/3), and 21 more."""
    told = json.dumps([READER, "stroma", 123_456, 326], separators=(",", ":"))
    assert len(feedback()) <= len(base64.b64encode(told.encode())) + 21
    assert len(feedback()) < 90


def test_a_test_digest_is_kept_nowhere_and_has_no_page() -> None:
    test = digest_content(test=True)
    assert SIGNED.page(test, READER) == ""
    assert SIGNED.feedback(test, READER, "stroma", 1)


@pytest.mark.parametrize("reader", ["C0123456789", "digest.html", "lab-feed", ""])
def test_what_is_no_person_can_read_but_not_vote_or_unsubscribe(reader: str) -> None:
    """Everybody who sees a channel, a file or a feed would act in its name."""
    assert SIGNED.feedback(CONTENT, reader, "stroma", 1) == ""
    assert SIGNED.unsubscribe(CONTENT, reader) == ""
    assert SIGNED.read_page(token(SIGNED.page(CONTENT, reader)), NOW).reader == reader


def test_keys_are_not_shown() -> None:
    assert KEY not in repr(SIGNED)


# -- keys -----------------------------------------------------------------------------------------


def test_the_first_key_signs_and_every_key_is_accepted() -> None:
    old = Capabilities(URL, (OLDER,))
    assert SIGNED.read_feedback(feedback(old), NOW).work_id == 123_456
    with pytest.raises(LinkError):
        old.read_feedback(feedback(SIGNED), NOW)
    assert Capabilities(URL, (KEY,)).read_feedback(feedback(SIGNED), NOW)


def test_a_key_that_was_taken_away_opens_nothing() -> None:
    with pytest.raises(LinkError):
        SIGNED.read_feedback(feedback(Capabilities(URL, (OTHER,))), NOW)
    with pytest.raises(LinkError, match="not one of ours"):
        Capabilities(URL, ()).read_feedback(feedback(), NOW)


# -- age ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "fresh"), [(-1, True), (0, True), (60, True), (61, False), (4000, False)]
)
def test_links_work_for_sixty_days(days: int, fresh: bool) -> None:
    now = NOW + timedelta(days=days)
    page = token(SIGNED.page(CONTENT, READER))
    if fresh:
        assert SIGNED.read_feedback(feedback(), now)
        assert SIGNED.read_page(page, now)
        return
    with pytest.raises(LinkExpiredError, match=r"60 days.*newer digest"):
        SIGNED.read_feedback(feedback(), now)
    with pytest.raises(LinkExpiredError):
        SIGNED.read_page(page, now)


def test_the_life_of_links_can_be_chosen() -> None:
    brief = Capabilities(URL, (KEY,), life=timedelta(days=1))
    with pytest.raises(LinkExpiredError, match="1 days"):
        brief.read_feedback(feedback(brief), NOW + timedelta(days=2))


def test_the_link_to_unsubscribe_never_dies() -> None:
    old = digest_content(created_at=NOW - timedelta(days=9000))
    assert SIGNED.read_unsubscribe(token(SIGNED.unsubscribe(old, READER)))


# -- what is not ours -----------------------------------------------------------------------------

READERS: list[Callable[[str], object]] = [
    lambda told: SIGNED.read_feedback(told, NOW),
    lambda told: SIGNED.read_page(told, NOW),
    SIGNED.read_unsubscribe,
]


@pytest.mark.parametrize("page", range(3))
def test_a_link_opens_no_page_but_its_own(page: int) -> None:
    for other, address in enumerate(addresses(SIGNED)):
        if other == page:
            assert READERS[page](token(address))
        else:
            with pytest.raises(LinkError, match="Open it from the mail"):
                READERS[page](token(address))


@pytest.mark.parametrize("page", range(3))
def test_no_changed_character_goes_unnoticed(page: int) -> None:
    """Every place of the token, the signature's last character among them, changed to another."""
    whole = token(addresses(SIGNED)[page])
    chance = random.Random(page)
    for at, sign in enumerate(whole):
        letters = (string.ascii_letters + string.digits + "-_.").replace(sign, "")
        with pytest.raises(LinkError):
            READERS[page](whole[:at] + chance.choice(letters) + whole[at + 1 :])


@pytest.mark.parametrize(
    "bad",
    ["", ".", "a", "....", "é" * 40, "\ud800.x", "x" * 5000, "eyJh.bGci.OiJI", "a.b c", "=" * 9],
)
@pytest.mark.parametrize("page", range(3))
def test_what_is_no_token_is_refused(page: int, bad: str) -> None:
    with pytest.raises(LinkError) as refused:
        READERS[page](bad)
    assert refused.value.remedy


def test_a_cut_or_lengthened_token_is_refused() -> None:
    whole = feedback()
    for told in (whole[:-1], whole[1:], whole + "A", f"A{whole}", whole.swapcase()):
        with pytest.raises(LinkError):
            SIGNED.read_feedback(told, NOW)


def test_a_signed_payload_of_another_form_is_refused() -> None:
    from service.capabilities import _serializer

    for payload in ({}, [], "x", [READER, "stroma", "1", 1], [READER, "stroma", True, 1]):
        told = _serializer([KEY], "f").dumps(payload)
        with pytest.raises(LinkError, match="another release"):
            SIGNED.read_feedback(told, NOW)


# -- feeds ----------------------------------------------------------------------------------------


def test_an_address_of_a_feed_names_it_and_nothing_else() -> None:
    address = SIGNED.feed("digests", "Ida's Lab. ü")
    assert re.fullmatch(rf"{re.escape(URL)}/feed/[A-Za-z0-9._-]+", address)
    assert SIGNED.read_feed(token(address)) == FeedLink("digests", "Ida's Lab. ü")
    assert address == SIGNED.feed("digests", "Ida's Lab. ü") != SIGNED.feed("topics", "stroma")
    assert Capabilities("", (KEY,)).feed("topics", "stroma") == ""


def test_neither_opens_an_address_of_a_feed_a_page_nor_a_link_of_a_mail_a_feed() -> None:
    feed = token(SIGNED.feed("topics", "stroma"))
    for read in READERS:
        with pytest.raises(LinkError):
            read(feed)
    for address in addresses(SIGNED):
        with pytest.raises(LinkError, match="Ask for the address again"):
            SIGNED.read_feed(token(address))


def test_an_address_of_a_feed_lives_as_long_as_its_key() -> None:
    old = token(Capabilities(URL, (OLDER,)).feed("topics", "stroma"))
    assert SIGNED.read_feed(old).name == "stroma"
    with pytest.raises(LinkError):
        Capabilities(URL, (KEY,)).read_feed(old)


# -- envelope addresses ---------------------------------------------------------------------------


def test_a_tag_fits_into_an_address_and_names_its_delivery() -> None:
    tag = SIGNED.bounce_tag(DELIVERY)
    assert re.fullmatch(r"[a-z0-9]{48}", tag)
    assert len(f"bounces+{tag}") <= 64
    assert SIGNED.read_bounce_tag(tag) == DELIVERY
    assert SIGNED.read_bounce_tag(tag.upper()) == DELIVERY


def test_tags_of_older_keys_are_still_known() -> None:
    assert SIGNED.read_bounce_tag(Capabilities("", (OLDER,)).bounce_tag(DELIVERY)) == DELIVERY
    assert SIGNED.read_bounce_tag(Capabilities("", (OTHER,)).bounce_tag(DELIVERY)) is None


def test_without_keys_there_are_no_tags() -> None:
    none = Capabilities(URL, ())
    assert none.bounce_tag(DELIVERY) == ""
    assert none.read_bounce_tag(SIGNED.bounce_tag(DELIVERY)) is None


def test_a_forged_tag_names_nothing() -> None:
    """T75."""
    tag = SIGNED.bounce_tag(DELIVERY)
    forged = [tag[:-1], tag + "a", tag[:-1] + ("a" if tag[-1] != "a" else "b"), "", "bounces"]
    forged += [str(uuid4()).replace("-", "") + tag[32:], tag[:32], f"{tag}\n", "٣" * 48]
    assert [SIGNED.read_bounce_tag(each) for each in forged] == [None] * len(forged)


def test_tags_and_links_do_not_share_signatures() -> None:
    """What is signed for one purpose must not open another."""
    assert SIGNED.bounce_tag(DELIVERY)[32:] not in feedback(reader=f"{DELIVERY}@x")
