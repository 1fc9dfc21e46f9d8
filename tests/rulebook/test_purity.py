"""The rulebook never sees a float, a clock, a file, chance or a framework."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "rulebook"
MODULES = sorted(FOLDER.rglob("*.py"))
FORBIDDEN_IMPORTS = {
    "django",
    "random",
    "time",
    "os",
    "pathlib",
    "socket",
    "logging",
    "subprocess",
    "urllib",
    "secrets",
}
FORBIDDEN_CALLS = {"float", "open", "input", "print", "eval", "exec", "__import__"}
CLOCKS = {"today", "now", "utcnow", "fromtimestamp"}


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(FOLDER)))
def test_module_is_pure_and_exact(module: Path) -> None:
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Constant):
            assert not isinstance(node.value, (float, complex)), f"line {node.lineno}: a float"
        if isinstance(node, ast.Import):
            assert not {alias.name.partition(".")[0] for alias in node.names} & FORBIDDEN_IMPORTS
        if isinstance(node, ast.ImportFrom):
            assert (node.module or "").partition(".")[0] not in FORBIDDEN_IMPORTS
        if isinstance(node, ast.Name):
            assert node.id not in FORBIDDEN_CALLS, f"line {node.lineno}: {node.id}"
        if isinstance(node, ast.Attribute):
            assert node.attr not in CLOCKS, f"line {node.lineno}: a clock"


def test_importing_the_rulebook_does_not_import_django() -> None:
    probe = "import rulebook, sys; print('django' in sys.modules)"
    found = subprocess.run(  # noqa: S603
        [sys.executable, "-c", probe], capture_output=True, text=True, check=True, cwd=FOLDER.parent
    )
    assert found.stdout.strip() == "False"
