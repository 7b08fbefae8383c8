from __future__ import annotations

import os
from typing import TYPE_CHECKING

from service.bootstrap.cores import cores, threads

if TYPE_CHECKING:
    import pytest


def test_the_cores_are_those_that_the_process_may_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {3, 5})
    assert (cores(), threads()) == (2, 2)


def test_where_no_process_is_bound_all_cores_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    assert (cores(), threads()) == (64, 4)
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert (cores(), threads()) == (1, 1)
