"""Which claims count: life, windows, deadlines, milestone chains, and how often one person may count."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from typing import Final

import numpy as np

from rulebook.columns import Column, in_order, rank_in_run, sums
from rulebook.facts import Facts, Person
from rulebook.periods import Period, add_time
from rulebook.prices import PER_CLAIM
from rulebook.spells import Run, end_of
from rulebook.table import NO_DAY, ClaimTable, day_number, day_of
from rulebook.terms import Duration, Metric, Terms, Window
from rulebook.timeline import Timeline, Version

REFUSALS: Final = (
    "",
    "no_terms",
    "metric",
    "life",
    "stopped",
    "period",
    "groups",
    "window",
    "too_early",
    "deadline",
    "chain",
    "unless",
    "once",
    "at_most",
    "gap",
    "no_whole_unit",
)
"""Why a claim did not count; the first is that it did."""
CODE: Final = {reason: code for code, reason in enumerate(REFUSALS)}
LAST_DAY: Final = day_number(date.max)
FIRST_DAY: Final = day_number(date.min)


@dataclass(frozen=True, slots=True)
class Pieces:
    """What counts, row by row: a claim, or that part of a stretch of time that falls in one period.

    `row` is the claim's row in the table, `day` the event's day (the last counted day of a stretch), `units` whole
    numbers of 1 / `scale`, `version`, `period` and `cohort` numbers into the lists of `Judged`.
    """

    scale: int
    row: Column
    day: Column
    units: Column
    version: Column
    period: Column
    cohort: Column

    def where(self, chosen: Column | slice) -> Pieces:
        """Only the chosen rows."""
        columns = (self.row, self.day, self.units, self.version, self.period, self.cohort)
        return Pieces(self.scale, *(column[chosen] for column in columns))


@dataclass(frozen=True)
class Judged:
    """A verdict on every claim, and what counts, in order of event date, metric, ordinal and id."""

    table: ClaimTable
    order: Column
    reason: Column
    rank: Column
    pieces: Pieces
    versions: Sequence[Version]
    periods: Sequence[Period]
    cohorts: Sequence[str | None]
    groups: Column
    group_names: Sequence[str]

    def of_metric(self, metric: str) -> Pieces:
        """What counts on one metric."""
        if metric not in self.table.metric_names:
            return self.pieces.where(np.zeros(0, np.int64))
        return self._by_metric[self.table.metric_names.index(metric)]

    @cached_property
    def _by_metric(self) -> list[Pieces]:
        """What counts, metric by metric in the order of the table's names, each in order of time."""
        metric = self.table.metric[self.pieces.row]
        grouped = self.pieces.where(in_order(metric))
        bounds = np.searchsorted(self.table.metric[grouped.row], np.arange(len(self.table.metric_names) + 1)).tolist()
        return [grouped.where(slice(first, last)) for first, last in pairwise(bounds)]

    def belongs(self, rows: Column, cohorts: Sequence[str], groups: Sequence[str], cohort_of: Column) -> Column:
        """Which rows are of one of the cohorts and of one of the groups; without names, all are."""
        chosen = np.ones(len(rows), bool)
        if cohorts:
            chosen &= np.isin(cohort_of, [number for number, name in enumerate(self.cohorts) if name in cohorts])
        return chosen & in_groups(self.groups[self.table.person[rows]], groups, self.group_names)


def in_groups(belonging: Column, wanted: Sequence[str], names: Sequence[str]) -> Column:
    """Which rows carry the mark of one of the wanted groups; without names, all do."""
    if not wanted:
        return np.ones(len(belonging), bool)
    mask = sum(1 << names.index(name) for name in wanted if name in names)
    carries: Column = (belonging & mask) != 0
    return carries


def judge(facts: Facts, timeline: Timeline) -> Judged:
    """A verdict on every claim, over the whole life of the contract."""
    if not len(facts.claims):
        return _nothing(facts.table, timeline)
    return _Court(facts, timeline).judged()


def _nothing(table: ClaimTable, timeline: Timeline) -> Judged:
    """The verdict where nobody has claimed anything."""
    none = np.zeros(0, np.int64)
    pieces = Pieces(table.scale, *([none] * 6))
    return Judged(table, none, none, none, pieces, timeline.versions, [], [None], none, [])


@dataclass(slots=True)
class _History:
    """The days on which a metric counted: row by row in order of time, and each person's first."""

    rows: Column
    first: Column


