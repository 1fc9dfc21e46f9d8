"""The forms of outcomes. What a report may say is checked by the actions, the same for files, forms and requests."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from actors.forms import DateField, DecimalField, Form
from outcomes.actions import ReportFaults, text_of_fault
from outcomes.models import ClaimPeriod
from outcomes.queries import Vocabulary
from outcomes.sources.rules import said
from outcomes.states import Decision, ReasonCode
from rulebook.periods import Period

ACCEPTED_IMPORTS = ".csv,.xlsx"
ACCEPTED_EVIDENCE = ".pdf,.csv,.txt,.xlsx,.png,.jpg,.jpeg"


class ReportForm(Form):
    """A form whose faults come back from the action, field by field."""

    def add_faults(self, refused: ReportFaults) -> None:
        for fault in refused.faults:
            if fault.field in self.fields:
                self.add_error(fault.field, said({"code": fault.code, "params": fault.params or {}})["text"])
            else:
                self.add_error(None, text_of_fault(fault))


class PeriodOpenForm(Form):
    """Which period to open, and until when it is to be reported."""

    period = forms.ChoiceField(label=gettext_lazy("Claim period"))
    report_due_on = DateField(
        label=gettext_lazy("To be reported by"),
        required=False,
        help_text=gettext_lazy("Left empty: as many days after the period's end as is agreed, or 31."),
    )

    def __init__(self, *arguments: Any, periods: Iterable[Period], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.periods = {period.id: period for period in periods}
        field = self.fields["period"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - it is declared above
        field.choices = [(p.id, f"{p.id} ({p.starts_on} – {p.ends_on})") for p in self.periods.values()]


class ImportForm(Form):
    """A file to import."""

    file = forms.FileField(
        label=gettext_lazy("File with claims or measured values"),
        help_text=gettext_lazy(
            "CSV or Excel (.xlsx), at most 10 MB. It is searched for personal identity numbers first."
        ),
        widget=forms.FileInput(attrs={"accept": ACCEPTED_IMPORTS}),
    )


def _metric_choices(words: Vocabulary, *levels: str) -> list[tuple[str, str]]:
    metrics = [(metric.id, words.metric_label(metric.id)) for metric in words.of_level(*levels)]
    return [("", _("Choose a metric")), *metrics]


def _cohort_choices(words: Vocabulary, empty: str) -> list[tuple[str, str]]:
    return [("", empty), *((cohort, words.cohort_label(cohort)) for cohort in words.cohorts)]


class ClaimForm(ReportForm):
    """One claim."""

    pseudonym = forms.CharField(
        label=gettext_lazy("Participant’s pseudonym"), max_length=40, widget=forms.TextInput({"autocomplete": "off"})
    )
    metric = forms.ChoiceField(label=gettext_lazy("Metric"))
    event_on = DateField(label=gettext_lazy("Event date"))
    units = DecimalField(label=gettext_lazy("Units"), initial=1)
    cohort = forms.ChoiceField(
        label=gettext_lazy("Cohort"), required=False, help_text=gettext_lazy("Only for a participant who is new here.")
    )
    enrolled_on = DateField(
        label=gettext_lazy("Enrolled"),
        required=False,
        help_text=gettext_lazy("Only for a participant who is new here."),
    )

    def __init__(self, *arguments: Any, words: Vocabulary, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["metric"].choices = _metric_choices(words, "person")  # type: ignore[attr-defined]
        self.fields["cohort"].choices = _cohort_choices(words, _("Known already"))  # type: ignore[attr-defined]


class ValueForm(ReportForm):
    """One measured value."""

    metric = forms.ChoiceField(label=gettext_lazy("Metric"))
    cohort = forms.ChoiceField(label=gettext_lazy("Cohort"), required=False)
    measurement_period = forms.CharField(label=gettext_lazy("Measurement period"), max_length=20)
    value = DecimalField(label=gettext_lazy("Value"))
    due = forms.IntegerField(label=gettext_lazy("Due to be measured"), required=False, min_value=0)
    measured = forms.IntegerField(label=gettext_lazy("Measured"), required=False, min_value=0)

    def __init__(self, *arguments: Any, words: Vocabulary, period: ClaimPeriod, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["metric"].choices = _metric_choices(words, "cohort", "contract")  # type: ignore[attr-defined]
        self.fields["cohort"].choices = _cohort_choices(words, _("The whole contract"))  # type: ignore[attr-defined]
        self.fields["measurement_period"].initial = period.name


class EnrolForm(ReportForm):
    """Participants to enrol in one cohort on one day."""

    pseudonyms = forms.CharField(
        label=gettext_lazy("Pseudonyms"),
        help_text=gettext_lazy(
            "One on each line: 1–40 letters, digits and hyphens, nothing that points to the person."
        ),
        widget=forms.Textarea(attrs={"rows": 6, "autocomplete": "off", "spellcheck": "false"}),
    )
    cohort = forms.ChoiceField(label=gettext_lazy("Cohort"))
    enrolled_on = DateField(label=gettext_lazy("Enrolled"))

    def __init__(self, *arguments: Any, words: Vocabulary, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["cohort"].choices = _cohort_choices(words, _("Choose a cohort"))  # type: ignore[attr-defined]
        self.fields["cohort"].required = bool(words.cohorts)

    def add_faults(self, refused: ReportFaults) -> None:
        """The faults by their line, since one field holds many pseudonyms."""
        for fault in refused.faults:
            text = said({"code": fault.code, "params": fault.params or {}})["text"]
            if fault.field == "pseudonym":
                self.add_error("pseudonyms", _("Line %(n)s: %(text)s") % {"n": fault.number, "text": text})
            elif fault.number == 1:
                self.add_error(fault.field, text)


class CorrectionForm(ReportForm):
    """What a corrected claim says."""

    event_on = DateField(label=gettext_lazy("Event date"))
    units = DecimalField(label=gettext_lazy("Units"))


class ReasonForm(Form):
    """A reason in words."""

    reason = forms.CharField(label=gettext_lazy("Reason"), widget=forms.Textarea(attrs={"rows": 4}), max_length=2000)


class NothingForm(Form):
    """That there is nothing to report is no slip of the hand."""

    nothing_to_report = forms.BooleanField(
        label=gettext_lazy("There is nothing to report for this period"), required=False
    )


class EmptyForm(Form):
    """A decision without anything to fill in."""


class RevisionForm(ReportForm):
    """A new decision on a claim in a verified period."""

    decision = forms.ChoiceField(label=gettext_lazy("New decision"), choices=Decision.choices, widget=forms.RadioSelect)
    event_on = DateField(label=gettext_lazy("Event date as verified"), required=False)
    units = DecimalField(label=gettext_lazy("Units as verified"), required=False)
    reason_code = forms.ChoiceField(
        label=gettext_lazy("Kind of reason"), choices=[("", "–"), *ReasonCode.choices], required=False
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), widget=forms.Textarea(attrs={"rows": 4}), max_length=2000)


class EvidenceForm(Form):
    """A file of evidence."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy(
            "PDF, CSV, text, Excel (.xlsx), PNG or JPEG, at most 10 MB. Text is searched for personal identity "
            "numbers. Pictures cannot be searched: look yourself, so that none can be read in them."
        ),
        widget=forms.FileInput(attrs={"accept": ACCEPTED_EVIDENCE}),
    )
    description = forms.CharField(
        label=gettext_lazy("What does the file show?"),
        max_length=200,
        help_text=gettext_lazy("For example: attendance extract, classes 7–9, October. No names."),
    )
    metric = forms.ChoiceField(label=gettext_lazy("Metric"), required=False)

    def __init__(self, *arguments: Any, words: Vocabulary, **options: Any) -> None:
        super().__init__(*arguments, **options)
        choices = [("", _("All metrics")), *((metric, words.metric_label(metric)) for metric in words.metrics)]
        self.fields["metric"].choices = choices  # type: ignore[attr-defined]


