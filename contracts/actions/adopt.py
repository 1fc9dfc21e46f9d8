"""Taking from the shelf into a draft: a whole template, or one indicator. What is copied is the draft's own from then
on; where it came from is kept.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from actors.audit import record
from actors.policies import Actor, Refused
from actors.roles import Role
from contracts.actions.assumptions import add_benefit, state_assumption
from contracts.actions.begin import begin, begin_with_version
from contracts.actions.contract import draft_contract
from contracts.actions.designing import OF_THE_CONTRACT, add_chain_link, edit_design
from contracts.actions.terms import edit_terms
from contracts.models import Benefit, ChainLink, Contract, ContractVersion, Design, Measure, MeasureApproval
from contracts.policies import Act
from contracts.queries import fitting_party_key, keys_in_terms
from contracts.queries.measures import unique_measure_key
from contracts.states import ContractStatus
from library.documents import DESIGN_TEXTS, shifted
from library.models import ContractTemplate, Indicator, UnitCost
from library.queries import language_of_reader, said
from library.sheets import SHEET_KEYS
from library.states import Certainty, ShelfStatus
from rulebook import Problem


class WouldBeLost(Refused):
    """The draft is not empty: what the template would replace, for the person to confirm."""


@transaction.atomic
def adopt_template(
    *,
    actor: Actor,
    contract: Contract,
    template: ContractTemplate,
    at: datetime,
    is_confirmed: bool = False,
) -> list[Problem]:
    """Copy a template into a draft: design in the reader's language, effect chain, measures, terms with their dates
    moved to the contract's, assumptions with source and certainty, and gains. Returns what the terms still lack.

    A draft that already says something is not overwritten: WouldBeLost names what would go, unless the person has
    confirmed it. Texts already written stay unless it is confirmed.
    """
    locked, version = begin_with_version(actor, Act.EDIT_TERMS, contract)
    design = Design.objects.select_for_update().get(contract=locked)
    _refuse_unfit(locked, template)
    lost = list(would_be_lost(locked, version))
    if lost and not is_confirmed:
        raise WouldBeLost(*lost)
    _clear(locked)
    document = _cohorts_renamed(template.document, shifted(template.document, locked.starts_on, locked.ends_on))
    problems = edit_terms(actor=actor, contract=locked, terms=document.get("terms", {}), at=at)
    _texts(actor, locked, design, document.get("design", {}), at=at, replaces=is_confirmed)
    links = _chain(actor, locked, document, at)
    _measures(locked, document, links)
    _assumptions(actor, locked, template, document, at)
    _benefits(actor, locked, document, at)
    Design.objects.filter(pk=design.pk).update(template=template)
    _name_parties(locked)
    record(
        actor=actor,
        at=at,
        event="contracts.adopt_template",
        subject=locked,
        contract_code=locked.code,
        template=template.key,
        template_version=template.version,
        problems=len(problems),
    )
    return problems


@transaction.atomic
def adopt_indicator(*, actor: Actor, contract: Contract, indicator: Indicator, at: datetime) -> Measure:
    """Put an indicator of the shelf on the contract's long list of measures, with its definition."""
    locked, _version = begin(actor, Act.EDIT_DESIGN, contract)
    same = Measure.objects.filter(contract=locked, indicator=indicator).first()
    if same is not None:
        raise Refused(_("«%(name)s» is already among the measures of the contract.") % {"name": same.name_sv})
    measure = Measure.objects.create(
        contract=locked,
        key=unique_measure_key(locked, indicator.key),
        name_sv=indicator.name_sv,
        name_en=indicator.name_en,
        **_definition(indicator),
    )
    record(
        actor=actor,
        at=at,
        event="contracts.adopt_indicator",
        subject=measure,
        contract_code=locked.code,
        indicator=indicator.key,
        key=measure.key,
    )
    return measure


@transaction.atomic
def draft_from_template(
    *,
    actor: Actor,
    template: ContractTemplate,
    name: str,
    starts_on: date,
    ends_on: date,
    at: datetime,
    summary: str = "",
    target_population: str = "",
    intervention: str = "",
) -> Contract:
    """Begin a contract with everything that the template holds. Texts that are given win over the template's."""
    contract = draft_contract(
        actor=actor,
        name=name,
        starts_on=starts_on,
        ends_on=ends_on,
        at=at,
        summary=summary,
        target_population=target_population,
        intervention=intervention,
    )
    adopt_template(actor=actor, contract=contract, template=template, at=at)
    return contract


