# ruff: noqa: E501 - a text stays on one line
"""Every rule that a report can break, in words, with an example of a right value.

Problems are stored and passed on as codes, and become words here, in the reader's language. A text never holds a
pseudonym or an identity number: the value stands beside it, on pages that only the provider sees.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from outcomes.sources.columns import NAMES


@dataclass(frozen=True, slots=True)
class Rule:
    """A fault hinders the report; a warning does not."""

    text: Any
    example: Any = ""
    is_warning: bool = False

    def message(self, params: Mapping[str, Any]) -> str:
        return str(self.text) % params


def _warning(text: Any, example: Any = "") -> Rule:
    return Rule(text, example, is_warning=True)


RULES: dict[str, Rule] = {
    # the file
    "empty_file": Rule(
        _("There is nothing to import: the file holds no rows under its headers."),
        _("a header row and at least one row under it"),
    ),
    "not_text": Rule(
        _("The file is not text that can be read. Save it as “CSV UTF-8” or as an Excel workbook (.xlsx)."), "CSV UTF-8"
    ),
    "unknown_letters": Rule(
        _("The letters in the file could not be read. Save it as “CSV UTF-8” or as an Excel workbook (.xlsx)."),
        "CSV UTF-8",
    ),
    "broken_csv": Rule(
        _(
            "The file cannot be read from line %(line)s: a quotation mark is opened and not closed, or stands in the middle of a value."
        ),
        '"Hösten 2026"',
    ),
    "broken_workbook": Rule(
        _("The workbook is damaged or is not an Excel workbook. Open it, save it as .xlsx and try again."), ".xlsx"
    ),
    "not_a_workbook": Rule(
        _("The file is an archive but not an Excel workbook. Save the rows as .xlsx or CSV."), ".xlsx"
    ),
    "encrypted": Rule(_("The workbook is locked with a password. Save it without one."), ".xlsx"),
    "archive_too_large": Rule(
        _(
            "The workbook unpacks to more than %(most)s MB, or to far more than its own size, and is not opened. Copy the rows to a new workbook."
        ),
        ".xlsx",
    ),
    "unscannable_parts": Rule(
        _(
            "The workbook holds pictures, macros or embedded files, which cannot be searched for identity numbers. Copy the rows to a new workbook."
        ),
        ".xlsx",
    ),
    "too_many_rows": Rule(_("The file has more than %(most)s rows. Divide it into several files."), ""),
    "cell_too_long": Rule(_("The cell holds more than %(most)s characters."), ""),
    "formula_without_value": Rule(
        _(
            "The cell holds a formula whose result is not stored in the workbook. Open the workbook, let it calculate, save it and try again, or paste the values."
        ),
        "2026-12-04",
    ),
    "hidden_sheet": _warning(_("The sheet is hidden and is not read.")),
    "sheet_not_read": _warning(_("The sheet has no columns that are known here and is not read.")),
    # the headers
    "no_known_columns": Rule(
        _("None of the columns is known. Name them as in the template."), _("Pseudonym, Metric, Event date")
    ),
    "missing_column": Rule(_("The column “%(column)s” is missing."), "%(column)s"),
    "duplicate_header": Rule(_("The header stands for the same thing as the one in %(other)s. Keep one of them."), ""),
    "unnamed_column": Rule(_("The column has values but no header. Give it a header or remove it."), ""),
    "unknown_column": _warning(_("The column is not known and is not read.")),
    # single values
    "missing_value": Rule(_("The value is missing."), ""),
    "not_a_date": Rule(_("This is not a date that can be read for certain. Write year, month and day."), "2026-12-04"),
    "not_a_number": Rule(_("This is not a number. Write digits, with decimal comma or decimal point."), "1 234,5"),
    "too_exact": Rule(
        _(
            "The number has more digits than can be kept: at most %(whole)s before the decimal sign and %(decimals)s after it."
        ),
        "1,25",
    ),
    "not_positive": Rule(_("The number must be greater than zero."), "1"),
    "not_a_count": Rule(_("The number must be a whole number of persons, not below zero."), "40"),
    "zero_due": Rule(
        _("At least one must have been due to be measured. Leave the cell empty if the number is not known."), "40"
    ),
    "bad_pseudonym": Rule(
        _("A pseudonym is 1–40 letters, digits and hyphens, and nothing that points to the person."), "p7f3"
    ),
    "identity_number": Rule(
        _("This looks like a personal identity number. It must not be entered here. Use the pseudonym."), "p7f3"
    ),
    # metrics and cohorts
    "unknown_metric": Rule(_("The contract has no such metric. It has: %(known)s."), "%(first)s"),
    "metric_not_personal": Rule(_("The metric is not measured per person. Report it as a measured value."), ""),
    "metric_is_personal": Rule(_("The metric is measured per person. Report each event as a claim."), ""),
    "metric_not_in_force": Rule(_("The terms in force on %(day)s do not have this metric."), ""),
    "unknown_cohort": Rule(_("The contract has no such cohort. It has: %(known)s."), "%(first)s"),
    "cohort_missing": Rule(_("The metric is measured per cohort. Say which one."), "%(first)s"),
    "cohort_not_wanted": Rule(_("The metric is measured for the whole contract. Leave the cohort empty."), ""),
    # persons
    "new_needs_cohort": Rule(_("The participant is new here. Give the cohort."), "%(first)s"),
    "new_needs_enrolment": Rule(_("The participant is new here. Give the day of enrolment."), "2026-08-20"),
    "enrolment_outside_cohort": Rule(_("The cohort enrols from %(first)s to %(last)s."), "%(first)s"),
    "enrolment_in_future": Rule(_("The day of enrolment is in the future."), "%(today)s"),
    "cohort_differs": Rule(_("The participant belongs to another cohort: %(known)s."), "%(known)s"),
    "enrolment_differs": Rule(_("The participant was enrolled on %(known)s."), "%(known)s"),
    "participant_differs_in_file": Rule(_("Row %(row)s says something else about the same participant."), ""),
    "already_enrolled": Rule(_("There already is a participant with this pseudonym."), ""),
    # events
    "before_life": Rule(_("The contract begins on %(first)s."), "%(first)s"),
    "after_life": Rule(_("The contract ends on %(last)s."), "%(last)s"),
    "in_future": Rule(_("The event lies in the future: today is %(today)s."), "%(today)s"),
    "after_period": Rule(
        _("The event lies after the claim period, which ends on %(last)s. Report it in the next one."), "%(last)s"
    ),
    "late": _warning(
        _(
            "The event lies before the claim period, which begins on %(first)s: it is a late claim, priced by its own date."
        )
    ),
    "before_enrolment": Rule(_("The event lies before the participant’s enrolment on %(known)s."), "%(known)s"),
    "repeated_row": Rule(_("The same event stands in row %(row)s."), ""),
    "already_claimed": Rule(_("The same event was claimed in %(period)s."), ""),
    "was_rejected": Rule(_("The same event was claimed in %(period)s and rejected. Correct that claim instead."), ""),
    "once_in_file": Rule(_("The metric counts once per person, and row %(row)s claims it too."), ""),
    "once_already": Rule(
        _("The metric counts once per person and was claimed with the event date %(day)s, in %(period)s."), ""
    ),
    "no_predecessor": _warning(
        _("The metric counts only after “%(metric)s”, which has not been claimed for this participant.")
    ),
    # measured values
    "unknown_measurement_period": Rule(_("The terms have no measurement period with this name."), "%(first)s"),
    "measurement_in_future": Rule(
        _("The measurement period begins on %(first)s, after the claim period has ended."), ""
    ),
    "more_measured_than_due": Rule(_("No more can have been measured than were due: %(due)s."), "%(due)s"),
    "due_needed": Rule(
        _(
            "Those who could not be measured count as failures, so it must be said how many were due and how many were measured."
        ),
        "40",
    ),
    "repeated_value": Rule(_("The same value stands in row %(row)s."), ""),
    "already_reported": Rule(
        _("The value has been reported in this claim period. Withdraw it first if it is wrong."), ""
    ),
    "corrects_earlier": _warning(_("The value replaces the one that was reported in %(period)s, if it is accepted.")),
}


EXAMPLES = {"pseudonym": "p7f3", "event_on": "2026-12-04", "measurement_period": "2026-Q4", "value": "3,8"}


def said(problem: Mapping[str, Any], metric_label: Callable[[str], str] = str) -> dict[str, Any]:
    """A stored problem in words: sheet, cell, value, text, example, is_warning."""
    rule = RULES[problem["code"]]
    params = dict(problem.get("params", {}))
    if "field" in params:
        params["column"] = str(NAMES[params["field"]][0])
    if "metric" in params:
        params["metric"] = metric_label(params["metric"])
    example = str(rule.example) or EXAMPLES.get(params.get("field", ""), "")
    return {
        **problem,
        "text": rule.message(params),
        "example": example % params if "%(" in example else example,
        "is_warning": rule.is_warning,
    }
