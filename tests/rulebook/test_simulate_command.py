"""Simulating from the command line, for an analyst who has two files."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

TERMS = """
{"currency": "SEK", "life": {"from": "2027-01-01", "to": "2027-12-31"},
 "metrics": [{"id": "job", "level": "person", "once": true, "sv": "Arbete", "en": "Work"}],
 "terms": [{"id": "t1", "sv": "Arbete", "en": "Work", "measure": {"kind": "count", "metric": "job"},
            "price": {"kind": "unit", "amount": "1000.00"}}],
 "limits": [{"scope": "contract", "at_most": "60000.00"}],
 "legs": [{"payer": "nordviken", "share": 1}]}
"""
ASSUMPTIONS = """
{"participants": [{"size": 100, "enrolment": [{"on": "2027-01-15", "share": 1}],
                   "outcomes": [{"metric": "job", "share": "0.5", "months": 3}]}]}
"""
PLAN = """, "cash_flow": {"investor": "fonden", "discount_rate": "0.03", "drawdowns": [
    {"on": "2027-01-01", "amount": "45000", "from": "fonden", "to": "projektet"}]}}"""


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    texts = {
        "terms": TERMS,
        "assumptions": ASSUMPTIONS,
        "with_plan": ASSUMPTIONS.strip()[:-1] + PLAN,
        "wrong": '{"participants": [{"size": -1}], "measuerd": []}',
        "broken": "{",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    return {name: str(tmp_path / name) for name in texts}


def run(*args: str) -> tuple[int, str, str]:
    out, errors = io.StringIO(), io.StringIO()
    try:
        call_command("simulate", *args, stdout=out, stderr=errors)
    except SystemExit as stopped:
        return int(stopped.code or 0), out.getvalue(), errors.getvalue()
    return 0, out.getvalue().replace("\u00a0", " "), errors.getvalue()


def test_distributions_are_told_in_plain_swedish(files: dict[str, str]) -> None:
    code, out, _ = run(files["terms"], files["assumptions"], "--draws", "2000", "--seed", "7")
    assert code == 0
    assert out.startswith("Provräkning med 2 000 dragningar. Detta är fördelningar, inte belopp")
    names = {row.split("  ")[0] for row in out.splitlines()}
    assert {"Hela avtalet", "2027-Q2", "Arbete", "för hela avtalet"} <= names
    assert "Frö 7, 32 768 dragningar i taget" in out


def test_the_same_in_english_and_with_several_threads(files: dict[str, str]) -> None:
    code, out, _ = run(
        files["terms"], files["assumptions"], "--draws", "2000", "--threads", "2", "--language", "en"
    )  # fmt: skip
    assert code == 0
    assert "These are distributions, not amounts" in out
    assert "The whole contract" in out


def test_the_investors_side_is_told_when_there_is_a_cash_flow(files: dict[str, str]) -> None:
    _, out, _ = run(files["terms"], files["with_plan"], "--draws", "500")
    assert "Internränta" in out
    assert "Risken att få tillbaka mindre än man betalar in är" in out


def test_the_simulation_as_json(files: dict[str, str]) -> None:
    code, out, _ = run(files["terms"], files["assumptions"], "--draws", "2000", "--format", "json")
    shown = json.loads(out)
    assert code == 0
    assert (shown["draws"], shown["seed"]) == (2000, 1)
    assert shown["total"]["percentiles"]["99"] == 60000
    assert shown["limits"][0]["limit"] == "contract"


def test_every_problem_is_a_line_and_the_exit_code_is_one(files: dict[str, str]) -> None:
    code, out, errors = run(files["terms"], files["wrong"], "--language", "en")
    assert (code, out) == (1, "")
    assert [line.partition(": ")[2].partition(":")[0] for line in errors.splitlines()] == [
        "measuerd",
        "participants[0].size",
    ]


@pytest.mark.parametrize("name", ["broken", "nowhere"])
def test_what_cannot_be_read_is_said_without_a_traceback(files: dict[str, str], name: str) -> None:
    code, _, errors = run(files["terms"], files.get(name, "nowhere"))
    assert code == 2
    assert errors


@pytest.mark.parametrize(("option", "value"), [("--draws", "0"), ("--seed", "-1"), ("--threads", "0")])
def test_numbers_that_make_no_sense_are_refused(files: dict[str, str], option: str, value: str) -> None:
    with pytest.raises(CommandError, match="or more"):
        run(files["terms"], files["assumptions"], option, value)
