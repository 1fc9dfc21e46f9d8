"""Numbers, dates and quotation marks as Swedish and English readers expect them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Final

from rulebook.money import Rounding, as_fraction, exact_text, round_money
from rulebook.problems import Language
from rulebook.values import Amount, ShareOf

NBSP: Final = "\u00a0"
MINUS: Final = "\u2212"
# fmt: off
MONTHS: Final[Mapping[Language, tuple[str, ...]]] = {
    "sv": ("januari", "februari", "mars", "april", "maj", "juni",
           "juli", "augusti", "september", "oktober", "november", "december"),
    "en": ("January", "February", "March", "April", "May", "June",
           "July", "August", "September", "October", "November", "December"),
}
# fmt: on
APPROXIMATELY: Final = Rounding(Decimal("0.000001"), "half_even")

Figure = Fraction | Decimal | int | str
"""A number to be shown; as text it is the exact spelling of `exact_text`."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a price is paid for, in the forms that sentences need.

    `each` is one of it (every accepted claim), `whole` all of it (the number of accepted claims), `short` its name in
    a formula, and `show` writes one value of it.
    """

    each: str
    whole: str
    short: str
    show: Callable[[Figure], str]


@dataclass(frozen=True)
class Voice:
    """One language, one currency, and what the metrics of one agreement are called."""

    language: Language
    currency: str
    metrics: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)

    def pick(self, sv: str, en: str) -> str:
        return en if self.language == "en" else sv

    def number(self, figure: Figure, places: int = 0) -> str:
        """The number with grouped thousands and at least that many decimals.

        >>> Voice("sv", "SEK").number("-1234.5", 2), Voice("en", "SEK").number("-1234.5", 2)
        ('−1\\xa0234,50', '−1,234.50')
        """
        value = Fraction(figure) if isinstance(figure, str) else as_fraction(figure)
        text = exact_text(value)
        if "/" in text:
            return ("≈" + NBSP) + self.number(round_money(value, APPROXIMATELY), places)
        whole, _, decimals = text.lstrip("-").partition(".")
        grouped = f"{int(whole):,}".replace(",", self.pick(NBSP, ","))
        decimals = decimals.ljust(places, "0")
        return (MINUS if value < 0 else "") + grouped + (self.pick(",", ".") + decimals if decimals else "")

    def money(self, figure: Figure) -> str:
        """An amount with its currency.

        >>> Voice("sv", "SEK").money(163000), Voice("en", "SEK").money(163000)
        ('163\\xa0000,00\\xa0kr', 'SEK\\xa0163,000.00')
        """
        figures = self.number(figure, 2)
        if self.language == "en":
            return self.currency + NBSP + figures
        return figures + NBSP + ("kr" if self.currency == "SEK" else self.currency)

    def bare_money(self, figure: Figure) -> str:
        """An amount inside a formula, where the currency would be in the way."""
        return self.number(figure, 2)

    def percent(self, figure: Figure) -> str:
        value = Fraction(figure) if isinstance(figure, str) else as_fraction(figure)
        return self.number(value * 100) + self.pick(NBSP + "%", "%")

    def day(self, day: date) -> str:
        return f"{day.day} {MONTHS[self.language][day.month - 1]} {day.year}"

    def quoted(self, words: str) -> str:
        return self.pick(f"”{words}”", f"“{words}”")

    def metric(self, metric: str) -> str:
        """The metric's name in quotation marks."""
        return self.quoted(self.metrics.get(metric, metric))

    def level(self, metric: str, figure: Figure) -> str:
        """A value of the metric, written in the metric's own unit."""
        match self.units.get(metric):
            case "share":
                return self.percent(figure)
            case "amount":
                return self.money(figure)
            case "yes_no" if Fraction(figure) in (0, 1):
                return self.pick("ja", "yes") if Fraction(figure) == 1 else self.pick("nej", "no")
            case _:
                return self.number(figure)

    def amount(self, amount: Amount) -> str:
        """An amount of the terms, whether it is a number or a share of a metric."""
        if not isinstance(amount, ShareOf):
            return self.money(amount)
        if amount.share == 1:
            return self.metric(amount.of)
        return self.percent(amount.share) + self.pick(" av ", " of ") + self.metric(amount.of)

    def paid(self, amount: Amount) -> str:
        """What becomes of an amount, as the end of a sentence: it is paid, nothing is paid, or it is paid back."""
        if isinstance(amount, ShareOf) or amount > 0:
            return self.pick(f"betalas {self.amount(amount)}", f"{self.amount(amount)} is paid")
        if amount == 0:
            return self.pick("betalas ingenting", "nothing is paid")
        back = self.money(-amount)
        return self.pick(f"betalar mottagaren tillbaka {back}", f"the payee pays back {back}")

    def listed(self, words: Iterable[str]) -> str:
        """Words joined as in speech: a, b and c."""
        *first, last = words
        return f"{', '.join(first)}{self.pick(' och ', ' and ')}{last}" if first else last
