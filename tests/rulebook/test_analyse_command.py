"""The analysis from the command line, for people and for other systems."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.rulebook.shapes_of_terms import DEMO, TO_DATE, contract, demo, shape, term, unit
from tests.rulebook.test_commands import run


def written(folder: Path, document: object) -> str:
    (folder / "terms.json").write_text(json.dumps(document, default=str))
    return str(folder / "terms.json")


def test_the_analysis_says_what_it_can_cost_and_what_it_rewards(tmp_path: Path) -> None:
    cliff = term({"kind": "threshold", "at_least": "20", "amount": "1000000"}, TO_DATE)
    code, out, _ = run("analyse", written(tmp_path, contract(cliff)))
    text = out.replace("\u00a0", " ")
    assert code == 0
    assert "Högst: 1 000 000,00 kr, bevisat. Det nås: 20 personer med 20 anspråk." in text
    assert "Varning. Stup (terms[0])" in text
    assert "ökar betalningen på en gång med 1 000 000,00 kr när antalet ”Jobb” når 20" in text
    assert "20 gånger så mycket som ett utfall i genomsnitt (50 000,00 kr)" in text


def test_the_analysis_can_be_read_in_english(tmp_path: Path) -> None:
    _, out, _ = run("analyse", written(tmp_path, contract(unit("12000"))), "--language", "en")
    text = out.replace("\u00a0", " ")
    assert "At most: SEK 2,400,000.00, proved. It is reached: 200 persons with 200 claims." in text
    assert "Nothing to remark on: no cliffs, no dead zones, and nothing that pays for worse outcomes." in text


def test_an_exposure_without_end_is_explained() -> None:
    _, out, _ = run("analyse", str(DEMO / "norrkoping" / "terms.json"))
    text = out.replace("\u00a0", " ")
    assert "Högst: ingen gräns. Ett exempel:" in text
    assert "”Kostnad som finansierats av lånet” har inget högsta värde. Ange highest." in text


def test_a_bound_that_no_facts_were_found_for_is_shown_beside_the_best_that_was_found() -> None:
    """A chosen price in every quarter is bounded quarter by quarter, though each person counts once in all."""
    case = {"at_least": "1", "price": {"kind": "unit", "amount": "100"}}
    price = {"kind": "choose", "by": {"kind": "enrolled"}, "cases": [case]}
    analysis = shape(contract(term(price, {"kind": "count", "metric": "job"}), periods="year"))
    text = analysis.text("en").replace("\u00a0", " ")
    assert not analysis.in_all.most.is_reached
    assert "At most: SEK 40,000.00, proved. The highest that was found is SEK 20,000.00" in text


def test_the_analysis_as_json_has_bounds_witnesses_and_findings_in_both_languages(tmp_path: Path) -> None:
    document = demo("norrkoping", cost={"lowest": "0", "highest": "10000000"})
    code, out, _ = run("analyse", written(tmp_path, document), "--format", "json")
    shown: dict[str, Any] = json.loads(out)
    most = shown["exposure"]["in_all"]["most"]
    assert code == 0
    assert (most["bound"], most["unbounded"], most["reached"]) == ("12000000", False, True)
    assert most["witness"]["amount"] == "12000000.00"
    assert {"metric": "cost", "period": "uppfoljning", "value": "10000000"}.items() <= most["witness"]["facts"][
        "measured"
    ][0].items()
    assert list(shown["exposure"]["payers"]) == ["kommunen"]
    finding = shown["findings"][0]
    assert (finding["kind"], finding["severity"], finding["where"]) == ("dead_zone", "note", "terms[1]")
    assert finding["sv"].startswith("I villkoret")
    assert finding["en"].startswith("In the term")


def test_findings_come_with_the_gravest_first() -> None:
    worse = term({"kind": "tiers", "amount": "1100", "by": "whole", "tiers": [{"over": "100", "amount": "1"}]}, TO_DATE)
    analysis = shape(contract(unit("1000", id="t2"), worse, limits=[{"scope": "contract", "at_most": "9000"}]))
    severities = [finding.severity for finding in analysis.findings]
    assert severities == sorted(severities, key=["problem", "warning", "note"].index)
    assert severities[0] == "problem"


@pytest.mark.parametrize(("text", "code"), [('{"curency": "SEK"}', 1), ("{", 2)])
def test_terms_with_problems_are_not_analysed(tmp_path: Path, text: str, code: int) -> None:
    (tmp_path / "terms.json").write_text(text)
    stopped, out, errors = run("analyse", str(tmp_path / "terms.json"))
    assert (stopped, out) == (code, "")
    assert errors
