"""The seal: made once by the worker, valid to pyHanko and to pdfsig, and broken by one changed byte."""

import hashlib
import shutil
import subprocess
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pypdf
import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone
from pyhanko.keys import load_certs_from_pemder_data
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from actors.models import AuditEvent
from config import checks
from contracts.models import Contract, ContractVersion
from reports import actions, seal, tasks
from reports.models import SealedAgreement
from reports.queries.agreement import waiting_for_seal
from reports.seal import Kind, SealError, examine
from tests.reports.designed import designed, use_test_seal
from tests.world import World

BASE = "/avtal/UK-2026-01/avtalet/"


@pytest.fixture
def folder(settings: LazySettings, tmp_path: Path) -> Path:
    return use_test_seal(settings, tmp_path / "seal")


def sealed(world: World) -> SealedAgreement:
    row = actions.seal_agreement(world.version.pk, at=timezone.now())
    assert row is not None
    return row


def content_of(row: SealedAgreement) -> bytes:
    with row.file.open() as file:
        return bytes(file.read())


def judged(content: bytes, folder: Path) -> Any:
    """pyHanko's own verdict, trusting the test authority and nobody else."""
    roots = list(load_certs_from_pemder_data((folder / "test-ca.pem").read_bytes()))
    trust = ValidationContext(trust_roots=roots, allow_fetching=False)
    [embedded] = PdfFileReader(BytesIO(content)).embedded_regular_signatures
    return validate_pdf_signature(embedded, trust, trust)


def test_pyhanko_finds_it_valid_whole_and_trusted_by_the_test_authority(world: World, folder: Path) -> None:
    status = judged(content_of(sealed(world)), folder)
    assert status.bottom_line
    assert status.coverage.name == "ENTIRE_FILE"
    assert status.timestamp_validity is not None
    assert status.timestamp_validity.valid


def test_pdfsig_agrees(world: World, folder: Path, tmp_path: Path) -> None:
    pdfsig = shutil.which("pdfsig")
    if pdfsig is None:
        pytest.fail("Seals are checked with pdfsig too: apt-get install --no-install-recommends poppler-utils")
    path = tmp_path / "sealed.pdf"
    path.write_bytes(content_of(sealed(world)))
    said = subprocess.run([pdfsig, str(path)], check=False, capture_output=True, text=True).stdout  # noqa: S603
    assert "Signature is Valid" in said
    assert "Total document signed" in said
    assert "ETSI.CAdES.detached" in said


def test_one_changed_byte_of_the_document_is_found(world: World, folder: Path) -> None:
    content = content_of(sealed(world))
    whole = examine(content)
    assert [(each.is_intact, each.is_all) for each in whole.found] == [(True, True)]
    [embedded] = PdfFileReader(BytesIO(content)).embedded_regular_signatures
    start, length, rest, _end = (int(number) for number in embedded.byte_range)
    places = [*range(start + 1000, length, 4001), rest + 40]
    for place in places:
        changed = bytearray(content)
        changed[place] ^= 1
        found = examine(bytes(changed))
        assert found.kind is not Kind.SIGNED or not all(each.is_intact for each in found.found), place


def test_the_sealed_file_is_still_tagged_archivable_and_carries_its_annexes(world: World, folder: Path) -> None:
    row = sealed(world)
    content = content_of(row)
    with pikepdf.open(BytesIO(content)) as opened:
        root: Any = opened.Root
        assert bool(root.MarkInfo.Marked)
        assert len(root.AF) == 2
        xmp = root.Metadata.read_bytes().decode()
        assert "<pdfuaid:part>1</pdfuaid:part>" in xmp
        assert "pyHanko" not in xmp, "the metadata are left as they were"
        [field] = root.AcroForm.Fields
        assert str(field.TU) == "Avtalets sigill", "read aloud instead of the field's technical name"
        assert [float(side) for side in field.Rect] == [0, 0, 0, 0]
    text = " ".join(page.extract_text() for page in pypdf.PdfReader(BytesIO(content)).pages)
    assert "Bevis om avtalet" in text
    assert "Provsigill" in text
    assert "Läskopia" not in text
    assert row.fingerprint in text
    annex = pypdf.PdfReader(BytesIO(content)).attachments["agreement.json"][0]
    assert hashlib.sha256(annex).hexdigest() == row.document_hash == world.version.document_hash


