"""Every setting of what is sent: subscriptions, channels, the web pages, leases."""

from __future__ import annotations

from email.utils import parseaddr
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
)

from service.config import values
from service.config.kinds import Address, ApiUrl, Part, Positive, Weekday, Word, Words
from service.config.values import WEEKDAYS, wrong
from service.records import Subscription

_LONGEST_BOUNCES = 15  # and "+", and 48 of a tag: 64, which is all that servers must take


class SubscriptionEntry(Part):
    """One digest to one place, each week."""

    name: Annotated[str, AfterValidator(values.label)] = Field(
        description="its name, unique: letters, digits, spaces, `.`, `_`, `-`"
    )
    topics: Words = Field(
        default=(), description="slugs of topics; empty: all, but none where there are `searches`"
    )
    searches: Words = Field(
        default=(),
        description="names of saved searches: what is new and answers to one is sent too",
    )
    channel: Literal["slack", "email", "file", "atom", "apprise"] = Field(
        description="how it is sent"
    )
    destination: Word = Field(
        min_length=1,
        description="Slack channel id (C...), e-mail address, how the file's name begins (ending "
        "in `.txt` for plain text), the name of an Atom feed, or the name of one of `targets`",
    )
    weekday: Weekday = Field(default="monday", description="day it is sent")
    at: Annotated[str, BeforeValidator(values.time_of_day)] = Field(
        default="08:00", description="time it is sent, 24 hours"
    )
    zone: Annotated[str, AfterValidator(values.zone)] = Field(
        default="Europe/Berlin", description="time zone of `weekday` and `at`"
    )
    cap: int = Field(default=15, ge=1, le=200, description="most works in one digest")
    floor: int = Field(
        default=3, ge=0, description="fill up to this many with works just below the line; 0: never"
    )
    active: bool = Field(default=True, description="false: kept, but nothing is sent")
    fallback: Address = Field(
        default="",
        description="e-mail address that a digest goes to when its channel refuses for good",
    )

    @field_validator("destination")
    @classmethod
    def _fits_channel(cls, destination: str, info: ValidationInfo) -> str:
        return values.destination(destination, info.data.get("channel", ""))

    @field_validator("floor")
    @classmethod
    def _floor_under_cap(cls, floor: int, info: ValidationInfo) -> int:
        if floor > info.data.get("cap", floor):
            raise wrong(f"{floor} is more than cap ({info.data['cap']})", "lower it, or raise cap")
        return floor

    def record(self, all_topics: tuple[str, ...]) -> Subscription:
        """The subscription as the other stages know it; neither topics nor searches named means
        `all_topics`."""
        return Subscription(
            name=self.name,
            topics=self.topics or (() if self.searches else all_topics),
            searches=self.searches,
            channel=self.channel,
            destination=self.destination,
            weekday=WEEKDAYS.index(self.weekday),
            at=self.at,
            zone=self.zone,
            cap=self.cap,
            floor=min(self.floor, self.cap),
            active=self.active,
            fallback=self.fallback,
        )


class SearchEntry(Part):
    """A saved search."""

    name: Annotated[str, AfterValidator(values.slug)] = Field(
        description="what subscriptions, feeds and commands call it, unique: lower case, digits, "
        "hyphens"
    )
    query: Word = Field(min_length=1, description="what it looks for, as for `litwatch search`")
    mode: Literal["hybrid", "lexical", "semantic"] = Field(
        default="hybrid", description="by what `litwatch searches run` finds works"
    )


class Slack(Part):
    """The Slack app."""

    token: SecretStr | None = Field(default=None, description="bot token (xoxb-...)")
    app_token: SecretStr | None = Field(
        default=None,
        description="app-level token (xapp-...): buttons and commands by Socket Mode, without a "
        "public address",
    )
    signing_secret: SecretStr | None = Field(
        default=None,
        description="the other way: Slack calls `web.url`/slack/..., and each call is checked "
        "with this",
    )
    inbox: Word = Field(
        default="slack-inbox",
        min_length=1,
        description="folder where a press of a button is kept until it is in the archive",
    )
    base_url: Annotated[str, AfterValidator(values.slack_url)] = Field(
        default="https://slack.com/api/", description="address of the Web API"
    )
    timeout_s: int = Field(default=20, ge=1, description="seconds that one call may take")


