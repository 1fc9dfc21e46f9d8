"""Amounts and answers of the calculation as people say them."""

from decimal import Decimal
from fractions import Fraction

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from contracts import charts
from contracts.queries.register import reader_language
from rulebook.benefits import BreakEven

MILLION, THOUSAND = 1_000_000, 10_000


def about(amount: Fraction, currency: str = "SEK") -> str:
    """An estimate as people say it: «1,2 miljoner kronor», «340 000 kronor». Without its sign."""
    size, language = abs(amount), reader_language()
    kronor = _("kronor") if currency == "SEK" else currency
    if size >= MILLION:
        number = charts.number_text(float(size) / MILLION, language, "#,##0.0")
        return _("%(number)s million %(kronor)s") % {"number": number, "kronor": kronor}
    step = 1000 if size >= THOUSAND else 1
    number = charts.number_text(float(round(size / step) * step), language, "#,##0")
    return f"{number} {kronor}"


def signed(amount: Fraction, currency: str) -> str:
    """The same with a minus sign where it is a loss."""
    return f"{'−' if round(amount) < 0 else ''}{about(amount, currency)}"


def kronor(amount: Fraction) -> Decimal:
    """An estimate in whole kronor, for tables."""
    return Decimal(round(amount))


def net_in_words(name: str, amount: Fraction, years: int, currency: str) -> str:
    """«Kommunen vinner 1,2 miljoner kronor på fem år.»"""
    texts = {"name": name, "amount": about(amount, currency), "years": years}
    if round(amount) == 0:
        return (
            ngettext(
                "%(name)s neither gains nor loses in %(years)s year.",
                "%(name)s neither gains nor loses in %(years)s years.",
                years,
            )
            % texts
        )
    if amount > 0:
        return (
            ngettext(
                "%(name)s gains %(amount)s in %(years)s year.", "%(name)s gains %(amount)s in %(years)s years.", years
            )
            % texts
        )
    return (
        ngettext("%(name)s loses %(amount)s in %(years)s year.", "%(name)s loses %(amount)s in %(years)s years.", years)
        % texts
    )


def break_even_in_words(found: BreakEven, who: str) -> str:
    """At which share of the expected outcomes gains cover what is paid."""
    share, until = (_percent(part) for part in (found.share, found.until))
    texts = {"who": who, "share": share, "until": until}
    return {
        "always": _("%(who)s: the gains cover the payments however many outcomes are reached."),
        "never": _("%(who)s: the gains never cover the payments, not even when all expected outcomes are reached."),
        "from": _(
            "%(who)s: the gains cover the payments when at least %(share)s of the expected outcomes are reached."
        ),
        "until": _(
            "%(who)s: the gains cover the payments only while at most %(until)s of the expected outcomes are reached."
        ),
        "between": _(
            "%(who)s: the gains cover the payments when %(share)s to %(until)s of the expected outcomes are reached."
        ),
    }[found.answer] % texts


def _percent(share: Fraction | None) -> str:
    if share is None:
        return ""
    text = charts.number_text(float(share * 100), reader_language(), "#,##0")
    return f"{text}\u00a0%" if reader_language() == "sv" else f"{text}%"