def would_be_lost(contract: Contract, version: ContractVersion) -> Iterator[str]:
    """What a template would replace in this draft, in words; nothing where the draft is still empty."""
    terms = version.terms if isinstance(version.terms, dict) else {}
    if terms:
        count = len(terms.get("terms", [])) if isinstance(terms.get("terms"), list) else 0
        yield ngettext(
            "The draft of the terms, with %(n)s payment term.",
            "The draft of the terms, with %(n)s payment terms.",
            count,
        ) % {"n": count}
    links, measures, gains = contract.chain.count(), contract.measures.count(), contract.benefits.count()
    if links:
        yield ngettext("%(n)s statement of the effect chain.", "%(n)s statements of the effect chain.", links) % {
            "n": links
        }
    if measures:
        yield ngettext("%(n)s measure with its definition.", "%(n)s measures with their definitions.", measures) % {
            "n": measures
        }
    if gains:
        yield ngettext("%(n)s gain of the calculation.", "%(n)s gains of the calculation.", gains) % {"n": gains}


# --- The parts -------------------------------------------------------------------------------------------------------


def _refuse_unfit(contract: Contract, template: ContractTemplate) -> None:
    if contract.status != ContractStatus.DRAFT:
        raise Refused(
            _("Only a draft begins from a template. The status of the contract is «%(status)s».")
            % {"status": ContractStatus(contract.status).label}
        )
    if template.status != ShelfStatus.PUBLISHED:
        raise Refused(
            _("«%(name)s», version %(version)s, is not on the shelf. Choose another template.")
            % {"name": template.name, "version": template.version}
        )
    if MeasureApproval.objects.filter(measure__contract=contract).exists():
        raise Refused(
            _("Measures of this draft have been approved, and approvals are not undone. Begin a new contract instead.")
        )


def _clear(contract: Contract) -> None:
    """Take away what the template replaces. Assumptions stay in the register with their history."""
    Benefit.objects.filter(contract=contract).delete()
    Measure.objects.filter(contract=contract).delete()
    ChainLink.objects.filter(contract=contract).delete()


def _cohorts_renamed(before: Mapping[str, Any], moved: dict[str, Any]) -> dict[str, Any]:
    """The document with cohorts that were named by their year, and enrol in another now, called by their number."""
    enrolled = {cohort.get("id"): cohort.get("enrols") for cohort in before.get("terms", {}).get("cohorts", [])}
    for number, cohort in enumerate(moved.get("terms", {}).get("cohorts", []), 1):
        if cohort.get("enrols") == enrolled.get(cohort.get("id")):
            continue
        for language, name in (("sv", f"Kohort {number}"), ("en", f"Cohort {number}")):
            old = str(cohort.get(language) or "")
            if re.search(r"\b20\d\d\b", old):
                cohort[language] = name
                for item in moved.get("assumptions", []):
                    item[language] = str(item.get(language) or "").replace(old, name)
    return moved


def _texts(
    actor: Actor, contract: Contract, design: Design, said_of: Mapping[str, Any], *, at: datetime, replaces: bool
) -> None:
    texts = said_of.get(language_of_reader()) or said_of.get("sv") or said_of.get("en") or {}
    offered = {name: texts[name] for name in DESIGN_TEXTS if texts.get(name)}
    for name in ("expected_participants", "horizon_years"):
        if said_of.get(name):
            offered[name] = int(said_of[name])
    stored = {name: getattr(contract if name in OF_THE_CONTRACT else design, name) for name in offered}
    changes = {
        name: value for name, value in offered.items() if replaces or name == "horizon_years" or not stored[name]
    }
    edit_design(actor=actor, contract=contract, changes=changes, at=at)


def _chain(actor: Actor, contract: Contract, document: Mapping[str, Any], at: datetime) -> dict[str, ChainLink]:
    return {
        str(item["id"]): add_chain_link(
            actor=actor,
            contract=contract,
            link=ChainLink.Link(item["link"]),
            text=said(item)[:300],
            grounds=said(item, "grounds"),
            at=at,
        )
        for item in document.get("chain", [])
    }