class _Court:
    """The claims of one contract while they are being judged. A claim keeps the first refusal it meets."""

    def __init__(self, facts: Facts, timeline: Timeline) -> None:
        self.facts, self.table, self.timeline = facts, facts.table, timeline
        self.versions = timeline.versions
        table = self.table
        self.reason = np.zeros(len(table), np.int8)
        self.version = np.searchsorted([day_number(start) for start in timeline.starts], table.event_on, "right") - 1
        self.cohorts: list[str | None] = [None, *table.cohort_names]
        self._read_persons(facts.persons)
        self.rank = self._ranks()
        self.order = in_order(table.event_on, self.rank, table.ordinal)
        self.period_numbers: dict[Period, int] = {}
        self.histories: dict[str, _History] = {}
        self.stop = stop_day(facts, timeline)
        self.in_window_until = np.full(len(table), LAST_DAY, np.int64)

    def _read_persons(self, persons: Sequence[Person]) -> None:
        """Each person's cohort, enrolment and groups, as columns in the order of the table's names."""
        table, number_of = self.table, {name: number for number, name in enumerate(self.cohorts)}
        size = len(table.person_names)
        own_cohort, enrolled, groups = (
            np.zeros(size, np.int64),
            np.full(size, NO_DAY, np.int64),
            np.zeros(size, np.int64),
        )
        self.group_names = sorted({group for person in persons for group in person.groups})
        bit = {name: 1 << number for number, name in enumerate(self.group_names)}
        known = {person.id: person for person in persons}
        for place, name in enumerate(table.person_names if known else ()):
            person = known.get(name)
            if person is not None:
                own_cohort[place] = number_of.setdefault(person.cohort, len(number_of))
                enrolled[place] = day_number(person.enrolled_on)
                groups[place] = sum(bit[group] for group in person.groups)
        self.cohorts = list(number_of)
        self.cohort = np.where(table.cohort >= 0, table.cohort + 1, own_cohort[table.person])
        self.enrolled, self.groups = enrolled, groups

    def _ranks(self) -> Column:
        """Each claim's metric by its order in the terms of its version."""
        names = self.table.metric_names
        by_version = np.array(
            [[version.terms.metric_rank.get(name, -1) for name in names] for version in self.versions], np.int64
        ).reshape(len(self.versions), len(names))
        if not len(self.table):
            return np.zeros(0, np.int64)
        return np.where(self.version < 0, -1, by_version[self.version, self.table.metric])

    def judged(self) -> Judged:
        self.refuse(self.version < 0, "no_terms")
        self.refuse(self.rank < 0, "metric")
        self.period = np.full(len(self.table), -1, np.int64)
        for number, version in enumerate(self.versions):
            self._refuse_by_calendar(number, version)
        looks_at = _what_metrics_look_at(self.versions)
        self.looked_at = set().union(*looks_at.values())
        for metric in _in_chain_order(looks_at):
            self._judge_metric(metric)
        pieces = self._pieces()
        return Judged(
            self.table,
            self.order,
            self.reason,
            self.rank,
            pieces,
            self.versions,
            list(self.period_numbers),
            self.cohorts,
            self.groups,
            self.group_names,
        )

    def refuse(self, rows: Column, reason: str) -> None:
        """Refuse the rows of a mask that have not been refused already."""
        self.reason[rows & (self.reason == 0)] = CODE[reason]

    def _refuse_rows(self, rows: Column, refused: Column, reason: str) -> Column:
        """Refuse some of the rows, given by number; returns those that remain."""
        self.reason[rows[refused]] = CODE[reason]
        return rows[~refused]

    # --- the calendar -------------------------------------------------------------------------------------------

    def _refuse_by_calendar(self, number: int, version: Version) -> None:
        table, life = self.table, version.terms.life
        of_version = self.version == number
        if life:
            starts, ends = day_number(life.starts_on), day_number(life.ends_on)
            self.refuse(of_version & ((table.event_on < starts) | (table.event_on > ends)), "life")
        if self.stop is not None:
            self.refuse(of_version & (table.event_on > day_number(self.stop)), "stopped")
        rows = np.flatnonzero(of_version & (self.reason == 0))
        self.period[rows] = self._period_numbers(table.event_on[rows], version)
        self.refuse(of_version & (self.period < 0), "period")

    def _period_numbers(self, days: Column, version: Version) -> Column:
        """The number of each day's period; −1 where the terms have none."""
        return _by_day(days, lambda day: self._period_number(version.period_of(day)))

    def _period_number(self, period: Period | None) -> int:
        if period is None:
            return -1
        if period not in self.period_numbers:
            self.period_numbers[period] = len(self.period_numbers)
        return self.period_numbers[period]

    # --- one metric at a time -----------------------------------------------------------------------------------

    @cached_property
    def _rows_by_metric(self) -> list[Column]:
        """The rows of each metric, in order of time."""
        metric = self.table.metric[self.order]
        grouped = self.order[in_order(metric)]
        bounds = np.searchsorted(self.table.metric[grouped], np.arange(len(self.table.metric_names) + 1)).tolist()
        return [grouped[first:last] for first, last in pairwise(bounds)]

    def _judge_metric(self, metric_id: str) -> None:
        """The claims on one metric, after those on every metric that it looks back to."""
        table = self.table
        if metric_id not in table.metric_names:
            return
        in_time = self._rows_by_metric[table.metric_names.index(metric_id)]
        in_time = in_time[self.reason[in_time] == 0]
        kept = []
        for number, version in enumerate(self.versions):
            metric = version.terms.metric_by_id.get(metric_id)
            rows = in_time[self.version[in_time] == number] if len(self.versions) > 1 else in_time
            if metric is not None and len(rows):
                kept.append(self._in_time(rows, metric, version.terms))
        rows = np.concatenate(kept) if len(kept) > 1 else (kept[0] if kept else in_time)
        self._count_per_person(rows, metric_id)
        if metric_id in self.looked_at:
            counted = rows[self.reason[rows] == 0]
            first = np.full(len(table.person_names), LAST_DAY, np.int64)
            np.minimum.at(first, table.person[counted], table.event_on[counted])
            self.histories[metric_id] = _History(counted, first)

    def _in_time(self, rows: Column, metric: Metric, terms: Terms) -> Column:
        """The rows that pass every rule that looks at the claim, the person and other metrics."""
        table = self.table
        if metric.groups:
            belongs = in_groups(self.groups[table.person[rows]], metric.groups, self.group_names)
            rows = self._refuse_rows(rows, ~belongs, "groups")
        if metric.window is not None:
            rows = self._in_window(rows, metric.window, terms)
        if metric.deadline is not None:
            span = metric.deadline
            last = _by_day(table.event_on[rows], lambda day: day_number(add_time(day, span.months, span.days)))
            claimed = table.claimed_on[rows]
            rows = self._refuse_rows(rows, (claimed != NO_DAY) & (claimed > last), "deadline")
        if metric.after is not None:
            rows = self._refuse_rows(rows, self._first(metric.after, rows) > table.event_on[rows], "chain")
        if metric.unless is not None:
            rows = self._refuse_rows(rows, self._first(metric.unless, rows) < LAST_DAY, "unless")
        return rows

    def _first(self, metric: str, rows: Column) -> Column:
        """The day on which another metric first counted for the person of each row; the end of time if never."""
        history = self.histories.get(metric)
        if history is None:
            return np.full(len(rows), LAST_DAY, np.int64)
        first: Column = history.first[self.table.person[rows]]
        return first

    def _in_window(self, rows: Column, window: Window, terms: Terms) -> Column:
        event_on = self.table.event_on[rows]
        starts = self._window_starts(rows, window, terms)
        known = starts < LAST_DAY
        calendar = terms.calendar_by_id.get(window.excluding or "")
        least = window.not_before
        if least is not None:
            first = _by_day(starts, lambda day: day_number(end_of(day, least.months, least.days, calendar)))
            known &= first < LAST_DAY
        else:
            first = starts
        has_end = bool(window.months or window.days)
        last = (
            _by_day(starts, lambda day: day_number(end_of(day, window.months, window.days, calendar)))
            if has_end
            else np.full(len(rows), LAST_DAY, np.int64)
        )
        self.in_window_until[rows] = last
        outside = ~known | (event_on < starts) | (event_on > last)
        early = ~outside & (event_on < first)
        self.reason[rows[outside]] = CODE["window"]
        self.reason[rows[early]] = CODE["too_early"]
        return rows[~outside & ~early]

    def _window_starts(self, rows: Column, window: Window, terms: Terms) -> Column:
        """The day from which each row's window runs; without an enrolment day, the cohort's first."""
        if window.start == "contract":
            start = LAST_DAY if terms.life is None else day_number(terms.life.starts_on)
            starts = np.full(len(rows), start, np.int64)
        elif window.start == "enrolment":
            first_days = [
                day_number(terms.cohort_by_id[name].enrols[0]) if name in terms.cohort_by_id else LAST_DAY
                for name in map(str, self.cohorts)
            ]
            own = self.enrolled[self.table.person[rows]]
            starts = np.where(own != NO_DAY, own, np.array(first_days, np.int64)[self.cohort[rows]])
        else:
            starts = self._first(window.start, rows)
        return starts if window.restart is None else self._restarted(rows, starts, window.restart)

    def _restarted(self, rows: Column, starts: Column, metric: str) -> Column:
        """The clock begins anew on the latest day, no later than the event, on which the restart metric counted."""
        history = self.histories.get(metric)
        days: dict[int, list[int]] = {}
        for row in history.rows.tolist() if history else ():
            days.setdefault(int(self.table.person[row]), []).append(int(self.table.event_on[row]))
        restarted = starts.copy()
        for place, row in enumerate(rows.tolist()):
            past = [day for day in days.get(int(self.table.person[row]), ()) if day <= self.table.event_on[row]]
            restarted[place] = max([int(starts[place]), *past]) if starts[place] < LAST_DAY else LAST_DAY
        return restarted

    def _count_per_person(self, rows: Column, metric_id: str) -> None:
        """How often one person may count, over all versions: the rows are in order of time."""
        rules = {number: version.terms.metric_by_id.get(metric_id) for number, version in enumerate(self.versions)}
        known = [metric for metric in rules.values() if metric is not None]
        most = {metric.most_per_person for metric in known}
        gaps = {metric.min_gap_days for metric in known}
        if len(most) > 1 or gaps - {0}:
            self._count_one_by_one(rows, rules)
            return
        times = next(iter(most), None)
        if times is None or not len(rows):
            return
        person = self.table.person[rows]
        by_person = in_order(person)
        over = rank_in_run(person[by_person]) >= times
        self.reason[rows[by_person[over]]] = CODE["once" if times == 1 else "at_most"]

    def _count_one_by_one(self, rows: Column, rules: dict[int, Metric | None]) -> None:
        counted: dict[int, tuple[int, int]] = {}
        for row in rows.tolist():
            metric, person, day = (
                rules[int(self.version[row])],
                int(self.table.person[row]),
                int(self.table.event_on[row]),
            )
            times, last = counted.get(person, (0, FIRST_DAY))
            most = metric.most_per_person if metric else None
            if most is not None and times >= most:
                self.reason[row] = CODE["once" if most == 1 else "at_most"]
            elif metric and metric.min_gap_days and times and day - last < metric.min_gap_days:
                self.reason[row] = CODE["gap"]
            else:
                counted[person] = (times + 1, day)

    # --- what counts --------------------------------------------------------------------------------------------

    def _pieces(self) -> Pieces:
        table = self.table
        rows = self.order[self.reason[self.order] == 0]
        timed = self._timed_metrics()
        spells = rows[np.isin(table.metric[rows], timed)] if timed else rows[:0]
        plain = rows[~np.isin(table.metric[rows], timed)] if timed else rows
        whole = Pieces(
            table.scale,
            plain,
            table.event_on[plain],
            table.units[plain],
            self.version[plain],
            self.period[plain],
            self.cohort[plain],
        )
        return self._with_spells(whole, spells) if len(spells) else whole

    def _timed_metrics(self) -> list[int]:
        ids = {metric.id for version in self.versions for metric in version.terms.metrics if metric.duration}
        return [number for number, name in enumerate(self.table.metric_names) if name in ids]

    def _with_spells(self, plain: Pieces, spells: Column) -> Pieces:
        """The pieces together with what each stretch of time gives in each period."""
        found: list[tuple[int, ...]] = []
        runs: dict[tuple[int, int], Run] = {}
        for row in spells.tolist():
            version = self.versions[int(self.version[row])]
            metric = version.terms.metric_by_id[self.table.metric_names[self.table.metric[row]]]
            assert metric.duration is not None  # noqa: S101 – only such metrics are given
            parts = self._spell(row, metric.duration, version, runs)
            if not parts:
                self.reason[row] = CODE["no_whole_unit"]
            found += parts
        columns = np.array(found, np.int64).reshape(len(found), 4).T
        row, day, units, period = columns
        joined = [
            np.concatenate(pair)
            for pair in (
                (plain.row, row),
                (plain.day, day),
                (plain.units, units * plain.scale),
                (plain.version, self.version[row]),
                (plain.period, period),
                (plain.cohort, self.cohort[row]),
            )
        ]
        pieces = Pieces(plain.scale, *joined)
        return pieces.where(in_order(pieces.day, self.rank[pieces.row], self.table.ordinal[pieces.row], pieces.row))

    def _spell(
        self, row: int, duration: Duration, version: Version, runs: dict[tuple[int, int], Run]
    ) -> list[tuple[int, ...]]:
        """(row, last counted day, units, period) for each period and each price that the stretch gives units at."""
        run = runs.setdefault((int(self.table.person[row]), int(self.table.metric[row])), Run())
        last = day_of(min(self.table.until[row], self.in_window_until[row], self._last_day(version)))
        first = day_of(self.table.event_on[row])
        days = run.units_of(first, last, duration, version.terms) if first and last else []
        changes = _price_changes(version.terms, self.table.metric_names[self.table.metric[row]])
        alike: dict[tuple[int, int], list[date]] = {}
        for day in days:
            period = self._period_number(version.period_of(day))
            alike.setdefault((period, bisect_right(changes, day)), []).append(day)
        return [(row, day_number(same[-1]), len(same), period) for (period, _), same in alike.items() if period >= 0]

    def _last_day(self, version: Version) -> int:
        life = version.terms.life
        ends = [day_number(life.ends_on)] if life else []
        return min([*ends, day_number(self.stop) if self.stop else LAST_DAY])


