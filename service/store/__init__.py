"""STORE: the archive. SQLAlchemy and SQL live here and nowhere else; repositories never commit."""

from service.store.books import StoredOutbox, StoredPollBook
from service.store.unit import Store, Unit

__all__ = ["Store", "StoredOutbox", "StoredPollBook", "Unit"]
