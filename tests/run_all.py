"""Every check and every test, in order. `make test` and `make lint` call it.

Run it with the project's own Python: .venv/bin/python tests/run_all.py [--lint]
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
PYTHON = [sys.executable]

LINT: dict[str, list[str]] = {
    "style": [*PYTHON, "-m", "ruff", "check"],
    "format": [*PYTHON, "-m", "ruff", "format", "--check"],
    "types": [*PYTHON, "-m", "mypy", "."],
    "layers": [str(BIN / "lint-imports")],
    "migrations": [*PYTHON, "-W", "ignore", "manage.py", "makemigrations", "--check", "--dry-run"],
    "deployment": [*PYTHON, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
    "translations": [*PYTHON, "manage.py", "compile_po", "--check"],
}
TEST: dict[str, list[str]] = {
    "compiled translations": [*PYTHON, "manage.py", "compile_po"],
    "tests": [*PYTHON, "-m", "pytest", "-q", "-n", "2", "--dist", "worksteal"],
}
# As production has it, for `check --deploy`. No database is asked.
ENVIRONMENT = {
    "SECRET_KEY": "a-key-for-the-checks-only-" + "0123456789abcdefghijklmnopqrstuvwxyz" * 2,
    "ALLOWED_HOSTS": "utfall.example",
    "BASE_URL": "https://utfall.example",
    "SEAL_PKCS12": "seal.p12",
}


def end_with_us() -> None:
    """A step must not outlive us, even after kill -9 (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM, 0, 0, 0)  # PR_SET_PDEATHSIG


def main() -> int:
    """Run every step even when one fails, so that one run tells all; the tests' own summary comes near the end."""
    steps = LINT if "--lint" in sys.argv else LINT | TEST
    failed = []
    for name, command in steps.items():
        print(f"── {name}", flush=True)
        started = time.monotonic()
        env = os.environ | (ENVIRONMENT if "manage.py" in command else {})
        step = subprocess.Popen(command, cwd=ROOT, env=env, preexec_fn=end_with_us)  # noqa: S603, PLW1509
        try:
            code = step.wait()
        except KeyboardInterrupt:
            step.wait()  # it got the Ctrl-C too and is tidying up
            return 130
        if code != 0:
            failed.append(f"── {name} failed: {' '.join(command)}")
        print(f"   {time.monotonic() - started:.0f} s", flush=True)
    print("\n".join(failed) or "── All is well.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
