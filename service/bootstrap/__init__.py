"""The composition root: settings to concrete parts. Nothing else knows concrete classes."""

from service.bootstrap.app import App, build
from service.bootstrap.files import (
    Imported,
    Payload,
    import_file,
    import_kind,
    payload_sources,
    read_payload,
)
from service.bootstrap.followed import save_topic, topic_file

__all__ = [
    "App",
    "Imported",
    "Payload",
    "build",
    "import_file",
    "import_kind",
    "payload_sources",
    "read_payload",
    "save_topic",
    "topic_file",
]