def stop_day(facts: Facts, timeline: Timeline) -> date | None:
    """The day on which an event ended the contract early; None when nothing has."""
    ending = {event.id for version in timeline.versions for event in version.terms.events if event.ends}
    return min((fact.on for fact in facts.events if fact.event in ending), default=None)


def _price_changes(terms: Terms, metric: str) -> list[date]:
    """The days on which a price per claim on the metric changes: a stretch of time is cut there."""
    prices = [term.price for term in terms.terms if term.metric == metric and term.price.kind in PER_CLAIM]
    return sorted({day for price in prices for day in PER_CLAIM[price.kind].change_days(price.params)})


def _by_day(days: Column, answer: Callable[[date], int]) -> Column:
    """An answer for each row's day, worked out once a day; a day beyond the calendar stays where it is."""
    distinct, place = np.unique(days, return_inverse=True)
    answers = [int(day) if day in (LAST_DAY, NO_DAY) else answer(day_of(day) or date.min) for day in distinct.tolist()]
    return np.array(answers, np.int64)[place]


def _what_metrics_look_at(versions: Iterable[Version]) -> dict[str, set[str]]:
    """For each metric the others whose history decides whether it counts, in any version."""
    looks_at: dict[str, set[str]] = {}
    for version in versions:
        for metric in version.terms.metrics:
            looks_at.setdefault(metric.id, set()).update(metric.looks_back_at.values())
    return looks_at


