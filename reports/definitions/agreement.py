"""The agreement as a document: what the parties accept and sign, in words, with its data and its evidence.

Everything is said from the document that is hashed; from the rows only while the version is a draft.
"""

import csv
import json
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from io import StringIO
from typing import Any, cast

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.formats import get_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from actors.models import Organisation
from actors.policies import Actor, NotVisible
from actors.roles import Permission, Role
from contracts.models import (
    Acceptance,
    Baseline,
    ChainLink,
    Contract,
    ContractVersion,
    DataRole,
    Design,
    Measure,
    PoliticalDecision,
    Signature,
)
from contracts.queries import get_contract_for
from contracts.queries.register import unit_label
from contracts.snapshot import agreement_document, document_hash
from contracts.states import BEFORE_THE_PARTIES, VersionStatus
from library.states import UNSURE, Certainty
from reports.definitions import agreement_data as say
from reports.definitions.base import inert
from reports.render import Attached
from rulebook import annex, canonical_json, parse_terms
from rulebook.problems import Language

TEMPLATE = "reports/agreement_print.html"
STYLESHEET = "css/paper.css"
AUDITED: tuple[str, ...] = ("version",)

_MEASURE_ROWS = (
    "numerator",
    "denominator",
    "unit",
    "source_system",
    "extraction",
    "missing",
    "window",
    "window_months",
    "suppression_threshold",
    "weaknesses",
    "kolada_id",
    "target",
)
_NUMBERS = frozenset({"target", "value", "smallest_change"})
_BASELINE_ROWS = ("description", "value", "persons", "period", "source", "smallest_change")


@dataclass(frozen=True)
class Params:
    """Which version of which contract, in which language."""

    contract: str
    version: int
    language: str = "sv"


def title(params: Params) -> str:
    return _("Agreement %(contract)s, version %(version)s") % {
        "contract": params.contract,
        "version": params.version,
    }


def file_stem(params: Params) -> tuple[str, ...]:
    return _("agreement"), params.contract, f"v{params.version}"


def build(actor: Actor | None, params: Params, as_of: datetime) -> say.Agreement:
    """The document of one version. NotVisible when there is no such version."""
    if actor is not None:
        contract = get_contract_for(actor, params.contract, Permission.VIEW_DESIGN)
    else:
        contract = Contract.objects.prefetch_related("parties__organisation", "parties__board").get(
            code=params.contract
        )
    version = contract.versions.filter(number=params.version).first()
    if version is None:
        raise NotVisible
    version.contract = contract
    return build_for(version, params, as_of)


def build_for(
    version: ContractVersion, params: Params, as_of: datetime, *, seal: say.Seal | None = None
) -> say.Agreement:
    """The same, for a version of a contract that `get_contract_for` has given. With a seal it is the final one."""
    contract = version.contract
    language = cast(Language, params.language)
    document = version.document or agreement_document(version)
    parties = _parties(contract, document)
    clauses, problems = _clauses(document, parties, language)
    design = document.get("design", {})
    is_agreed = version.status == VersionStatus.AGREED
    is_frozen = version.document is not None  # before that nobody can have accepted or signed it
    return say.Agreement(
        contract_code=contract.code,
        contract_name=contract.name,
        is_invented=contract.is_invented,
        is_only_computed=contract.computed_from_published_facts,
        version=version.number,
        status=version.get_status_display(),
        mark="" if seal else _mark(VersionStatus(version.status)),
        is_final=seal is not None,
        effective_on=date.fromisoformat(document["effective_on"]),
        starts_on=contract.starts_on,
        ends_on=contract.ends_on,
        as_of=as_of,
        agreed_at=version.agreed_at if is_agreed else None,
        parties=parties,
        successions=_successions(document, parties),
        background=_rows(Design, design, ("need", "today", "evidence")),
        target_group=_target_group(design),
        chain=_chain(design.get("chain", [])),
        clauses=clauses,
        problems=problems,
        measures=tuple(_measure(each, language) for each in document.get("measurement", [])),
        assumptions=tuple(_assumption(key, each) for key, each in document.get("assumptions", {}).items()),
        schedule=_schedule(document.get("schedule")),
        acceptances=_acceptances(version) if is_frozen else (),
        signatures=_signatures(version) if is_frozen else (),
        decisions=_decisions(contract),
        seal=seal,
        annexes=tuple(say.Annex(name, description) for name, description in _annexes(document)),
        document=document,
        document_hash=version.document_hash or document_hash(document),
        check_address=settings.BASE_URL.rstrip("/") + reverse("reports:check_document"),
    )


