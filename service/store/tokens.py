"""Tokens of programs: their hashes, and how far they reach."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, or_, select, update

from service.errors import InputError
from service.records.tokens import Scope, Token
from service.store.dialect import insert_or
from service.store.schema import TokenRow

if TYPE_CHECKING:
    from datetime import date, datetime


class Tokens:
    """Reads and writes inside the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, token: Token) -> None:
        """Keep a token. Raises `InputError` for a name that was given before."""
        values = {field: getattr(token, field) for field in Token.__dataclass_fields__}
        statement = insert_or(self._connection, TokenRow).values(
            **values | {"scope": str(token.scope)}
        )
        fresh = statement.on_conflict_do_nothing(index_elements=["name"]).returning(TokenRow.name)
        if self._connection.execute(fresh).first() is None:
            remedy = "choose another; see: litwatch token list"
            raise InputError(f"token {token.name!r}", "exists, or did", remedy)

    def all(self) -> list[Token]:
        """Every token there ever was, by name."""
        found = self._connection.execute(select(TokenRow).order_by(TokenRow.name))
        return [_token(row) for row in found]

    def find(self, sha256: str) -> Token | None:
        """The token with this hash, whether it is still good or not."""
        statement = select(TokenRow).where(TokenRow.sha256 == sha256)
        found = self._connection.execute(statement).first()
        return None if found is None else _token(found)

    def usable(self, now: datetime) -> bool:
        """Whether there is one that lets somebody in."""
        row = TokenRow
        lasting = or_(row.expires_at.is_(None), row.expires_at > now)
        statement = select(row.name).where(row.revoked_at.is_(None), lasting).limit(1)
        return self._connection.execute(statement).first() is not None

    def revoke(self, name: str, now: datetime) -> bool:
        """Let nobody in with it any more, for good; False where that was so already. Raises
        `InputError` where there is none of that name."""
        row = TokenRow
        statement = update(row).where(row.name == name, row.revoked_at.is_(None))
        done = self._connection.execute(statement.values(revoked_at=now).returning(row.name))
        if done.first() is not None:
            return True
        if self._connection.execute(select(row.name).where(row.name == name)).first() is None:
            raise InputError(f"token {name!r}", "does not exist", "see: litwatch token list")
        return False

    def used(self, name: str, day: date) -> None:
        """Note that it was used on this day."""
        row = TokenRow
        self._connection.execute(update(row).where(row.name == name).values(last_used_on=day))


def _token(row: Any) -> Token:  # noqa: ANN401 - a result row of `select(TokenRow)`
    fields = {name: getattr(row, name) for name in Token.__dataclass_fields__}
    return Token(**fields | {"scope": Scope(row.scope)})
