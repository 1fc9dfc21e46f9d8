"""The payer pays an agreed share of the part of the quantity that lies between two bounds."""

# ruff: noqa: RUF009 – entry() is a dataclasses.field()

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from rulebook.algebra import Quantity
from rulebook.kinds import Scene
from rulebook.language import MOST_PERCENT, Subject, Voice, bracketed
from rulebook.money import exact_text
from rulebook.problems import Problem, inside
from rulebook.shapes import Number, entry
from rulebook.values import AMOUNT, Amount, ShareOf

label: Final = {"sv": "Andel av ett belopp", "en": "Share of an amount"}


@dataclass(frozen=True, slots=True)
class Params:
    """A share of an amount, or of the layer of it between `from` and `to`.

    Without `from` there is no lower bound, so a negative quantity gives a negative amount; without `to` no upper.
    """

    share: Fraction = entry(Number(), "Andel, 0.60 är 60 procent", "Share; 0.60 is 60 per cent")
    lower: Amount | None = entry(AMOUNT, "Bara delen över", "Only the part above", key="from", default=None)
    upper: Amount | None = entry(AMOUNT, "Bara delen upp till", "Only the part up to", key="to", default=None)


def amount(p: Params, quantity: Quantity, scene: Scene) -> Quantity:
    return scene.algebra.number(p.share) * _layer(p, quantity, scene)


def _layer(p: Params, quantity: Quantity, scene: Scene) -> Quantity:
    """The part of the quantity that lies between the bounds."""
    layer = quantity
    if p.upper is not None:
        layer = scene.algebra.least(layer, scene.amount(p.upper))
    if p.lower is not None:
        lower = scene.amount(p.lower)
        layer = scene.algebra.greatest(layer, lower) - lower
    return layer


def figures(p: Params, quantity: Fraction, scene: Scene) -> dict[str, str]:
    figures = {"share": exact_text(p.share), "quantity": exact_text(quantity)}
    figures |= {"to": exact_text(scene.amount(p.upper))} if p.upper is not None else {}
    figures |= {"from": exact_text(scene.amount(p.lower))} if p.lower is not None else {}
    return {**figures, "layer": exact_text(_layer(p, quantity, scene))}


def corners(p: Params) -> Sequence[Amount]:
    return tuple(bound for bound in (p.lower, p.upper) if bound is not None)


def sentence(p: Params, subject: Subject, voice: Voice) -> str:
    share, of = voice.percent(p.share), voice.pick("av", "of")
    if _is_rate(p):
        share, of = voice.money(p.share), voice.pick("gånger", "times")
    if p.lower is None and p.upper is None:
        return voice.pick(f"Det betalas {share} {of} {subject.whole}.", f"{share} {of} {subject.whole} is paid.")
    bounds = _bounds(p, subject, voice)
    return voice.pick(
        f"Det betalas {share} {of} den del av {subject.whole} som ligger {bounds}.",
        f"{share} {of} the part of {subject.whole} that lies {bounds} is paid.",
    )


def _is_rate(p: Params) -> bool:
    """Whether the share is so large that it is rather an amount for each unit."""
    return abs(p.share) > MOST_PERCENT


def _bounds(p: Params, subject: Subject, voice: Voice) -> str:
    def shown(bound: Amount) -> str:
        return voice.amount(bound) if subject.unit in ("", "amount") else voice.bound(bound, subject)

    if p.lower is None and p.upper is not None:
        return voice.pick(f"under {shown(p.upper)}", f"below {shown(p.upper)}")
    if p.lower is not None and p.upper is None:
        return voice.pick(f"över {shown(p.lower)}", f"above {shown(p.lower)}")
    lower, upper = (shown(bound) for bound in (p.lower, p.upper) if bound is not None)
    return voice.pick(f"mellan {lower} och {upper}", f"between {lower} and {upper}")


def words(p: Params, figures: Mapping[str, str], subject: Subject, voice: Voice) -> str:
    del p
    if "from" not in figures and "to" not in figures:
        return voice.pick(f"andel × {subject.factor}", f"share × {subject.factor}")
    name = subject.short
    return voice.pick(f"andel × den del av {name} som räknas", f"share × the part of {name} that counts")


def numbers(p: Params, figures: Mapping[str, str], subject: Subject, voice: Voice) -> str:
    share, layer = voice.percent(figures["share"]), Fraction(figures["layer"])
    lower = Fraction(figures.get("from", "0"))
    if _is_rate(p):
        return f"{voice.bare_money(figures['share'])} × {bracketed(subject.show(layer))}"
    if lower == 0 or layer == 0:
        return f"{share} × {bracketed(voice.bare_money(layer))}"
    return f"{share} × ({voice.bare_money(lower + layer)} − {bracketed(voice.bare_money(lower))})"


def check(p: Params, where: str) -> list[Problem]:
    lower, upper = p.lower, p.upper
    if lower is None or upper is None:
        return []
    if isinstance(lower, ShareOf) and isinstance(upper, ShareOf) and lower.of == upper.of:
        lower, upper = lower.share, upper.share
    if isinstance(lower, ShareOf) or isinstance(upper, ShareOf) or lower < upper:
        return []
    sv = f"Den övre gränsen {exact_text(upper)} är inte högre än den undre {exact_text(lower)}. Höj to eller sänk from."
    en = f"The upper bound {exact_text(upper)} is not above the lower {exact_text(lower)}. Raise to or lower from."
    return [Problem(inside(where, "to"), "layer_bounds", sv, en)]