class Email(Part):
    """The mail server."""

    host: Word = Field(default="", description="SMTP server")
    port: int = Field(default=587, ge=1, le=65535, description="its port")
    security: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="encryption (`none`: for a server on this machine only)"
    )
    username: Word = Field(default="", description="empty: no login")
    password: SecretStr | None = Field(default=None, description="password of `username`")
    sender: Annotated[str, AfterValidator(values.mailbox)] = Field(
        default="", description="From: an address, or `Name <address>`"
    )
    domain: Word = Field(default="", description="domain of Message-IDs; empty: that of `sender`")
    unsubscribe_mailto: Address = Field(
        default="", description="address that unsubscribing mails go to"
    )
    unsubscribe_url: Annotated[str, AfterValidator(values.https_url)] = Field(
        default="", description="page for one-click unsubscribing (it must accept POST)"
    )
    bounce_address: Address = Field(
        default="",
        description="where mails that cannot be delivered come back to; needs `web.keys`, which "
        "sign the part that is added (bounces+...@)",
    )
    bounce_maildir: Word = Field(
        default="", description="Maildir in which they arrive; empty: use `litwatch bounces take`"
    )
    bounce_imap_host: Word = Field(
        default="", description="IMAP server (TLS) of the mail box in which they arrive; or empty"
    )
    bounce_imap_port: int = Field(default=993, ge=1, le=65535, description="its port")
    bounce_imap_username: Word = Field(default="", description="user of that mail box")
    bounce_imap_password: SecretStr | None = Field(
        default=None, description="password of `bounce_imap_username`"
    )
    bounce_imap_folder: Word = Field(
        default="INBOX",
        min_length=1,
        description="folder of that mail box, which nobody else should read: what is seen is "
        "passed over",
    )
    on_unknown: Literal["resend_once", "hold"] = Field(
        default="resend_once",
        description="what to do when the link died after the last byte: the same bytes once more "
        "(a copy is possible), or wait for a person (a loss is possible)",
    )
    timeout_s: Positive = Field(
        default=30, description="seconds that one step of the dialogue may take"
    )
    final_timeout_s: Positive = Field(
        default=600, description="seconds to wait after the last byte (RFC 5321 asks for 600)"
    )

    @field_validator("security")
    @classmethod
    def _plain_only_here(cls, security: str, info: ValidationInfo) -> str:
        host = info.data.get("host") or "localhost"
        if security == "none" and not values.is_loopback(host):
            raise wrong(
                "mail and password would cross the network readable",
                'use "starttls" or "tls"; "none" is for localhost',
            )
        return security

    @field_validator("bounce_address")
    @classmethod
    def _room_for_a_tag(cls, address: str) -> str:
        local = address.rpartition("@")[0]
        if len(local) > _LONGEST_BOUNCES:
            raise wrong(
                f"{len(local)} characters before the @ leave no room for what is added",
                f"choose an address with {_LONGEST_BOUNCES} or fewer",
            )
        return address

    @property
    def address(self) -> str:
        """The bare address in `sender`: the envelope's."""
        return parseaddr(self.sender)[1]

    @property
    def message_domain(self) -> str:
        """What Message-IDs end in."""
        return self.domain or self.address.rpartition("@")[2]

    @property
    def deadline_s(self) -> float:
        """The longest that one sending can take: ten steps, then the wait after the last byte."""
        return 10 * self.timeout_s + self.final_timeout_s


class File(Part):
    """Digests as files, and Atom feeds of them."""

    folder: Word = Field(
        default="digests",
        min_length=1,
        description="where they are written, from the working folder",
    )
    url: Annotated[str, AfterValidator(values.web_url)] = Field(
        default="",
        description="where a web server shows `folder`; an Atom feed says its own address by it",
    )


class Target(Part):
    """A chat or a service that Apprise knows: Teams, Discord, Mattermost, Matrix, Zulip..."""

    name: Annotated[str, AfterValidator(values.label)] = Field(
        description="what a subscription names as its destination"
    )
    url: SecretStr = Field(description="its Apprise address, a secret (`discord://...`)")


class Web(Part):
    """The pages that mails link to, and the process that serves them (`litwatch serve`)."""

    url: ApiUrl = Field(
        default="",
        description="public address of `litwatch serve`; empty: mails have no links to vote or to "
        "unsubscribe with one click",
    )
    keys: Annotated[tuple[SecretStr, ...], BeforeValidator(values.listed)] = Field(
        default=(),
        description="secrets that sign those links, 32 characters or more; the first signs, all "
        "are accepted (make one with `litwatch config key`)",
    )
    host: Word = Field(default="127.0.0.1", description="address that is listened on")
    port: int = Field(default=8080, ge=1, le=65535, description="its port")
    api: bool = Field(
        default=True,
        description="programs may ask the archive (/api/v1); where others than this machine reach "
        "it, with a token (make one with `litwatch token create`)",
    )
    site: bool = Field(
        default=True,
        description="people may use the web app (/): at this machine, or signed in with a token",
    )
    api_rate: int = Field(
        default=600, ge=1, description="requests that one token may make in a minute"
    )

    @field_validator("keys")
    @classmethod
    def _long_enough(cls, keys: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if any(len(key.get_secret_value()) < 32 for key in keys):
            raise wrong("a key is shorter than 32 characters", "run: litwatch config key")
        return keys


class Delivery(Part):
    """How long a worker may hold a delivery before another may look at it."""

    lease_s: Positive = Field(
        default=120, description="seconds, for Slack and files; > 2 x slack.timeout_s"
    )
    email_lease_s: Positive = Field(
        default=2400,
        description="seconds, for e-mail; > 2 x (10 x email.timeout_s + email.final_timeout_s)",
    )
