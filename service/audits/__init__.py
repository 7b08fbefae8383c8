"""What receipts and marks prove: coverage of each source day by day, and what looks wrong. Pure.

Beside the pipeline; knows no store and no clock. `audit` takes what `auditing` has read.
"""

from __future__ import annotations

from service.audits.audit import audit
from service.audits.report import (
    CrossCheck,
    Day,
    DayState,
    Finding,
    Gap,
    Report,
    Setup,
    SourceAudit,
    Totals,
)

__all__ = [
    "CrossCheck",
    "Day",
    "DayState",
    "Finding",
    "Gap",
    "Report",
    "Setup",
    "SourceAudit",
    "Totals",
    "audit",
]
