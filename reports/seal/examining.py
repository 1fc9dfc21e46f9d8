"""What a file says about its own seals. It judges nobody: whether a certificate is ours, the caller knows.

The file comes from anybody. `examine_apart` therefore reads it in a process of its own with little memory and time:

    python -m reports.seal.examining < FILE
"""

import json
import logging
import subprocess
import sys
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from io import BytesIO
from pathlib import Path
from typing import Any

BASE_DIR = Path(__file__).resolve().parent.parent.parent
MOST_MEMORY = 1536 * 1024 * 1024
MOST_SECONDS = 20
MOST_SEALS = 20


class Kind(StrEnum):
    """What kind of file it is."""

    NOT_PDF = "not_pdf"
    ENCRYPTED = "encrypted"
    DAMAGED = "damaged"
    TOO_HARD = "too_hard"
    UNSIGNED = "unsigned"
    SIGNED = "signed"


@dataclass(frozen=True)
class Found:
    """One seal or signature. `is_intact`: what it covers is unchanged. `is_all`: nothing else was added after it."""

    subject: str
    fingerprint: str
    reason: str
    signed_at: str
    stamped_at: str
    is_intact: bool
    is_all: bool


@dataclass(frozen=True)
class Examination:
    """The kind of file, and its seals in the order they were made."""

    kind: Kind
    found: tuple[Found, ...] = ()


def examine(content: bytes) -> Examination:
    """Read the file and check each of its seals against the bytes it covers."""
    if b"%PDF-" not in content[:1024]:
        return Examination(Kind.NOT_PDF)
    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)  # what it warns of is what we answer
    from pyhanko.pdf_utils.reader import PdfFileReader  # noqa: PLC0415 - seconds to load

    try:
        reader = PdfFileReader(BytesIO(content), strict=False)
        if reader.encrypted:
            return Examination(Kind.ENCRYPTED)
        seals = list(reader.embedded_regular_signatures)[:MOST_SEALS]
        if not seals:
            return Examination(Kind.UNSIGNED)
        return Examination(Kind.SIGNED, tuple(_found(each) for each in seals))
    except Exception:  # whatever a broken file makes a parser raise, it is the file that is broken
        return Examination(Kind.DAMAGED)


def _found(embedded: Any) -> Found:
    from pyhanko.sign.diff_analysis import ModificationLevel  # noqa: PLC0415
    from pyhanko.sign.validation import validate_pdf_signature  # noqa: PLC0415
    from pyhanko_certvalidator import ValidationContext  # noqa: PLC0415

    certificate = embedded.signer_cert
    signed_at, stamped_at = "", ""
    is_intact = is_all = False
    try:
        nobody = ValidationContext(trust_roots=[], allow_fetching=False)
        status = validate_pdf_signature(embedded, nobody, nobody)
        is_intact = bool(status.intact and status.valid)
        level = status.modification_level
        is_all = level is not None and level <= ModificationLevel.LTA_UPDATES and status.docmdp_ok is not False
        stamp = status.timestamp_validity
        stamped_at = _moment(stamp.timestamp) if stamp is not None and stamp.intact and stamp.valid else ""
        signed_at = _moment(status.signer_reported_dt)
    except Exception:  # noqa: S110 - the seal itself cannot be read: then it vouches for nothing
        pass
    return Found(
        subject=certificate.subject.human_friendly,
        fingerprint=certificate.sha256.hex(),
        reason=str(embedded.sig_object.get("/Reason", ""))[:300],
        signed_at=signed_at,
        stamped_at=stamped_at,
        is_intact=is_intact,
        is_all=is_all,
    )


def _moment(at: datetime | None) -> str:
    return "" if at is None else at.isoformat(timespec="seconds")


# --- In a process of its own ---------------------------------------------------------------------------------------


def examine_apart(content: bytes) -> Examination:
    """The same, where a file that is made to do harm can only harm the process that reads it."""
    if b"%PDF-" not in content[:1024]:
        return Examination(Kind.NOT_PDF)
    command = [sys.executable, "-W", "ignore", "-m", "reports.seal.examining"]
    try:
        done = subprocess.run(  # noqa: S603 - our own module; the file is its input, not its command
            command,
            input=content,
            capture_output=True,
            check=True,
            timeout=2 * MOST_SECONDS,
            cwd=BASE_DIR,
            env={"PYTHONUTF8": "1"},  # it knows no secret of ours
        )
        said = json.loads(done.stdout)
        return Examination(Kind(said["kind"]), tuple(Found(**each) for each in said["found"]))
    except (OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError):
        return Examination(Kind.TOO_HARD)


def main() -> None:
    import resource  # noqa: PLC0415 - Unix only, as the whole of this

    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    print(json.dumps(asdict(examine(sys.stdin.buffer.read()))))


if __name__ == "__main__":
    main()
