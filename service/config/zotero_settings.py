"""The settings of a Zotero library that works are pushed to, and seeds are pulled from."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from service.config import values
from service.config.kinds import ApiUrl, Part
from service.config.values import wrong


def _number(text: str) -> str:
    """A Zotero id: a number. The names that addresses show are something else."""
    if text and not (text.isascii() and text.isdigit()):
        told = "give the number: https://www.zotero.org/settings/keys says yours, a group's stands "
        raise wrong(f"{text!r} is no number", f"{told}in the address of its page")
    return text


LibraryId = Annotated[str, AfterValidator(values.one_line), AfterValidator(_number)]


class Zotero(Part):
    """A Zotero library."""

    user: LibraryId = Field(
        default="", coerce_numbers_to_str=True, description="user id (a number), for one's own"
    )
    group: LibraryId = Field(
        default="", coerce_numbers_to_str=True, description="group id (a number); goes before user"
    )
    api_key: SecretStr | None = Field(
        default=None, description="key with access to the library, and with write access to push"
    )
    base_url: ApiUrl = Field(default="https://api.zotero.org", description="address of the Web API")
