"""An authority for demo and tests: it vouches for a seal and a clock that nobody else has any reason to trust."""

import os
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from reports.seal.identity import CA_FILE, CRL_FILE, SEAL_FILE, TEST_PASSWORD, TSA_FILE

BEFORE, AFTER = timedelta(days=366), timedelta(days=3653)
ORGANISATION = "Utfall (test without legal effect)"


def make_test_seal(folder: Path, at: datetime) -> bool:
    """Make the authority, the seal and the clock in `folder`, once. False where they are already there."""
    if all((folder / name).is_file() for name in (SEAL_FILE, TSA_FILE, CA_FILE, CRL_FILE)):
        return False
    folder.mkdir(parents=True, exist_ok=True)
    ca_key, seal_key, tsa_key = (rsa.generate_private_key(65537, 2048) for _ in range(3))
    ca_name = _name("Utfall test authority")
    ca = _certificate(ca_name, ca_name, ca_key, ca_key, at).add_extension(x509.BasicConstraints(True, 0), True)
    ca = ca.add_extension(_usage(key_cert_sign=True, crl_sign=True), True)
    authority = ca.sign(ca_key, hashes.SHA256())
    seal = _certificate(_name("Utfall test seal"), ca_name, seal_key, ca_key, at)
    seal = seal.add_extension(_usage(digital_signature=True, content_commitment=True), True)
    clock = _certificate(_name("Utfall test clock"), ca_name, tsa_key, ca_key, at)
    clock = clock.add_extension(_usage(digital_signature=True), True)
    clock = clock.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), True)
    revoked = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(ca_name)
        .last_update(at - BEFORE)
        .next_update(at + AFTER)
        .add_extension(x509.CRLNumber(1), False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), False)
        .sign(ca_key, hashes.SHA256())
    )
    _write(folder / CA_FILE, authority.public_bytes(serialization.Encoding.PEM))
    _write(folder / CRL_FILE, revoked.public_bytes(serialization.Encoding.DER))
    secret = serialization.BestAvailableEncryption(TEST_PASSWORD.encode())
    for file, key, builder in ((TSA_FILE, tsa_key, clock), (SEAL_FILE, seal_key, seal)):
        certificate = builder.sign(ca_key, hashes.SHA256())
        _write(folder / file, pkcs12.serialize_key_and_certificates(b"utfall", key, certificate, [authority], secret))
    return True


def _name(common: str) -> x509.Name:
    parts = ((NameOID.COUNTRY_NAME, "SE"), (NameOID.ORGANIZATION_NAME, ORGANISATION), (NameOID.COMMON_NAME, common))
    return x509.Name([x509.NameAttribute(oid, text) for oid, text in parts])


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: rsa.RSAPrivateKey, ca_key: rsa.RSAPrivateKey, at: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - BEFORE)
        .not_valid_after(at + AFTER)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), False)
    )


def _usage(**wanted: bool) -> x509.KeyUsage:
    uses = [
        *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
        *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
    ]
    return x509.KeyUsage(**{use: wanted.get(use, False) for use in uses})


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all, and for the owner only."""
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    draft.replace(path)
