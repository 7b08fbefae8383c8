"""The quick encoder beside the real one; nothing leaves this machine."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from service.embedding import bert
from service.embedding import quick as quick_module
from service.embedding.encoder import SentenceTransformerEncoder
from service.embedding.quick import QuickEncoder
from service.embedding.weights import folder_of
from service.errors import EncoderError
from tests import abstracts
from tests.fakes_encoder import FakeEncoder

if TYPE_CHECKING:
    from numpy import float32
    from numpy.typing import NDArray

pytestmark = pytest.mark.model

SHORT = [
    "",
    " \n\t ",
    "a",
    "Neutrophils.",
    "tumour stroma",
    "neutrophil AND (stroma OR fibroblast)",
]
LONG = [
    "x" * 5_000,
    "Stroma. " * 150,
    "NETs trap circulating tumour cells (P < 0.05), and IL-8 draws neutrophils. " * 20,
]
ODD = [
    "naïve T\u2011cells, α-SMA⁺, IL\u20116, e\u0301 é",
    "中文字符 日本語 한국어",
    "👩\u200d🔬 \u200b\u202e \ufeff",
    "\x00\x01 \x7f",
    "[CLS] [SEP] [MASK] [UNK] [PAD] ##s",
    "İstanbul ǅ ß ﬁ ſ",
    "\U0010ffff \ue000",
]
REAL = [
    *(text for pair in (*abstracts.NEUTROPHILS, abstracts.ELSEWHERE) for text in pair),
    *(f"{each.title}. {each.abstract}" for each in abstracts.at_large(12)),
]


@pytest.fixture(scope="module")
def whole() -> SentenceTransformerEncoder:
    return SentenceTransformerEncoder(precision="float32", threads=1)


@pytest.fixture(scope="module")
def quick() -> QuickEncoder:
    return QuickEncoder(None, Untouched())


class Untouched:
    """An encoder that nobody may ask."""

    def info(self) -> Any:
        raise AssertionError("the whole model was asked")

    encode = info


def mean(rows: NDArray[float32]) -> NDArray[float32]:
    return bert.unit(rows.mean(axis=0))


@pytest.mark.parametrize("texts", [SHORT, LONG, ODD, REAL], ids=["short", "long", "odd", "real"])
def test_vectors_are_those_of_the_whole_model(quick, whole, texts: list[str]) -> None:
    for text, rows in zip(texts, whole.encode(texts), strict=True):
        found = quick.encode(text)
        assert found.dtype == np.float32
        assert found @ mean(rows) >= 0.9999, text[:60]


def test_vectors_are_near_those_of_the_precision_that_works_have(quick) -> None:
    as_works_have_it = SentenceTransformerEncoder(threads=1)
    for text, rows in zip(SHORT, as_works_have_it.encode(SHORT), strict=True):
        assert quick.encode(text) @ mean(rows) >= 0.999


def test_half_a_surrogate_pair_is_read_as_a_question_mark(quick) -> None:
    np.testing.assert_array_equal(quick.encode("stroma \ud800"), quick.encode("stroma ?"))


def test_info_is_that_of_the_whole_model(quick, whole) -> None:
    assert quick.info() == whole.info()


def test_neither_vector_nor_info_needs_torch() -> None:
    code = (
        "import sys\n"
        "from service.embedding.quick import QuickEncoder\n"
        "encoder = QuickEncoder(None, None)\n"
        "encoder.encode('stroma'), encoder.info()\n"
        "heavy = {'torch', 'transformers', 'sentence_transformers', 'scipy'} & set(sys.modules)\n"
        "sys.exit(', '.join(heavy) or 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_several_threads_may_ask_at_once(quick) -> None:
    alone = [quick.encode(text) for text in REAL[:8]]
    fresh = QuickEncoder(None, Untouched())
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(fresh.encode, REAL[:8]))
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_of_the_last_questions_none_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, read = quick_module._Quick.__call__, []

    def noted(model: quick_module._Quick, text: str) -> NDArray[float32]:
        read.append(text)
        return reading(model, text)

    monkeypatch.setattr(quick_module._Quick, "__call__", noted)
    encoder = QuickEncoder(None, Untouched(), kept=2)
    first = encoder.encode("stroma")
    assert encoder.encode("stroma") is first
    assert read == ["stroma"]
    for text in ("nets", "traps", "stroma"):
        again = encoder.encode(text)
    assert read == ["stroma", "nets", "traps", "stroma"]
    np.testing.assert_array_equal(again, first)


def test_a_vector_that_is_kept_cannot_be_written_to(quick) -> None:
    with pytest.raises(ValueError, match="read-only"):
        quick.encode("stroma")[0] = 1.0


def test_a_model_that_is_missing_is_told() -> None:
    encoder = QuickEncoder("none-that-exists", Untouched())
    for ask in (encoder.info, lambda: encoder.encode("stroma")):
        with pytest.raises(EncoderError, match="none-that-exists"):
            ask()


# -- models of another kind -----------------------------------------------------------------------


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A copy of the model, to be changed; the weights are only linked to."""

    def copy(source: str, target: str) -> None:
        if source.endswith(".safetensors"):
            Path(target).symlink_to(source)
        else:
            shutil.copy(source, target)

    return shutil.copytree(folder_of(None), tmp_path / "model", copy_function=copy)


