"""The page where anybody checks a file: plain answers, nothing stored, nothing told that the file does not say."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from django.conf import LazySettings
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone, translation
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers

from reports import actions, seal
from reports.models import SealedAgreement
from reports.seal import TEST_PASSWORD, Kind, examine, examine_apart
from reports.views import checking
from reports.views.checking import MOST_A_MINUTE, verdict_of
from tests.reports.designed import use_test_seal
from tests.world import World

ADDRESS = "/kontrollera/"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read the files in this process; one test below reads one apart, as the page does."""
    monkeypatch.setattr(seal, "examine_apart", examine)
    cache.clear()


@pytest.fixture
def original(world: World, settings: LazySettings, tmp_path: Path) -> bytes:
    use_test_seal(settings, tmp_path / "seal")
    row = actions.seal_agreement(world.version.pk, at=timezone.now())
    assert row is not None
    with row.file.open() as file:
        return bytes(file.read())


def blank() -> bytes:
    with pikepdf.new() as document:
        document.add_blank_page()
        out = BytesIO()
        document.save(out)
    return out.getvalue()


def asked(content: bytes, language: str = "en", name: str = "a.pdf") -> tuple[int, str]:
    visitor = Client()
    visitor.cookies["django_language"] = language
    answer = visitor.post(ADDRESS, {"file": SimpleUploadedFile(name, content, content_type="application/pdf")})
    return answer.status_code, answer.content.decode()


def test_a_visitor_is_told_that_the_original_is_intact_and_what_it_is(world: World, original: bytes) -> None:
    status, page = asked(original)
    assert status == 200
    assert "The file is intact" in page
    assert "UK-2026-01, version 1" in page
    assert world.version.document_hash in page
    assert SealedAgreement.objects.get().fingerprint in page
    assert "This is a test seal" in page
    for secret in (world.contract.name, "Nordvikens kommun", "Norrsken"):
        assert secret not in page, "the page tells no more than the file's own seal"
    assert "Filen är oförändrad" in asked(original, "sv")[1]


def test_a_changed_byte_is_found_by_the_page_and_by_pyhanko(original: bytes) -> None:
    at = original.index(b"stream") + 60
    changed = bytearray(original)
    changed[at] ^= 1
    assert not any(each.is_intact for each in examine(bytes(changed)).found)
    _status, page = asked(bytes(changed))
    assert "The file has been changed after it was sealed" in page
    assert "The file is intact" not in page


def test_no_changed_byte_anywhere_is_called_intact(original: bytes) -> None:
    for at in range(7, len(original), len(original) // 25):
        changed = bytearray(original)
        changed[at] ^= 1
        assert verdict_of(bytes(changed)).tone != "success", at


def test_what_is_added_after_the_seal_is_found(original: bytes) -> None:
    writer = IncrementalPdfFileWriter(BytesIO(original))
    writer.root["/PageMode"] = writer.root.get("/PageMode") or writer.root["/Type"]
    writer.update_root()  # type: ignore[no-untyped-call]
    out = BytesIO()
    writer.write(out)  # type: ignore[no-untyped-call]
    with translation.override("en"):
        verdict = verdict_of(out.getvalue())
    assert (verdict.tone, verdict.title) == ("danger", "Something has been added after the seal")
    trailing = verdict_of(original + b"\n% more\n")
    assert trailing.tone != "success"
    assert trailing.exact is None


def test_a_file_without_a_seal_proves_nothing(world: World) -> None:
    assert "The file has no seal" in asked(blank())[1]


def test_what_somebody_else_signed_is_said_to_be_theirs(world: World, tmp_path: Path) -> None:
    seal.make_test_seal(tmp_path / "theirs", timezone.now())
    theirs = (tmp_path / "theirs" / "seal.p12").read_bytes()
    signer = signers.SimpleSigner.load_pkcs12_data(theirs, [], TEST_PASSWORD.encode())
    writer = IncrementalPdfFileWriter(BytesIO(blank()))
    signed = signers.sign_pdf(writer, signers.PdfSignatureMetadata(field_name="Sig", reason="Their own"), signer=signer)
    _status, page = asked(signed.getvalue())
    assert "The file is signed by somebody else" in page
    assert "Their own" in page
    assert "Seal of this installation" not in page


@pytest.mark.parametrize(
    ("content", "title"),
    [
        (b"Hej, det h\xe4r \xe4r text.", "This is not a PDF"),
        (b"%PDF-1.7\nnothing that can be read", "The file is damaged"),
    ],
)
def test_other_files_get_plain_answers(world: World, content: bytes, title: str) -> None:
    status, page = asked(content)
    assert (status, title in page) == (200, True)


def test_a_locked_file_is_not_read(world: World) -> None:
    out = BytesIO()
    with pikepdf.open(BytesIO(blank())) as document:
        document.save(out, encryption=pikepdf.Encryption(owner="o", user="u"))
    assert "The file is locked" in asked(out.getvalue())[1]


def test_a_file_that_is_too_large_empty_or_missing_is_refused(world: World, settings: LazySettings) -> None:
    settings.UPLOAD_MAX_BYTES = 100
    status, page = asked(blank())
    assert (status, "larger than 10 MB" in page) == (422, True)
    assert asked(b"")[0] == 422
    assert Client().post(ADDRESS).status_code == 422


def test_nothing_is_stored(world: World, original: bytes, settings: LazySettings) -> None:
    def kept() -> tuple[int, int]:
        return SealedAgreement.objects.count(), len(list(Path(settings.MEDIA_ROOT).rglob("*.pdf")))

    before = kept()
    asked(original)
    asked(blank())
    assert kept() == before


def test_who_asks_too_often_waits_a_minute(world: World, clock: object) -> None:
    for _ in range(MOST_A_MINUTE):
        assert asked(b"no")[0] == 200
    status, page = asked(b"no")
    assert (status, "Wait a minute" in page) == (429, True)


def test_a_broken_counter_lets_people_in(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def add(self, *_arguments: object, **_options: object) -> None:
            raise ConnectionError

    monkeypatch.setattr(checking, "cache", Broken())
    assert asked(b"no")[0] == 200


def test_the_file_is_read_in_a_process_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    assert examine_apart(blank()).kind is Kind.UNSIGNED
    monkeypatch.setattr("reports.seal.examining.sys.executable", "/bin/false")
    assert examine_apart(blank()).kind is Kind.TOO_HARD, "a reader that dies is an answer, not an error"


def test_every_page_leads_here(world: World, browse: Callable[..., Client]) -> None:
    assert f'href="{ADDRESS}"' in Client().get("/").content.decode()
    assert f'href="{ADDRESS}"' in browse("anna").get("/start/").content.decode()
    assert Client().get(ADDRESS).status_code == 200
