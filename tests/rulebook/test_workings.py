"""The working of a line: a reader with a pocket calculator gets the same amount, and sees what it rests on."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

import pytest

from rulebook import Version, Working, calculate, working
from rulebook.statement import as_text, statement
from tests.rulebook.examples import sound_facts, sound_terms
from tests.rulebook.reading import cases

TOKEN = re.compile(r"\s*(max|min|first|none|[-+×/();%]|[0-9]+(?:\.[0-9]+)?)")


class Calculator:
    """Reckons a formula as it is printed in English: + − × /, brackets, per cent, max, min and first."""

    def __init__(self, formula: str) -> None:
        plain = formula.replace("\u00a0", " ").replace("−", "-").replace(",", "")
        plain = re.sub(r"(?<=[0-9%)]) \([^()]*\)", "", plain)
        plain = re.sub(r"[A-Z]{3} |≈ | (days?|weeks?|years?|months?)\b", "", plain)
        self.tokens = TOKEN.findall(plain)
        assert "".join(self.tokens) == plain.replace(" ", ""), plain

    def result(self) -> Fraction:
        value = self.sum()
        assert self.tokens == []
        return value

    def take(self, *wanted: str) -> str | None:
        return self.tokens.pop(0) if self.tokens and self.tokens[0] in wanted else None

    def sum(self) -> Fraction:
        value = self.product()
        while sign := self.take("+", "-"):
            value += self.product() if sign == "+" else -self.product()
        return value

    def product(self) -> Fraction:
        value = self.term()
        while sign := self.take("×", "/"):
            value = value * self.term() if sign == "×" else value / self.term()
        return value

    def term(self) -> Fraction:
        if self.take("-"):
            return -self.term()
        if self.take("("):
            value = self.sum()
            assert self.take(")")
            return value
        if name := self.take("max", "min", "first"):
            return self.function(name)
        value = Fraction(self.tokens.pop(0))
        return value / 100 if self.take("%") else value

    def function(self, name: str) -> Fraction:
        assert self.take("(")
        values = []
        while not self.take(")"):
            if not self.take("none"):
                values.append(self.sum())
            self.take(";")
        return values[0] if name == "first" else max(values) if name == "max" else min(values)


@pytest.mark.parametrize(
    ("formula", "value"), [("1 + 2 × (3 − 4) / 2", 0), ("max(−5; 10% × 20)", 2), ("7 (4 ≥ 3) × 2", 14)]
)
def test_the_calculator_can_reckon(formula: str, value: int) -> None:
    assert Calculator(formula).result() == value


@pytest.mark.parametrize("case", cases(), ids=str)
def test_the_numbers_of_every_line_come_to_its_amount(case: Any) -> None:
    by_number = {version.number: version.terms for version in case.versions}
    for line in case.entitlement.lines:
        terms = by_number[line.version]
        shown = working(line.to_json(), terms, "en")
        reckoned, amount = Calculator(shown.numbers).result(), Fraction(line.amount)
        assert abs(reckoned - amount) <= Fraction(terms.rounding.unit) * 2 + abs(amount) / 100_000, shown.numbers


@pytest.mark.parametrize("case", cases(), ids=str)
def test_the_formula_of_every_measure_comes_to_its_value(case: Any) -> None:
    by_number = {version.number: version.terms for version in case.versions}
    for line in case.entitlement.lines:
        terms = by_number[line.version]
        for note in working(line.to_json(), terms, "en").conditions:
            if note.startswith("The measure: ") and not note.endswith("none"):
                _, formula, value = note.rsplit(" = ", 2)
                assert abs(Calculator(formula).result() - Calculator(value).result()) < Fraction(1, 10_000), note


# --- terms of one thing each --------------------------------------------------------------------------------------

LEG = [{"payer": "city", "payee": "provider", "share": 1}]
JOB = {"id": "job", "level": "person", "sv": "Arbete", "en": "Job"}


def shown(terms: dict[str, Any], facts: dict[str, Any], language: Any = "sv") -> list[Working]:
    read = sound_terms({"currency": "SEK", "periods": "year", "legs": LEG, **terms})
    result = calculate([Version(1, None, read)], sound_facts(facts, read), None)
    return [working(line.to_json(), read, language) for line in result.lines]


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def claims(*persons: str, metric: str = "job", on: str = "2027-02-01") -> list[dict[str, Any]]:
    return [{"id": f"{metric}-{person}", "person": person, "metric": metric, "event_on": on} for person in persons]


def job(**more: Any) -> dict[str, Any]:
    return {"id": "t", "measure": {"kind": "count", "metric": "job"}, "price": {"kind": "unit", "amount": 1000}, **more}


def test_adjustments_are_factors_in_their_order() -> None:
    metrics = [JOB, {"id": "index", "level": "contract", "unit": "number", "sv": "Index", "en": "Index"}]
    adjust = [
        {"kind": "deadweight", "share": "0.25"},
        {"kind": "scale", "by": {"kind": "value", "metric": "index"}, "over": 200},
    ]
    [line] = shown(
        {"metrics": metrics, "terms": [job(adjust=adjust)]},
        {"claims": claims("ada"), "measured": [{"metric": "index", "period": "2027", "value": 220}]},
    )
    assert line.words == "antal godkända anspråk × pris per utfall × (1 − avdrag) × ”Index” / 200"
    assert plain(line.numbers) == "1 × 1 000,00 × 0,75 × 1,1"


def test_what_is_held_back_is_the_last_thing_taken() -> None:
    [line] = shown(
        {"metrics": [JOB], "events": [{"id": "audit", "sv": "Revision", "en": "Audit"}],
         "terms": [job(holdback={"share": "0.3", "on": "audit"})], "limits": [{"scope": "contract", "at_most": 900}]},
        {"claims": claims("ada")},
    )  # fmt: skip
    assert line.words == "antal godkända anspråk × pris per utfall − tak för hela avtalet − innehållen del"
    assert plain(line.numbers) == "1 × 1 000,00 − 100,00 − 270,00"
    assert [plain(note) for note in line.conditions] == [
        "30 % hålls inne till dess att ”Revision” inträffar: 270,00 kr"
    ]


def test_what_waited_for_room_says_from_when() -> None:
    first, second = shown(
        {"metrics": [JOB], "terms": [job()], "limits": [{"scope": "period", "at_most": 1500, "surplus": "banked"}]},
        {"claims": claims("ada", "bo") + claims("cy", on="2028-02-01")},
    )
    assert (
        plain(first.limits[0])
        == "Tak per mätperiod (1 500,00 kr): −500,00 kr; anspråk job-bo; väntar på senare mätperioder"
    )
    assert second.words == "antal godkända anspråk × pris per utfall + belopp som har väntat"
    assert plain(second.numbers) == "1 × 1 000,00 + 500,00"
    assert plain(second.conditions[0]) == "500,00 kr intjänades 2027 och har väntat på att rymmas under taket"


def test_conditions_on_events_on_measures_and_on_any_of_several() -> None:
    waiting = {"kind": "difference", "of": {"kind": "enrolled"}, "minus": {"kind": "count", "metric": "job"}}
    gates = [
        {"event": "stop", "happened": False},
        {"measure": waiting, "at_most": 1},
        {"any": [{"metric": "job", "above": 5}, {"event": "audit", "happened": True}]},
    ]
    [line] = shown(
        {
            "metrics": [JOB],
            "terms": [job(gate=gates)],
            "events": [{"id": "stop", "ends": True, "sv": "Stopp"}, {"id": "audit", "sv": "Revision"}],
        },
        {
            "claims": claims("ada"),
            "persons": [{"id": "ada"}, {"id": "bo"}],
            "events": [{"event": "audit", "on": "2027-03-01"}],
        },
    )
    assert [plain(note) for note in line.conditions] == [
        "Villkor ”Stopp” har inte inträffat: uppfyllt",
        "Villkor antal inskrivna − antal godkända anspråk på ”Arbete” ≤ 1: 2 − 1 = 1, uppfyllt",
        "Villkor minst ett av dessa, uppfyllt: ”Arbete” > 5: 1, inte uppfyllt; ”Revision” har inträffat: uppfyllt",
    ]


def test_a_measure_that_has_no_value_is_said_to_be_missing() -> None:
    values = [{"id": name, "level": "contract", "unit": "share", "sv": name, "en": name} for name in ("a", "b")]
    measure = {"kind": "first", "parts": [{"kind": "value", "metric": "a"}, {"kind": "value", "metric": "b"}]}
    [line] = shown(
        {"metrics": values, "terms": [{"id": "t", "measure": measure, "price": {"kind": "share", "share": "0.5"}}]},
        {"measured": [{"metric": "b", "period": "2027", "value": "0.4"}]},
    )
    assert [plain(note) for note in line.conditions] == ["Måttet: första(”a”; ”b”) = första(saknas; 40 %) = 40 %"]


def test_an_estimate_shows_how_many_standard_errors_it_is_from_zero() -> None:
    metric = {"id": "e", "level": "contract", "unit": "share", "sv": "Effekt", "en": "Effect"}
    term = {
        "id": "t",
        "measure": {"kind": "effect", "metric": "e"},
        "price": {"kind": "threshold", "at_least": "0.1", "amount": 5},
    }
    fact = {"metric": "e", "period": "2027", "value": "0.12", "standard_error": "0.05"}
    [line] = shown({"metrics": [metric], "terms": [term]}, {"measured": [fact]})
    assert [plain(note) for note in line.conditions] == ["Skattning 12 %, medelfel 5 %: 2,4 medelfel från noll"]


def test_a_division_by_zero_is_no_payment() -> None:
    measure = {"kind": "ratio", "of": {"kind": "count", "metric": "job"}, "to": {"kind": "number", "value": 0}}
    [line] = shown(
        {"metrics": [JOB], "terms": [{"id": "t", "measure": measure, "price": {"kind": "unit", "amount": 1}}]},
        {"claims": claims("ada")},
    )
    assert line.words == "ingen ersättning, eftersom det inte går att dela med noll"


def test_payers_are_called_by_their_names() -> None:
    terms = sound_terms(
        {"currency": "SEK", "periods": "year", "legs": LEG, "metrics": [JOB], "terms": [job()],
         "limits": [{"scope": "payer", "payer": "city", "at_most": 400}]}
    )  # fmt: skip
    versions = [Version(1, None, terms)]
    result = calculate(versions, sound_facts({"claims": claims("ada")}, terms), None)
    names = {"city": "Staden", "provider": "Utföraren"}
    assert "Tak för Staden" in plain(statement(result, versions, "sv", names)["lines"][0]["limits"][0])
    assert "Staden → Utföraren: 400,00 kr" in plain(as_text(result, versions, "sv", names))