def change(file: Path, **values: object) -> None:
    file.write_text(json.dumps(json.loads(file.read_text()) | values))


CHANGES: dict[str, dict[str, object]] = {
    "config.json": {
        "model_type": "roberta",
        "hidden_act": "relu",
        "position_embedding_type": "relative_key",
        "is_decoder": True,
        "architectures": ["BertForMaskedLM"],
        "num_attention_heads": 7,
        "num_hidden_layers": 5,
        "hidden_size": 768,
        "vocab_size": 30_000,
        "layer_norm_eps": None,
    },
    "1_Pooling/config.json": {
        "pooling_mode_cls_token": True,
        "pooling_mode_mean_tokens": False,
        "include_prompt": False,
    },
    "sentence_bert_config.json": {"max_seq_length": None, "do_lower_case": True},
}


@pytest.mark.parametrize(
    ("file", "name"), [(file, name) for file, values in CHANGES.items() for name in values]
)
def test_a_model_that_is_not_exactly_known_is_left_to_the_whole_encoder(
    model: Path, file: str, name: str
) -> None:
    change(model / file, **{name: CHANGES[file][name]})
    whole = FakeEncoder()
    encoder = QuickEncoder(str(model), whole)
    np.testing.assert_array_equal(encoder.encode("stroma"), whole.encode(["stroma"])[0][0])
    assert encoder.info() == whole.info()


@pytest.mark.parametrize("gone", ["tokenizer.json", "sentence_bert_config.json"])
def test_a_model_that_lacks_a_file_is_left_to_the_whole_encoder(model: Path, gone: str) -> None:
    (model / gone).unlink()
    whole = FakeEncoder()
    assert QuickEncoder(str(model), whole).info() == whole.info()


@pytest.mark.parametrize(
    "damaged", ["tokenizer.json", "model.safetensors", "1_Pooling/config.json"]
)
def test_a_damaged_model_is_left_to_the_whole_encoder_which_tells(
    model: Path, damaged: str
) -> None:
    (model / damaged).unlink()
    (model / damaged).write_bytes(b"not what it was")
    whole = FakeEncoder()
    assert QuickEncoder(str(model), whole).info() == whole.info()


def test_another_order_of_modules_is_left_to_the_whole_encoder(model: Path) -> None:
    file = model / "modules.json"
    modules = json.loads(file.read_text())
    dense = {"idx": 3, "name": "3", "path": "3_Dense", "type": "sentence_transformers.models.Dense"}
    file.write_text(json.dumps([*modules, dense]))
    assert bert.shape(model) is None


def test_a_long_text_is_the_mean_of_its_pieces_also_where_the_whole_encoder_makes_them(
    model: Path,
) -> None:
    change(model / "config.json", model_type="roberta")
    whole = FakeEncoder(window=3)
    found = QuickEncoder(str(model), whole).encode("one two three four five")
    np.testing.assert_allclose(found, mean(whole.encode(["one two three four five"])[0]))
    assert np.linalg.norm(found) == pytest.approx(1.0)


# -- the forward pass -----------------------------------------------------------------------------


def test_gelu_is_the_exact_one() -> None:
    from math import erf, sqrt

    x = np.linspace(-8, 8, 2_001, dtype=np.float32)
    exact = [0.5 * each * (1 + erf(each / sqrt(2))) for each in x.tolist()]
    np.testing.assert_allclose(bert._gelu(x), exact, atol=2e-6)


def test_nothing_at_length_one_stays_nothing() -> None:
    assert not np.isnan(bert.unit(np.zeros(4, np.float32))).any()
