"""Somebody by all their names: under which they vote, and by which channels reach them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.store.columns import storable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

_ACCOUNT = re.compile(r"[UWD][A-Z0-9]{8,}")  # of Slack: a user, or the channel of one user
_PREFIXED = re.compile(r"(mail|slack|api):.")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody by all their names: those that they vote under, their mail addresses in lower case,
    their Slack accounts, their tokens."""

    names: frozenset[str]

    @property
    def addresses(self) -> frozenset[str]:
        """Where mail reaches them."""
        bare = {name.removeprefix("mail:").casefold() for name in self.names}
        return frozenset(name for name in bare if "@" in name)

    @property
    def accounts(self) -> frozenset[str]:
        """Where Slack reaches them."""
        return frozenset(name[6:] for name in self.names if name.startswith("slack:"))

    @property
    def tokens(self) -> frozenset[str]:
        """What their tokens are called."""
        bare = {name.removeprefix("api:") for name in self.names}
        return frozenset(name for name in bare if ":" not in name)

    @property
    def unmistakable(self) -> frozenset[str]:
        """Names that are nobody else's, and no common word."""
        prefixed = {name for name in self.names if _PREFIXED.match(name)}
        return self.addresses | self.accounts | prefixed

    @property
    def every(self) -> frozenset[str]:
        """All that they may be called by in a text."""
        return self.names | self.unmistakable

    def reached_at(self, channel: str, destination: str) -> bool:
        """Whether what is sent there is sent to them, and to nobody else."""
        match channel:
            case "email":
                return destination.casefold() in self.addresses
            case "slack":
                return destination in self.accounts
        return destination in self.names


def forms(given: Iterable[str]) -> frozenset[str]:
    """The names that these are, and that they are in other words: an address is also the name that
    its owner votes under, and so is a Slack account."""
    found: set[str] = set()
    for name in given:
        bare = name.removeprefix("mail:")
        if "@" in bare:
            found |= {bare, bare.lower(), f"mail:{bare}", f"mail:{bare.lower()}"}
        account = name.removeprefix("slack:")
        if _ACCOUNT.fullmatch(account):
            found |= {account, f"slack:{account}"}
        found.add(name)
    return frozenset(found)


def spelled(names: Collection[str]) -> re.Pattern[str]:
    """Any of the names, in whatever case, as a word of its own."""
    longest = sorted(names, key=len, reverse=True)
    either = "|".join(re.escape(storable(name)) for name in longest)
    return re.compile(rf"(?<![\w@+])(?<![\w][.-])(?:{either})(?![\w@]|[.-]\w)", re.IGNORECASE)