def _measures(contract: Contract, document: Mapping[str, Any], links: Mapping[str, ChainLink]) -> None:
    items = document.get("measures", [])
    indicators = {row.key: row for row in Indicator.objects.filter(key__in=[item.get("indicator") for item in items])}
    metrics = {metric.get("id"): metric for metric in document.get("terms", {}).get("metrics", [])}
    for item in items:
        use = item.get("use") or ""
        metric = metrics.get(item["key"], {})  # what the terms say of the measure, they and its sheet say alike
        window = metric.get("window")
        target = item.get("target")
        Measure.objects.create(
            contract=contract,
            key=item["key"],
            name_sv=metric.get("sv") or item.get("name_sv") or said(item, "name"),
            name_en=metric.get("en") or item.get("name_en") or "",
            link=links.get(item.get("chain") or ""),
            status=Measure.Status.CHOSEN if use else Measure.Status.CANDIDATE,
            use=use,
            window_months=(window.get("months") or None) if isinstance(window, dict) else None,
            target=None if target in {None, ""} else Decimal(str(target)),
            **_definition(indicators.get(item.get("indicator") or ""), item.get("sheet")),
        )


def _definition(indicator: Indicator | None, own: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The fields of a measure that an indicator's sheet fills, or the template's own sheet where it has one."""
    sheets = own or (indicator.sheet if indicator is not None else {})
    sheet = sheets.get(language_of_reader()) or sheets.get("sv") or sheets.get("en") or {}
    filled: dict[str, Any] = {name: str(sheet[name])[:most] for name, most in _SHEET.items() if sheet.get(name)}
    if indicator is not None:
        filled |= {
            "indicator": indicator,
            "suppression_threshold": indicator.suppression_threshold,
            "kolada_id": indicator.kolada_id,
        }
    if sheets.get("suppression_threshold"):
        filled["suppression_threshold"] = int(sheets["suppression_threshold"])
    return filled


_SHEET = dict.fromkeys(SHEET_KEYS, 20_000) | {"unit": 60, "source_system": 200}  # and how long each may be


def _assumptions(
    actor: Actor, contract: Contract, template: ContractTemplate, document: Mapping[str, Any], at: datetime
) -> None:
    reason = _("From the template «%(name)s», version %(version)s.") % {
        "name": template.name,
        "version": template.version,
    }
    for item in document.get("assumptions", []):
        certainty = item.get("certainty")
        state_assumption(
            actor=actor,
            contract=contract,
            key=str(item["key"]),
            label=said(item) or str(item["key"]),
            unit=str(item.get("unit") or ""),
            value=Decimal(str(item["value"])),
            low=_decimal(item.get("low")),
            high=_decimal(item.get("high")),
            source=str(item.get("source") or "")[:300],
            source_url=str(item.get("source_url") or "")[:500],
            certainty=certainty if certainty in Certainty.values else Certainty.UNCERTAIN,
            owner="",
            stated_on=localtime(at).date(),
            reason=reason,
            at=at,
        )


def _decimal(value: object) -> Decimal | None:
    return None if value is None or value == "" else Decimal(str(value))


def _benefits(actor: Actor, contract: Contract, document: Mapping[str, Any], at: datetime) -> None:
    items = document.get("benefits", [])
    costs = {row.key: row for row in UnitCost.objects.filter(key__in=[item.get("shelf_cost") for item in items])}
    for item in items:
        add_benefit(
            actor=actor,
            contract=contract,
            holder=item["holder"],
            label=said(item)[:200],
            metric=item.get("metric") or "",
            volume=item["volume"],
            unit_cost=item["unit_cost"],
            attribution=item.get("attribution") or "",
            shelf_cost=costs.get(item.get("shelf_cost") or ""),
            from_year=int(item.get("from_year") or 1),
            years=int(item.get("years") or 1),
            is_cashable=bool(item.get("is_cashable")),
            at=at,
        )


def _name_parties(contract: Contract) -> None:
    """Let parties that were there before the terms be called what the terms call them, so that the two fit."""
    version = contract.versions.order_by("number").last()
    named = keys_in_terms(version.terms) if version else {}
    for party in contract.parties.select_related("organisation", "board").order_by("pk"):
        if party.key not in named:
            key = fitting_party_key(contract, Role(party.role), party.organisation, party.board)
            if key:
                party.key = key
                party.save(update_fields=["key"])
