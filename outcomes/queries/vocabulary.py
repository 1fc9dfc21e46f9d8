"""What a contract's terms let people report: metrics, cohorts and measurement periods, under ids and under names."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.utils.translation import get_language

from contracts.models import Contract
from contracts.snapshot import versions_of
from rulebook.periods import Period, period_named
from rulebook.problems import Language
from rulebook.terms import Cohort, Metric, label_of
from rulebook.timeline import Version


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of the contract, over all agreed versions of its terms."""

    starts_on: date
    ends_on: date
    versions: tuple[Version, ...]
    metrics: Mapping[str, Metric]
    cohorts: Mapping[str, Cohort]
    metric_ids: Mapping[str, str]
    cohort_ids: Mapping[str, str]

    def metric_named(self, text: str) -> Metric | None:
        """The metric with that id or that name, in any of the languages."""
        found = self.metric_ids.get(folded(text))
        return self.metrics[found] if found else None

    def cohort_named(self, text: str) -> Cohort | None:
        found = self.cohort_ids.get(folded(text))
        return self.cohorts[found] if found else None

    def metric_on(self, metric: str, day: date) -> Metric | None:
        """The metric as the version in force on the day has it, if it has."""
        version = self.version_on(day)
        return version.terms.metric_by_id.get(metric) if version else None

    def version_on(self, day: date) -> Version | None:
        """The version in force on the day; before the first one takes effect, the first."""
        in_force = [version for version in self.versions if version.effective_on is None or version.effective_on <= day]
        return in_force[-1] if in_force else (self.versions[0] if self.versions else None)

    def measurement_period(self, name: str) -> Period | None:
        found = (period_named(name, version.terms.periods) for version in reversed(self.versions))
        return next((period for period in found if period is not None), None)

    def metric_label(self, metric: str) -> str:
        """What people call the metric, in the reader's language; an id that no version knows is shown as it is."""
        known = self.metrics.get(metric)
        return label_of(known, _language()) if known else metric

    def cohort_label(self, cohort: str) -> str:
        known = self.cohorts.get(cohort)
        return label_of(known, _language()) if known else cohort

    def evidence_labels(self, metric: str) -> list[str]:
        """What the terms demand as evidence for claims on the metric, in the reader's language."""
        known = self.metrics.get(metric)
        papers = known.evidence if known else ()
        return [paper if isinstance(paper, str) else label_of(paper, _language()) for paper in papers]

    def of_level(self, *levels: str) -> list[Metric]:
        return [metric for metric in self.metrics.values() if metric.level in levels]


def vocabulary_of(contract: Contract) -> Vocabulary:
    """The words of the contract; later versions have the last word on what a metric is called."""
    versions = tuple(versions_of(contract))
    metrics = {metric.id: metric for version in versions for metric in version.terms.metrics}
    cohorts = {cohort.id: cohort for version in versions for cohort in version.terms.cohorts}
    return Vocabulary(
        starts_on=contract.starts_on,
        ends_on=contract.ends_on,
        versions=versions,
        metrics=metrics,
        cohorts=cohorts,
        metric_ids=_by_every_name(metrics.values()),
        cohort_ids=_by_every_name(cohorts.values()),
    )


def folded(text: str) -> str:
    """Spelling that does not matter when names are compared: case, and how many spaces of which kind."""
    return " ".join(text.split()).casefold()


def _by_every_name(things: Iterable[Metric | Cohort]) -> dict[str, str]:
    """Every name that means one thing only; an id always means itself."""
    listed = list(things)
    names: dict[str, set[str]] = {}
    for thing in listed:
        for name in (thing.sv, thing.en):
            if name:
                names.setdefault(folded(name), set()).add(thing.id)
    found = {name: next(iter(ids)) for name, ids in names.items() if len(ids) == 1}
    return found | {folded(thing.id): thing.id for thing in listed}


def _language() -> Language:
    return "en" if get_language() == "en" else "sv"
