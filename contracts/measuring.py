"""How a measure is made: the criteria of a good one, what its definition must say, and the hash that two approve.

It owns what a definition sheet holds. It serves the step design. It must not know rows or queries.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from rulebook import canonical_json

LOWEST, HIGHEST = 1, 5
WEAK: Final = 2
"""A score this low in any criterion is said aloud, however good the sum is."""

APPROVALS: Final = 2
"""So many persons freeze a definition."""


@dataclass(frozen=True)
class Criterion:
    """One question to ask of a candidate, with what the lowest and the highest score mean."""

    key: str
    name: Any
    question: Any
    low: Any
    high: Any


CRITERIA: Final[tuple[Criterion, ...]] = (
    Criterion(
        "validity",
        _("Validity"),
        _("Does it measure the change that we want?"),
        _("something else"),
        _("exactly that"),
    ),
    Criterion(
        "sensitivity",
        _("Sensitivity in the window"),
        _("Can it change enough within the time that is paid for?"),
        _("the change comes later"),
        _("the change is seen in time"),
    ),
    Criterion(
        "data_source",
        _("Data source"),
        _("Do the data exist, of good enough quality?"),
        _("nothing is registered"),
        _("they are registered today"),
    ),
    Criterion(
        "legal",
        _("Legal ground"),
        _("May the data be used for this, by law and with secrecy?"),
        _("probably not"),
        _("yes, it is looked into"),
    ),
    Criterion(
        "robustness",
        _("Hard to manipulate"),
        _("Can it be improved without anyone being helped?"),
        _("easily"),
        _("hardly"),
    ),
    Criterion(
        "power",
        _("Power with few persons"),
        _("Does an effect show, with as many persons as there will be?"),
        _("chance decides"),
        _("the effect shows"),
    ),
    Criterion(
        "cost",
        _("Owner of the cost"),
        _("Does whoever pays own the cost that falls?"),
        _("another budget gains"),
        _("the same budget"),
    ),
)
CRITERIA_KEYS: Final = tuple(criterion.key for criterion in CRITERIA)

# What the definition sheet of a measure says, in the order it is read.
SHEET_FIELDS: Final = (
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
    "suppression_threshold",
    "weaknesses",
    "kolada_id",
    "target",
)
BASELINE_FIELDS: Final = ("method", "description", "is_measured_later", "value", "persons", "period", "source")
NEEDED: Final = (
    "name_sv",
    "numerator",
    "denominator",
    "unit",
    "source_system",
    "extraction",
    "missing",
    "window",
    "weaknesses",
)
"""Without these a definition is not complete. What is paid for needs a target too."""


@dataclass(frozen=True)
class Scored:
    """What the scores of a candidate come to."""

    total: int
    lowest: int | None
    weakest: tuple[str, ...]
    unanswered: tuple[str, ...]

    @property
    def is_weak(self) -> bool:
        return self.lowest is not None and self.lowest <= WEAK


def scored(scores: Mapping[str, Any]) -> Scored:
    """The sum of the seven, the lowest of them, and which have none yet."""
    known = {key: scores[key] for key in CRITERIA_KEYS if _is_score(scores.get(key))}
    lowest = min(known.values(), default=None)
    return Scored(
        total=sum(known.values()),
        lowest=lowest,
        weakest=tuple(key for key, score in known.items() if score == lowest),
        unanswered=tuple(key for key in CRITERIA_KEYS if key not in known),
    )


def _is_score(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and LOWEST <= value <= HIGHEST


def missing_fields(sheet: Mapping[str, Any], *, is_paid_for: bool) -> tuple[str, ...]:
    """Which fields of the definition still say nothing."""
    needed = (*NEEDED, "target") if is_paid_for else NEEDED
    return tuple(name for name in needed if _says_nothing(sheet.get(name)))


def _says_nothing(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def sheet_hash(key: str, use: str, sheet: Mapping[str, Any], baseline: Mapping[str, Any] | None) -> str:
    """The hash of exactly what is approved: the definition, what it is used as, and how the baseline is found."""
    document = {
        "key": key,
        "use": use,
        "sheet": {name: _plain(sheet.get(name)) for name in SHEET_FIELDS},
        "baseline": None if baseline is None else {name: _plain(baseline.get(name)) for name in BASELINE_FIELDS},
    }
    return hashlib.sha256(canonical_json(document).encode()).hexdigest()


def _plain(value: Any) -> Any:
    """Equal numbers have one spelling: 0.5 and 0.500000 are the same target."""
    return f"{value.normalize():f}" if isinstance(value, Decimal) else value


def is_enough(approvals: Collection[tuple[int, int]], organisations: Collection[int]) -> bool:
    """Do these approvals (person, organisation) freeze the definition, in a contract of these organisations?

    Two persons; of different organisations as soon as the contract has more than one.
    """
    persons = {person for person, _organisation in approvals}
    theirs = {organisation for _person, organisation in approvals}
    return len(persons) >= APPROVALS and (len(set(organisations)) < APPROVALS or len(theirs) >= APPROVALS)


# --- The metric of the terms -----------------------------------------------------------------------------------------

METRIC_NAMES: Final = {"name_sv": "sv", "name_en": "en", "use": "role"}


def metric_of(terms: Any, key: str) -> tuple[int, dict[str, Any]] | None:
    """Where the metric with this id stands in a document of terms, finished or not, and what it says."""
    metrics = terms.get("metrics") if isinstance(terms, Mapping) else None
    for index, metric in enumerate(metrics if isinstance(metrics, list) else ()):
        if isinstance(metric, dict) and metric.get("id") == key:
            return index, metric
    return None


def disagreements(sheet: Mapping[str, Any], use: str, metric: Mapping[str, Any]) -> tuple[str, ...]:
    """In what the metric of the terms says something else than the sheet: names of fields."""
    found = [
        name
        for name in ("name_sv", "name_en")
        if sheet.get(name) and (metric.get(METRIC_NAMES[name]) or "") != sheet[name]
    ]
    if use and (metric.get("role") or "payment") != use:
        found.append("use")
    window = metric.get("window")
    months = window.get("months") if isinstance(window, Mapping) else None
    if sheet.get("window_months") is not None and months is not None and str(months) != str(sheet["window_months"]):
        found.append("window_months")
    return tuple(found)


def with_metric(terms: Mapping[str, Any], metric: Mapping[str, Any]) -> dict[str, Any]:
    """The terms with the metric in its place, or last. Keys of the metric that are not named here stay as they are;
    those that are None go."""
    found = metric_of(terms, str(metric["id"]))
    listed = terms.get("metrics")
    metrics: list[Any] = list(listed) if isinstance(listed, list) else []
    before = found[1] if found else {}
    merged = {key: value for key, value in {**before, **metric}.items() if value is not None}
    if found:
        metrics[found[0]] = merged
    else:
        metrics.append(merged)
    return {**terms, "metrics": metrics}


def strangers(terms: Any, keys: Iterable[str]) -> list[str]:
    """Metrics of the terms that no measure defines, by id."""
    known = set(keys)
    metrics = terms.get("metrics") if isinstance(terms, Mapping) else None
    ids = [metric.get("id") for metric in metrics if isinstance(metric, dict)] if isinstance(metrics, list) else []
    return [own for own in ids if isinstance(own, str) and own and own not in known]
