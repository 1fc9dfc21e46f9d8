"""Rounding and splitting: the only two places where an amount can change by less than a unit."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulebook.money import MODES, Rounding, exact_text, round_money, split, total

AMOUNTS = st.fractions(min_value=-(10**12), max_value=10**12, max_denominator=10**6)
UNITS = st.sampled_from([Decimal("0.01"), Decimal("0.05"), Decimal(1), Decimal(1000)])


@pytest.mark.parametrize("wrong", [0.1, True, "1.00", None])
def test_only_exact_numbers_are_rounded(wrong: object) -> None:
    with pytest.raises(TypeError):
        round_money(wrong, Rounding())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("mode", "amounts"),
    [
        ("half_up", {"0.5": "1", "1.5": "2", "-0.5": "-1", "2.4": "2"}),
        ("half_even", {"0.5": "0", "1.5": "2", "-1.5": "-2", "2.6": "3"}),
        ("down", {"0.9": "0", "-0.9": "0", "2": "2"}),
        ("up", {"0.1": "1", "-0.1": "-1", "2": "2"}),
    ],
)
def test_every_mode_treats_minus_as_the_mirror_of_plus(mode: str, amounts: dict[str, str]) -> None:
    rounding = Rounding(Decimal(1), mode)  # type: ignore[arg-type]
    assert {given: round_money(Decimal(given), rounding) for given in amounts} == {
        given: Decimal(wanted) for given, wanted in amounts.items()
    }


@given(AMOUNTS, UNITS, st.sampled_from(MODES))
def test_rounding_moves_less_than_one_unit_and_mirrors(amount: Fraction, unit: Decimal, mode: str) -> None:
    rounding = Rounding(unit, mode)  # type: ignore[arg-type]
    rounded = round_money(amount, rounding)
    assert abs(Fraction(rounded) - amount) < Fraction(unit)
    assert (Fraction(rounded) / Fraction(unit)).denominator == 1
    assert round_money(-amount, rounding) == -rounded
    assert round_money(rounded, rounding) == rounded


@given(
    st.integers(-(10**12), 10**12),
    st.lists(st.fractions(0, 1, max_denominator=100), min_size=1, max_size=6).filter(any),
    UNITS,
)
def test_parts_sum_to_the_whole_and_mirror(units: int, shares: list[Fraction], unit: Decimal) -> None:
    amount = units * unit
    parts = split(amount, shares, unit)
    assert total(parts) == amount
    assert split(-amount, shares, unit) == [-part for part in parts]
    for part, share in zip(parts, shares, strict=True):
        assert abs(Fraction(part) - Fraction(amount) * share / sum(shares)) < Fraction(unit)


def test_a_tie_goes_to_the_payer_named_first() -> None:
    assert split(Decimal("0.03"), [Decimal("0.5"), Decimal("0.5")], Decimal("0.01")) == [
        Decimal("0.02"),
        Decimal("0.01"),
    ]


@pytest.mark.parametrize(("amount", "shares"), [("1.005", ["1"]), ("1", []), ("1", ["0"]), ("1", ["-1", "2"])], ids=str)
def test_what_cannot_be_split_is_refused(amount: str, shares: list[str]) -> None:
    with pytest.raises(ValueError, match=r"share|whole"):
        split(Decimal(amount), [Decimal(share) for share in shares], Decimal("0.01"))


@given(AMOUNTS)
def test_the_exact_spelling_reads_back(number: Fraction) -> None:
    assert Fraction(exact_text(number)) == number
