"""What must hold of every contract: no facts go beyond the proved ends, and the ranges hold every exact result."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from rulebook import Terms, Version, calculate, parse_facts, parse_terms
from rulebook.algebra import EXACT
from rulebook.analyse import Extreme, analyse
from rulebook.analysis.exposure import Exposure
from rulebook.analysis.ranges import RANGES, End, Range, Span, stretches
from rulebook.analysis.slopes import Moving, Slopes, amount_at, pieces
from rulebook.analysis.staging import facts_document
from rulebook.analysis.witness import IN_ALL, by_payer
from tests.rulebook.contracts_at_random import contracts, facts

SLOW = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
NUMBERS = st.fractions(-5, 5, max_denominator=4)


def sound(document: dict[str, object]) -> Terms:
    terms, _ = parse_terms(document)
    assume(terms is not None)
    assert terms is not None
    return terms


def holds(span: Span, amount: Fraction) -> bool:
    return span.low <= End(0, amount) <= span.high


@settings(max_examples=12, deadline=None, suppress_health_check=SLOW)
@given(st.data())
def test_no_facts_take_a_contract_or_a_payer_beyond_the_proved_ends(data: st.DataObject) -> None:
    terms = sound(data.draw(contracts()))
    exposure = Exposure(terms)
    for _ in range(3):
        document = data.draw(facts(terms))
        known, problems = parse_facts(document, terms)
        assert known is not None, problems
        paid = by_payer(calculate([Version(1, None, terms)], known, None))
        assert holds(exposure.total, Fraction(paid[IN_ALL])), (exposure.total, paid)
        for payer, span in exposure.payers.items():
            assert holds(span, Fraction(paid.get(payer, Decimal(0)))), (payer, span, paid)


@settings(max_examples=4, deadline=None, suppress_health_check=SLOW)
@given(contracts())
def test_every_witness_is_sound_facts_within_its_bound(document: dict[str, object]) -> None:
    terms = sound(document)
    analysis = analyse(terms)
    for ends in (analysis.in_all, *analysis.payers.values()):
        assert ends.most.bound is None or Fraction(ends.most.witness.amount) <= ends.most.bound
        assert ends.least.bound is None or Fraction(ends.least.witness.amount) >= ends.least.bound
    for extreme in (analysis.in_all.most, analysis.in_all.least):
        assert _again(extreme, terms) == extreme.witness.amount


def _again(extreme: Extreme, terms: Terms) -> Decimal:
    known, problems = parse_facts(facts_document(extreme.witness.facts), terms)
    assert known is not None, problems
    return calculate([Version(1, None, terms)], known, None).total


# --- the algebras -------------------------------------------------------------------------------------------------

OPERATIONS = ("+", "-", "*", "least", "greatest", "choose", "whole", "ratio")


def _apply(operation: str, left: object, right: object, algebra: object) -> object:
    match operation:
        case "+":
            return left + right  # type: ignore[operator]
        case "-":
            return left - right  # type: ignore[operator]
        case "*":
            return left * right  # type: ignore[operator]
        case "whole":
            return algebra.whole(left)  # type: ignore[attr-defined]
        case "choose":
            return algebra.choose([(left >= right, lambda: left)], lambda: right - left)  # type: ignore[attr-defined,operator]
        case _:
            return getattr(algebra, operation)(left, right)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS), min_size=2, max_size=3),
    st.lists(st.tuples(st.sampled_from(OPERATIONS), st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=6),
)
def test_a_range_holds_what_the_exact_formula_gives(
    leaves: list[tuple[Fraction, Fraction, Fraction]], steps: list[tuple[str, int, int]]
) -> None:
    """Any formula, any number inside every leaf's ends: the exact result is inside the range of the formula."""
    exact: list[Fraction] = []
    ranges: list[Range] = []
    for ends in leaves:
        low, middle, high = sorted(ends)
        exact.append(middle)
        ranges.append(Range.within(Span.of(low, high)))
    for operation, left, right in steps:
        one, two = left % len(exact), right % len(exact)
        assume(operation != "ratio" or exact[two] != 0)
        exact.append(_apply(operation, exact[one], exact[two], EXACT))  # type: ignore[arg-type]
        ranges.append(_apply(operation, ranges[one], ranges[two], RANGES))  # type: ignore[arg-type]
    for number, found in zip(exact, ranges, strict=True):
        assert holds(found.span, number), (number, found.span)


def test_what_is_subtracted_from_itself_is_nothing() -> None:
    cost = Range.within(Span.of(0, None))
    assert (cost.scaled(Fraction(6, 5)) - cost - cost.scaled(Fraction(1, 5))).span == Span.of(0, 0)


def test_a_span_is_cut_at_its_corners_and_in_the_open_stretches_between() -> None:
    cut = stretches(Span.of(0, 10), [Fraction(0), Fraction(4), Fraction(12)])
    zero, four, ten = Fraction(0), Fraction(4), Fraction(10)
    assert [(part.least, part.most, part.low_open, part.high_open) for part in cut] == [
        (zero, zero, False, False),
        (zero, four, True, True),
        (four, four, False, False),
        (four, ten, True, False),
    ]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=2, max_size=4), st.lists(NUMBERS, min_size=3, max_size=3))
def test_pieces_say_everything_about_a_formula_of_straight_lines(
    nodes: list[tuple[Fraction, Fraction]], between: list[Fraction]
) -> None:
    """At any number inside a piece, the piece's line is the formula."""

    def formula(algebra: Slopes) -> Moving:
        x = algebra.moving()
        total = algebra.number(Fraction(0))
        for at, slope in nodes:
            bent = algebra.greatest(x - algebra.number(at), algebra.number(Fraction(0)))
            jumps = algebra.choose([(x > algebra.number(at), lambda: algebra.number(Fraction(1)))], lambda: -x)
            total = total + bent * algebra.number(slope) + jumps
        return total

    for piece in pieces(formula, Fraction(-6), Fraction(6)):
        assert piece.is_whole
        assert piece.low is not None
        assert piece.high is not None
        for share in between:
            x = piece.low + (piece.high - piece.low) * (share + 6) / 12
            assert amount_at(formula, x) == piece.limit(x)