def attached(data: say.Agreement) -> list[Attached]:
    """The annexes: the terms as data, exactly what was hashed, and the assumptions as a sheet."""
    contents = {
        "terms.json": json.dumps(data.document["terms"], ensure_ascii=False, indent=2).encode(),
        "agreement.json": canonical_json(data.document).encode(),
        "assumptions.csv": _sheet(data.assumptions),
    }
    return [
        Attached(each.name, contents[each.name], each.description, "Source" if "agreement" in each.name else "Data")
        for each in data.annexes
    ]


def _annexes(document: dict[str, Any]) -> list[tuple[str, str]]:
    found = [
        ("terms.json", _("The terms as data, which Utfall computes with")),
        ("agreement.json", _("What the parties sign, as data: the sha256 of this file is the signed hash")),
    ]
    if document.get("assumptions"):
        found.append(("assumptions.csv", _("The assumptions as a sheet")))
    return found


def _mark(status: VersionStatus) -> str:
    """What the paper is marked with in its margin, as long as it is not the original."""
    if status in BEFORE_THE_PARTIES:
        return _("Proposal")
    return _("Reading copy") if status == VersionStatus.AGREED else str(status.label)


# --- What is agreed ------------------------------------------------------------------------------------------------


def _parties(contract: Contract, document: dict[str, Any]) -> tuple[say.Party, ...]:
    """The parties as the document has them, by role; each by its present name."""
    rows = document["parties"]
    names = {party.organisation.organisation_number: party.organisation for party in contract.parties.all()}
    missing = {row["organisation_number"] for row in rows} - names.keys()
    if missing:  # somebody who has been replaced since
        found = Organisation.objects.filter(organisation_number__in=missing)
        names |= {organisation.organisation_number: organisation for organisation in found}
    roles = document.get("data_protection", {})
    order = list(Role.values)
    return tuple(
        say.Party(
            key=row["key"],
            role=str(Role(row["role"]).label),
            name=f"{row['board']}, {organisation}" if row["board"] else str(organisation),
            organisation_number=organisation.formatted_number,
            data_role=str(DataRole(roles[row["key"]]).label) if row["key"] in roles else "",
        )
        for row in sorted(rows, key=lambda row: (order.index(row["role"]), row["key"]))
        for organisation in [names[row["organisation_number"]]]
    )


def _successions(document: dict[str, Any], parties: tuple[say.Party, ...]) -> tuple[say.Row, ...]:
    """Whose place is taken, and by whom."""
    rows = document.get("successions", [])
    if not rows:
        return ()
    numbers = {row["organisation_number"] for row in rows}
    found = {row.organisation_number: row for row in Organisation.objects.filter(organisation_number__in=numbers)}
    names = {party.key: party.name for party in parties}
    return tuple(
        say.Row(
            names.get(row["party"], row["party"]),
            ", ".join(str(part) for part in (row.get("board"), found[row["organisation_number"]]) if part),
        )
        for row in rows
    )


def _clauses(
    document: dict[str, Any], parties: tuple[say.Party, ...], language: Language
) -> tuple[tuple[say.Clause, ...], tuple[str, ...]]:
    """Every clause as the rulebook gives it; of a draft that cannot be read yet, what remains to mend."""
    terms, problems = parse_terms(document["terms"])
    if terms is None:
        return (), tuple(problem.message(language) for problem in problems)
    names = {party.key: party.name for party in parties}
    return tuple(say.Clause(each.number, each.heading, each.text) for each in annex(terms, language, names)), ()


