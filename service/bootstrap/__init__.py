"""The composition root: settings to concrete parts. Nothing else knows concrete classes."""

from service.bootstrap.app import App, build
from service.bootstrap.files import (
    Imported,
    Payload,
    check_payload_source,
    import_file,
    import_kind,
    read_payload,
)
from service.bootstrap.followed import save_topic, topic_file

__all__ = [
    "App",
    "Imported",
    "Payload",
    "build",
    "check_payload_source",
    "import_file",
    "import_kind",
    "read_payload",
    "save_topic",
    "topic_file",
]
