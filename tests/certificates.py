"""A self-signed certificate for localhost, and both ends of a connection that use it."""

from __future__ import annotations

import ssl
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

Certificate = tuple["Path", "Path"]


def self_signed(folder: Path) -> Certificate:
    """A new certificate and its key, in files."""
    cert, key = folder / "cert.pem", folder / "key.pem"
    made = f"openssl req -x509 -newkey rsa:2048 -nodes -days 2 -keyout {key} -out {cert}"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    try:
        subprocess.run([*made.split(), *subject], check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("needs the openssl command")
    return cert, key


def serving(certificate: Certificate) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return context


def trusting(certificate: Certificate) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificate[0]))
