"""The rules of the house, each as a function from a module to what breaks it.

Every rule has one test over the whole tree and one that shows, on a bad snippet, that it can fail.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.source_tree import Module, parsed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Rule = Callable[["Module"], Iterator[tuple[int, str]]]

ROOT = Path(__file__).resolve().parents[1]
SERVICE = ROOT / "service"

PURE = {"normalisation", "deduplication", "topics", "ranking", "selection", "digest", "archive"}
DOING = {"sources", "store", "embedding", "delivery"}
STAGES = PURE | DOING
# What every stage may use: values, contracts, errors, and time as a value.
COMMON = {"errors", "records", "protocols", "clock", "safe_xml"}
# Pure too, though no stages: the schedule and the checks of settings take values, give values.
OTHER_PURE = {"periods", "records", "errors", "protocols"}

HEAVY = {"torch", "sentence_transformers", "sklearn", "scipy", "transformers"}
SQL = {"sqlalchemy", "sqlite3", "psycopg"}
OUTSIDE = {
    "os", "socket", "ssl", "http", "httpx", "httpcore", "requests", "subprocess", "smtplib",
    "shutil", "tempfile", "pathlib", "sqlite3", "slack_sdk", "multiprocessing", "threading",
}  # fmt: skip
UNSAFE = {"pickle", "cPickle", "marshal", "shelve", "dill", "joblib", "cloudpickle"}
NOW = re.compile(r"(datetime|date)\.(now|utcnow|today)|time\.(time|time_ns|localtime|gmtime)")
# Spelled so that this file does not name what it forbids.
MACHINE_PATH = re.compile(r"(?<![\w.~-])/(?:work|tmp|root|home/\w+)/")


@pytest.fixture(scope="module")
def tree() -> list[Module]:
    modules = parsed(SERVICE)
    assert len(modules) > 10, "no modules found: the rules below would hold for nothing"
    return modules


def broken(rule: Rule, modules: Iterable[Module]) -> list[str]:
    return [f"{module.path}:{line}: {told}" for module in modules for line, told in rule(module)]


def obey(rule: Rule, modules: Iterable[Module]) -> None:
    found = broken(rule, modules)
    assert not found, "\n" + "\n".join(found)


def snippet(text: str, name: str = "service.ranking.scores") -> list[Module]:
    return [Module(name, name.replace(".", "/") + ".py", text)]


# -- who may import whom --------------------------------------------------------------------------


def stage_imports_stage(module: Module) -> Iterator[tuple[int, str]]:
    """A stage may import itself and what is common to all; imports inside functions count."""
    if module.room not in STAGES:
        return
    for each in module.imports:
        if each.room and each.room not in {module.room, "__version__", *COMMON}:
            yield each.line, f"the stage {module.room} imports service.{each.room}"


def test_no_stage_imports_another_stage(tree: list[Module]) -> None:
    obey(stage_imports_stage, tree)


@pytest.mark.parametrize(
    ("text", "bad"),
    [
        ("from service.store import works", True),
        ("from service import store", True),
        ("import service.store.works", True),
        ("def f():\n    from service.store.works import save", True),
        ("from ..store import works", True),
        ("from service.config import Settings", True),
        ("from service.pipeline import poll", True),
        ("from . import fusion\nfrom .fusion import fuse", False),
        ("from service import __version__\nfrom service.records import Work", False),
    ],
)
def test_a_stage_that_imports_another_is_seen(text: str, bad: bool) -> None:
    assert bool(broken(stage_imports_stage, snippet(text))) == bad


def common_imports_others(module: Module) -> Iterator[tuple[int, str]]:
    """What all use must itself use nobody."""
    if module.room not in COMMON | {"periods", "logs", "config"}:
        return
    for each in module.imports:
        if each.room and each.room not in {module.room, *COMMON}:
            yield each.line, f"{module.room}, which all may use, imports service.{each.room}"


def test_what_all_use_uses_nobody(tree: list[Module]) -> None:
    obey(common_imports_others, tree)


def test_a_common_module_that_imports_a_stage_is_seen() -> None:
    assert broken(common_imports_others, snippet("from service import store", "service.records"))
    assert not broken(common_imports_others, snippet("from service.store import x", "service.cli"))


def sql_outside_store(module: Module) -> Iterator[tuple[int, str]]:
    for each in module.imports:
        if each.top in SQL and module.room != "store":
            yield each.line, f"{each.top} is imported outside of store"


def test_only_store_knows_sql(tree: list[Module]) -> None:
    obey(sql_outside_store, tree)


def test_sql_outside_store_is_seen() -> None:
    assert broken(sql_outside_store, snippet("def f():\n    from sqlalchemy import text"))
    assert not broken(sql_outside_store, snippet("import sqlalchemy.orm", "service.store.works"))


def environment_outside_config(module: Module) -> Iterator[tuple[int, str]]:
    names = {"environ", "environb", "getenv", "getenvb", "putenv", "expandvars"}
    if module.room == "config":
        return
    for node in module.nodes(ast.Attribute):
        assert isinstance(node, ast.Attribute)
        if node.attr in names and ast.unparse(node.value) in {"os", "os.path"}:
            yield node.lineno, f"os.{node.attr} outside of config"
    for each in module.imports:
        if each.module == "os" and each.name in names:
            yield each.line, f"os.{each.name} outside of config"


def test_only_config_reads_the_environment(tree: list[Module]) -> None:
    obey(environment_outside_config, tree)


@pytest.mark.parametrize(
    "text", ["import os\nos.environ['A']", "from os import getenv", "import os\nos.getenv('A')"]
)
def test_reading_the_environment_elsewhere_is_seen(text: str) -> None:
    assert broken(environment_outside_config, snippet(text))
    assert not broken(environment_outside_config, snippet(text, "service.config.loading"))


def concrete_outside_bootstrap(module: Module) -> Iterator[tuple[int, str]]:
    """Classes of the stages that do I/O are named in bootstrap only (types for checking aside)."""
    if module.room in STAGES | {"bootstrap"}:
        return
    for each in module.imports:
        if each.room in DOING and not each.typing:
            yield each.line, f"{each.full} is imported outside of bootstrap"


def test_only_bootstrap_knows_concrete_classes(tree: list[Module]) -> None:
    obey(concrete_outside_bootstrap, tree)


@pytest.mark.parametrize(
    ("text", "bad"),
    [
        ("from service.sources.pubmed import PubMed", True),
        ("def f():\n    from service.delivery import slack", True),
        (
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from service.store import S",
            False,
        ),
        ("from service.bootstrap import build\nfrom service.digest import compose", False),
    ],
)
def test_wiring_outside_bootstrap_is_seen(text: str, bad: bool) -> None:
    assert bool(broken(concrete_outside_bootstrap, snippet(text, "service.cli.main"))) == bad


def pipeline_reads_config(module: Module) -> Iterator[tuple[int, str]]:
    """The pipeline and the stages get values, never the settings or the faces."""
    if module.room != "pipeline":
        return
    for each in module.imports:
        if each.room in {"config", "bootstrap", "worker", "cli", "demo"}:
            yield each.line, f"the pipeline imports service.{each.room}"


def test_the_pipeline_knows_neither_settings_nor_faces(tree: list[Module]) -> None:
    obey(pipeline_reads_config, tree)


def test_a_pipeline_that_reads_settings_is_seen() -> None:
    assert broken(pipeline_reads_config, snippet("from service import config", "service.pipeline"))


# -- cycles ---------------------------------------------------------------------------------------


def cycles(modules: Iterable[Module]) -> list[str]:
    """Circles of modules that import each other when running (also late, inside functions)."""
    by_name = {module.name: module for module in modules}
    edges = {
        name: {
            each.full if each.full in by_name else each.module
            for each in module.imports
            if not each.typing
        }
        & (by_name.keys() - {name})
        for name, module in by_name.items()
    }
    done: set[str] = set()
    found: list[str] = []

    def visit(name: str, path: list[str]) -> None:
        if name in path:
            found.append(" -> ".join([*path[path.index(name) :], name]))
        elif name not in done:
            for other in sorted(edges[name]):
                visit(other, [*path, name])
            done.add(name)

    for name in sorted(edges):
        visit(name, [])
    return found


def test_no_modules_import_each_other(tree: list[Module]) -> None:
    found = cycles(tree)
    assert not found, "\n" + "\n".join(found)


def test_a_circle_is_seen() -> None:
    one = Module("service.a", "a.py", "from service.b import f")
    two = Module("service.b", "b.py", "def f():\n    from service import a")
    typed = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from service import a"
    assert cycles([one, two]) == ["service.a -> service.b -> service.a"]
    assert cycles([one, Module("service.b", "b.py", typed)]) == []


# -- purity ---------------------------------------------------------------------------------------


def pure_does_io(module: Module) -> Iterator[tuple[int, str]]:
    if module.room not in PURE | OTHER_PURE:
        return
    for each in module.imports:
        network = each.full in {"urllib.request", "http.client"} or each.module == "urllib.request"
        if not each.typing and (each.top in OUTSIDE or network):
            yield each.line, f"{module.room} is pure, but imports {each.full}"
    for call in module.calls("open"):
        yield call.lineno, f"{module.room} is pure, but opens something"


def test_pure_stages_do_no_io(tree: list[Module]) -> None:
    obey(pure_does_io, tree)


@pytest.mark.parametrize(
    ("text", "bad"),
    [
        ("import os", True),
        ("from urllib.request import urlopen", True),
        ("from pathlib import Path", True),
        ("open('x')", True),
        ("from urllib.parse import quote\nfrom importlib import resources", False),
    ],
)
def test_io_in_a_pure_stage_is_seen(text: str, bad: bool) -> None:
    assert bool(broken(pure_does_io, snippet(text))) == bad
    assert not broken(pure_does_io, snippet(text, "service.sources.http"))


def asks_the_time(module: Module) -> Iterator[tuple[int, str]]:
    if module.room == "clock":
        return
    for node in module.nodes(ast.Attribute):
        assert isinstance(node, ast.Attribute)
        if NOW.fullmatch(".".join(ast.unparse(node).split(".")[-2:])):
            yield node.lineno, f"{ast.unparse(node)}: take `now` as an argument, or a Clock"
    for each in module.imports:
        if each.module == "time" and each.name in {"time", "time_ns"}:
            yield each.line, f"{each.full}: take `now` as an argument, or a Clock"


def test_only_clock_asks_what_time_it_is(tree: list[Module]) -> None:
    obey(asks_the_time, tree)


@pytest.mark.parametrize(
    ("text", "bad"),
    [
        ("datetime.now(UTC)", True),
        ("datetime.datetime.utcnow()", True),
        ("field(default_factory=date.today)", True),
        ("from time import time", True),
        ("import time\ntime.time()", True),
        ("clock.now()\ntime.monotonic()\ntime.fromisoformat(x)", False),
    ],
)
def test_asking_the_time_is_seen(text: str, bad: bool) -> None:
    assert bool(broken(asks_the_time, snippet(text))) == bad


def heavy_at_import(module: Module) -> Iterator[tuple[int, str]]:
    for each in module.imports:
        if each.top in HEAVY and not each.lazy and not each.typing:
            yield each.line, f"{each.top} is imported on import: do it inside the function"


def test_heavy_libraries_are_imported_inside_functions(tree: list[Module]) -> None:
    obey(heavy_at_import, tree)


@pytest.mark.parametrize(
    ("text", "bad"),
    [
        ("import torch", True),
        ("try:\n    from scipy.sparse import csr_matrix\nexcept ImportError:\n    pass", True),
        ("class A:\n    import torch", True),
        ("def f():\n    import torch", False),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import torch", False),
    ],
)
def test_a_heavy_import_is_seen(text: str, bad: bool) -> None:
    assert bool(broken(heavy_at_import, snippet(text))) == bad


# -- traps in libraries ---------------------------------------------------------------------------


def feed_from_a_path(module: Module) -> Iterator[tuple[int, str]]:
    """feedparser opens a file, or an address, when the text it is given looks like one."""
    for each in module.imports:
        if each.module == "feedparser" and each.name == "parse":
            yield each.line, "import feedparser, and call feedparser.parse(io.BytesIO(...))"
    in_memory = re.compile(r"(io\.)?BytesIO\(.*\)", re.DOTALL)
    for function in module.nodes(ast.FunctionDef, ast.Module):
        streams = {
            ast.unparse(node.targets[0])
            for node in ast.walk(function)
            if isinstance(node, ast.Assign) and in_memory.fullmatch(ast.unparse(node.value))
        }
        for call in _own_calls(function):
            first = ast.unparse(call.args[0]) if call.args else ""
            if ast.unparse(call.func) == "feedparser.parse" and not (
                in_memory.fullmatch(first) or first in streams
            ):
                yield call.lineno, f"feedparser.parse({first}): give it io.BytesIO(...)"


def _own_calls(function: ast.AST) -> Iterator[ast.Call]:
    """The calls in a body, those in functions inside of it left out."""
    for child in ast.iter_child_nodes(function):
        if isinstance(child, ast.Call):
            yield child
        if not isinstance(child, ast.FunctionDef):
            yield from _own_calls(child)


def test_feeds_are_parsed_from_memory_only(tree: list[Module]) -> None:
    obey(feed_from_a_path, tree)


@pytest.mark.parametrize(
    ("text", "bad"),
    [
        ("feedparser.parse(body)", True),
        ("feedparser.parse(url_file_stream_or_string=body)", True),
        ("from feedparser import parse", True),
        ("stream = io.BytesIO(b)\ndef f(stream):\n    feedparser.parse(stream)", True),
        ("def f():\n    s = io.BytesIO(b)\n    feedparser.parse(s)", False),
        ("feedparser.parse(io.BytesIO(body))\nsafe_xml.parse(body)", False),
    ],
)
def test_a_feed_parsed_from_a_path_is_seen(text: str, bad: bool) -> None:
    assert bool(broken(feed_from_a_path, snippet(text))) == bad


def slack_that_retries(module: Module) -> Iterator[tuple[int, str]]:
    """slack-sdk sends a message again by itself when a connection drops, unless told not to."""
    for name in ("WebClient", "AsyncWebClient", "WebhookClient"):
        for call in module.calls(name):
            told = {key.arg: ast.unparse(key.value) for key in call.keywords}
            if told.get("retry_handlers") != "[]":
                yield call.lineno, f"{name} needs retry_handlers=[]"


def test_slack_clients_never_retry_by_themselves(tree: list[Module]) -> None:
    obey(slack_that_retries, tree)


def test_a_slack_client_that_retries_is_seen() -> None:
    assert broken(slack_that_retries, snippet("WebClient(token)"))
    assert broken(slack_that_retries, snippet("slack_sdk.WebClient(token, retry_handlers=None)"))
    assert not broken(slack_that_retries, snippet("WebClient(token, retry_handlers=[])"))


def runs_foreign_code(module: Module) -> Iterator[tuple[int, str]]:
    """Formats that run code when they are read."""
    for each in module.imports:
        if each.top in UNSAFE:
            yield each.line, f"{each.top} runs code from the data it reads"
    for node in module.nodes(ast.Call):
        assert isinstance(node, ast.Call)
        if ast.unparse(node.func) == "torch.load":
            yield node.lineno, "torch.load unpickles: use safetensors"
        for key in node.keywords:
            if (
                key.arg in {"trust_remote_code", "allow_pickle"}
                and ast.unparse(key.value) != "False"
            ):
                yield node.lineno, f"{key.arg} must be False"


def test_nothing_read_is_run(tree: list[Module]) -> None:
    obey(runs_foreign_code, tree)


@pytest.mark.parametrize(
    ("text", "bad"),
    [
        ("import pickle", True),
        ("def f():\n    from joblib import load", True),
        ("SentenceTransformer(name, trust_remote_code=True)", True),
        ("np.load(file, allow_pickle=flag)", True),
        ("torch.load(file)", True),
        ("SentenceTransformer(name, trust_remote_code=False)", False),
    ],
)
def test_running_what_is_read_is_seen(text: str, bad: bool) -> None:
    assert bool(broken(runs_foreign_code, snippet(text))) == bad


# -- the tree -------------------------------------------------------------------------------------


def test_the_migrations_folder_is_no_package() -> None:
    """With an `__init__.py`, ./alembic would hide the installed Alembic."""
    assert not (ROOT / "alembic" / "__init__.py").exists()


def machine_paths(text: str) -> list[int]:
    return [at for at, line in enumerate(text.splitlines(), 1) if MACHINE_PATH.search(line)]


def test_nothing_names_a_folder_of_one_machine() -> None:
    kinds = {".py", ".md", ".toml", ".txt", ".yaml", ".yml", ".html", ".css", ".j2", ".mako", ".sh"}
    folders = ("service", "alembic", "deploy", "docs", "tests", ".ci")
    files = [file for folder in folders for file in (ROOT / folder).rglob("*")]
    files += ROOT.iterdir()
    named = {"Makefile", "Dockerfile", "run", ".dockerignore"}
    found = [
        f"{file.relative_to(ROOT)}:{line}"
        for file in files
        if file.is_file() and (file.suffix in kinds or file.name in named)
        for line in machine_paths(file.read_text(encoding="utf-8", errors="replace"))
    ]
    assert not found, "\n" + "\n".join(found)


def test_a_machine_path_is_seen() -> None:
    for folder in ("work", "tmp", "root", "home/lab"):
        assert machine_paths(f"fine\nsee /{folder}/x") == [2]
    assert not machine_paths("https://a.org/work/1 and ~/work/ and ./tmp/ and /works/1")
