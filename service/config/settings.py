"""Every setting: its name, default, meaning and what it refuses. Reads nothing; see `loading`.

The descriptions are the documentation: `reference` prints them, a test compares.
"""

from __future__ import annotations

from email.utils import parseaddr
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
)

from service.config import values
from service.config.kinds import Address, Part, Positive, Weekday, Word, Words
from service.config.source_settings import Sources
from service.config.values import WEEKDAYS, wrong
from service.records import Subscription


class Database(Part):
    """Where the archive lives."""

    url: SecretStr = Field(
        default=SecretStr("sqlite:///litwatch.db"),
        description="SQLAlchemy address: a SQLite file (relative to the working folder) or "
        "`postgresql+psycopg://user:password@host/name`",
    )

    @field_validator("url")
    @classmethod
    def _known(cls, url: SecretStr) -> SecretStr:
        values.database_url(url.get_secret_value())
        return url


class HttpClient(Part):
    """How sources are fetched."""

    contact: Address = Field(
        default="", description="e-mail address told to the sources with each request"
    )
    user_agent_url: Annotated[str, AfterValidator(values.web_url)] = Field(
        default="https://github.com/litwatch/litwatch", description="page named in the User-Agent"
    )
    deadline_s: Positive = Field(default=60, description="seconds that one reply may take in all")
    max_body_mib: Positive = Field(
        default=64, description="largest reply accepted, decompressed, in MiB"
    )
    tries: int = Field(default=4, ge=1, le=10, description="times one request is tried")
    pace: float = Field(
        default=1.0,
        ge=0,
        le=100,
        description="factor on the time between two requests to a host; below 1 only when all "
        "sources are servers on this machine",
    )
    trusted_hosts: Words = Field(
        default=(), description="hosts that may have a private address (a mirror)"
    )


class Poll(Part):
    """How often."""

    every_hours: int = Field(default=6, ge=1, le=168, description="hours between polls")
    first_days: int = Field(
        default=14, ge=1, le=400, description="days that the very first poll goes back"
    )


class EncoderChoice(Part):
    """What turns text into vectors."""

    model: Word = Field(
        default="",
        description="name or folder of a sentence-transformers model; empty: the bundled one",
    )
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        default="auto", description="how vectors are computed (auto: bfloat16 where the CPU has it)"
    )
    threads: int = Field(default=0, ge=0, le=1024, description="CPU threads; 0: all")


class Topics(Part):
    """What is followed."""

    folder: Word = Field(
        default="",
        description="folder of topic documents (TOML), from the working folder; empty: the two "
        "that are shipped",
    )


class SubscriptionEntry(Part):
    """One digest to one place, each week."""

    name: Annotated[str, AfterValidator(values.label)] = Field(
        description="its name, unique: letters, digits, spaces, `.`, `_`, `-`"
    )
    topics: Words = Field(default=(), description="slugs of topics; empty: all")
    channel: Literal["slack", "email", "file"] = Field(description="how it is sent")
    destination: Word = Field(
        min_length=1,
        description="Slack channel id (C...), e-mail address, or how the file's "
        "name begins (ending in `.txt` for plain text)",
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
        """The subscription as the other stages know it; no topics named means `all_topics`."""
        return Subscription(
            name=self.name,
            topics=self.topics or all_topics,
            channel=self.channel,
            destination=self.destination,
            weekday=WEEKDAYS.index(self.weekday),
            at=self.at,
            zone=self.zone,
            cap=self.cap,
            floor=min(self.floor, self.cap),
            active=self.active,
        )


class Slack(Part):
    """The Slack app."""

    token: SecretStr | None = Field(default=None, description="bot token (xoxb-...)")
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
    """Digests as files."""

    folder: Word = Field(
        default="digests",
        min_length=1,
        description="where they are written, from the working folder",
    )


class Delivery(Part):
    """How long a worker may hold a delivery before another may look at it."""

    lease_s: Positive = Field(
        default=120, description="seconds, for Slack and files; > 2 x slack.timeout_s"
    )
    email_lease_s: Positive = Field(
        default=2400,
        description="seconds, for e-mail; > 2 x (10 x email.timeout_s + email.final_timeout_s)",
    )


class Log(Part):
    """What is told while running, on standard error."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="least level that is shown"
    )
    format: Literal["text", "json"] = Field(
        default="text", description="how it is written (json: one object a line)"
    )


class Settings(Part):
    """All settings. Built by `config.load`, which alone knows files and variables."""

    database: Database = Database()
    http: HttpClient = HttpClient()
    sources: Sources = Sources()
    poll: Poll = Poll()
    encoder: EncoderChoice = EncoderChoice()
    topics: Topics = Topics()
    subscriptions: tuple[SubscriptionEntry, ...] = Field(default=(), description="who is sent what")
    slack: Slack = Slack()
    email: Email = Email()
    file: File = File()
    delivery: Delivery = Field(default=Delivery(), validate_default=True)  # its check sees others
    log: Log = Log()

    @field_validator("subscriptions")
    @classmethod
    def _names_differ(cls, entries: tuple[SubscriptionEntry, ...]) -> tuple[SubscriptionEntry, ...]:
        values.all_different([entry.name for entry in entries], "subscription")
        return entries

    @field_validator("delivery")
    @classmethod
    def _lease_outlives_call(cls, delivery: Delivery, info: ValidationInfo) -> Delivery:
        """A call must end well before its lease, or a second worker would judge a living one."""
        held: dict[str, Any] = info.data
        slack, email = held.get("slack"), held.get("email")
        if slack and slack.timeout_s >= delivery.lease_s / 2:
            least = 2 * slack.timeout_s
            raise wrong(
                f"{delivery.lease_s:g} s is too short for slack.timeout_s {slack.timeout_s:g}",
                f"more than {least:g}",
                at="lease_s",
            )
        if email and email.deadline_s >= delivery.email_lease_s / 2:
            raise wrong(
                f"{delivery.email_lease_s:g} s is too short: one mail may take "
                f"{email.deadline_s:g} s (10 x email.timeout_s + email.final_timeout_s)",
                f"more than {2 * email.deadline_s:g}",
                at="email_lease_s",
            )
        return delivery
