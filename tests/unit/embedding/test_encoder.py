"""The real model, once for all tests here; nothing leaves this machine."""

from __future__ import annotations

import shutil
import subprocess
import sys

import numpy as np
import pytest

from service.embedding import encoder as encoders
from service.embedding.encoder import SentenceTransformerEncoder, token_ids
from service.embedding.loading import load
from service.embedding.plain import Plain
from service.embedding.precision import choose_forward
from service.embedding.weights import folder_of
from service.errors import EncoderError
from tests.fakes_encoder import FakeEncoder

pytestmark = pytest.mark.model

TEXTS = [
    "",
    "Neutrophils.",
    "Cancer-associated fibroblasts shape the tumour stroma.",
    "NETs trap circulating tumour cells (P < 0.05), and IL-8 draws neutrophils. " * 30,
    "The price of grain rose in spring.",
    "Stroma. " * 200,
]


@pytest.fixture(scope="module")
def encoder() -> SentenceTransformerEncoder:
    return SentenceTransformerEncoder()


@pytest.fixture(scope="module")
def model():
    return load(folder_of(None))


def test_info_says_what_made_the_vectors(encoder) -> None:
    info = encoder.info()
    assert (info.name, info.dimension) == ("all-MiniLM-L6-v2", 384)
    assert len(info.revision) == 16
    assert info.precision in ("float32", "bfloat16")


def test_vectors_are_unit_rows_one_per_chunk(encoder) -> None:
    found = encoder.encode(TEXTS)
    assert [len(rows) for rows in found][:3] == [1, 1, 1]
    assert len(found[3]) > 1
    for rows in found:
        assert (rows.shape[1], rows.dtype) == (384, np.float32)
        assert np.linalg.norm(rows, axis=1) == pytest.approx(1.0, abs=1e-5)


def test_near_meanings_are_near(encoder) -> None:
    stroma, fibroblasts, grain = (
        rows[0] for rows in encoder.encode(["tumour stroma", TEXTS[2], TEXTS[4]])
    )
    assert stroma @ fibroblasts > stroma @ grain + 0.3


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_the_fast_pass_agrees_with_sentence_transformers(model, precision: str) -> None:
    try:
        forward, got = choose_forward(model, precision)
    except EncoderError:
        pytest.skip("this CPU has no bfloat16")
    assert got == precision
    texts = [*TEXTS[:3], "Stroma. " * 60]
    ids = [pieces[0] for pieces in token_ids(model, texts)]
    reference = model.encode(texts, normalize_embeddings=True, show_progress_bar=False)
    assert (forward(ids) * reference).sum(1).min() > (0.99999 if precision == "float32" else 0.999)


def test_a_model_of_another_shape_is_run_as_it_is(model, monkeypatch) -> None:
    monkeypatch.setattr("service.embedding.precision.pack", lambda *_: None)
    forward, precision = choose_forward(model, "float32")
    assert (type(forward), precision) == (Plain, "float32")


def test_a_pass_that_gives_other_vectors_is_not_used(model, monkeypatch) -> None:
    def wrong(ids):
        return np.tile(np.eye(1, 384, dtype=np.float32), (len(ids), 1))

    monkeypatch.setattr("service.embedding.precision.pack", lambda *_: wrong)
    forward, _ = choose_forward(model, "float32")
    assert isinstance(forward, Plain)


def test_no_token_of_a_long_text_is_cut(model) -> None:
    (pieces,) = token_ids(model, [TEXTS[3]])
    whole = model.tokenizer(TEXTS[3], add_special_tokens=False, verbose=False)["input_ids"]
    assert [token for piece in pieces for token in piece[1:-1]] == whole
    assert all(len(piece) <= model.get_max_seq_length() for piece in pieces)


def test_a_vector_does_not_depend_on_its_company(encoder) -> None:
    alone = encoder.encode([TEXTS[2]])[0]
    among = encoder.encode(TEXTS)[2]
    assert (alone * among).sum() == pytest.approx(1.0, abs=1e-3)


def test_progress_counts_every_text_once(encoder) -> None:
    told: list[int] = []
    encoder.encode(TEXTS, told.append)
    assert sum(told) == len(TEXTS)
    assert encoder.encode([], told.append) == []


def test_short_memory_gives_the_same_vectors_in_smaller_batches(model, monkeypatch) -> None:
    encoder = SentenceTransformerEncoder(precision="float32")
    expected = encoder.encode(TEXTS)
    _, forward, info = encoder._load()

    def tight(ids):
        if len(ids) > 1:
            raise RuntimeError("DefaultCPUAllocator: not enough memory")
        return forward(ids)

    monkeypatch.setattr(encoder, "_loaded", (model, tight, info))
    for mine, theirs in zip(encoder.encode(TEXTS), expected, strict=True):
        assert np.allclose(mine, theirs, atol=1e-4)


def test_an_interrupted_run_leaves_the_encoder_usable(encoder) -> None:
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        encoder.encode(TEXTS, interrupt)
    assert len(encoder.encode(["Neutrophils."])) == 1


def test_a_damaged_model_is_told_and_not_traced(tmp_path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(folder_of(None), folder)
    with (folder / "model.safetensors").open("r+b") as file:
        file.truncate(1_000_000)
    with pytest.raises(EncoderError, match=r"cannot be loaded.*reinstall"):
        SentenceTransformerEncoder(str(folder)).info()


def test_wrong_threads_are_refused(encoder) -> None:
    with pytest.raises(EncoderError, match="give 1 or more"):
        SentenceTransformerEncoder(threads=0).info()


def test_nothing_is_printed_and_nothing_heavy_is_imported_before_use() -> None:
    code = (
        "import sys; from service.embedding.encoder import SentenceTransformerEncoder as E;"
        "e = E(); assert not {'torch', 'numpy', 'transformers'} & set(sys.modules);"
        "e.encode(['word ' * 600])"
    )
    done = subprocess.run(
        [sys.executable, "-W", "always", "-c", code], capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("", "")


def test_the_fake_keeps_the_same_contract() -> None:
    fake = FakeEncoder(window=3)
    told: list[int] = []
    one, long = fake.encode(["neutrophil", "a b c d"], told.append)
    assert (one.shape, long.shape, sum(told)) == ((1, 64), (2, 64), 2)
    assert np.linalg.norm(long, axis=1) == pytest.approx(1.0, abs=1e-5)
    assert one[0] @ fake.encode(["Neutrophils"])[0][0] == pytest.approx(1.0, abs=1e-5)
    assert encoders.TOKENS >= 256
