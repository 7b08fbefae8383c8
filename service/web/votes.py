"""The page behind the vote links of a mail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Response

from service import voting
from service.digest import words
from service.errors import InputError, LinkExpiredError
from service.records import Judgement
from service.web.limits import form
from service.web.pages import page

if TYPE_CHECKING:
    from service.bootstrap import App
    from service.capabilities import FeedbackLink
    from service.records import Vote, Work
    from service.store import Unit
    from service.web.limits import Turns

NOTE = 2_000  # characters
# What a form says, in the order of its buttons; mails have the same words in `?say=`.
_SAID = {
    "relevant": Judgement.RELEVANT,
    "not-relevant": Judgement.NOT_RELEVANT,
    "save": Judgement.SAVED,
}
_LABELS = {"relevant": "Relevant", "not-relevant": "Not relevant", "save": "Save"}
Fields = Annotated[dict[str, str], Depends(form)]


def routes(app: App, turns: Turns) -> APIRouter:
    """/f/TOKEN: GET shows the work and three buttons, POST counts what was pressed.

    Mail scanners open every link, some press what a script would press: so nothing is counted
    without a person's press. There are no cookies, so that no other site can press for a reader;
    the token in the address is what a form elsewhere would lack.
    """
    router = APIRouter()

    @router.api_route("/f/{token}", methods=["GET", "HEAD"])
    def show(token: str, say: str = "") -> Response:
        link = app.capabilities.read_feedback(token, app.clock.now())
        return _page(app, link, say=say)

    @router.post("/f/{token}")
    def press(token: str, fields: Fields) -> Response:
        link = app.capabilities.read_feedback(token, app.clock.now())
        turns.take(token)
        judgement = (_SAID | {"withdraw": Judgement.WITHDRAWN}).get(fields.get("say", ""))
        note = fields.get("note", "").replace("\r\n", "\n")
        if judgement is None:
            return _page(app, link, status=400, trouble="Nothing was chosen: press a button below.")
        if len(note) > NOTE:
            trouble = f"The note is longer than {NOTE:,} characters; nothing was counted yet."
            return _page(app, link, status=413, say=fields["say"], trouble=trouble, note=note)
        ballot = voting.Ballot(str(link.work_id), judgement, note=note)
        with app.store.reading() as tx:
            _subject(app, tx, link)
        voting.cast(app.parts, link.topic, [ballot], voter=_voter(link), via="mail")
        return _page(app, link, done=True)

    return router


def _page(app: App, link: FeedbackLink, *, status: int = 200, **shown: object) -> Response:
    """The work as it is now, with what this reader says of it now."""
    with app.store.reading() as tx:
        work, topic = _subject(app, tx, link)
        said = tx.votes.said(link.topic, work.id, _voter(link))
    values: dict[str, object] = {
        "done": False,
        "say": "",
        "trouble": "",
        "note": said.note if said else "",
        **shown,
    }
    return page(
        "vote",
        status,
        title=words.title(work),
        url=words.best_link(work),
        authors=words.authors_line(work.authors),
        venue=words.venue_line(work),
        badges=[(word, word in words.ALARMING) for word in words.badges(work)],
        links=words.links(work),
        topic=words.topic_name(topic, link.topic),
        reader=link.reader,
        said=_said(said),
        buttons=list(_LABELS.items()),
        longest=NOTE,
        **values,
    )


def _subject(app: App, tx: Unit, link: FeedbackLink) -> tuple[Work, str]:
    """The work, and the topic's name. Raises `LinkExpiredError` when one of them is gone."""
    names = {topic.slug: topic.name for topic in app.topics(tx)}
    if link.topic not in names:
        told = "is no longer followed here"
        raise LinkExpiredError("this topic", told, "Use a link in a newer digest")
    try:
        return tx.works.get(link.work_id), names[link.topic]
    except InputError:
        told = "is no longer in the archive"
        raise LinkExpiredError("this paper", told, "Nothing needs to be done") from None


def _voter(link: FeedbackLink) -> str:
    """One reader, however their address is spelled in the configuration of the day."""
    return f"mail:{link.reader.lower()}"


def _said(vote: Vote | None) -> dict[str, str] | None:
    """A vote as the page has it: the button's name, its label, and the day."""
    if vote is None:
        return None
    name = next(name for name, judgement in _SAID.items() if judgement == vote.judgement)
    return {"name": name, "label": _LABELS[name], "day": words.day(vote.at.date().isoformat())}
