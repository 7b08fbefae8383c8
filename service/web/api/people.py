"""/people: who is who; and what is told of people elsewhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Path, Response

from service import people, voting
from service.web.api import models
from service.web.api.access import Admin  # noqa: TC001 - FastAPI reads the annotations
from service.web.api.problems import looking_up

if TYPE_CHECKING:
    from service.bootstrap import App
    from service.web.api.access import Caller

Name = Annotated[
    str,
    Path(
        max_length=models.LONGEST_PERSON,
        description="a name that votes come under",
        examples=["mail:ida@example.org"],
    ),
]

# It begins where a word does: looked for at every letter, a long text would take very long.
_ADDRESS = re.compile(r"(?<![^\s@:<])([^\s@:<]?)[^\s@:<]*(@[^\s@>]+)")


def told(text: str, caller: Caller) -> str:
    """A text with its mail addresses cut short ("i...@example.org"), unless its asker may know
    them: who reads what is their own business."""
    return text if caller.sees_addresses else _ADDRESS.sub(r"\1...\2", text)


def routes(app: App) -> APIRouter:
    """People and their names."""
    router = APIRouter(tags=["votes"])

    @router.get("/people")
    def list_people(caller: Admin) -> models.PersonList:
        """Everybody who has voted, with all their names. Scope: admin."""
        return models.PersonList.of({"items": people.people(app.parts)})

    @router.put("/people/{name}", responses={400: {}})
    def link_name(caller: Admin, name: Name, asked: models.PersonNameRequest) -> models.PersonName:
        """Count what is said under this name as said by a person. Scope: admin."""
        whose = people.link(app.parts, name, asked.person, author=f"api:{caller.name}")
        return models.PersonName.of({"name": voting.name(name), "person": whose})

    @router.delete("/people/{name}", status_code=204, responses={404: {}})
    def unlink_name(caller: Admin, name: Name) -> Response:
        """Let a name stand for itself again. Scope: admin."""
        with looking_up():
            people.unlink(app.parts, name)
        return Response(status_code=204)

    return router
