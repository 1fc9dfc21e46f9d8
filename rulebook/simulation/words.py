"""A simulation as plain text in Swedish or English, for a terminal or a mail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from rulebook.language import Voice
from rulebook.money import Rounding, round_money
from rulebook.problems import Language
from rulebook.simulation.result import PERCENTILES, Simulation, Spread
from rulebook.terms import SCOPES, Limit, Terms, label_of

WHOLE: Final = Rounding(Decimal(1), "half_even")
TENTH: Final = Rounding(Decimal("0.001"), "half_even")
SHOWN: Final = tuple(percent for percent in PERCENTILES if percent in (5, 25, 50, 75, 95))


def as_text(simulation: Simulation, terms: Terms, language: Language) -> str:
    """The simulation in plain tables. Amounts are in whole units of the currency: they are estimates."""
    voice = terms.voice(language)
    return "\n".join(_rows(simulation, terms, voice))


def _rows(simulation: Simulation, terms: Terms, voice: Voice) -> Iterator[str]:
    draws = voice.number(simulation.draws)
    yield voice.pick(
        f"Provräkning med {draws} dragningar. Detta är fördelningar, inte belopp: ingen har rätt till dem.",
        f"Simulation with {draws} draws. These are distributions, not amounts: nobody is owed them.",
    )
    currency = "kr" if (simulation.currency, voice.language) == ("SEK", "sv") else simulation.currency
    yield voice.pick(
        f"Beloppen är i hela {currency}. I 5 % av dragningarna är beloppet högst det som står under 5 %, "
        "och så vidare. Under inget står hur ofta inget alls betalas.",
        f"Amounts are in whole {currency}. In 5% of the draws the amount is no more than what stands under 5 %, "
        "and so on. Under nothing stands how often nothing at all is paid.",
    )
    yield ""
    total = voice.pick("Hela avtalet", "The whole contract")
    rows = [(total, simulation.total)]
    rows += [(f"  {payer}", spread) for payer, spread in simulation.payers.items()]
    yield from _spreads(rows, voice)
    yield ""
    yield from _spreads([(period, spread) for period, spread in simulation.periods.items()], voice)
    yield ""
    yield from _terms(simulation.terms, terms, voice)
    if simulation.limits:
        yield ""
        yield from _limits(simulation, terms, voice)
    if simulation.worth is not None:
        yield ""
        yield from _worth(simulation.worth.to_json(), voice)
    yield ""
    error = _amount(simulation.total.standard_error, voice)
    yield voice.pick(
        f"Medelvärdet av hela avtalet har medelfelet {error}: så mycket kan det skilja om man drar om.",
        f"The mean of the whole contract has the standard error {error}: it may differ so much if drawn again.",
    )
    for note in simulation.notes:
        yield note.message(voice.language)
    yield voice.pick(
        f"Frö {simulation.seed}, {voice.number(simulation.chunk)} dragningar i taget, "
        f"villkor sha256 {simulation.terms_hash}.",
        f"Seed {simulation.seed}, {voice.number(simulation.chunk)} draws at a time, "
        f"terms sha256 {simulation.terms_hash}.",
    )


def _spreads(rows: Sequence[tuple[str, Spread]], voice: Voice) -> Iterator[str]:
    head = ["", voice.pick("medel", "mean"), *(f"{percent} %" for percent in SHOWN), voice.pick("inget", "nothing")]
    body = [
        [
            name,
            _amount(spread.mean, voice),
            *(_amount(spread.percentiles[percent], voice) for percent in SHOWN),
            _chance(spread.chance_of_nothing, voice),
        ]
        for name, spread in rows
    ]
    yield from _table([head, *body])


def _terms(means: Mapping[str, Any], terms: Terms, voice: Voice) -> Iterator[str]:
    head = [voice.pick("Villkor", "Term"), voice.pick("medel", "mean")]
    names = {term.id: label_of(term, voice.language) for term in terms.terms}
    yield from _table([head, *([names[term], _amount(mean, voice)] for term, mean in means.items())])


def _limits(simulation: Simulation, terms: Terms, voice: Voice) -> Iterator[str]:
    head = [voice.pick("Tak", "Limit"), voice.pick("slår till", "binds"), voice.pick("tar i medel", "takes on average")]
    names = {name: _limit_name(limit, voice) for name, limit in terms.limit_by_name.items()}
    rows = [
        [names[bite.limit], _chance(bite.chance, voice), _amount(bite.mean_taken, voice)] for bite in simulation.limits
    ]
    yield from _table([head, *rows])


def _limit_name(limit: Limit, voice: Voice) -> str:
    """The limit's own name, or what it is reckoned for: per person, for the whole contract."""
    only = [part for part in (limit.metric, limit.term, limit.cohort, limit.payer) if part]
    return label_of(limit, voice.language) or " ".join([SCOPES.word(limit.scope, voice.language), *only])


def _worth(worth: Mapping[str, Any], voice: Voice) -> Iterator[str]:
    """The investor's side: what is paid in and received, and the internal rate of return where there is one."""
    names = {
        "paid_in": voice.pick("Betalar in", "Pays in"),
        "received": voice.pick("Får tillbaka", "Receives"),
        "npv": voice.pick("Nuvärde", "Net present value"),
        "peak_exposure": voice.pick("Mest ute på en gång", "Peak exposure"),
    }
    some = {name: found for name, found in worth["percentiles"].items() if found and (name in names or name == "irr")}
    shown = list(next(iter(some.values())))
    head = [voice.pick("Investeraren", "The investor"), *(f"{percent} %" for percent in shown)]
    rows = [[names[name], *(_amount(some[name][at], voice) for at in shown)] for name in names if name in some]
    if "irr" in some:
        rate = voice.pick("Internränta", "Internal rate of return")
        rows.append([rate, *(_chance(some["irr"][at], voice) for at in shown)])
    yield from _table([head, *rows])
    loss = _chance(worth["chance_of_loss"], voice)
    yield voice.pick(
        f"Risken att få tillbaka mindre än man betalar in är {loss}.",
        f"The chance of receiving less than is paid in is {loss}.",
    )


def _amount(amount: Any, voice: Voice) -> str:
    return voice.number(round_money(Decimal(str(amount)), WHOLE))


def _chance(chance: Any, voice: Voice) -> str:
    return voice.percent(Fraction(round_money(Decimal(str(chance)), TENTH)))


def _table(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Columns of the same width: the first to the left, the others to the right."""
    rows = list(rows)
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    for first, *others in rows:
        cells = [first.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))]
        yield "  ".join(cells).rstrip()
