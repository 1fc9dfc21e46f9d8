"""What the parties accept, as one document with one hash, and the agreed versions as the rulebook reads them."""

import hashlib
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.db.models import Count, OuterRef, Subquery

from contracts.models import (
    AssumptionRevision,
    Baseline,
    ChainLink,
    Contract,
    ContractParty,
    ContractVersion,
    Design,
    Measure,
)
from contracts.states import VersionStatus
from rulebook import Terms, Version, canonical_json, parse_terms

SCHEDULE = ("report_within_days", "verify_within_days", "pay_within_days", "meets_every")
_DESIGN_TEXTS = ("need", "today", "evidence", "inclusion", "exclusion", "savings_return")
_MEASURE_TEXTS = (
    "name_sv",
    "name_en",
    "numerator",
    "denominator",
    "unit",
    "source_system",
    "extraction",
    "missing",
    "window",
    "window_months",
    "weaknesses",
    "kolada_id",
)


def agreement_document(version: ContractVersion) -> dict[str, Any]:
    """Terms, parties and effective date, and what the design workspace holds besides: everything that a party accepts
    when it accepts the hash. A section stands in the document only when there is something to say in it.
    """
    contract = version.contract
    parties = list(contract.parties.select_related("organisation", "board").order_by("key"))  # as they are now
    document = {
        "contract": contract.code,
        "version": version.number,
        "effective_on": version.effective_on.isoformat(),
        "parties": [
            {
                "key": party.key,
                "role": party.role,
                "organisation_number": party.organisation.organisation_number,
                "board": party.board.name if party.board else None,
            }
            for party in parties
        ],
        "terms": version.terms,
    }
    sections = {
        "successions": _successions(version) if version.number > 1 else [],
        "data_protection": _data_protection(parties),
        "measurement": list(_measurement(contract)),
        "assumptions": _assumptions(contract),
    }
    design = Design.objects.filter(contract=contract).select_related("template").first()
    if design is not None and (_is_touched(design) or sections["measurement"] or sections["assumptions"]):
        sections |= {
            "about": {
                "name": contract.name,
                "starts_on": contract.starts_on.isoformat(),
                "ends_on": contract.ends_on.isoformat(),
            },
            "design": _design(contract, design),
            "schedule": {name: getattr(design, name) for name in SCHEDULE},
        }
    return document | {name: section for name, section in sections.items() if section}


def _successions(version: ContractVersion) -> list[dict[str, Any]]:
    """Who takes a party's place from the day this amendment takes effect."""
    rows = version.successions.select_related("party", "organisation", "board").order_by("party__key")
    return [
        _said(
            {
                "party": row.party.key,
                "organisation_number": row.organisation.organisation_number,
                "board": row.board.name if row.board else None,
            }
        )
        for row in rows
    ]


def _data_protection(parties: list[ContractParty]) -> dict[str, str]:
    return {party.key: party.data_role for party in parties if party.data_role}


def _is_touched(design: Design) -> bool:
    """Has anybody said anything in it? An old contract has a design that only holds what it was born with."""
    fresh = Design(contract_id=design.contract_id)
    return any(getattr(design, field.attname) != getattr(fresh, field.attname) for field in Design._meta.fields[1:])


def _design(contract: Contract, design: Design) -> dict[str, Any]:
    chain = [
        _said({"link": row.link, "text": row.text, "grounds": row.grounds})
        for row in ChainLink.objects.filter(contract=contract)
    ]
    template = design.template
    return _said(
        {
            "template": f"{template.key} {template.version}" if template else None,
            "target_population": contract.target_population,
            "intervention": contract.intervention,
            **{name: getattr(design, name) for name in _DESIGN_TEXTS},
            "expected_participants": design.expected_participants,
            "horizon_years": design.horizon_years,
            "chain": chain,
        }
    )