class ClaimFilterForm(Form):
    """What to show of a list of claims."""

    metric = forms.ChoiceField(label=gettext_lazy("Metric"), required=False)
    show = forms.ChoiceField(
        label=gettext_lazy("Show"),
        required=False,
        choices=[
            ("", gettext_lazy("All claims")),
            ("undecided", gettext_lazy("Undecided")),
            ("accept", gettext_lazy("Accepted")),
            ("adjust", gettext_lazy("Adjusted")),
            ("reject", gettext_lazy("Rejected")),
            ("gone", gettext_lazy("Withdrawn or corrected")),
        ],
    )
    q = forms.CharField(
        label=gettext_lazy("Claim number"),
        required=False,
        max_length=36,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )

    def __init__(self, *arguments: Any, words: Vocabulary, **options: Any) -> None:
        super().__init__(*arguments, **options)
        metrics = [(metric.id, words.metric_label(metric.id)) for metric in words.of_level("person")]
        self.fields["metric"].choices = [("", _("All metrics")), *metrics]  # type: ignore[attr-defined]


class PseudonymSearchForm(Form):
    """A participant to find. It is sent as POST, so that no pseudonym stands in an address or a log."""

    pseudonym = forms.CharField(
        label=gettext_lazy("Find participant"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )


def content_of(upload: UploadedFile[Any]) -> bytes:
    """The whole upload, which the server has already limited in size."""
    upload.seek(0)
    return b"".join(upload.chunks())
