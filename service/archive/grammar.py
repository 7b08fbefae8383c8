"""The query language, second half: tokens to a tree, by a grammar."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from lark import Lark, Token, Tree, UnexpectedToken
from lark.lexer import Lexer

from service.archive.tokens import tokens
from service.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.archive.tokens import Token as Cut

GRAMMAR = """
?start: any_of
?any_of: all_of (_OR all_of)*
?all_of: one (_AND? one)*
?one: _NOT one              -> without
    | TAG value             -> tagged
    | value
?value: _OPEN any_of _CLOSE -> group
    | PHRASE
    | WORD
%declare _OR _AND _NOT _OPEN _CLOSE TAG PHRASE WORD
"""

Node = Tree[Token] | Token


class _Ready(Lexer):
    """Hands on tokens that were cut before."""

    def __init__(self, _configuration: object) -> None:
        pass

    def lex(self, lexer_state: Any, parser_state: Any) -> Iterator[Token]:  # noqa: ANN401 - lark's
        """The tokens as lark knows them."""
        for cut in lexer_state.text:
            yield Token(cut.kind, cut.text, start_pos=cut.at)

    __future_interface__ = 2


@cache
def _parser() -> Lark:
    return Lark(GRAMMAR, parser="lalr", lexer=_Ready)


def tree(text: str) -> Node | None:
    """What the text says: nodes any_of, all_of, without, tagged and group over PHRASE, WORD and
    TAG tokens, each of which knows where it stands. None for a text without a token.

    Raises `QueryError`.
    """
    cuts = tokens(text)
    if not cuts:
        return None
    try:
        found: Node = _parser().parse(cuts)
    except UnexpectedToken as error:
        raise _explained(text, cuts, error.token) from None
    return found


def _explained(text: str, cuts: list[Cut], token: Token) -> QueryError:
    """Why the grammar takes no such token there, in words, and at the place to mend."""
    end = token.type == "$END"
    before = [cut for cut in cuts if end or cut.at < (token.start_pos or 0)]
    last = before[-1] if before else None
    if last and last.kind == "TAG":
        told = f"has nothing after {last.text}"
        return QueryError(
            "query", told, f"write {last.text}word, without a space", query=text, at=last.at
        )
    if last and last.kind in {"_AND", "_OR", "_NOT"} and (end or token.type == "_CLOSE"):
        told = f"has nothing after {last.text}"
        return QueryError("query", told, _as_a_word(last.text), query=text, at=last.at)
    if end:
        told = "opens a parenthesis that is never closed"
        return QueryError("query", told, "close it with )", query=text, at=_unclosed(cuts))
    if token.type == "_CLOSE":
        empty = last is not None and last.kind == "_OPEN"
        told = "has empty parentheses" if empty else "closes a parenthesis that was never opened"
        return QueryError(
            "query", told, "leave it out, or use quotes", query=text, at=token.start_pos or 0
        )
    told = f"has nothing before {token}"
    return QueryError("query", told, _as_a_word(str(token)), query=text, at=token.start_pos or 0)


def _as_a_word(operator: str) -> str:
    return f'as a word, write it in quotes: "{operator}"'


def _unclosed(cuts: list[Cut]) -> int:
    opened: list[int] = []
    for cut in cuts:
        if cut.kind == "_OPEN":
            opened.append(cut.at)
        elif cut.kind == "_CLOSE":
            opened.pop()
    return opened[-1]
