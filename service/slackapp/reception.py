"""The core behind both ways in: keep what carries a vote, then do what was asked.

`accept` is called before Slack is told that something arrived, `follow` after; neither waits for
the archive or for Slack. A thread takes what was kept into the archive, in order; a file leaves
the inbox when its vote is committed, and the vote's key lets it count once however often the
file is read.
"""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from service.errors import InputError, LitwatchError, StoreError, TopicError
from service.records import Judgement
from service.slackapp import commands, counting, why_not
from service.slackapp.commands import HomeOpened, NoteSubmission, Press, SlashCommand
from service.slackapp.showing import Taken, show

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from service.clock import Clock
    from service.pipeline import Parts
    from service.slackapp.asking import Desk
    from service.slackapp.calls import SlackCalls
    from service.slackapp.commands import Payload
    from service.slackapp.inbox import Inbox

log = logging.getLogger(__name__)

LOOK = 60.0  # seconds between two looks into the inbox when nobody presses
_AGAIN = (1.0, 2.0, 5.0, 10.0, 30.0)  # seconds until the archive is tried again
_ANSWERING, _ASKING = 4, 2  # threads


class Reception:
    """Takes payloads of either way in. Threads start with `start`, or on the first `follow`."""

    def __init__(
        self, parts: Parts, inbox: Inbox, slack: SlackCalls, desk: Desk, clock: Clock
    ) -> None:
        self._parts, self._inbox, self._slack, self._desk = parts, inbox, slack, desk
        self._clock = clock
        self._wake, self._over, self._lock = threading.Event(), threading.Event(), threading.Lock()
        self._emptying: threading.Thread | None = None
        # Questions must be asked within three seconds: they do not queue behind answers.
        self._asking = ThreadPoolExecutor(_ASKING, thread_name_prefix="slack-ask")
        self._answering = ThreadPoolExecutor(_ANSWERING, thread_name_prefix="slack-answer")

    # -- in

    def accept(self, payload: Payload) -> None:
        """Keep what carries a vote; when this returns, Slack may be told that it has arrived.

        Raises `DeliveryError`: then it must not be told.
        """
        if commands.carries_vote(payload):
            self._inbox.keep(payload, self._clock.now())

    def follow(self, payload: Payload) -> None:
        """Begin to do what was asked; returns at once."""
        self.start()
        try:
            asked = commands.command(payload)
        except InputError as error:  # it is in the inbox, and will be set aside there
            log.warning("%s", error)
        else:
            self._begin(asked)
        if commands.carries_vote(payload):
            self._wake.set()

    def _begin(self, asked: commands.Command) -> None:
        match asked:
            case Press(judgement=Judgement.NOT_RELEVANT, trigger_id=trigger) if trigger:
                ask = self._slack.open
                self._later(self._asking, lambda: ask(trigger, why_not.question(asked)))
            case SlashCommand(response_url=url):
                reply = self._desk.reply
                self._later(self._answering, lambda: self._slack.answer(url, reply(asked)))
            case HomeOpened(user=user):
                home = self._desk.home
                self._later(self._answering, lambda: self._slack.publish(user, home()))

    def _later(self, pool: ThreadPoolExecutor, work: Callable[[], object]) -> None:
        def told() -> None:
            try:
                work()
            except LitwatchError as error:
                log.error("%s", error)
            except Exception:  # a defect in one answer must not go unseen
                log.exception("unexpected failure")

        if not self._over.is_set():
            pool.submit(told)

    # -- into the archive

    def start(self) -> None:
        """Begin to empty the inbox, of what an earlier run left in it too."""
        with self._lock:
            if self._emptying is None and not self._over.is_set():
                self._wake.set()
                self._emptying = threading.Thread(
                    target=self._empty, name="slack-inbox", daemon=True
                )
                self._emptying.start()

    def close(self) -> None:
        """End the threads. What is still in the inbox is taken at the next start."""
        self._over.set()
        self._wake.set()
        for pool in (self._asking, self._answering):
            pool.shutdown(wait=False, cancel_futures=True)
        if self._emptying is not None:
            self._emptying.join(5)

    def _empty(self) -> None:
        failures = 0
        while not self._over.is_set():
            self._wake.wait(_AGAIN[min(failures, len(_AGAIN)) - 1] if failures else LOOK)
            self._wake.clear()
            if self._over.is_set():
                return
            try:
                self.drain()
                failures = 0
            except LitwatchError as error:
                failures += 1
                log.warning("votes from Slack wait in the inbox: %s", error)
            except Exception:  # a defect must not end the thread
                failures += 1
                log.exception("votes from Slack wait in the inbox: unexpected failure")

    def drain(self) -> Taken:
        """Take everything in the inbox into the archive, then let the messages show it.

        Raises `StoreError` when the archive cannot be written to, `DeliveryError` when the inbox
        cannot: the rest then stays where it is.
        """
        taken = Taken()
        try:
            with self._inbox.turn():
                for path in self._inbox.waiting():
                    self._take(path, taken)
        finally:
            show(self._parts, self._slack, taken)
        return taken

    def _take(self, path: Path, taken: Taken) -> None:
        try:
            asked = commands.command(self._inbox.read(path))
            self._count(asked, taken)
        except StoreError:
            raise
        except InputError as error:
            self._set_aside(path, str(error))
        except Exception as error:  # ours to mend; it must not hold up the others
            log.exception("a vote from Slack cannot be counted")
            self._set_aside(path, f"unexpected failure: {type(error).__name__}: {error}")
        else:
            self._inbox.done(path)

    def _count(self, asked: commands.Command, taken: Taken) -> None:
        match asked:
            case Press():
                try:
                    said = counting.take_press(self._parts, asked)
                    taken.counted.append((asked, said))
                except (TopicError, InputError) as error:
                    taken.refused.append((asked, error))
            case NoteSubmission():
                try:
                    counting.take_note(self._parts, asked)
                except (TopicError, InputError) as error:
                    log.info("an answer to “Why not?” was not kept: %s", error)
            case _:
                raise InputError("file", "holds no vote")

    def _set_aside(self, path: Path, reason: str) -> None:
        log.error("%s: %s; moved aside", path.name, reason)
        try:
            self._inbox.set_aside(path, reason)
        except OSError as error:
            log.error("%s: cannot be moved aside: %s", path.name, error)
