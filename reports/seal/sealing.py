"""Sealing a finished PDF with PAdES: B-B; B-T where a clock is named; B-LT with the test seal, whose authority is here.

The seal is the file's last revision and covers all of it: one changed byte anywhere breaks it.
"""

import logging
from io import BytesIO
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.translation import gettext as _

from reports.seal.identity import CA_FILE, CRL_FILE, TEST_PASSWORD, TSA_FILE, SealError, Source, source

if TYPE_CHECKING:
    from pyhanko.sign.signers import SimpleSigner

FIELD = "Seal"


def seal(content: bytes, *, reason: str, label: str) -> bytes:
    """The same PDF with the installation's seal, which allows no change after it. `label` is read aloud for the field.

    The old bytes stay as they are; what is added stands after them.
    """
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter  # noqa: PLC0415 - seconds to load
    from pyhanko.sign import fields, signers  # noqa: PLC0415
    from pyhanko.sign.signers import pdf_signer  # noqa: PLC0415

    class _SameMetadata(IncrementalPdfFileWriter):
        """pyHanko would write the metadata anew, in a form that PDF/A and PDF/UA do not know: leave it as it is."""

        def _update_meta(self) -> None:
            pass

    logging.getLogger("pyhanko").setLevel(logging.ERROR)  # it warns that the test seal asks nobody on the network
    found = source()
    if found is None:
        raise SealError(_("No seal is configured."))
    signer = _signer(found)
    clock, trust = _clock(found)
    metadata = signers.PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        subfilter=fields.SigSeedSubFilter.PADES,
        reason=reason,
        certify=True,
        docmdp_permissions=fields.MDPPerm.NO_CHANGES,
        embed_validation_info=trust is not None,
        validation_context=trust,
        dss_settings=pdf_signer.DSSContentSettings(
            include_vri=False, placement=pdf_signer.SigDSSPlacementPreference.TOGETHER_WITH_SIGNATURE
        ),
    )
    writer = _SameMetadata(BytesIO(content))
    field = fields.SigFieldSpec(FIELD, readable_field_name=label)
    sealed = signers.PdfSigner(metadata, signer, timestamper=clock, new_field_spec=field).sign_pdf(writer)
    return bytes(sealed.getbuffer())


def _signer(found: Source) -> "SimpleSigner":
    from pyhanko.sign import signers  # noqa: PLC0415

    try:
        signer: SimpleSigner | None = signers.SimpleSigner.load_pkcs12_data(
            found.file.read_bytes(), [], found.password.encode() or None
        )
    except (OSError, ValueError) as error:
        raise SealError(_("The file of the seal cannot be opened with its password.")) from error
    if signer is None:
        raise SealError(_("The file of the seal cannot be opened with its password."))
    return signer


def _clock(found: Source) -> tuple[Any, Any]:
    """Who stamps the time, and what the stamp and the seal are checked against when that can be kept in the file."""
    from pyhanko.keys import load_certs_from_pemder_data  # noqa: PLC0415
    from pyhanko.sign import timestamps  # noqa: PLC0415
    from pyhanko_certvalidator import ValidationContext  # noqa: PLC0415

    if not found.is_test:
        return (timestamps.HTTPTimeStamper(settings.SEAL_TSA_URL) if settings.SEAL_TSA_URL else None), None
    clock = _signer(Source(found.folder / TSA_FILE, TEST_PASSWORD, is_test=True))
    root = load_certs_from_pemder_data((found.folder / CA_FILE).read_bytes())
    trust = ValidationContext(
        trust_roots=list(root),
        crls=[(found.folder / CRL_FILE).read_bytes()],
        allow_fetching=False,
        revocation_mode="hard-fail",
    )
    return timestamps.DummyTimeStamper(clock.signing_cert, clock.signing_key, certs_to_embed=clock.cert_registry), trust
