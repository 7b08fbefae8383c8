"""The colours of everything that is drawn or set: pages, mails and charts, by day and by night.

Ink, muted, accent, alarm and link keep a contrast of 4.5:1 or more on card, paper and notice, and
ink on new and gone, which lie behind words that were edited; faint, for shapes without words, one
of 3:1 on card.
"""

from __future__ import annotations

LIGHT = {
    "paper": "#f3f1ec",
    "card": "#ffffff",
    "ink": "#1d2327",
    "muted": "#59626a",
    "faint": "#8a949b",
    "accent": "#0b6468",
    "link": "#0d4f7c",
    "alarm": "#a3261a",
    "notice": "#fbf1dc",
    "new": "#dcf1e2",
    "gone": "#f8e1dd",
    "rule": "#d9d6ce",
}
DARK = {
    "paper": "#111417",
    "card": "#1a1f24",
    "ink": "#e8e6e1",
    "muted": "#a6adb4",
    "faint": "#6d7881",
    "accent": "#6cc5c1",
    "link": "#8fc3ee",
    "alarm": "#ff9a8c",
    "notice": "#33291a",
    "new": "#163a28",
    "gone": "#47231f",
    "rule": "#3a4148",
}
