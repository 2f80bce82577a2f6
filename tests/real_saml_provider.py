"""A real SAML identity provider, npm's `samlify`, in a process of its own."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from tests.clients.talking import line, node
from vestibule.clock import SystemClock


@contextmanager
def real_saml_provider(services: Sequence[dict[str, str]]) -> Iterator[str]:
    """Run the provider until the block ends; returns its metadata. A service: `entityId`, `callback`, `signs`."""
    key, certificate = _pair()
    process = node("saml_upstream.mjs", {"key": key, "certificate": certificate, "services": services})
    try:
        yield line(process, "metadata")
    finally:
        process.kill()
        process.communicate()


def _pair() -> tuple[str, str]:
    """Return a key and a certificate that holds today, both in PEM."""
    key, now = rsa.generate_private_key(65537, 2048), datetime.fromtimestamp(SystemClock().now() / 1000, UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "A company of these tests")])
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    builder = (
        builder.serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    )
    form, style = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    secret = key.private_bytes(form, style, serialization.NoEncryption())
    return secret.decode(), builder.sign(key, hashes.SHA256()).public_bytes(form).decode()
