"""Whether rows that could be read may also be reported: against the terms, against one another, against what is known.

The same rules hold for a file, a form and a request of another system.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from outcomes.models import ClaimPeriod
from outcomes.queries import Known, StandingValue, Vocabulary
from outcomes.sources.rows import ClaimRow, Fault, ValueRow
from outcomes.sources.rules import RULES


@dataclass(frozen=True, slots=True)
class PlannedClaim:
    """A claim that may be written: who it is about, which withdrawn one it takes the place of, which in order it is."""

    row: ClaimRow
    participant_id: UUID | None  # None: a new participant
    supersedes: UUID | None
    ordinal: int


@dataclass(frozen=True, slots=True)
class PlannedValue:
    row: ValueRow
    supersedes: UUID | None


@dataclass
class ClaimCheck:
    """The rules for claims, row by row; remembers the rows before, since they bear on those after."""

    words: Vocabulary
    known: Known
    period: ClaimPeriod
    today: date

    def __post_init__(self) -> None:
        self.faults: list[Fault] = []
        self.planned: list[PlannedClaim] = []
        self._said: dict[str, ClaimRow] = {}
        self._events: dict[tuple[str, str, date], int] = {}
        self._claimed: dict[tuple[str, str], int] = {}
        self._counted: dict[tuple[str, str], int] = {}

    def run(self, rows: Iterable[ClaimRow]) -> None:
        """Check all the rows; afterwards `faults` and `planned` hold the answer."""
        listed = list(rows)
        in_file = {(row.pseudonym, row.metric) for row in listed}
        for row in listed:
            before = len(self.faults)
            enrolled_on = self._person(row)
            self._metric(row)
            self._event(row, enrolled_on)
            self._once(row)
            has_faults = any(not RULES[fault.code].is_warning for fault in self.faults[before:])
            self._predecessor(row, in_file)
            if not has_faults:
                self._plan(row)

    def _fault(self, claim: ClaimRow, /, name: str, code: str, value: object = "", **params: object) -> None:
        self.faults.append(Fault(claim.number, name, code, str(value), {k: str(v) for k, v in params.items()}))

    def _person(self, row: ClaimRow) -> date | None:
        """The day of enrolment that counts, known or new."""
        person = self.known.participants.get(row.pseudonym)
        if person is not None:
            if row.cohort and row.cohort != person.cohort.key:
                self._fault(row, "cohort", "cohort_differs", row.cohort, known=person.cohort.key)
            if row.enrolled_on and row.enrolled_on != person.enrolled_on:
                self._fault(row, "enrolled_on", "enrolment_differs", row.enrolled_on, known=person.enrolled_on)
            return person.enrolled_on
        first = self._said.get(row.pseudonym)
        if first is not None:
            same_cohort = not row.cohort or row.cohort == first.cohort
            same_day = row.enrolled_on is None or row.enrolled_on == first.enrolled_on
            if not same_cohort or not same_day:
                name = "enrolled_on" if same_cohort else "cohort"
                self._fault(row, name, "participant_differs_in_file", row=first.number)
            return first.enrolled_on
        self._said[row.pseudonym] = row
        self._new_person(row)
        return row.enrolled_on

    def _new_person(self, row: ClaimRow) -> None:
        for code, name, params in enrolment_faults(self.words, row.cohort, row.enrolled_on, self.today):
            self._fault(row, name, code, getattr(row, name) or "", **params)

    def _metric(self, row: ClaimRow) -> None:
        if self.words.metrics[row.metric].level != "person":
            self._fault(row, "metric", "metric_not_personal", row.metric)
        elif self.words.metric_on(row.metric, row.event_on) is None:
            self._fault(row, "metric", "metric_not_in_force", row.metric, day=row.event_on)

    def _event(self, row: ClaimRow, enrolled_on: date | None) -> None:
        for code, params in event_faults(self.words, self.period, row.event_on, self.today):
            self._fault(row, "event_on", code, row.event_on, **params)
        if enrolled_on and row.event_on < enrolled_on:
            self._fault(row, "event_on", "before_enrolment", row.event_on, known=enrolled_on)

    def _once(self, row: ClaimRow) -> None:
        event = (row.pseudonym, row.metric, row.event_on)
        if event in self._events:
            self._fault(row, "event_on", "repeated_row", row.event_on, row=self._events[event])
            return
        self._events[event] = row.number
        is_once = self.words.metrics[row.metric].once
        person = self.known.participants.get(row.pseudonym)
        standing = self.known.standing.get((person.pk, row.metric), []) if person else []
        same = next((claim for claim in standing if claim.event_on == row.event_on), None)
        rejected = self.known.rejected.get((person.pk, row.metric, row.event_on)) if person else None
        if same is not None:
            self._fault(row, "event_on", "already_claimed", row.event_on, period=same.period)
        elif rejected is not None:
            self._fault(row, "event_on", "was_rejected", row.event_on, period=rejected.period)
        elif is_once and standing:
            self._fault(row, "metric", "once_already", row.metric, day=standing[0].event_on, period=standing[0].period)
        elif is_once and (row.pseudonym, row.metric) in self._claimed:
            self._fault(row, "metric", "once_in_file", row.metric, row=self._claimed[row.pseudonym, row.metric])
        self._claimed.setdefault((row.pseudonym, row.metric), row.number)

    def _predecessor(self, row: ClaimRow, in_file: set[tuple[str, str]]) -> None:
        before = self.words.metrics[row.metric].after
        if before is None or (row.pseudonym, before) in in_file:
            return
        person = self.known.participants.get(row.pseudonym)
        if person is None or (person.pk, before) not in self.known.standing:
            self._fault(row, "metric", "no_predecessor", row.metric, metric=before)

    def _plan(self, row: ClaimRow) -> None:
        person = self.known.participants.get(row.pseudonym)
        withdrawn = self.known.withdrawn.get((person.pk, row.metric, row.event_on)) if person else None
        earlier = self.known.counts.get((person.pk, row.metric), 0) if person else 0
        same = self._counted[row.pseudonym, row.metric] = self._counted.get((row.pseudonym, row.metric), 0) + 1
        self.planned.append(PlannedClaim(row, person.pk if person else None, withdrawn, earlier + same))


def enrolment_faults(
    words: Vocabulary, cohort: str, enrolled_on: date | None, today: date
) -> list[tuple[str, str, dict[str, object]]]:
    """What is wrong with enrolling somebody in this cohort on this day: (code, field, params)."""
    faults: list[tuple[str, str, dict[str, object]]] = []
    known = words.cohorts.get(cohort)
    if known is None and words.cohorts:
        faults.append(("new_needs_cohort", "cohort", {"first": next(iter(words.cohorts))}))
    if enrolled_on is None:
        faults.append(("new_needs_enrolment", "enrolled_on", {}))
    elif known and not known.enrols[0] <= enrolled_on <= known.enrols[1]:
        faults.append(("enrolment_outside_cohort", "enrolled_on", {"first": known.enrols[0], "last": known.enrols[1]}))
    elif enrolled_on > today:
        faults.append(("enrolment_in_future", "enrolled_on", {"today": today}))
    return faults


def event_faults(
    words: Vocabulary, period: ClaimPeriod, event_on: date, today: date
) -> list[tuple[str, dict[str, object]]]:
    """What is wrong with an event on this day, reported in this claim period: (code, params)."""
    if event_on < words.starts_on:
        return [("before_life", {"first": words.starts_on})]
    if event_on > words.ends_on:
        return [("after_life", {"last": words.ends_on})]
    if event_on > today:
        return [("in_future", {"today": today})]
    if event_on > period.ends_on:
        return [("after_period", {"last": period.ends_on})]
    if event_on < period.starts_on:
        return [("late", {"first": period.starts_on})]
    return []


def check_values(
    rows: Iterable[ValueRow], words: Vocabulary, known: dict[tuple[str, str, str], StandingValue], period: ClaimPeriod
) -> tuple[list[PlannedValue], list[Fault]]:
    """The rules for measured values."""
    planned: list[PlannedValue] = []
    faults: list[Fault] = []
    said: dict[tuple[str, str, str], int] = {}
    for row in rows:
        before = len(faults)
        faults += _value_faults(row, words, period)
        key = (row.metric, row.cohort, row.measurement_period)
        if key in said:
            faults.append(Fault(row.number, "metric", "repeated_value", row.metric, {"row": said[key]}))
        said.setdefault(key, row.number)
        earlier = known.get(key)
        is_here = earlier is not None and earlier.period_id == period.pk and not earlier.is_withdrawn
        if is_here:
            faults.append(Fault(row.number, "metric", "already_reported", row.metric))
        if len(faults) == before:
            planned.append(PlannedValue(row, earlier.id if earlier else None))
        if earlier and not is_here and not earlier.is_withdrawn:
            faults.append(Fault(row.number, "value", "corrects_earlier", f"{row.value:f}", {"period": earlier.period}))
    return planned, faults


def _value_faults(row: ValueRow, words: Vocabulary, period: ClaimPeriod) -> Iterable[Fault]:
    metric = words.metrics[row.metric]
    if metric.level == "person":
        yield Fault(row.number, "metric", "metric_is_personal", row.metric)
    elif metric.level == "cohort" and not row.cohort:
        yield Fault(row.number, "cohort", "cohort_missing", "", {"first": next(iter(words.cohorts), "")})
    elif metric.level == "contract" and row.cohort:
        yield Fault(row.number, "cohort", "cohort_not_wanted", row.cohort)
    measured_in = words.measurement_period(row.measurement_period)
    if measured_in is None:
        params = {"first": period.name}
        yield Fault(row.number, "measurement_period", "unknown_measurement_period", row.measurement_period, params)
    elif measured_in.starts_on > period.ends_on:
        params = {"first": str(measured_in.starts_on)}
        yield Fault(row.number, "measurement_period", "measurement_in_future", row.measurement_period, params)
    if row.due == 0:
        yield Fault(row.number, "due", "zero_due", "0")
    elif row.due is not None and row.measured is not None and row.measured > row.due:
        yield Fault(row.number, "measured", "more_measured_than_due", str(row.measured), {"due": str(row.due)})
    if metric.unmeasured == "as_failed" and (row.due is None or row.measured is None):
        yield Fault(row.number, "due" if row.due is None else "measured", "due_needed")
