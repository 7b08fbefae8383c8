"""ARCHIVE: questions to what was ever polled. Pure; the store answers them."""

from service.archive.card import card
from service.archive.query import Query, parse

__all__ = ["Query", "card", "parse"]