def _measurement(contract: Contract) -> Iterator[dict[str, Any]]:
    """The chosen measures, each with its whole definition and how its baseline is found."""
    chosen = Measure.objects.filter(contract=contract, status=Measure.Status.CHOSEN)
    for measure in chosen.select_related("indicator", "link", "baseline__snapshot").order_by("key"):
        baseline = getattr(measure, "baseline", None)
        yield _said(
            {
                "key": measure.key,
                "use": measure.use,
                **{name: getattr(measure, name) for name in _MEASURE_TEXTS},
                "suppression_threshold": measure.suppression_threshold,
                "indicator": measure.indicator.key if measure.indicator else None,
                "chain": measure.link.text if measure.link else None,
                "target": _plain(measure.target),
                "baseline": _baseline(baseline) if baseline else None,
            }
        )


def _baseline(baseline: Baseline) -> dict[str, Any]:
    kept = baseline.snapshot
    kolada = (
        {
            "kpi": kept.kpi,
            "title": kept.title,
            "municipality": kept.municipality_name,
            "group": kept.group_name,
            "members": [member.get("name", "") for member in kept.members],
            "fetched_on": kept.fetched_at.date().isoformat(),
        }
        if kept
        else None
    )
    return _said(
        {
            "method": baseline.method,
            "description": baseline.description,
            "is_measured_later": baseline.is_measured_later,
            "value": _plain(baseline.value),
            "persons": baseline.persons,
            "period": baseline.period,
            "source": baseline.source,
            "kolada": _said(kolada) if kolada else None,
            "smallest_change": _plain(baseline.smallest_change),
        }
    )


def _assumptions(contract: Contract) -> dict[str, dict[str, Any]]:
    """What every assumption says now, in the shape of `contracts.queries.register.register_snapshot`."""
    count = Subquery(
        AssumptionRevision.objects.filter(assumption=OuterRef("assumption"))
        .order_by()
        .values("assumption")
        .annotate(count=Count("pk"))
        .values("count")
    )
    kept = AssumptionRevision.objects.filter(assumption__contract=contract, assumption__removed_at__isnull=True)
    latest = kept.select_related("assumption").order_by("assumption", "-pk").distinct("assumption")
    return {
        row.assumption.key: {
            "label": row.assumption.label,
            "unit": row.assumption.unit,
            "value": _plain(row.value),
            "low": _plain(row.low),
            "high": _plain(row.high),
            "source": row.source or row.source_url,
            "certainty": row.certainty,
            "owner": row.owner,
            "stated_on": row.stated_on.isoformat(),
            "revision": row.number,
        }
        for row in sorted(latest.annotate(number=count), key=lambda row: row.assumption.key)
    }


def _said(values: dict[str, Any]) -> dict[str, Any]:
    """What somebody has filled in. False and zero are said; nothing, no text and an empty list are not."""
    return {name: value for name, value in values.items() if value is not None and value not in ("", [], {})}


def _plain(value: Decimal | None) -> str | None:
    """The number without closing zeros: equal numbers have one spelling."""
    return None if value is None else f"{value.normalize():f}"


def document_hash(document: dict[str, Any]) -> str:
    """The sha256 over the document's canonical form, as 64 hexadecimal digits."""
    return hashlib.sha256(canonical_json(document).encode()).hexdigest()


def terms_of(version: ContractVersion) -> Terms:
    """The version's terms as the rulebook reads them. Raises ValueError when they are not well formed."""
    terms, problems = parse_terms(version.terms)
    if terms is None:
        raise ValueError(f"{version}: {'; '.join(str(problem) for problem in problems)}")
    return terms


def versions_of(contract: Contract) -> list[Version]:
    """The agreed versions in the order they take effect: what calculations compute with."""
    agreed = contract.versions.filter(status=VersionStatus.AGREED).order_by("effective_on", "number")
    return [Version(number=v.number, effective_on=v.effective_on, terms=terms_of(v)) for v in agreed]