def _in_chain_order(looks_at: dict[str, set[str]]) -> list[str]:
    """Every metric after those it looks back to."""
    done: list[str] = []

    def visit(metric: str, above: frozenset[str]) -> None:
        for earlier in sorted(looks_at.get(metric, set()) - above):
            if earlier in looks_at and earlier not in done:
                visit(earlier, above | {metric})
        if metric not in done:
            done.append(metric)

    for metric in looks_at:
        visit(metric, frozenset({metric}))
    return done


Tally = dict[tuple[str | None, str], Fraction]
"""Units that count, by cohort (None: all together) and period."""


def tally(judged: Judged, metric: str, cohorts: Sequence[str] = (), groups: Sequence[str] = ()) -> Tally:
    """How many units of the metric count in each period, for each cohort and for all together."""
    pieces = judged.of_metric(metric)
    if cohorts or groups:
        pieces = pieces.where(judged.belongs(pieces.row, cohorts, groups, pieces.cohort))
    width = len(judged.cohorts)
    units = sums(pieces.period * width + pieces.cohort, pieces.units, len(judged.periods) * width)
    counted: Tally = {}
    for place in np.flatnonzero(
        sums(pieces.period * width + pieces.cohort, np.ones(len(pieces.row), np.int64), len(units))
    ).tolist():
        period, cohort = divmod(place, width)
        name, exact = judged.periods[period].id, Fraction(int(units[place]), pieces.scale)
        for key in {(None, name), (judged.cohorts[cohort], name)}:
            counted[key] = counted.get(key, Fraction(0)) + exact
    return counted
