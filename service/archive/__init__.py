"""ARCHIVE: questions to what was ever polled. Pure; the store answers them."""

from service.archive.card import card
from service.archive.explain import explain
from service.archive.query import parse

__all__ = ["card", "explain", "parse"]
