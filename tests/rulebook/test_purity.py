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
ESTIMATES = {
    *("simulation", "simulate.py", "cashflow.py", "power.py", "forecast.py", "outlook.py", "sensitivity.py"),
    "benefits.py",
}
"""Readings that estimate what may come. All else is the money path: no float may be written, made or cast there."""
MONEY_PATH = [module for module in MODULES if module.relative_to(FOLDER).parts[0] not in ESTIMATES]
FORBIDDEN_CALLS = {"open", "input", "print", "eval", "exec", "__import__"}
CLOCKS = {"today", "now", "utcnow", "fromtimestamp"}


def _name(module: Path) -> str:
    return str(module.relative_to(FOLDER))


@pytest.mark.parametrize("module", MODULES, ids=_name)
def test_module_is_pure(module: Path) -> None:
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            assert not {alias.name.partition(".")[0] for alias in node.names} & FORBIDDEN_IMPORTS
        if isinstance(node, ast.ImportFrom):
            assert (node.module or "").partition(".")[0] not in FORBIDDEN_IMPORTS
        if isinstance(node, ast.Name):
            assert node.id not in FORBIDDEN_CALLS, f"line {node.lineno}: {node.id}"
        if isinstance(node, ast.Attribute):
            assert node.attr not in CLOCKS, f"line {node.lineno}: a clock"


@pytest.mark.parametrize("module", MONEY_PATH, ids=_name)
def test_no_binary_float_comes_into_the_money_path(module: Path) -> None:
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Constant):
            assert not isinstance(node.value, (float, complex)), f"line {node.lineno}: a float"
        if isinstance(node, ast.Name):
            assert node.id != "float", f"line {node.lineno}: float"
        if isinstance(node, ast.Attribute):
            assert not node.attr.startswith(("float", "double")), f"line {node.lineno}: {node.attr}"


def test_only_estimates_know_of_the_readings_that_estimate() -> None:
    for module in MONEY_PATH:
        imported = [
            node.module or "" for node in ast.walk(ast.parse(module.read_text())) if isinstance(node, ast.ImportFrom)
        ]
        estimates = {name for name in imported if name.startswith(("rulebook.simulat", "rulebook.cashflow"))}
        assert not estimates or module.name == "__init__.py", f"{_name(module)} imports {estimates}"


def test_importing_the_rulebook_does_not_import_django() -> None:
    probe = "import rulebook, sys; print('django' in sys.modules)"
    found = subprocess.run(  # noqa: S603
        [sys.executable, "-c", probe], capture_output=True, text=True, check=True, cwd=FOLDER.parent
    )
    assert found.stdout.strip() == "False"
