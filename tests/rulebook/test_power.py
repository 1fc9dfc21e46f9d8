"""What a measurement can see: the formulas against thousands of made-up studies, and what they must never say."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rulebook.power import (
    WANTED,
    chance_by_luck,
    design_power,
    detectable_change,
    detectable_share,
    mean_power,
    share_power,
)

STUDIES = 20_000
SHARES = st.floats(0.05, 0.95)


# --- Against simulation --------------------------------------------------------------------------------------------


def binomial_tail(successes: int, persons: int, share: float) -> float:
    return sum(math.comb(persons, k) * share**k * (1 - share) ** (persons - k) for k in range(successes, persons + 1))


@pytest.mark.parametrize(
    ("baseline", "target", "persons"), [(0.55, 0.70, 40), (0.1, 0.3, 15), (0.8, 0.6, 60), (0.5, 0.9, 8)]
)
def test_a_share_against_a_known_level_is_the_exact_binomial_test(baseline: float, target: float, persons: int) -> None:
    rng = np.random.default_rng(7)
    reached = rng.binomial(persons, target, STUDIES)
    if target < baseline:
        seen = [binomial_tail(persons - int(k), persons, 1 - baseline) <= 0.025 for k in range(persons + 1)]
    else:
        seen = [binomial_tail(int(k), persons, baseline) <= 0.025 for k in range(persons + 1)]
    assert share_power(baseline, target, persons) == pytest.approx(np.array(seen)[reached].mean(), abs=0.015)


def fisher(reached: int, persons: int, base_reached: int, base_persons: int) -> float:
    """The chance of so many or more of the successes falling among `persons`, written out."""
    total, everybody = reached + base_reached, persons + base_persons
    most = min(persons, total)
    ways = sum(math.comb(persons, k) * math.comb(base_persons, total - k) for k in range(reached, most + 1))
    return ways / math.comb(everybody, total)


@pytest.mark.parametrize(
    ("baseline", "target", "persons", "base_persons"), [(0.55, 0.70, 40, 61), (0.3, 0.7, 12, 9), (0.5, 0.2, 30, 50)]
)
def test_a_share_against_a_group_is_fishers_exact_test(
    baseline: float, target: float, persons: int, base_persons: int
) -> None:
    rng = np.random.default_rng(11)
    reached, base = rng.binomial(persons, target, 3_000), rng.binomial(base_persons, baseline, 3_000)
    if target < baseline:
        reached, base = persons - reached, base_persons - base
    seen = [fisher(int(a), persons, int(b), base_persons) <= 0.025 for a, b in zip(reached, base, strict=True)]
    assert share_power(baseline, target, persons, base_persons) == pytest.approx(np.mean(seen), abs=0.03)


@pytest.mark.parametrize(("persons", "base_persons"), [(20, 15), (64, 64), (12, None), (200, 50)])
def test_a_mean_is_seen_as_often_as_a_t_test_sees_it(persons: int, base_persons: int | None) -> None:
    rng, change, spread = np.random.default_rng(3), 6.0, 10.0
    after = rng.normal(change, spread, (STUDIES, persons))
    if base_persons is None:
        freedom = persons - 1
        t = after.mean(1) / (after.std(1, ddof=1) / math.sqrt(persons))
    else:
        before = rng.normal(0, spread, (STUDIES, base_persons))
        freedom = persons + base_persons - 2
        pooled = (after.var(1, ddof=1) * (persons - 1) + before.var(1, ddof=1) * (base_persons - 1)) / freedom
        t = (after.mean(1) - before.mean(1)) / np.sqrt(pooled * (1 / persons + 1 / base_persons))
    # the limit of Student's t from its own distribution, drawn
    limit = np.quantile(np.abs(np.random.default_rng(5).standard_t(freedom, 400_000)), 0.95)
    assert mean_power(change, spread, persons, base_persons) == pytest.approx((t > limit).mean(), abs=0.025)


def test_the_approximation_for_many_persons_joins_the_exact_one() -> None:
    assert share_power(0.55, 0.60, 450, 450) == pytest.approx(share_power(0.55, 0.60, 550, 550), abs=0.09)
    assert share_power(0.55, 0.58, 5_000) == pytest.approx(share_power(0.55, 0.58, 5_001), abs=0.01)
    assert chance_by_luck(0.5, 0.51, 5_000) == pytest.approx(chance_by_luck(0.5, 0.51, 5_001), abs=0.01)


def test_the_textbooks_numbers() -> None:
    """64 persons in each of two groups see half a standard deviation four times out of five."""
    assert mean_power(0.5, 1, 64, 64) == pytest.approx(0.80, abs=0.005)
    assert detectable_change(1, 64, 64) == pytest.approx(0.5, abs=0.002)
    assert chance_by_luck(0.5, 1.0, 10) == pytest.approx(0.5**10)


# --- What must always hold -----------------------------------------------------------------------------------------

MANY = settings(max_examples=60, deadline=None)


@MANY
@given(SHARES, SHARES, st.integers(1, 80), st.one_of(st.none(), st.integers(1, 80)))
def test_a_chance_is_a_chance_and_looks_the_same_from_both_sides(
    baseline: float, target: float, persons: int, base_persons: int | None
) -> None:
    assume(target != baseline)  # then it depends on which way is looked
    chance = share_power(baseline, target, persons, base_persons)
    assert 0 <= chance <= 1
    assert share_power(1 - baseline, 1 - target, persons, base_persons) == pytest.approx(chance, abs=1e-6)


@MANY
@given(SHARES, st.integers(1, 80), st.one_of(st.none(), st.integers(1, 80)))
def test_without_a_change_it_is_hardly_ever_seen(baseline: float, persons: int, base_persons: int | None) -> None:
    assert share_power(baseline, baseline, persons, base_persons) <= 0.025 + 1e-9


@MANY
@given(SHARES, st.floats(0, 0.4), st.floats(0, 0.4), st.integers(2, 60), st.one_of(st.none(), st.integers(2, 60)))
def test_a_larger_change_is_seen_no_less_often(
    baseline: float, step: float, more: float, persons: int, base_persons: int | None
) -> None:
    near, far = min(1.0, baseline + step), min(1.0, baseline + step + more)
    assert (
        share_power(baseline, near, persons, base_persons) <= share_power(baseline, far, persons, base_persons) + 1e-9
    )
    assert mean_power(step, 1, persons, base_persons) <= mean_power(step + more, 1, persons, base_persons) + 1e-9


@MANY
@given(SHARES, st.integers(1, 120), st.one_of(st.none(), st.integers(1, 60)), st.booleans())
def test_the_smallest_change_shows_and_a_smaller_one_does_not(
    baseline: float, persons: int, base_persons: int | None, upwards: bool
) -> None:
    found = detectable_share(baseline, persons, base_persons, upwards=upwards)
    if found is None:
        assert share_power(baseline, float(upwards), persons, base_persons) < WANTED
        return
    assert (found > baseline) is upwards
    assert share_power(baseline, found, persons, base_persons) >= WANTED
    nearer = baseline + (found - baseline) * 0.98
    assert share_power(baseline, nearer, persons, base_persons) < WANTED


@MANY
@given(st.floats(0.1, 50), st.integers(3, 500), st.one_of(st.none(), st.integers(3, 500)))
def test_more_persons_find_a_smaller_change_of_a_mean(spread: float, persons: int, base_persons: int | None) -> None:
    some, more = detectable_change(spread, persons, base_persons), detectable_change(spread, persons * 2, base_persons)
    assert some is not None
    assert more is not None
    assert more < some
    assert mean_power(some, spread, persons, base_persons) == pytest.approx(WANTED, abs=0.001)


# --- In words ------------------------------------------------------------------------------------------------------


def test_it_says_the_chance_what_would_show_and_what_luck_does() -> None:
    power = design_power(kind="share", baseline=0.55, target=0.70, persons=40)
    assert power.warning == "poor"
    assert power.words("en")[:3] == (
        "With 40 persons and a baseline of 55%, the chance is 44% that an increase to 70% shows as more than chance.",
        "To show four times out of five it takes an increase to 76.8%.",
        "If nothing changes, 70% is still reached by luck with a probability of 4%.",
    )
    assert power.words("sv")[0] == (
        "Med 40 personer och en baslinje på 55\u00a0% är chansen 44\u00a0% att en ökning till 70\u00a0% syns som "
        "mer än slump."
    )


def test_a_group_behind_the_baseline_is_said() -> None:
    power = design_power(kind="share", baseline=0.55, target=0.4, persons=40, base_persons=61)
    assert ", measured on 61 persons, the chance is" in power.words("en")[0]
    assert ", mätt på 61 personer, är chansen" in power.words("sv")[0]
    assert "decrease to 40%" in power.words("en")[0]


def test_few_persons_are_said_also_when_the_change_would_show() -> None:
    power = design_power(kind="share", baseline=0.1, target=0.9, persons=12)
    assert power.warning == "none"
    assert any("Fewer than 30" in sentence for sentence in power.words("en"))


def test_so_few_that_nothing_shows() -> None:
    power = design_power(kind="share", baseline=0.9, target=0.95, persons=10)
    assert power.detectable is None
    assert "not even the largest possible increase" in power.words("en")[1]
    assert "the chance is 0%" in power.words("en")[0]


def test_a_number_is_told_in_its_unit() -> None:
    power = design_power(kind="number", baseline=33, target=28, persons=200, spread=12)
    assert power.warning == "none"
    assert "a decrease to 28\u00a0hours" in power.words("en", "hours")[0]
    assert power.by_luck is None


def test_without_a_target_it_says_what_would_show() -> None:
    power = design_power(kind="share", baseline=0.55, persons=40, upwards=False)
    assert power.warning == "unknown"
    assert power.chance is None
    assert power.words("en")[0].startswith("To show four times out of five it takes a decrease to ")


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "share", "baseline": 1.2, "persons": 40},
        {"kind": "share", "baseline": 0.5, "target": 70, "persons": 40},
        {"kind": "share", "baseline": 0.5, "persons": 0},
        {"kind": "share", "baseline": 0.5, "persons": 10, "base_persons": 0},
        {"kind": "number", "baseline": 33, "persons": 10},
    ],
)
def test_what_no_measurement_can_be_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"share|person|spread"):
        design_power(**wrong)  # type: ignore[arg-type]
