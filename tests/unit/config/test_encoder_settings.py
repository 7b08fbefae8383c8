"""What `[encoder]` takes, and what it refuses."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from service.bootstrap.evaluation import plain_encoder
from service.config import Settings
from service.config.settings import EncoderChoice


def test_nothing_optional_is_needed_by_itself() -> None:
    chosen = EncoderChoice()
    assert (chosen.backend, chosen.precision, chosen.device) == ("torch", "auto", "auto")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"precision": "int8"}, "torch does not compute in int8"),
        ({"backend": "torch", "precision": "int8"}, "torch does not compute in int8"),
        ({"backend": "openvino", "device": "cuda"}, "openvino computes on the CPU"),
        ({"backend": "onnx"}, "openvino"),
        ({"precision": "int4"}, "bfloat16"),
        ({"device": "tpu"}, "cuda"),
    ],
)
def test_what_cannot_be_computed_is_refused(given: dict[str, str], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        EncoderChoice.model_validate(given)


@pytest.mark.parametrize("precision", ["auto", "float32", "bfloat16", "int8"])
def test_openvino_computes_in_every_precision(precision: str) -> None:
    given = {"backend": "openvino", "precision": precision}
    assert EncoderChoice.model_validate(given).precision == precision


def test_the_encoder_is_made_with_what_was_chosen() -> None:
    given = {"backend": "openvino", "precision": "int8", "device": "cpu", "threads": 3}
    made = plain_encoder(Settings.model_validate({"encoder": given}))
    found = {name: getattr(made, f"_{name}") for name in given}
    assert found == given
