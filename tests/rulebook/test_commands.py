"""The same readings from the command line, for an analyst or another system."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from tests.rulebook.examples import FACTS, TERMS


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    texts = {
        "terms": TERMS,
        "facts": FACTS,
        "broken": '{"currency": "SEK",}',
        "wrong": '{"curency": "SEK"}',
        "no_claims": "{}",
        "claims": "id;person;metric;cohort;event_on\nc1;p1;att3;ht26;2026-12-04\n",
        "latin": "",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "latin").write_bytes(b"\xe5")
    return {name: str(tmp_path / name) for name in texts}


def run(*args: str) -> tuple[int, str, str]:
    out, errors = io.StringIO(), io.StringIO()
    try:
        call_command(*args, stdout=out, stderr=errors)
    except SystemExit as stopped:
        return int(stopped.code or 0), out.getvalue(), errors.getvalue()
    return 0, out.getvalue(), errors.getvalue()


def test_sound_terms_are_said_to_be_sound(files: dict[str, str]) -> None:
    code, out, _ = run("check_terms", files["terms"])
    assert code == 0
    assert out.startswith("Villkoren håller ihop. sha256 ")


def test_every_problem_is_a_line_and_the_exit_code_is_one(files: dict[str, str]) -> None:
    code, _, errors = run("check_terms", files["wrong"], "--language", "en")
    assert code == 1
    assert "curency: The key curency is unknown here. Did you mean currency?" in errors
    assert len(errors.splitlines()) == 5


@pytest.mark.parametrize(
    ("name", "said"), [("broken", "line 1, column 20"), ("latin", "is not UTF-8"), ("nowhere", "cannot be read")]
)
def test_what_cannot_be_read_is_said_without_a_traceback(files: dict[str, str], name: str, said: str) -> None:
    for args in (("check_terms",), ("explain",)):
        code, _, errors = run(*args, files.get(name, "nowhere"), "--language", "en")
        assert code == 2
        assert said in errors


def test_a_calculation_is_shown_with_its_working(files: dict[str, str]) -> None:
    _, out, _ = run("calculate", files["terms"], files["facts"])
    text = out.replace("\u00a0", " ")
    assert "  1 × 18 000,00 − 5 000,00 = 13 000,00 kr" in text
    assert "    payer:socialnamnden: 5 200,00 kr" in text
    assert "Summa: 25 000,00 kr" in text
    assert "  c2: räknas, men ryms inte helt under ett tak" in text


def test_a_calculation_as_json_has_its_words_and_hashes(files: dict[str, str]) -> None:
    _, out, _ = run("calculate", files["terms"], files["facts"], "--format", "json", "--language", "en")
    shown: dict[str, Any] = json.loads(out)
    assert shown["total"] == "25000.00"
    assert shown["lines"][1]["words"] == "accepted claims × price per outcome − limit per person"
    assert shown["claims"][1] == {
        "claim": "c2",
        "counted": True,
        "amount": "13000",
        "reason": "cap",
        "because": "counts, but does not wholly fit under a limit",
    }
    assert len(shown["terms_hash"]) == len(shown["hash"]) == 64


def test_claims_can_come_as_csv_and_a_date_can_be_given(files: dict[str, str]) -> None:
    _, out, _ = run(
        "calculate", files["terms"], files["no_claims"], "--claims", files["claims"], "--as-of", "2026-12-31"
    )
    assert "Summa: 12 000,00 kr" in out.replace("\u00a0", " ")


def test_without_facts_there_is_no_line(files: dict[str, str]) -> None:
    _, out, _ = run("calculate", files["terms"], files["no_claims"], "--language", "en")
    assert out.startswith("No line: nothing in the facts gives payment.")


def test_facts_with_problems_stop_the_calculation(files: dict[str, str]) -> None:
    code, out, errors = run("calculate", files["terms"], files["wrong"], "--language", "en")
    assert (code, out) == (1, "")
    assert "curency" in errors


def test_terms_are_explained_in_both_languages(files: dict[str, str]) -> None:
    assert "5.1 Ersättning: t1" in run("explain", files["terms"])[1]
    assert "5.1 Outcome payments: t1" in run("explain", files["terms"], "--language", "en")[1]


@pytest.mark.parametrize("document", ["terms", "facts"])
def test_the_schema_is_printed(document: str) -> None:
    assert json.loads(run("schema", document)[1])["$schema"] == "https://json-schema.org/draft/2020-12/schema"
