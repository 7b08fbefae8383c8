"""Source files as data, for the rules of test_architecture: who imports and calls what."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True)
class Import:
    """One imported module (and name); `lazy` inside a function, `typing` under TYPE_CHECKING."""

    line: int
    module: str
    name: str
    lazy: bool
    typing: bool

    @property
    def top(self) -> str:
        return self.module.partition(".")[0]

    @property
    def full(self) -> str:
        return f"{self.module}.{self.name}" if self.name else self.module

    @property
    def room(self) -> str:
        """`sources` of `service.sources.http`; "" for what is not ours, or the bare package."""
        parts = self.full.split(".")
        return parts[1] if parts[0] == "service" and len(parts) > 1 else ""


@dataclass(frozen=True)
class Module:
    """A source file, parsed."""

    name: str  # dotted; of a package's __init__ that of the package
    path: str
    text: str
    is_package: bool = False

    @property
    def room(self) -> str:
        return [*self.name.split("."), ""][1]

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @cached_property
    def _every(self) -> list[ast.AST]:
        return list(ast.walk(self.tree))

    @cached_property
    def imports(self) -> list[Import]:
        return list(self._walk(self.tree, lazy=False, typing=False))

    def _walk(self, node: ast.AST, lazy: bool, typing: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                for alias in child.names:
                    yield Import(child.lineno, alias.name, "", lazy, typing)
            elif isinstance(child, ast.ImportFrom):
                for alias in child.names:
                    yield Import(child.lineno, self._origin(child), alias.name, lazy, typing)
            elif isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
                yield from self._walk(ast.Module(child.body, []), lazy, typing=True)
                yield from self._walk(ast.Module(child.orelse, []), lazy, typing)
            else:
                inside = isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
                yield from self._walk(child, lazy or inside, typing)

    def _origin(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        parts = self.name.split(".")
        base = parts[: len(parts) - node.level + self.is_package]
        return ".".join([*base, node.module] if node.module else base)

    def nodes(self, *kinds: type[ast.AST]) -> Iterator[ast.AST]:
        return (node for node in self._every if isinstance(node, kinds))

    def calls(self, name: str) -> Iterator[ast.Call]:
        """Calls of `name`, bare or as an attribute of anything."""
        for node in self.nodes(ast.Call):
            assert isinstance(node, ast.Call)
            called = node.func
            if isinstance(called, ast.Name) and called.id == name:
                yield node
            if isinstance(called, ast.Attribute) and called.attr == name:
                yield node


def parsed(folder: Path) -> list[Module]:
    """Every module of the package in `folder`."""
    modules = []
    for file in sorted(folder.rglob("*.py")):
        steps = file.relative_to(folder.parent).with_suffix("").parts
        is_package = steps[-1] == "__init__"
        name = ".".join(steps[:-1] if is_package else steps)
        path = str(file.relative_to(folder.parent))
        modules.append(Module(name, path, file.read_text(encoding="utf-8"), is_package))
    return modules
