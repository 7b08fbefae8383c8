"""What every text column may hold of a person. A column that is not named here is a defect: a test
holds this list against the schema, so that whoever adds one has to say what is in it.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Holds(Enum):
    """What a column may hold of a reader, and so what becomes of it when they are forgotten."""

    NAME = "whose doing it was, and nothing else: another name takes its place"
    ADDRESS = "where something is sent: it goes with its row, or another takes its place"
    ROW = "what one person has said or was sent: it goes with its row, or is emptied"
    TEXT = "words of people and of the program: names in them are taken out"
    CODE = "what the program reads again: addresses and names like slack:U1 are taken out"
    LABEL = "what somebody has called a thing: it goes with the thing, or is told"
    PUBLISHED = "what was published, or is said of it; readers are not in it"
    OWN = "the program's own words, numbers and hashes; names of machines at most"


_H = Holds

COLUMNS: Mapping[str, Mapping[Holds, str]] = {
    "alarm": {_H.TEXT: "thing cause remedy", _H.ROW: "key", _H.OWN: "severity"},
    "alias": {_H.ROW: "alias person", _H.NAME: "author"},
    "backfill": {_H.OWN: "key source encoder"},
    "backfill_part": {
        _H.CODE: "file",
        _H.TEXT: "error",
        _H.OWN: "checksum state holder stored tally deleted",
    },
    "bounce": {_H.ADDRESS: "address", _H.TEXT: "detail", _H.OWN: "delivery_id status"},
    "citation": {_H.PUBLISHED: "of key said_by"},
    "claim": {_H.LABEL: "name", _H.OWN: "holder"},
    "counter": {_H.OWN: "name"},
    "delivery": {
        _H.ADDRESS: "destination",
        _H.ROW: "payload provider_id",
        _H.TEXT: "last_error remedy",
        _H.OWN: "id digest_id channel sha256 state owner",
    },
    "delivery_event": {_H.TEXT: "detail", _H.OWN: "delivery_id from_state to_state"},
    "digest": {_H.LABEL: "subscription", _H.ROW: "content", _H.OWN: "id period"},
    "digest_change": {_H.OWN: "digest_id change"},
    "digest_item": {_H.OWN: "digest_id topic kind flags"},
    "embedding": {_H.OWN: "text_hash vectors"},
    "encoder": {_H.OWN: "name revision text_version precision"},
    "enrichment": {_H.PUBLISHED: "what source asked term content"},
    "entity": {_H.PUBLISHED: "kind folded name identifier"},
    "fidelity": {_H.OWN: "slug encoder figure"},
    "lane": {_H.OWN: "name holder queue"},
    "merge_event": {_H.TEXT: "reason", _H.OWN: "action record_ids"},
    "picture": {_H.PUBLISHED: "digest media_type content"},
    "ranking_run": {_H.OWN: "purpose topic encoder program missing digest"},
    "reading": {_H.ROW: "reader"},
    "receipt": {
        _H.CODE: "query",  # of an import the name of its file
        _H.TEXT: "gap",
        _H.OWN: "source kind translation warnings dropped lacking signs program",
    },
    "record": {
        _H.PUBLISHED: "source source_id version format payload payload_hash joined_by error"
    },
    "ruling": {_H.NAME: "author", _H.TEXT: "reason"},
    "saved_search": {_H.LABEL: "name", _H.CODE: "query", _H.NAME: "author", _H.OWN: "mode"},
    "seed_list": {_H.PUBLISHED: "seed source notes"},
    "seed_reference": {_H.PUBLISHED: "seed title abstract doi pmid pmcid arxiv"},
    "source": {_H.TEXT: "error", _H.OWN: "name error_code"},
    "statement": {_H.PUBLISHED: "key flag said_by notice text"},
    "stop": {_H.LABEL: "subscription", _H.TEXT: "detail", _H.OWN: "reason"},
    "subscription": {
        _H.LABEL: "name",
        _H.ADDRESS: "destination fallback",
        _H.NAME: "author",
        _H.OWN: "topics channel at zone searches",
    },
    "sweep_mark": {_H.OWN: "source kind etag last_modified"},
    "text_vector": {_H.OWN: "text_hash vectors"},
    "token": {_H.ROW: "name", _H.OWN: "sha256 scope"},
    "topic": {_H.OWN: "slug"},
    "topic_version": {
        _H.CODE: "document",
        _H.NAME: "author",
        _H.TEXT: "reason",
        _H.OWN: "slug",
    },
    "upcoming": {_H.LABEL: "subscription", _H.ROW: "works", _H.OWN: "state"},
    "vote": {_H.NAME: "voter", _H.ROW: "key", _H.TEXT: "note", _H.OWN: "topic judgement via"},
    "week": {_H.OWN: "topic state spread encoder missing"},
    "week_work": {_H.OWN: "topic ranked"},
    "work": {
        _H.PUBLISHED: "title abstract authors venue published entered kind flags doi pmid pmcid "
        "arxiv url pdf_url sources keywords mesh text_hash"
    },
    "work_key": {_H.PUBLISHED: "key"},
    "worker": {_H.OWN: "name program doing"},
}
"""By table: its columns that hold text, bytes or JSON, by what is in them."""


def columns(what: Holds) -> list[tuple[str, str]]:
    """Every column that holds this, with its table before it."""
    return [
        (table, column) for table, held in COLUMNS.items() for column in held.get(what, "").split()
    ]
