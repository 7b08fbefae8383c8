from __future__ import annotations

from dataclasses import replace

import pytest

from service.errors import TopicError
from service.records import FollowedAuthor, Seed, Topic
from service.topics.differing import differences, told
from service.topics.documents import dump, parse
from service.topics.editing import following, not_following

ORCID = "0000-0002-1825-0097"
TOPIC = Topic("t", "T", (Seed("s", "text", "Traps"),))
OKAFOR = FollowedAuthor("Okafor Chidi", ORCID)
MEIER = FollowedAuthor("Meier, Ute A", "", "Bonn")
BOTH = replace(TOPIC, authors=(OKAFOR, MEIER))


def lines(before: Topic | None, after: Topic) -> list[str]:
    return [told(each) for each in differences(before, after)]


# -- documents ------------------------------------------------------------------------------------


def test_a_document_keeps_who_is_followed() -> None:
    assert parse(dump(BOTH)) == BOTH
    assert "[[authors]]" not in dump(TOPIC)


def test_an_orcid_comes_as_it_is_copied_and_is_kept_in_one_form() -> None:
    text = dump(BOTH).replace(f'"{ORCID}"', '"https://orcid.org/0000000218250097"')
    assert parse(text) == BOTH


def test_an_orcid_alone_names_its_author() -> None:
    found = parse(dump(TOPIC) + f'\n[[authors]]\norcid = "{ORCID}"\n')
    assert found.authors == (FollowedAuthor(ORCID, ORCID),)
    assert parse(dump(found)) == found


@pytest.mark.parametrize(
    ("told", "cause", "remedy"),
    [
        ('name = "O"\norcid = "0000-0002-1825-0098"', "no ORCID", "copy it from orcid.org"),
        ('name = "O"\norcid = "12"', "no ORCID", "copy it from orcid.org"),
        ('name = "Okafor Chidi"', "is missing", "give an ORCID, or a part of the affiliation"),
        ('name = "Okafor"\naffiliation = "Bonn"', "without given names", "family name first"),
        ('name = "van der Berg A"\naffiliation = "Delft"', "which part", '"van der Berg, A"'),
        ('affiliation = "Bonn"', "is missing", "give a name or an ORCID"),
        ('nam = "Okafor"', 'unknown key "nam"', 'did you mean "name"'),
        (f'name = "O"\norcid = "{ORCID}"\n[[authors]]\norcid = "{ORCID}"', "named twice", "once"),
    ],
)
def test_an_author_that_cannot_be_followed_is_refused(told: str, cause: str, remedy: str) -> None:
    with pytest.raises(TopicError) as caught:
        parse(f"{dump(TOPIC)}\n[[authors]]\n{told}\n")
    assert cause in str(caught.value)
    assert remedy in str(caught.value)
    assert "authors" in str(caught.value)


def test_authors_that_are_no_tables_are_refused() -> None:
    with pytest.raises(TopicError, match="must be tables"):
        parse('authors = ["Okafor"]\n' + dump(TOPIC))


# -- editing --------------------------------------------------------------------------------------


def test_following_and_not_following() -> None:
    assert following(TOPIC, [OKAFOR, MEIER]) == BOTH
    for name in (ORCID, f"https://orcid.org/{ORCID}", OKAFOR.key, "okafor  chidi"):
        assert not_following(BOTH, name).authors == (MEIER,)


def test_who_is_followed_already_is_followed_as_told_now() -> None:
    now = FollowedAuthor("Okafor, Chidi", ORCID, "Heidelberg")
    assert following(BOTH, [now]).authors == (now, MEIER)


def test_what_was_typed_is_tidied() -> None:
    found = following(TOPIC, [FollowedAuthor("  Meier,\n Ute A", "", " Bonn\x07")])
    assert found.authors == (MEIER,)


def test_nobody_of_that_name_is_followed() -> None:
    with pytest.raises(TopicError, match="did you mean: Okafor Chidi"):
        not_following(BOTH, "Okafor Chid")
    with pytest.raises(TopicError, match="there are none"):
        not_following(TOPIC, "Okafor")


def test_a_name_that_two_have_must_be_told_better() -> None:
    two = replace(BOTH, authors=(OKAFOR, FollowedAuthor("Okafor Chidi", "", "Lagos")))
    with pytest.raises(TopicError, match=f"{ORCID}, Lagos"):
        not_following(two, "Okafor Chidi")
    assert not_following(two, "author:okafor chidi|lagos").authors == (OKAFOR,)


# -- differences ----------------------------------------------------------------------------------


def test_who_came_and_who_went_is_told() -> None:
    assert lines(TOPIC, BOTH) == [
        f"added followed author “Okafor Chidi”: ORCID {ORCID}",
        "added followed author “Meier, Ute A”: Bonn",
    ]
    assert lines(BOTH, TOPIC)[0].startswith("removed followed author “Okafor Chidi”")
    assert "added followed author “Meier, Ute A”: Bonn" in lines(None, BOTH)


def test_what_changed_of_an_author_is_told() -> None:
    now = replace(BOTH, authors=(FollowedAuthor("Okafor, C", ORCID, "Lagos"), MEIER))
    assert lines(BOTH, now) == [
        f"followed author “Okafor Chidi”: ORCID {ORCID}, now ORCID {ORCID}, Lagos",
        "name of followed author “Okafor Chidi”: Okafor Chidi, now Okafor, C",
    ]


def test_another_order_is_told() -> None:
    turned = replace(BOTH, authors=(MEIER, OKAFOR))
    assert lines(BOTH, turned)[0].startswith("order of followed authors")
    assert lines(BOTH, BOTH) == []
