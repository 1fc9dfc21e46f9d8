"""A template as its reader meets it: what is unsure first, then the design, the terms in sentences, and the figures."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from actors.roles import Role
from library.models import ContractTemplate, Indicator, UnitCost
from library.sheets import SHEET_LABELS
from library.states import CERTAINTY_TONES, UNSURE, BudgetHolder, Certainty
from rulebook import Clause, clauses, parse_terms
from rulebook.problems import Language

LINKS = {
    "intervention": gettext_lazy("Interventions"),
    "activity": gettext_lazy("Activities"),
    "output": gettext_lazy("Outputs"),
    "effect": gettext_lazy("Effects"),
    "influence": gettext_lazy("Influence: the part caused by the effort"),
    "value": gettext_lazy("Value"),
}
USES = {
    "payment": gettext_lazy("Grounds for payment"),
    "follow_up": gettext_lazy("Follow-up"),
    "guard": gettext_lazy("Guard: must not get worse"),
}
TEXTS = {
    "need": gettext_lazy("The need"),
    "today": gettext_lazy("What is done today"),
    "evidence": gettext_lazy("What is known to help"),
    "target_population": gettext_lazy("Target population"),
    "inclusion": gettext_lazy("Who belongs to it"),
    "exclusion": gettext_lazy("Who does not"),
    "intervention": gettext_lazy("Intervention"),
}
UNITS = {
    "persons": gettext_lazy("persons"),
    "months": gettext_lazy("months"),
    "times": gettext_lazy("times"),
}
"""The units of figures that are neither shares nor amounts; any other word is shown as it is written."""


@dataclass(frozen=True)
class Figure:
    """A number with its range, as the page writes it by its unit: a share, an amount, or a count of something."""

    value: Decimal
    low: Decimal | None
    high: Decimal | None
    unit: str

    @property
    def unit_label(self) -> str:
        return "" if self.unit == "value" else str(UNITS.get(self.unit, self.unit))


@dataclass(frozen=True)
class Source:
    """Where something comes from, and how sure it is."""

    text: str
    url: str
    certainty: str
    tone: str


@dataclass(frozen=True)
class AssumptionLine:
    key: str
    label: str
    figure: Figure
    source: Source
    is_unsure: bool
    is_assumed: bool


@dataclass(frozen=True)
class MeasureLine:
    name: str
    use: str
    link: str
    target: Decimal | None
    indicator: Indicator | None


@dataclass(frozen=True)
class BenefitLine:
    label: str
    holder: str
    metric: str
    factors: list[AssumptionLine]
    cost: UnitCost | None
    from_year: int
    years: int
    is_cashable: bool


@dataclass(frozen=True)
class TemplateReading:
    """Everything that a template's page says besides its name."""

    texts: list[tuple[str, str]]
    parties: list[tuple[str, str]]
    participants: int | None
    horizon: int | None
    chain: list[tuple[str, list[tuple[str, str]]]]
    measures: list[MeasureLine]
    clauses: list[Clause]
    problems: list[tuple[str, str]]
    assumptions: list[AssumptionLine]
    benefits: list[BenefitLine]
    sources: list[Source]
    language: str = ""  # of its texts, where they are not in both
    unsure: list[AssumptionLine] = field(default_factory=list)

    @property
    def unsure_by_certainty(self) -> list[tuple[str, str, list[AssumptionLine]]]:
        """What is unsure, by how unsure, the least sure first: label, tone, and the figures."""
        groups: dict[str, list[AssumptionLine]] = {}
        for line in self.unsure:
            groups.setdefault(line.source.certainty, []).append(line)
        order = [str(certainty.label) for certainty in reversed(Certainty)]
        return [(label, groups[label][0].source.tone, groups[label]) for label in sorted(groups, key=order.index)]


def language_of_reader() -> Language:
    return "en" if (get_language() or "sv").startswith("en") else "sv"


def said(item: Mapping[str, Any], name: str = "") -> str:
    """What the item says in the reader's language, or in the other where it has but one: `sv`, or `name_sv`."""
    mine = language_of_reader()
    other = "sv" if mine == "en" else "en"
    prefix = f"{name}_" if name else ""
    return str(item.get(f"{prefix}{mine}") or item.get(f"{prefix}{other}") or "")


def sheet_said(indicator: Indicator) -> list[tuple[str, str]]:
    """The definition sheet in the reader's language, in the order people should see it; what is empty says so."""
    sheet = indicator.sheet.get(language_of_reader()) or indicator.sheet.get("sv") or {}
    return [(str(label), str(sheet.get(key) or "")) for key, label in SHEET_LABELS.items()]


