"""OpenVINO beside NumPy on a small model, and beside plain float32 on the real one."""

from __future__ import annotations

import json
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pytest

from service.embedding import encoder as encoders
from service.embedding.compiled import Compiled, compiled, padded
from service.embedding.encoder import SentenceTransformerEncoder, token_ids
from service.embedding.graph import graph
from service.embedding.loading import load
from service.embedding.plain import Plain
from service.embedding.precision import choose_compiled
from service.embedding.ranges import ranges
from service.embedding.weights import folder_of
from service.errors import ConfigError, EncoderError
from tests.unit.embedding.small_bert import small_bert, some_ids

if TYPE_CHECKING:
    from service.embedding.precision import Precision

IDS = some_ids(5, (20, 20, 13, 8, 3, 1))
TEXTS = [
    "",
    "Neutrophils.",
    "Cancer-associated fibroblasts shape the tumour stroma.",
    "NETs trap circulating tumour cells (P < 0.05), and IL-8 draws neutrophils. " * 30,
    "The price of grain rose in spring.",
]


@pytest.fixture(scope="module")
def _openvino() -> None:
    pytest.importorskip("openvino", reason="the extra openvino is not installed")


def small(quantised: bool = False) -> Compiled:
    bert = small_bert()
    return Compiled(graph(bert, ranges(bert, IDS) if quantised else None), 20, "f32", 2)


def least_cosine(found, expected) -> float:
    return float((np.asarray(found) * np.asarray(expected)).sum(1).min())


def test_padding_is_masked_rounded_and_never_beyond_the_window() -> None:
    ids, mask = padded([[5, 6, 7], [8]], 20)
    assert ids.tolist() == [[5, 6, 7, 0, 0, 0, 0, 0], [8, 0, 0, 0, 0, 0, 0, 0]]
    assert mask.sum(axis=1).tolist() == [3, 1]
    assert padded([[1] * 17], 20)[0].shape == (1, 20)
    assert padded([[1] * 16], 20)[0].shape == (1, 16)


@pytest.mark.usefixtures("_openvino")
def test_in_float_the_graph_gives_the_vectors_of_numpy() -> None:
    bert = small_bert()
    np.testing.assert_allclose(small()(IDS), [bert(ids) for ids in IDS], atol=2e-5)


@pytest.mark.usefixtures("_openvino")
def test_in_int8_the_vectors_are_near_and_not_the_same() -> None:
    bert, found = small_bert(), small(quantised=True)(IDS)
    exact = np.array([bert(ids) for ids in IDS])
    assert least_cosine(found, exact) > 0.99
    assert np.abs(found - exact).max() > 1e-4


@pytest.mark.usefixtures("_openvino")
def test_in_int8_a_vector_does_not_depend_on_its_company() -> None:
    forward = small(quantised=True)
    np.testing.assert_allclose(forward(IDS)[3], forward([IDS[3]])[0], atol=2e-5)


@pytest.mark.usefixtures("_openvino")
def test_threads_do_not_disturb_each_other() -> None:
    forward = small()
    batches = [some_ids(seed, (20, 9)) for seed in range(24)]
    alone = [forward(batch) for batch in batches]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(forward, batches))
    np.testing.assert_allclose(together, alone, atol=2e-5)


def test_without_the_extra_it_is_said_what_to_install(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(ConfigError, match=r"encoder\.backend.*not installed.*pip install"):
        compiled(folder_of(None), IDS, "float32", "float32", 1)


@pytest.mark.usefixtures("_openvino")
def test_a_model_of_another_kind_is_not_run(tmp_path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(folder_of(None), folder)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"model_type": "mpnet"}))
    with pytest.raises(EncoderError, match=r"no BERT with mean pooling.*torch"):
        compiled(folder, IDS, "float32", "float32", 1)


@pytest.fixture(scope="module")
def model(_openvino: None):
    return load(folder_of(None))


@pytest.fixture(scope="module")
def ids(model) -> list[list[int]]:
    return sorted((piece for text in token_ids(model, TEXTS) for piece in text), key=len)


@pytest.fixture(scope="module")
def int8(model):
    return choose_compiled(model, folder_of(None), "int8", 2)


@pytest.mark.model
def test_in_int8_the_real_model_is_near_float32(model, ids, int8) -> None:
    forward, precision = int8
    assert precision == "openvino-int8"
    found, exact = forward(ids), Plain(model, None)(ids)
    assert len(ids[0]) == 2  # the empty text, which is least like those that ranges come from
    assert least_cosine(found[:1], exact[:1]) > 0.98
    assert 0.993 < least_cosine(found[1:], exact[1:]) < 0.99999


@pytest.mark.model
@pytest.mark.parametrize(("precision", "least"), [("float32", 0.99999), ("auto", 0.999)])
def test_in_float_the_real_model_gives_its_vectors(
    model, ids, precision: Precision, least: float
) -> None:
    forward, name = choose_compiled(model, folder_of(None), precision, 2)
    assert name in {"openvino-float32", "openvino-bfloat16"}
    assert least_cosine(forward(ids), Plain(model, None)(ids)) > least


@pytest.mark.model
def test_int8_vectors_that_are_too_far_off_are_refused(model, monkeypatch) -> None:
    monkeypatch.setattr("service.embedding.precision.LEAST_COSINE_INT8", 0.99999)
    with pytest.raises(EncoderError, match=r"precision int8.*differ from float32"):
        choose_compiled(model, folder_of(None), "int8", 1)


@pytest.mark.model
@pytest.mark.exhaustive
def test_the_encoder_says_whose_vectors_they_are_and_keeps_the_order(
    model, int8, monkeypatch
) -> None:
    monkeypatch.setattr(encoders, "load", lambda _: model)
    monkeypatch.setattr(encoders, "choose_compiled", lambda *_: int8)
    encoder = SentenceTransformerEncoder(precision="int8", backend="openvino")
    whole = encoder.encode(TEXTS)
    assert encoder.info().precision == "openvino-int8"
    monkeypatch.setattr(encoders, "_SLAB", 2)
    for mine, theirs in zip(encoder.encode(TEXTS), whole, strict=True):
        np.testing.assert_allclose(mine, theirs, atol=2e-3)
