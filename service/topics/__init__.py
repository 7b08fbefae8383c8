"""Topics and their seeds: parsing, documents, facets. Pure; reads only files shipped with it."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

from service.topics.documents import parse

if TYPE_CHECKING:
    from service.records import Topic


def shipped() -> tuple[Topic, ...]:
    """The topics that come with Litwatch, by name of their document."""
    folder = resources.files(__name__) / "seeds"
    documents = sorted(
        (item for item in folder.iterdir() if item.name.endswith(".toml")),
        key=lambda item: item.name,
    )

    def read_seed(name: str) -> str:
        return (folder / name).read_text(encoding="utf-8")

    return tuple(parse(item.read_text(encoding="utf-8"), read_seed) for item in documents)