def _label(model: Any, name: str) -> str:
    return capfirst(str(model._meta.get_field(name).verbose_name))


def _rows(model: Any, values: dict[str, Any], names: tuple[str, ...]) -> tuple[say.Row, ...]:
    return tuple(say.Row(_label(model, name), _text(name, values[name])) for name in names if name in values)


def field_rows(row: models.Model, names: tuple[str, ...]) -> tuple[say.Row, ...]:
    """Labels and texts of a row's fields that say something."""
    values = {name: getattr(row, name) for name in names}
    return _rows(type(row), {name: value for name, value in values.items() if value not in (None, "")}, names)


def _text(name: str, value: Any) -> str:
    """Numbers with the reader's own decimal sign; texts as they are."""
    text = str(value)
    return text.replace(".", get_format("DECIMAL_SEPARATOR")) if name in _NUMBERS else text


def _target_group(design: dict[str, Any]) -> tuple[say.Row, ...]:
    return (
        *_rows(Contract, design, ("target_population",)),
        *_rows(Design, design, ("inclusion", "exclusion", "expected_participants")),
        *_rows(Contract, design, ("intervention",)),
        *_rows(Design, design, ("savings_return",)),
    )


def _chain(rows: list[dict[str, Any]]) -> tuple[say.Link, ...]:
    links = [
        say.Link(
            str(link.label), tuple(say.Row(r["text"], r.get("grounds", "")) for r in rows if r.get("link") == link)
        )
        for link in ChainLink.Link
    ]
    return tuple(link for link in links if link.statements)


def _measure(values: dict[str, Any], language: Language) -> say.Measure:
    name = values.get("name_en") if language == "en" else None
    baseline = values.get("baseline")
    return say.Measure(
        name=name or values.get("name_sv") or values["key"],
        use=str(Measure.Use(values["use"]).label) if values.get("use") else "",
        definition=_rows(Measure, values, _MEASURE_ROWS),
        baseline=_baseline(baseline) if baseline else (),
    )


def _baseline(values: dict[str, Any]) -> tuple[say.Row, ...]:
    rows = [say.Row(_label(Baseline, "method"), str(Baseline.Method(values["method"]).label))]
    if values.get("is_measured_later"):
        later = _("After signing, by this method. The value is then a verified fact.")
        rows.append(say.Row(_("When it is measured"), later))
    rows += _rows(Baseline, values, _BASELINE_ROWS)
    kolada = values.get("kolada")
    if kolada:
        text = _("%(kpi)s %(title)s, %(municipality)s, fetched %(day)s") % {
            "kpi": kolada["kpi"],
            "title": kolada.get("title", ""),
            "municipality": kolada.get("municipality", ""),
            "day": kolada["fetched_on"],
        }
        rows.append(say.Row(_("From Kolada"), text))
        if kolada.get("members"):
            group = f"{kolada.get('group', '')}: {', '.join(kolada['members'])}".removeprefix(": ")
            rows.append(say.Row(_("Compared with"), group))
    return tuple(rows)


def _assumption(key: str, values: dict[str, Any]) -> say.Assumption:
    certainty = Certainty(values["certainty"])
    return say.Assumption(
        key=key,
        label=values["label"],
        unit=values["unit"],
        unit_label=unit_label(values["unit"]),
        value=Decimal(values["value"]),
        low=None if values.get("low") is None else Decimal(values["low"]),
        high=None if values.get("high") is None else Decimal(values["high"]),
        source=values["source"],
        certainty=str(certainty.label),
        is_unsure=certainty in UNSURE,
        owner=values["owner"],
        stated_on=date.fromisoformat(values["stated_on"]),
    )