def reading_of(template: ContractTemplate) -> TemplateReading:
    """The template's document in the reader's language; two queries, however long it is."""
    document: Mapping[str, Any] = template.document
    indicators = {row.key: row for row in Indicator.objects.filter(key__in=_named(document, "measures", "indicator"))}
    costs = {row.key: row for row in UnitCost.objects.filter(key__in=_named(document, "benefits", "shelf_cost"))}
    assumptions = [_assumption(item) for item in document.get("assumptions", [])]
    found, problems = _in_words(document)
    design = document.get("design", {})
    return TemplateReading(
        texts=list(_texts(design)),
        parties=[(said(party), str(Role(party["role"]).label)) for party in document.get("parties", [])],
        participants=design.get("expected_participants"),
        horizon=design.get("horizon_years"),
        chain=list(_chain(document)),
        measures=list(_measures(document, indicators)),
        clauses=found,
        problems=problems,
        assumptions=assumptions,
        benefits=list(_benefits(document, {line.key: line for line in assumptions}, costs)),
        sources=_all_sources(template, assumptions, [*indicators.values(), *costs.values()]),
        language=str(document.get("language", "")),
        unsure=[line for line in assumptions if line.is_unsure],
    )


def sources_said(sources: Iterable[Mapping[str, Any]]) -> list[Source]:
    """Sources of anything on the shelf, each with its label; the same one once."""
    found: dict[tuple[str, str], Source] = {}
    for source in sources:
        said_by = _source(str(source.get("text") or ""), str(source.get("url") or ""), source.get("certainty"))
        if said_by.text or said_by.url:
            found.setdefault((said_by.text, said_by.url), said_by)
    return list(found.values())


# --- The parts -------------------------------------------------------------------------------------------------------


def _named(document: Mapping[str, Any], part: str, key: str) -> set[str]:
    return {str(item[key]) for item in document.get(part, []) if item.get(key)}


def _source(text: str, url: str, certainty: object) -> Source:
    sure = Certainty(certainty) if certainty in Certainty.values else Certainty.UNCERTAIN
    return Source(text, url if url.startswith(("https://", "http://")) else "", str(sure.label), CERTAINTY_TONES[sure])


def _decimal(value: object) -> Decimal | None:
    if value is None or value == "":
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None


def _assumption(item: Mapping[str, Any]) -> AssumptionLine:
    certainty = item.get("certainty")
    return AssumptionLine(
        key=str(item["key"]),
        label=said(item),
        figure=Figure(
            _decimal(item.get("value")) or Decimal(0),
            _decimal(item.get("low")),
            _decimal(item.get("high")),
            str(item.get("unit") or ""),
        ),
        source=_source(str(item.get("source") or ""), str(item.get("source_url") or ""), certainty),
        is_unsure=certainty not in Certainty.values or Certainty(certainty) in UNSURE,
        is_assumed=certainty in {Certainty.ASSUMED, Certainty.INVENTED},
    )


def _texts(design: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    texts = design.get(language_of_reader()) or design.get("sv") or design.get("en") or {}
    for key, heading in TEXTS.items():
        if texts.get(key):
            yield str(heading), str(texts[key])


def _chain(document: Mapping[str, Any]) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    for link, label in LINKS.items():
        links = [item for item in document.get("chain", []) if item.get("link") == link]
        if links:
            yield str(label), [(said(item), said(item, "grounds")) for item in links]


def _measures(document: Mapping[str, Any], indicators: Mapping[str, Indicator]) -> Iterator[MeasureLine]:
    links = {item.get("id"): said(item) for item in document.get("chain", [])}
    for item in document.get("measures", []):
        yield MeasureLine(
            name=said(item, "name"),
            use=str(USES.get(item.get("use"), _("On the long list"))),
            link=links.get(item.get("chain"), ""),
            target=_decimal(item.get("target")),
            indicator=indicators.get(item.get("indicator") or ""),
        )


def _in_words(document: Mapping[str, Any]) -> tuple[list[Clause], list[tuple[str, str]]]:
    language = language_of_reader()
    terms, problems = parse_terms(document.get("terms", {}))
    if terms is None:
        return [], [(problem.where, problem.message(language)) for problem in problems]
    names = {party["key"]: said(party) for party in document.get("parties", [])}
    return clauses(terms, language, names), []


def _benefits(
    document: Mapping[str, Any], assumptions: Mapping[str, AssumptionLine], costs: Mapping[str, UnitCost]
) -> Iterator[BenefitLine]:
    metrics = {metric.get("id"): said(metric) for metric in document.get("terms", {}).get("metrics", [])}
    for item in document.get("benefits", []):
        keys = [item.get("volume"), item.get("unit_cost"), item.get("attribution")]
        yield BenefitLine(
            label=said(item),
            holder=str(BudgetHolder(item["holder"]).label),
            metric=metrics.get(item.get("metric"), ""),
            factors=[assumptions[key] for key in keys if key in assumptions],
            cost=costs.get(item.get("shelf_cost") or ""),
            from_year=int(item.get("from_year") or 1),
            years=int(item.get("years") or 1),
            is_cashable=bool(item.get("is_cashable")),
        )


def _all_sources(
    template: ContractTemplate, assumptions: Iterable[AssumptionLine], things: Iterable[Indicator | UnitCost]
) -> list[Source]:
    """Of the template itself, of figures that somebody else has stated, and of everything from the shelf that it uses;
    the same one once. What is only assumed has grounds, which stand beside it, and no source."""
    found = sources_said([*template.sources, *(source for thing in things for source in thing.sources)])
    seen = {(source.text, source.url) for source in found}
    for line in assumptions:
        mine = (line.source.text, line.source.url)
        if any(mine) and mine not in seen and (line.source.url or not line.is_assumed):
            seen.add(mine)
            found.append(line.source)
    return found
