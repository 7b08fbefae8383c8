from __future__ import annotations

import smtplib
import ssl

import pytest

from service.delivery.smtp_outcomes import Phase, broken, replied
from service.records import DeliveryState

BEFORE_THE_DOT = [phase for phase in Phase if phase is not Phase.DOT]


@pytest.mark.parametrize("phase", BEFORE_THE_DOT)
def test_before_the_dot_a_lost_connection_is_tried_again(phase: Phase) -> None:
    assert broken(phase, smtplib.SMTPServerDisconnected("gone")).state is DeliveryState.RETRY


@pytest.mark.parametrize(
    "error",
    [
        smtplib.SMTPServerDisconnected("gone"),
        TimeoutError(),
        ssl.SSLCertVerificationError(1, "x"),
        ValueError(),
    ],
)
def test_after_the_dot_any_break_is_unknown(error: Exception) -> None:
    assert broken(Phase.DOT, error).state is DeliveryState.UNKNOWN


@pytest.mark.parametrize("phase", list(Phase))
@pytest.mark.parametrize("code", [421, 450, 451, 452])
def test_4xx_is_tried_again_at_every_step(phase: Phase, code: int) -> None:
    assert replied(phase, code, "later").state is DeliveryState.RETRY


@pytest.mark.parametrize("phase", list(Phase))
@pytest.mark.parametrize("code", [535, 550, 552, 553, 554])
def test_5xx_is_dead_at_every_step_with_a_remedy(phase: Phase, code: int) -> None:
    outcome = replied(phase, code, "never")
    assert outcome.state is DeliveryState.DEAD
    assert outcome.remedy
    assert str(code) in outcome.detail


@pytest.mark.parametrize("code", [-1, 100, 220 - 100, 354])
def test_a_receipt_that_says_neither_yes_nor_no_is_unknown(code: int) -> None:
    assert replied(Phase.DOT, code, "?").state is DeliveryState.UNKNOWN


def test_only_a_2xx_at_the_dot_is_sent() -> None:
    assert replied(Phase.DOT, 250, "queued as 1").provider_id == "250 queued as 1"
    assert replied(Phase.RECIPIENT, 252, "cannot verify").state is DeliveryState.RETRY
