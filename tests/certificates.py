"""Certificates for the servers of the tests: one that is trusted, and two that are not."""

from __future__ import annotations

import ssl
import tempfile
from functools import cache
from pathlib import Path
from typing import Literal

import trustme

Certificate = Literal["good", "self-signed", "other name"]


@cache
def authority() -> trustme.CA:
    """Who signs the good certificates."""
    return trustme.CA()


@cache
def server_context(certificate: Certificate) -> ssl.SSLContext:
    """What a server on this machine needs to speak TLS with such a certificate."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    match certificate:
        case "good":
            authority().issue_cert("localhost", "127.0.0.1").configure_cert(context)
        case "other name":
            authority().issue_cert("elsewhere.test").configure_cert(context)
        case "self-signed":
            alone = trustme.CA()  # an authority's own certificate is signed by itself
            with tempfile.TemporaryDirectory() as folder:
                pem = Path(folder) / "alone.pem"
                pem.write_bytes(alone.private_key_pem.bytes() + alone.cert_pem.bytes())
                context.load_cert_chain(pem)
    return context
