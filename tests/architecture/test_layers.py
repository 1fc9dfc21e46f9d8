"""What import-linter cannot see by itself: that its configuration covers every app and every edge."""

import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
LINTER = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
CONTRACTS = {contract["id"]: contract for contract in LINTER["contracts"]}
APPS = sorted(path.parent.name for path in ROOT.glob("*/apps.py"))
EDGES = ("views", "forms", "tasks", "api", "admin")
SHARED = {"actors.forms"}  # every form inherits its base there


def test_every_app_is_a_root_package_with_a_place_among_the_layers() -> None:
    assert set(APPS) <= set(LINTER["root_packages"])
    assert set(LINTER["root_packages"]) == set(CONTRACTS["apps"]["layers"])
    assert set(APPS) - {"config"} == set(CONTRACTS["inside-an-app"]["containers"])


@pytest.mark.parametrize("app", [app for app in APPS if app != "config"])
def test_the_edges_of_an_app_are_private(app: str) -> None:
    edges = {f"{app}.{edge}" for edge in EDGES if list((ROOT / app).glob(f"{edge}.py")) or (ROOT / app / edge).is_dir()}
    private = set(CONTRACTS.get(f"private-{app}", {}).get("protected_modules", []))
    assert edges - SHARED == private, "list them in pyproject.toml: an app's pages, forms and tasks are nobody else's"
