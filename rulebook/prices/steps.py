"""The payer pays the amount of the highest step that the quantity has reached."""

# ruff: noqa: RUF009 – entry() is a dataclasses.field()

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Final

from rulebook.algebra import Quantity
from rulebook.kinds import Scene
from rulebook.language import Subject, Voice
from rulebook.levels import Level
from rulebook.money import exact_text
from rulebook.problems import Problem, inside
from rulebook.shapes import ListOf, Record, entry
from rulebook.values import AMOUNT, BOUND, Amount, ShareOf

label: Final = {"sv": "Trappa", "en": "Step table"}


@dataclass(frozen=True, slots=True)
class Step(Level):
    """One step: its lower bound, either reached (`at_least`) or passed (`above`), and its amount."""

    amount: Amount = entry(AMOUNT, "Belopp på nivån", "Amount of the step")
    at_least: Amount | None = entry(BOUND, "Nivån gäller från och med", "The step begins at", default=None)
    above: Amount | None = entry(BOUND, "Nivån gäller över", "The step begins above", default=None)


@dataclass(frozen=True, slots=True)
class Params:
    """A table of steps in rising order, and what is paid below the lowest."""

    steps: tuple[Step, ...] = entry(ListOf(Record(Step), at_least=1), "Nivåer, lägst först", "Steps, lowest first")
    otherwise: Amount = entry(
        AMOUNT, "Belopp under den lägsta nivån", "Amount below the lowest step", default=Fraction(0)
    )


def amount(p: Params, quantity: Quantity, scene: Scene) -> Quantity:
    cases = [(step.is_reached(quantity, scene), partial(scene.amount, step.amount)) for step in reversed(p.steps)]
    return scene.algebra.choose(cases, lambda: scene.amount(p.otherwise))


def figures(p: Params, quantity: Fraction, scene: Scene) -> dict[str, str]:
    reached = next((step for step in reversed(p.steps) if step.is_reached(quantity, scene)), None)
    step = reached or p.steps[0]
    sign = ("≥" if step.above is None else ">") if reached else ("<" if step.above is None else "≤")
    return {
        "quantity": exact_text(quantity),
        "amount": exact_text(amount(p, quantity, scene)),
        "sign": sign,
        "bound": exact_text(scene.amount(step.bound)),
    }


def corners(p: Params) -> Sequence[Amount]:
    return tuple(step.bound for step in p.steps)


def sentence(p: Params, subject: Subject, voice: Voice) -> str:
    rungs = [_rung(step, subject, voice) for step in p.steps]
    return voice.pick(
        f"Beloppet bestäms av {subject.whole}: den högsta nivå som är nådd gäller. {' '.join(rungs)} "
        f"Under den lägsta nivån {voice.paid(p.otherwise)}.",
        f"The amount is set by {subject.whole}: the highest step reached applies. {' '.join(rungs)} "
        f"Below the lowest step, {voice.paid(p.otherwise)}.",
    )


def _rung(step: Step, subject: Subject, voice: Voice) -> str:
    level, paid = voice.bound(step.bound, subject), voice.paid(step.amount)
    if step.above is None:
        return voice.pick(f"Från och med {level} {paid}.", f"From {level}, {paid}.")
    return voice.pick(f"Över {level} {paid}.", f"Above {level}, {paid}.")


def words(p: Params, figures: Mapping[str, str], subject: Subject, voice: Voice) -> str:
    del p, figures
    return voice.pick(f"trappans belopp för {subject.short}", f"amount of the step for {subject.short}")


def numbers(p: Params, figures: Mapping[str, str], subject: Subject, voice: Voice) -> str:
    del p
    reached = f"{subject.show(figures['quantity'])} {figures['sign']} {subject.show(figures['bound'])}"
    return f"{voice.bare_money(figures['amount'])} ({reached})"


def check(p: Params, where: str) -> list[Problem]:
    problems = []
    for index, step in enumerate(p.steps):
        place = inside(inside(where, "steps"), index)
        if (step.at_least is None) == (step.above is None):
            sv = "Nivån behöver exakt en undre gräns. Ange antingen at_least (från och med) eller above (över)."
            en = "The step needs exactly one lower bound. Give either at_least (reached) or above (passed)."
            problems.append(Problem(place, "step_bound", sv, en))
        elif index and not _rises(p.steps[index - 1], step):
            sv = f"Nivån {_shown(step.bound)} är inte högre än nivån före. Skriv nivåerna i stigande ordning."
            en = f"The step {_shown(step.bound)} is not higher than the one before. Write the steps in rising order."
            problems.append(Problem(place, "step_order", sv, en))
    return problems


def _rises(lower: Step, upper: Step) -> bool:
    """A step that begins above a level comes after one that begins at it; shares of measures are left to the reader."""
    if isinstance(lower.bound, ShareOf) or isinstance(upper.bound, ShareOf):
        return True
    return (lower.bound, lower.at_least is None) < (upper.bound, upper.at_least is None)


def _shown(bound: Amount) -> str:
    return "" if isinstance(bound, ShareOf) else exact_text(bound)
