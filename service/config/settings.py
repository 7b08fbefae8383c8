"""Every setting: its name, default, meaning and what it refuses. Reads nothing; see `loading`.

The descriptions are the documentation: `reference` prints them, a test compares.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
)

from service.config import values
from service.config.channel_settings import (
    Delivery,
    Email,
    File,
    SearchEntry,
    Slack,
    SubscriptionEntry,
    Target,
    Web,
)
from service.config.enrichment_settings import EnrichmentChoice
from service.config.kinds import Address, Part, Positive, Word, Words
from service.config.operator_settings import Operator, Retention, Telemetry
from service.config.source_settings import Sources
from service.config.values import wrong
from service.config.zotero_settings import Zotero


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
    backend: Literal["torch", "openvino"] = Field(
        default="torch",
        description="what computes the vectors; openvino is faster on CPUs, for BERT-shaped models "
        "(`pip install litwatch[openvino]`)",
    )
    precision: Literal["auto", "float32", "bfloat16", "int8"] = Field(
        default="auto",
        description="how vectors are computed (auto: bfloat16 where the CPU or GPU has it; int8 is "
        "fastest, a little less exact, and needs openvino)",
    )
    device: Literal["auto", "cpu", "cuda"] = Field(
        default="auto", description="where torch computes (auto: a GPU where there is one)"
    )
    threads: int = Field(default=0, ge=0, le=1024, description="CPU threads; 0: all")

    @field_validator("precision")
    @classmethod
    def _done_by_the_backend(cls, precision: str, info: ValidationInfo) -> str:
        if precision == "int8" and info.data.get("backend") == "torch":
            raise wrong("torch does not compute in int8", 'set encoder.backend to "openvino"')
        return precision

    @field_validator("device")
    @classmethod
    def _reached_by_the_backend(cls, device: str, info: ValidationInfo) -> str:
        if device == "cuda" and info.data.get("backend") == "openvino":
            raise wrong("openvino computes on the CPU here", 'set encoder.backend to "torch"')
        return device


class Searching(Part):
    """How the archive is searched."""

    index_folder: Word = Field(
        default="",
        description="folder for the files that searching by meaning looks in; empty: beside the "
        "SQLite file, else `~/.cache/litwatch` (with pgvector they are in the database)",
    )


class Topics(Part):
    """What is followed."""

    folder: Word = Field(
        default="",
        description="folder of topic documents (TOML), from the working folder; empty: the two "
        "that are shipped",
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
    search: Searching = Searching()
    topics: Topics = Topics()
    subscriptions: tuple[SubscriptionEntry, ...] = Field(default=(), description="who is sent what")
    searches: tuple[SearchEntry, ...] = Field(default=(), description="saved searches")
    slack: Slack = Slack()
    email: Email = Email()
    file: File = File()
    targets: tuple[Target, ...] = Field(default=(), description="where Apprise can send to")
    operator: Operator = Operator()
    retention: Retention = Retention()
    telemetry: Telemetry = Telemetry()
    web: Web = Web()
    zotero: Zotero = Zotero()
    enrichment: EnrichmentChoice = EnrichmentChoice()
    delivery: Delivery = Field(default=Delivery(), validate_default=True)  # its check sees others
    log: Log = Log()

    @field_validator("subscriptions")
    @classmethod
    def _names_differ(cls, entries: tuple[SubscriptionEntry, ...]) -> tuple[SubscriptionEntry, ...]:
        values.all_different([entry.name for entry in entries], "subscription")
        return entries

    @field_validator("searches")
    @classmethod
    def _searches_differ(cls, entries: tuple[SearchEntry, ...]) -> tuple[SearchEntry, ...]:
        values.all_different([entry.name for entry in entries], "saved search's")
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
