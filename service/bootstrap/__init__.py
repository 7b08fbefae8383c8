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
from service.bootstrap.followed import topic_file

__all__ = [
    "App",
    "Imported",
    "Payload",
    "build",
    "check_payload_source",
    "import_file",
    "import_kind",
    "read_payload",
    "topic_file",
]
