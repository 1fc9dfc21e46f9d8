"""A calculation written out for a reader: each line in words and in numbers, and why a claim did not count."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from rulebook.problems import Language
from rulebook.results import ClaimOutcome, Entitlement
from rulebook.sentences import working
from rulebook.terms import label_of, terms_hash
from rulebook.timeline import Version

REASONS: Final[dict[str, tuple[str, str]]] = {
    "no_terms": ("händelsen inträffade innan avtalet gällde", "the event came before the contract was in force"),
    "life": ("händelsen ligger utanför avtalstiden", "the event is outside the contract's life"),
    "metric": (
        "måttet ingår inte i den version av avtalet som gällde",
        "the metric is not in the version then in force",
    ),
    "period": ("händelsen ligger utanför mätperioderna", "the event is outside the measurement periods"),
    "window": (
        "händelsen kom utanför den tid som måttet tillåter",
        "the event is outside the time that the metric allows",
    ),
    "deadline": ("anspråket gjordes för sent", "the claim was made too late"),
    "chain": ("det steg som ska komma före har inte räknats", "the step that must come first has not counted"),
    "once": ("personen har redan räknats en gång", "the person has already counted once"),
    "at_most": (
        "personen har redan räknats så många gånger som går",
        "the person has already counted as many times as possible",
    ),
    "gap": ("för kort tid sedan förra gången", "too short a time since the time before"),
    "gate": (
        "räknas, men villkoret för betalning är inte uppfyllt",
        "counts, but the condition for payment is not met",
    ),
    "missing": (
        "räknas, men ett värde som priset beror på saknas",
        "counts, but a value that its price depends on is missing",
    ),
    "cap": ("räknas, men ryms inte helt under ett tak", "counts, but does not wholly fit under a limit"),
}


def reason_words(reason: str, language: Language) -> str:
    """Why a claim did not count, or earned less than its price."""
    sv, en = REASONS[reason]
    return en if language == "en" else sv


def statement(entitlement: Entitlement, versions: Sequence[Version], language: Language) -> dict[str, Any]:
    """The calculation as a JSON-able dict, with every formula in words."""
    terms_of = {version.number: version.terms for version in versions}
    latest = max(versions, key=lambda version: version.number).terms
    return {
        "currency": entitlement.currency,
        "as_of": entitlement.as_of.isoformat() if entitlement.as_of else None,
        "total": str(entitlement.total),
        "lines": [_line(line.to_json(), terms_of[line.version], language) for line in entitlement.lines],
        "claims": [_claim(claim, language) for claim in entitlement.claims],
        "terms_hash": terms_hash(latest.document),
        "hash": entitlement.hash(),
    }


def _line(line: Mapping[str, Any], terms: Any, language: Language) -> dict[str, Any]:
    shown = working(line, terms, language)
    return {
        "term": line["term"],
        "name": label_of(terms.term_by_id[line["term"]], language),
        "period": line["period"],
        "cohort": line["cohort"],
        "version": line["version"],
        "words": shown.words,
        "numbers": shown.numbers,
        "amount": line["amount"],
        "shown": shown.amount,
        "shares": line["shares"],
        "limits": shown.limits,
        "conditions": shown.conditions,
    }


def _claim(claim: ClaimOutcome, language: Language) -> dict[str, Any]:
    because = reason_words(claim.reason, language) if claim.reason else None
    return {
        "claim": claim.claim,
        "counted": claim.counted,
        "amount": str(claim.amount),
        "reason": claim.reason,
        "because": because,
    }


def as_text(entitlement: Entitlement, versions: Sequence[Version], language: Language) -> str:
    """The calculation as plain text for a terminal or a mail."""
    voice = versions[-1].terms.voice(language)
    shown = statement(entitlement, versions, language)
    rows = [row for line in shown["lines"] for row in _line_rows(line, language, voice.money)]
    if not rows:
        rows = [
            voice.pick("Ingen rad: inget i underlaget ger ersättning.", "No line: nothing in the facts gives payment."),
            "",
        ]
    rows.append(voice.pick(f"Summa: {voice.money(entitlement.total)}", f"Total: {voice.money(entitlement.total)}"))
    refused = [claim for claim in shown["claims"] if claim["reason"]]
    if refused:
        rows += [
            "",
            voice.pick(
                "Anspråk som inte räknades eller inte gav hela priset:",
                "Claims that did not count or did not earn their whole price:",
            ),
        ]
        rows += [f"  {claim['claim']}: {claim['because']}" for claim in refused]
    return "\n".join(rows)


def _line_rows(line: Mapping[str, Any], language: Language, money: Any) -> Iterator[str]:
    place = " · ".join(part for part in (line["period"], line["cohort"]) if part)
    yield f"{line['name']} · {place}"
    yield f"  {line['words']}"
    yield f"  {line['numbers']} = {line['shown']}"
    arrow = " → "
    for share in line["shares"]:
        yield f"    {arrow.join(filter(None, (share['payer'], share['payee'])))}: {money(share['amount'])}"
    for note in (*line["conditions"], *line["limits"]):
        yield f"    {note}"
    yield ""
