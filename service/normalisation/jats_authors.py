"""The authors of a JATS article: people, groups, and people on behalf of groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.normalisation import xml_tree as tree
from service.normalisation.authors import from_names, from_semicolons, group, person
from service.safe_xml import local_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml import etree

    from service.records import Author

_NOT_A_NAME = frozenset(
    str.split("contrib-group contrib xref aff address email fn role ext-link uri bio")
)


def read(meta: etree._Element | None) -> tuple[Author, ...]:
    """The authors in their order. Editors, reviewers and a group's members are left out."""
    groups = list(tree.children(meta, "contrib-group"))
    people = [c for g in groups for c in tree.children(g, "contrib")]
    typed = any(c.get("contrib-type") == "author" for c in people)
    found: list[Author] = []
    for contrib_group in groups:
        for element in tree.children(contrib_group):
            name = local_name(element)
            if name == "contrib" and _is_author(element, contrib_group, typed):
                found += _authors(element)
            elif name in ("collab", "on-behalf-of"):
                found += [group(words)] if (words := _group_name(element)) else []
    return tuple(dict.fromkeys(author for author in found if author.name))


def _is_author(element: etree._Element, around: etree._Element, typed: bool) -> bool:
    kind = element.get("contrib-type") or ""
    if kind:
        return kind in ("author", "collab", "group", "first author", "senior author")
    return not typed and around.get("content-type") in (None, "author", "authors")


def _authors(contrib: etree._Element) -> Iterator[Author]:
    name = tree.child(contrib, "name")
    alternatives = tree.child(contrib, "name-alternatives")
    if name is None and alternatives is not None:
        name = _western(alternatives)
    if name is not None:
        suffix = tree.text(name, "suffix")
        given = f"{tree.text(name, 'given-names')} {suffix}".strip()
        family = tree.text(name, "surname")
        yield person(family, given, _orcid(contrib)) if family else person(given, "")
    elif words := tree.text(contrib, "string-name") or tree.text(alternatives, "string-name"):
        yield from from_semicolons(words) if "," in words else from_names(words)
    for collab in (
        *tree.children(contrib, "collab"),
        *tree.children(tree.child(contrib, "collab-alternatives"), "collab"),
    ):
        if words := _group_name(collab):
            yield group(words)
            break
    for behalf in tree.children(contrib, "on-behalf-of"):
        yield group(_group_name(behalf))


def _western(alternatives: etree._Element) -> etree._Element | None:
    """The name in Latin letters, else the first."""
    names = list(tree.children(alternatives, "name"))
    names.sort(key=lambda n: n.get("name-style") == "eastern" or not _is_latin(n))
    return names[0] if names else None


def _is_latin(name: etree._Element) -> bool:
    return all(ord(letter) < 0x250 for letter in tree.text(name, "surname"))


def _group_name(element: etree._Element) -> str:
    """The group's own words, without its members, affiliations and marks."""
    parts = [element.text or ""]
    for child in element:
        if local_name(child) and local_name(child) not in _NOT_A_NAME:
            parts.append("".join(str(part) for part in child.itertext()))
        parts.append(child.tail or "")
    return " ".join("".join(parts).split()).strip(" ,;:")


def _orcid(contrib: etree._Element) -> str | None:
    """The ORCID of contrib-id, or of the links that older files have instead."""
    for element in tree.children(contrib, "contrib-id", "uri", "ext-link"):
        words = "".join(str(part) for part in element.itertext()).strip()
        told = (element.get("contrib-id-type") or "").lower() == "orcid"
        if told or "orcid.org" in words:
            return words
        if "orcid.org" in tree.attribute(element, "href"):
            return tree.attribute(element, "href")
    return None