def test_the_seal_says_what_it_seals(world: World, folder: Path) -> None:
    [found] = examine(content_of(sealed(world))).found
    assert found.reason == f"UK-2026-01 v1 sha256 {world.version.document_hash}"
    assert found.fingerprint == SealedAgreement.objects.get().fingerprint
    assert found.stamped_at


def test_an_agreed_version_is_sealed_once(world: World, folder: Path) -> None:
    assert list(waiting_for_seal()) == [world.version]
    row = sealed(world)
    assert (row.version_number, row.is_test) == (1, True)
    assert row.sha256 == hashlib.sha256(content_of(row)).hexdigest()
    assert actions.seal_agreement(world.version.pk, at=timezone.now()) is None
    assert not waiting_for_seal().exists()
    assert AuditEvent.objects.filter(event="reports.seal_agreement").count() == 1


def test_who_comes_second_throws_its_file_away(
    world: World, folder: Path, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = sealed(world)
    monkeypatch.setattr(actions, "waiting_for_seal", ContractVersion.objects.all)
    assert actions.seal_agreement(world.version.pk, at=timezone.now()) is None
    kept = list((Path(settings.MEDIA_ROOT) / "agreements").rglob("*.pdf"))
    assert [path.name for path in kept] == [Path(str(row.file.name)).name]


def test_what_is_sealed_stays(world: World, folder: Path) -> None:
    row = sealed(world)
    for change in (
        lambda: SealedAgreement.objects.filter(pk=row.pk).update(is_test=False),
        lambda: SealedAgreement.objects.filter(pk=row.pk).delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_only_what_is_agreed_is_sealed_and_history_is_not(world: World, folder: Path) -> None:
    version = designed(world).propose()
    assert actions.seal_agreement(version.pk, at=timezone.now()) is None
    Contract.objects.filter(pk=world.contract.pk).update(computed_from_published_facts=True)
    assert not waiting_for_seal().exists()


def test_the_sweep_seals_what_lost_its_bell(world: World, folder: Path, settings: LazySettings) -> None:
    settings.CELERY_TASK_ALWAYS_EAGER = True
    from config.celery import app

    app.conf.task_always_eager = True
    try:
        tasks.seal_waiting()
    finally:
        app.conf.task_always_eager = False
    assert SealedAgreement.objects.count() == 1


class TestWithoutASeal:
    def test_nothing_is_sealed_and_everybody_is_told_why(
        self, world: World, settings: LazySettings, browse: Callable[..., Client], caplog: pytest.LogCaptureFixture
    ) -> None:
        settings.SEAL_PKCS12 = settings.SEAL_TEST_FOLDER = ""
        with pytest.raises(SealError, match=r"no seal is configured|inget sigill är inställt"):
            actions.seal_agreement(world.version.pk, at=timezone.now())
        tasks.seal_agreement(world.version.pk)
        assert "is not sealed" in caplog.text
        assert not SealedAgreement.objects.exists()
        page = browse("anna").get(BASE).content.decode()
        assert "no seal is configured" in page
        assert "SEAL_PKCS12" in page

    def test_a_check_warns(self, settings: LazySettings) -> None:
        settings.SEAL_PKCS12 = settings.SEAL_TEST_FOLDER = ""
        settings.DEMO = settings.DEBUG = False
        [warning] = checks.agreements(None)
        assert (warning.id, "not sealed" in warning.msg) == ("utfall.W002", True)
        settings.SEAL_TEST_FOLDER = "/somewhere"
        assert "no legal effect" in checks.agreements(None)[0].msg
        settings.SEAL_PKCS12 = "/secret/seal.p12"
        assert checks.agreements(None) == []


class TestAConfiguredSeal:
    """The key and certificate of a trust service, here played by those of a test seal in another file."""

    @pytest.fixture
    def bought(self, settings: LazySettings, tmp_path: Path) -> Path:
        folder = use_test_seal(settings, tmp_path / "elsewhere")
        key, certificate, others = pkcs12.load_key_and_certificates(
            (folder / "seal.p12").read_bytes(), seal.TEST_PASSWORD.encode()
        )
        file = tmp_path / "bought.p12"
        secret = BestAvailableEncryption(b"secret")
        file.write_bytes(pkcs12.serialize_key_and_certificates(b"x", key, certificate, others, secret))  # type: ignore[arg-type]
        settings.SEAL_PKCS12, settings.SEAL_PASSWORD = str(file), "secret"
        return folder

    def test_it_is_used_before_any_test_seal(self, world: World, bought: Path) -> None:
        row = sealed(world)
        assert not row.is_test
        content = content_of(row)
        assert judged(content, bought).intact
        assert "Provsigill" not in " ".join(page.extract_text() for page in pypdf.PdfReader(BytesIO(content)).pages)

    def test_a_wrong_password_is_said(self, world: World, bought: Path, settings: LazySettings) -> None:
        settings.SEAL_PASSWORD = "wrong"
        with pytest.raises(SealError, match=r"password|lösenord"):
            sealed(world)

    def test_a_certificate_that_has_run_out_seals_nothing(self, world: World, bought: Path) -> None:
        with pytest.raises(SealError, match=r"valid from|gäller från"):
            actions.seal_agreement(world.version.pk, at=timezone.now() + timedelta(days=4000))


class TestTheTestSeal:
    def test_it_is_made_once_and_kept_from_others(self, tmp_path: Path) -> None:
        call_command("make_test_seal", folder=str(tmp_path / "made"), verbosity=0)
        before = (tmp_path / "made" / "seal.p12").read_bytes()
        call_command("make_test_seal", folder=str(tmp_path / "made"), verbosity=0)
        assert (tmp_path / "made" / "seal.p12").read_bytes() == before
        assert {path.stat().st_mode & 0o777 for path in (tmp_path / "made").iterdir()} == {0o600}

    def test_the_command_wants_a_folder(self, settings: LazySettings) -> None:
        settings.SEAL_TEST_FOLDER = ""
        with pytest.raises(CommandError, match="SEAL_TEST_FOLDER"):
            call_command("make_test_seal")


class TestThePage:
    def test_the_parties_take_the_original(self, world: World, folder: Path, browse: Callable[..., Client]) -> None:
        assert "being made" in browse("anna").get(BASE).content.decode()
        row = sealed(world)
        for name in ("anna", "ines", "signe", "vera"):
            page = browse(name).get(BASE).content.decode()
            assert f'href="{BASE}1/fil/"' in page
            assert "This is a test seal" in page
            assert row.sha256 in page
            answer = browse(name).get(f"{BASE}1/fil/")
            assert answer["Content-Disposition"] == 'attachment; filename="agreement-uk-2026-01-v1-sealed.pdf"'
            assert hashlib.sha256(b"".join(answer.streaming_content)).hexdigest() == row.sha256  # type: ignore[attr-defined]
        assert browse("charlie").get(f"{BASE}1/fil/").status_code == 404

    def test_a_lost_file_is_said(self, world: World, folder: Path, browse: Callable[..., Client]) -> None:
        row = sealed(world)
        row.file.storage.delete(str(row.file.name))
        assert browse("anna").get(f"{BASE}1/fil/").status_code == 409
        assert browse("anna").get(BASE).status_code == 200
