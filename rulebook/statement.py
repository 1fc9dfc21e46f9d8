"""A calculation written out for a reader: each line in words and in numbers, and why a claim did not count."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from rulebook.language import Voice
from rulebook.problems import Language
from rulebook.results import ClaimOutcome, Entitlement
from rulebook.terms import Terms, label_of, terms_hash
from rulebook.timeline import Version
from rulebook.wording import period_name, spoken
from rulebook.workings import working

REASONS: Final[dict[str, tuple[str, str]]] = {
    "no_terms": ("händelsen inträffade innan avtalet gällde", "the event came before the contract was in force"),
    "life": ("händelsen ligger utanför avtalstiden", "the event is outside the contract's life"),
    "metric": (
        "måttet ingår inte i den version av avtalet som gällde",
        "the metric is not in the version then in force",
    ),
    "stopped": (
        "händelsen inträffade efter att avtalet hade slutat i förtid",
        "the event came after the contract had ended early",
    ),
    "period": ("händelsen ligger utanför mätperioderna", "the event is outside the measurement periods"),
    "groups": (
        "personen hörde inte till gruppen vid inskrivningen",
        "the person did not belong to the group at enrolment",
    ),
    "window": (
        "händelsen kom utanför den tid som måttet tillåter",
        "the event is outside the time that the metric allows",
    ),
    "too_early": (
        "händelsen kom före den första dag som måttet tillåter",
        "the event came before the first day that the metric allows",
    ),
    "deadline": ("anspråket gjordes för sent", "the claim was made too late"),
    "chain": ("det steg som ska komma före har inte räknats", "the step that must come first has not counted"),
    "unless": (
        "personen har räknats på ett mått som utesluter detta",
        "the person has counted on a metric that rules this one out",
    ),
    "once": ("personen har redan räknats en gång", "the person has already counted once"),
    "at_most": (
        "personen har redan räknats så många gånger som går",
        "the person has already counted as many times as possible",
    ),
    "gap": ("för kort tid sedan förra gången", "too short a time since the time before"),
    "no_whole_unit": (
        "tiden gav ingen hel enhet som räknas",
        "the stretch of time gave no whole unit that counts",
    ),
    "gate": (
        "räknas, men villkoret för betalning är inte uppfyllt",
        "counts, but the condition for payment is not met",
    ),
    "missing": (
        "räknas, men ett värde som priset beror på saknas",
        "counts, but a value that its price depends on is missing",
    ),
    "cap": ("räknas, men ryms inte helt under ett tak", "counts, but does not wholly fit under a limit"),
    "held": ("räknas, men en del hålls inne", "counts, but a part is held back"),
}


def reason_words(reason: str, language: Language) -> str:
    """Why a claim did not count, or earned less than its price."""
    sv, en = REASONS[reason]
    return en if language == "en" else sv


def statement(
    entitlement: Entitlement, versions: Sequence[Version], language: Language, parties: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """The calculation as a JSON-able dict, with every formula in words; `parties` gives the names behind the keys."""
    terms_of = {version.number: version.terms for version in versions}
    latest = max(versions, key=lambda version: version.number).terms
    return {
        "currency": entitlement.currency,
        "as_of": entitlement.as_of.isoformat() if entitlement.as_of else None,
        "total": str(entitlement.total),
        "lines": [_line(line.to_json(), terms_of[line.version], language, parties) for line in entitlement.lines],
        "claims": [_claim(claim, language) for claim in entitlement.claims],
        "terms_hash": terms_hash(latest.document),
        "hash": entitlement.hash(),
    }


def _line(
    line: Mapping[str, Any], terms: Terms, language: Language, parties: Mapping[str, str] | None
) -> dict[str, Any]:
    shown = working(line, terms, language, parties)
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


def as_text(
    entitlement: Entitlement, versions: Sequence[Version], language: Language, parties: Mapping[str, str] | None = None
) -> str:
    """The calculation as plain text for a terminal or a mail; `parties` gives the names behind the keys."""
    voice = spoken(versions[-1].terms, language, parties)
    shown = statement(entitlement, versions, language, parties)
    rows = [row for line in shown["lines"] for row in _line_rows(line, versions[-1].terms, voice)]
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


def _line_rows(line: Mapping[str, Any], terms: Terms, voice: Voice) -> Iterator[str]:
    period = period_name(line["period"], terms, voice)
    place = " · ".join(part for part in (period, line["cohort"]) if part)
    yield f"{line['name']} · {place}"
    yield f"  {line['words']}"
    yield f"  {line['numbers']} = {line['shown']}"
    for share in line["shares"]:
        parties = [voice.party(key) for key in (share["payer"], share["payee"]) if key]
        yield f"    {' → '.join(parties)}: {voice.money(share['amount'])}"
    for note in (*line["conditions"], *line["limits"]):
        yield f"    {note}"
    yield ""
