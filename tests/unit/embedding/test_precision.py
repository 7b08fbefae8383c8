"""Which way of computing is taken, on GPUs that are not there: tensors stay on the CPU."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from service.embedding import encoder as encoders
from service.embedding import precision
from service.embedding.encoder import SentenceTransformerEncoder
from service.embedding.loading import load
from service.embedding.plain import Plain
from service.embedding.precision import choose_forward
from service.embedding.weights import folder_of
from service.errors import ConfigError, EncoderError

pytestmark = pytest.mark.model  # it needs torch


@pytest.fixture(scope="module")
def model():
    return load(folder_of(None))


class Gpu:
    """A GPU to look at: `moved` are the places that the model was sent to, `run` the precisions
    that were tried on it."""

    def __init__(self, monkeypatch, model, *, bfloat16: bool = True, broken: bool = False) -> None:
        self.moved: list[str] = []
        self.run: list[object] = []
        monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
        monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: bfloat16)
        monkeypatch.setattr(model, "to", self.moved.append)
        on_cpu, gpu = Plain.__call__, self

        def call(plain, texts):
            if plain.device == "cpu":
                return on_cpu(plain, texts)
            gpu.run.append(plain.dtype)
            if broken:
                raise RuntimeError("CUDA error: no kernel image is available for this device")
            return on_cpu(Plain(plain.model, None), texts)

        monkeypatch.setattr(Plain, "__call__", call)


def test_a_gpu_is_used_in_half_precision(model, monkeypatch) -> None:
    gpu = Gpu(monkeypatch, model)
    forward, name = choose_forward(model, "auto", "auto")
    assert isinstance(forward, Plain)
    assert (forward.device, forward.dtype, name) == ("cuda", torch.bfloat16, "bfloat16")
    assert gpu.moved == ["cuda"]


def test_a_gpu_without_bfloat16_computes_in_float32(model, monkeypatch) -> None:
    Gpu(monkeypatch, model, bfloat16=False)
    forward, name = choose_forward(model, "auto", "auto")
    assert isinstance(forward, Plain)
    assert (forward.device, forward.dtype, name) == ("cuda", None, "float32")


def test_what_was_asked_for_is_what_the_gpu_computes_in(model, monkeypatch) -> None:
    gpu = Gpu(monkeypatch, model)
    assert choose_forward(model, "float32", "auto")[1] == "float32"
    assert gpu.run == [None]


def test_a_gpu_that_fails_leaves_the_model_on_the_cpu(model, monkeypatch) -> None:
    gpu = Gpu(monkeypatch, model, broken=True)
    forward, _ = choose_forward(model, "auto", "auto")
    assert not (isinstance(forward, Plain) and forward.device == "cuda")
    assert gpu.run == [torch.bfloat16, None]
    assert gpu.moved[-1] == "cpu"


def test_a_gpu_that_fails_is_told_where_it_was_asked_for(model, monkeypatch) -> None:
    Gpu(monkeypatch, model, broken=True)
    with pytest.raises(ConfigError, match=r"encoder\.device.*CUDA build"):
        choose_forward(model, "auto", "cuda")


def test_a_gpu_that_gives_other_vectors_is_not_used(model, monkeypatch) -> None:
    gpu = Gpu(monkeypatch, model)
    monkeypatch.setattr(precision, "LEAST_COSINE", 2.0)
    found = precision._on_gpu(model, "auto", [[101, 102]], np.eye(1, 384, dtype=np.float32))
    assert (found, gpu.moved[-1]) == (None, "cpu")


def test_the_gpu_is_left_alone_when_the_cpu_was_asked_for(model, monkeypatch) -> None:
    gpu = Gpu(monkeypatch, model)
    choose_forward(model, "float32", "cpu")
    assert (gpu.moved, gpu.run) == ([], [])


def test_a_gpu_is_given_large_batches_one_at_a_time(model, monkeypatch) -> None:
    sizes: list[int] = []
    encoder = SentenceTransformerEncoder()
    forward = Plain(model, None, "cuda")
    monkeypatch.setattr(
        Plain,
        "__call__",
        lambda _, texts: (
            sizes.append(sum(map(len, texts))) or np.ones((len(texts), 384), np.float32)
        ),
    )
    monkeypatch.setattr(encoder, "_loaded", (model, forward, None))
    monkeypatch.setattr(
        encoders, "spread", lambda *_: pytest.fail("threads would wait for one GPU")
    )
    encoder.encode(["stroma " * 200] * 400)
    assert max(sizes) > 10 * encoders.TOKENS
    assert max(sizes) <= encoders.GPU_TOKENS


def test_a_gpu_out_of_memory_gets_less_at_a_time(model, monkeypatch) -> None:
    encoder = SentenceTransformerEncoder()
    sizes: list[int] = []

    def tight(_, texts):
        sizes.append(len(texts))
        if len(texts) > 3:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return np.ones((len(texts), 384), np.float32)

    monkeypatch.setattr(Plain, "__call__", tight)
    monkeypatch.setattr(encoder, "_loaded", (model, Plain(model, None, "cuda"), None))
    assert len(encoder.encode(["stroma"] * 10)) == 10
    assert sizes[0] == 10
    assert sum(size for size in sizes if size <= 3) == 10


def test_torch_does_not_promise_int8(model) -> None:
    with pytest.raises(ConfigError, match=r"encoder\.precision.*openvino"):
        choose_forward(model, "int8")


def test_bfloat16_that_nothing_manages_is_told(model, monkeypatch) -> None:
    monkeypatch.setattr(precision, "_agreeing", lambda *_: None)
    with pytest.raises(EncoderError, match=r"precision bfloat16.*auto"):
        choose_forward(model, "bfloat16")