def _schedule(values: dict[str, Any] | None) -> tuple[say.Row, ...]:
    if not values:
        return ()

    def days(name: str) -> str:
        return ngettext("%(count)s day", "%(count)s days", values[name]) % {"count": values[name]}

    return (
        say.Row(
            _("Outcomes are reported"),
            _("at the latest %(days)s after the end of a period") % {"days": days("report_within_days")},
        ),
        say.Row(
            _("Outcomes are verified"),
            _("at the latest %(days)s after the last day to report") % {"days": days("verify_within_days")},
        ),
        say.Row(
            _("Payment is made"),
            _("at the latest %(days)s after the last day to verify") % {"days": days("pay_within_days")},
        ),
        say.Row(_("The steering group meets"), str(Design.Meets(values["meets_every"]).label)),
    )


def _sheet(assumptions: tuple[say.Assumption, ...]) -> bytes:
    out = StringIO()
    writer = csv.writer(out, delimiter=";")
    heads = ["key", _("Assumption"), _("Value"), _("Low"), _("High"), _("Unit")]
    writer.writerow([*heads, _("Certainty"), _("Source"), _("Who answers for it"), _("As of")])
    for each in assumptions:
        numbers = ["" if number is None else str(number) for number in (each.value, each.low, each.high)]
        texts = [each.unit_label, each.certainty, each.source, each.owner]
        writer.writerow(
            [
                inert(each.key),
                inert(each.label),
                *numbers,
                *(inert(text) for text in texts),
                each.stated_on.isoformat(),
            ]
        )
    return b"\xef\xbb\xbf" + out.getvalue().encode()  # so that a spreadsheet reads å, ä and ö


# --- Who has agreed ------------------------------------------------------------------------------------------------


def _acceptances(version: ContractVersion) -> tuple[say.Acceptance, ...]:
    rows = Acceptance.objects.filter(version=version).select_related("organisation", "user").order_by("at", "pk")
    return tuple(say.Acceptance(str(row.organisation), row.user.name, row.at, row.document_hash) for row in rows)


def _signatures(version: ContractVersion) -> tuple[say.Signature, ...]:
    rows = Signature.objects.filter(version=version).select_related("organisation", "user", "group")
    return tuple(
        say.Signature(
            organisation=str(row.organisation),
            name=row.user.name,
            group=row.group.label if row.group else "",
            at=row.at,
            proved_at=row.proved_at,
            method=method_label(row.method),
            intent=row.intent,
            document_hash=row.document_hash,
            evidence=tuple(
                say.Row(evidence_label(name), _evidence(value)) for name, value in sorted(row.evidence.items())
            ),
        )
        for row in rows.order_by("at", "pk")
    )


def method_label(method: str) -> str:
    """How the person proved who they are, in words; a method that is not known is shown as it is written."""
    known = {
        "password": _("password, given again when signing"),
        "oidc": _("an identity provider, asked anew when signing"),
    }
    return known.get(method, method)


def evidence_label(name: str) -> str:
    """What a part of the proof is called, in words."""
    known = {
        "issuer": _("Confirmed by"),
        "subject_hash": _("Who, as a hash of what the provider calls them"),
        "auth_time": _("Confirmed at"),
        "acr": _("Level of assurance"),
        "amr": _("Means used"),
    }
    return known.get(name, name)


def _evidence(value: Any) -> str:
    return ", ".join(str(item) for item in value) if isinstance(value, list) else str(value)


def _decisions(contract: Contract) -> tuple[say.PoliticalDecision, ...]:
    """The decisions that stand: a corrected one is told by what replaced it."""
    rows = list(
        PoliticalDecision.objects.filter(contract=contract).select_related("organisation").order_by("decided_on", "pk")
    )
    replaced = {row.replaces_id for row in rows}
    return tuple(
        say.PoliticalDecision(
            organisation=str(row.organisation),
            body=row.body,
            decided_on=row.decided_on,
            registry_number=row.registry_number,
            paragraph=row.paragraph,
            outcome=row.get_outcome_display(),
        )
        for row in rows
        if row.pk not in replaced
    )
