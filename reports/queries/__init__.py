"""What the reports' pages read: amounts, work lists, what is new, investments, and the runs of reports."""

from reports.queries.amounts import Amounts, amounts_of
from reports.queries.events import Happening, as_happenings, happenings_in, timeline_of
from reports.queries.investment import Investment, investment_in, investments_of, reached_in, sums_of
from reports.queries.overview import Overview, overview_of
from reports.queries.runs import get_run_for, runs_seen
from reports.queries.work import Task, tasks_for

__all__ = [
    "Amounts",
    "Happening",
    "Investment",
    "Overview",
    "Task",
    "amounts_of",
    "as_happenings",
    "get_run_for",
    "happenings_in",
    "investment_in",
    "investments_of",
    "overview_of",
    "reached_in",
    "runs_seen",
    "sums_of",
    "tasks_for",
    "timeline_of",
]
