"""What a calculation is computed from, frozen by id and hash, and what comes of it: the first time and ever after.

Nothing is written here. The arithmetic is the rulebook's; this module gathers, and compares.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db.models import Max, Sum
from django.utils import timezone
from django.utils.functional import lazystr
from django.utils.text import format_lazy
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from contracts.models import Contract
from contracts.queries import agreed_versions
from contracts.snapshot import document_hash, versions_of
from outcomes.models import ClaimPeriod, Verification
from outcomes.snapshot import FactsDiffer, FrozenFact, facts_of, facts_of_verifications
from payments.models import Calculation, CalculationLine
from rulebook import RULEBOOK_VERSION, Due, Entitlement, Facts, LineKey, Version, calculate, due, parse_facts


class NotComputableError(Exception):
    """The calculation cannot be made from what is there, for a reason that people can mend.

    `args[0]` is a lazy text, so that the reason can be told in both languages.
    """


@dataclass(frozen=True)
class Inputs:
    """Everything a calculation rests on. `to_json` holds ids, hashes and amounts: no facts, no person, no pseudonym."""

    versions: list[Version]
    version_hashes: dict[int, str]
    facts: Mapping[str, Any]
    frozen: list[FrozenFact]
    granted: dict[LineKey, Decimal]
    as_of: date
    rulebook_version: str = RULEBOOK_VERSION

    def to_json(self) -> dict[str, Any]:
        return {
            "rulebook_version": self.rulebook_version,
            "as_of": self.as_of.isoformat(),
            "versions": [
                {
                    "number": v.number,
                    "effective_on": str(v.effective_on),
                    "document_hash": self.version_hashes[v.number],
                }
                for v in self.versions
            ],
            "facts": [
                {
                    "verification": str(fact.verification_id),
                    "kind": fact.kind,
                    "subject": str(fact.subject_id),
                    "hash": fact.hash,
                }
                for fact in sorted(self.frozen, key=lambda fact: str(fact.verification_id))
            ],
            "granted": [
                key._asdict() | {"amount": str(amount)}
                for key, amount in sorted(self.granted.items(), key=lambda item: _sortable(item[0]))
            ],
        }


@dataclass(frozen=True)
class Answer:
    """What the rulebook says: the entitlement to date, and what is due of it now."""

    entitlement: Entitlement
    due: list[Due]

    @property
    def total(self) -> Decimal:
        return sum((line.amount for line in self.due), Decimal(0))

    @cached_property
    def result_hash(self) -> str:
        """One hash over the entitlement with its trace and every amount due."""
        lines = [{**line.key._asdict(), "amount": str(line.amount), "kind": line.kind} for line in self.due]
        return hash_of({"entitlement": self.entitlement.to_json(), "due": lines})


def hash_of(document: Any) -> str:
    """The sha256 of a JSON document with its keys in order."""
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _sortable(key: LineKey) -> tuple[str, ...]:
    return tuple(part or "" for part in key)


def granted_of(contract: Contract, before: Calculation | None = None) -> dict[LineKey, Decimal]:
    """What earlier settlements granted, by line: all of them, or those computed before this one."""
    lines = CalculationLine.objects.filter(calculation__contract=contract)
    if before is not None:
        lines = lines.filter(calculation__number__lt=before.number)
    keys = ("term", "measurement_period", "cohort", "payer__key", "payee__key")
    rows = lines.order_by(*keys).values_list(*keys).annotate(granted=Sum("amount"))
    return {
        LineKey(term, period, cohort or None, payer, payee): granted
        for term, period, cohort, payer, payee, granted in rows
    }


def gather(period: ClaimPeriod) -> Inputs:
    """What the settlement of a verified period computes with.

    A fact belongs to the settlement of the period in which it was decided. Decisions of periods whose turn comes later
    are left to those, however late this computation runs; and the day as of which we know things never goes backwards,
    or a period verified out of turn would be clawed back by an earlier one.
    """
    contract = period.contract
    if period.verified_at is None:
        raise NotComputableError(gettext_lazy("The period is not verified yet."))
    latest = contract.calculations.aggregate(latest=Max("as_of"))["latest"]
    as_of = max(filter(None, (timezone.localdate(period.verified_at), latest)))
    try:
        facts, frozen = facts_of(contract, as_of)
    except FactsDiffer as error:
        raise NotComputableError(_differ(error)) from error
    later = set(
        Verification.objects.filter(claim_period__contract=contract, claim_period__calculation__isnull=True)
        .exclude(claim_period=period)
        .values_list("pk", flat=True)
    )
    if any(fact.verification_id in later for fact in frozen):
        kept = [fact.verification_id for fact in frozen if fact.verification_id not in later]
        facts, frozen = facts_of_verifications(contract, kept)
    return Inputs(
        versions=_versions(contract),
        version_hashes=dict(agreed_versions(contract).values_list("number", "document_hash")),
        facts=facts,
        frozen=list(frozen),
        granted=granted_of(contract),
        as_of=as_of,
    )


def answer(inputs: Inputs) -> Answer:
    """The rulebook's answer to these inputs."""
    facts = _facts(inputs)
    try:
        entitlement = calculate(inputs.versions, facts, inputs.as_of)
    except ValueError as error:
        raise NotComputableError(_unreadable(error)) from error
    return Answer(entitlement, due(entitlement, inputs.granted))


