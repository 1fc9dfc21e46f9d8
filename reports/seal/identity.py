"""Who this installation seals as: a key and certificate in a PKCS #12 file, or a test seal that it made itself."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import pkcs12
from django.conf import settings
from django.utils.translation import gettext as _

TEST_PASSWORD = "utfall-test-seal"  # noqa: S105 - the test seal's file is readable by its owner only, and proves nothing
SEAL_FILE, TSA_FILE, CA_FILE, CRL_FILE = "seal.p12", "timestamp.p12", "test-ca.pem", "revoked.crl"


class SealError(Exception):
    """Nothing can be sealed here, for a reason that the administrator can act on."""


@dataclass(frozen=True)
class Source:
    """Where key and certificate are. A test seal has its own time-stamping and revocation list beside it."""

    file: Path
    password: str
    is_test: bool

    @property
    def folder(self) -> Path:
        return self.file.parent


@dataclass(frozen=True)
class Identity:
    """The certificate that seals, as people and the stored row name it."""

    subject: str
    fingerprint: str
    valid_from: datetime
    valid_until: datetime
    is_test: bool


def source() -> Source | None:
    """The configured seal; without one, the test seal where the installation has made one."""
    if settings.SEAL_PKCS12:
        return Source(Path(settings.SEAL_PKCS12), settings.SEAL_PASSWORD, is_test=False)
    if settings.SEAL_TEST_FOLDER:
        test = Path(settings.SEAL_TEST_FOLDER) / SEAL_FILE
        if test.is_file():
            return Source(test, TEST_PASSWORD, is_test=True)
    return None


def hindrance(at: datetime) -> str:
    """Why nothing can be sealed now, or nothing."""
    try:
        identity_of(at)
    except SealError as error:
        return str(error)
    return ""


def identity_of(at: datetime) -> Identity:
    """The certificate that seals now. Raises SealError when there is none, or it cannot be used."""
    found = source()
    if found is None:
        raise SealError(
            _(
                "Agreements cannot be sealed on this server: no seal is configured. Ask the administrator to set "
                "SEAL_PKCS12 and SEAL_PASSWORD."
            )
        )
    certificate = _certificate(found)
    identity = Identity(
        subject=certificate.subject.rfc4514_string(),
        fingerprint=certificate.fingerprint(hashes.SHA256()).hex(),
        valid_from=certificate.not_valid_before_utc,
        valid_until=certificate.not_valid_after_utc,
        is_test=found.is_test,
    )
    if not identity.valid_from <= at <= identity.valid_until:
        raise SealError(
            _("The certificate of the seal is valid from %(first)s to %(last)s, which is not now.")
            % {"first": identity.valid_from.date(), "last": identity.valid_until.date()}
        )
    return identity


def _certificate(found: Source) -> x509.Certificate:
    try:
        _key, certificate, _others = pkcs12.load_key_and_certificates(
            found.file.read_bytes(), found.password.encode() or None
        )
    except (OSError, ValueError) as error:
        raise SealError(_("The file of the seal cannot be opened with its password.")) from error
    if certificate is None:
        raise SealError(_("The file of the seal holds no certificate."))
    return certificate
