"""The array reading says what the exact reading says: on one draw that says the same as the facts, line by line."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, reject, settings

from rulebook import MEASURES, PRICES, Facts, Person, Terms, Version, calculate, parse_facts, parse_terms
from rulebook.adjustments import ADJUSTMENTS
from rulebook.readings import observed
from rulebook.simulation.drawn import Drawn
from rulebook.simulation.histories import Histories
from rulebook.simulation.limits import in_order
from rulebook.simulation.reading import Place, read_arrays
from tests.rulebook import strategies
from tests.rulebook.reading import Case, cases
from tests.rulebook.strategies import Document

EXAMPLES = settings(max_examples=8, deadline=None, derandomize=True)


def one_draw(terms: Terms, facts: Facts) -> Drawn:
    """A single draw in which each person of the facts stands once, and every value is the one that was measured."""
    values, errors, weights = {}, {}, {}
    for fact in facts.measured:
        key, metric = (fact.metric, fact.cohort, fact.period), terms.metric_by_id[fact.metric]
        values[key] = column(observed(fact, metric))
        errors[key] = column(fact.standard_error)
        weights[key] = column(fact.denominator or fact.measured)
    histories = len(facts.persons) + len(unknown_persons(facts))
    return Drawn(1, np.ones((histories, 1)), values, errors, weights)


def column(number: Fraction | None) -> np.ndarray:
    return np.array([np.nan if number is None else float(number)])


def exactly(terms: Terms, facts: Facts) -> dict[Place, Decimal]:
    amounts: dict[Place, Decimal] = defaultdict(Decimal)
    for line in calculate([Version(1, None, terms)], facts, None).lines:
        amounts[Place(line.term, line.period, line.cohort)] += line.amount
    return amounts


def both_readings_agree(terms_document: Document, facts_document: Document) -> None:
    terms, _ = parse_terms(terms_document)
    if terms is None:
        reject()
    facts, problems = parse_facts(facts_document, terms)
    assert facts is not None, problems
    readings_agree(terms, facts)


def readings_agree(terms: Terms, facts: Facts) -> None:
    """Within one unit of rounding, line by line."""
    exact = exactly(terms, facts)
    payments = read_arrays(histories_of(terms, facts), one_draw(terms, facts))
    drawn = {place: float(amount[0]) for place, amount in payments.lines.items()}
    unit = float(terms.rounding.unit) * 1.000001
    for place in exact.keys() | drawn.keys():
        assert drawn.get(place, 0.0) == pytest.approx(float(exact.get(place, 0)), abs=unit), place


def histories_of(terms: Terms, facts: Facts) -> Histories:
    """Each person's claims as a history; a person who is only known by claims does not count as enrolled."""
    unknown = [Person(name) for name in unknown_persons(facts)]
    everyone = Facts((*facts.persons, *unknown), facts.claims, (), facts.events)
    return Histories(terms, everyone, range(len(facts.persons)))


def unknown_persons(facts: Facts) -> list[str]:
    return list(dict.fromkeys(claim.person for claim in facts.claims if claim.person not in facts.person_by_id))


@pytest.mark.parametrize("kind", MEASURES)
def test_both_readings_agree_on_every_measure(kind: str) -> None:
    @EXAMPLES
    @given(strategies.terms_documents(measure=kind), strategies.facts_documents())
    def agree(terms: Document, facts: Document) -> None:
        both_readings_agree(terms, facts)

    agree()


@pytest.mark.parametrize("kind", PRICES)
def test_both_readings_agree_on_every_price(kind: str) -> None:
    @EXAMPLES
    @given(strategies.terms_documents(price=kind), strategies.facts_documents())
    def agree(terms: Document, facts: Document) -> None:
        both_readings_agree(terms, facts)

    agree()


@pytest.mark.parametrize("kind", ADJUSTMENTS)
def test_both_readings_agree_on_every_adjustment(kind: str) -> None:
    @EXAMPLES
    @given(strategies.terms_documents(measure="count", adjust=kind), strategies.facts_documents())
    def agree(terms: Document, facts: Document) -> None:
        both_readings_agree(terms, facts)

    agree()


def agreed_alike(case: Case) -> bool:
    """One version, all facts known, and no limit that comes before a limit per person, which the arrays put first."""
    terms = case.versions[0].terms
    scopes = [limit.scope for limit in in_order(terms)]
    return len(case.versions) == 1 and case.as_of is None and "person" not in scopes[1:]


@pytest.mark.parametrize("case", [case for case in cases() if agreed_alike(case)], ids=str)
def test_both_readings_agree_on_every_case(case: Case) -> None:
    readings_agree(case.versions[0].terms, case.read()[1])