def _versions(contract: Contract) -> list[Version]:
    try:
        versions = versions_of(contract)
    except ValueError as error:
        raise NotComputableError(_unreadable(error)) from error
    if not versions:
        raise NotComputableError(gettext_lazy("The contract has no agreed terms."))
    return versions


def _facts(inputs: Inputs) -> Facts:
    facts, problems = parse_facts(inputs.facts, [version.terms for version in inputs.versions])
    if facts is not None:
        return facts

    def told(_: object) -> str:
        language: Any = get_language() or "sv"
        return "; ".join(f"{problem.where}: {problem.message(language)}" for problem in problems[:5])

    text = gettext_lazy("The verified facts do not fit the agreed terms. {problems}")
    raise NotComputableError(format_lazy(text, problems=_Told(told)))


class _Told:
    """A text worked out when it is read, in the language of that moment."""

    def __init__(self, text: Any) -> None:
        self.text = text

    def __format__(self, spec: str) -> str:
        return str(self.text(spec))


def _unreadable(error: ValueError) -> Any:
    return format_lazy(gettext_lazy("The agreed terms cannot be computed with: {error}"), error=lazystr(error))


def _differ(error: FactsDiffer) -> Any:
    text = gettext_lazy(
        "Verified facts are not what they were when they were decided on ({error}). Find out why first."
    )
    return format_lazy(text, error=lazystr(error))


# --- Again --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rerun:
    """A stored calculation worked out again from its stored inputs, and everything that came out otherwise."""

    calculation: Calculation
    result_hash: str
    total: Decimal | None
    differences: list[str]

    @property
    def is_same(self) -> bool:
        return not self.differences


def run_again(calculation: Calculation) -> Rerun:
    """Work out a stored calculation from its stored inputs, and compare every amount and both hashes. Read-only."""
    try:
        inputs = _stored_inputs(calculation)
        differences = list(_inputs_differ(calculation, inputs))
        now = answer(inputs)
    except NotComputableError as error:
        return Rerun(calculation, "", None, [str(error)])
    return Rerun(calculation, now.result_hash, now.total, [*differences, *_results_differ(calculation, now)])


def _stored_inputs(calculation: Calculation) -> Inputs:
    stored = calculation.inputs
    ids = [UUID(fact["verification"]) for fact in stored["facts"]]
    try:
        facts, frozen = facts_of_verifications(calculation.contract, ids)
    except FactsDiffer as error:
        raise NotComputableError(_differ(error)) from error
    numbers = {version["number"] for version in stored["versions"]}
    return Inputs(
        versions=[version for version in _versions(calculation.contract) if version.number in numbers],
        version_hashes={version["number"]: version["document_hash"] for version in stored["versions"]},
        facts=facts,
        frozen=list(frozen),
        granted={_key(line): Decimal(line["amount"]) for line in stored["granted"]},
        as_of=date.fromisoformat(stored["as_of"]),
        rulebook_version=stored["rulebook_version"],
    )


def _key(line: Mapping[str, Any]) -> LineKey:
    return LineKey(line["term"], line["period"], line["cohort"], line["payer"], line["payee"])


def _inputs_differ(calculation: Calculation, inputs: Inputs) -> Iterable[str]:
    """The stored inputs against what they refer to: agreed documents, frozen decisions, earlier settlements."""
    stored = calculation.inputs
    if hash_of(stored) != calculation.inputs_hash:
        yield _("The stored inputs do not have the hash they were stored with.")
    versions = {version.number: version for version in agreed_versions(calculation.contract)}
    for frozen in stored["versions"]:
        version = versions.get(frozen["number"])
        if version is None or not (
            version.document_hash == frozen["document_hash"] == document_hash(version.document or {})
            and (version.document or {}).get("terms") == version.terms
        ):
            yield _("Version %(number)s of the terms is not the one that was computed with.") % frozen
    hashes = {str(fact.verification_id): fact.hash for fact in inputs.frozen}
    for fact in stored["facts"]:
        if hashes[fact["verification"]] != fact["hash"]:
            yield _("The verified fact %(subject)s is not as it was when it was computed with.") % fact
    if _nonzero(granted_of(calculation.contract, calculation)) != _nonzero(inputs.granted):
        yield _("What earlier settlements granted is not what it was computed with.")


def _nonzero(granted: Mapping[LineKey, Decimal]) -> dict[LineKey, Decimal]:
    return {key: amount for key, amount in granted.items() if amount}


def _results_differ(calculation: Calculation, now: Answer) -> Iterable[str]:
    rows = calculation.lines.select_related("payer", "payee").order_by("ordinal")
    before = {
        LineKey(row.term, row.measurement_period, row.cohort or None, row.payer.key, row.payee.key): row.amount
        for row in rows
    }
    after = {line.key: line.amount for line in now.due}
    compared: list[tuple[str, object, object]] = [
        (" ".join(filter(None, key)), before.get(key, "–"), after.get(key, "–"))
        for key in sorted(before.keys() | after.keys(), key=_sortable)
    ]
    compared += [
        (_("the amount due"), calculation.total, now.total),
        (_("the entitlement to date"), calculation.entitled_to_date, now.entitlement.total),
        (_("the working"), hash_of(calculation.entitlement)[:12], hash_of(now.entitlement.to_json())[:12]),
        (_("the result's hash"), calculation.result_hash[:12], now.result_hash[:12]),
    ]
    for name, then, again in compared:
        if then != again:
            yield _("%(name)s: stored %(then)s, worked out again %(now)s.") % {"name": name, "then": then, "now": again}
