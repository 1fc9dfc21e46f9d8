"""The forms of the calendar."""

from django import forms
from django.utils.translation import gettext_lazy as _

from actors.forms import DateField, Form
from contracts.obligations import Kind


class CalendarFilterForm(Form):
    """Which obligations to show."""

    state = forms.ChoiceField(
        label=_("Show"),
        required=False,
        choices=[
            ("open", _("What is not done")),
            ("overdue", _("What is overdue")),
            ("done", _("What is done")),
            ("all", _("Everything")),
        ],
    )
    kind = forms.ChoiceField(label=_("What"), required=False, choices=[("", _("All kinds")), *Kind.choices])
    mine = forms.BooleanField(label=_("Only what I keep"), required=False)


class MeetingForm(Form):
    """A meeting that was held."""

    held_on = DateField(label=_("Day of the meeting"))
    minutes = forms.CharField(
        label=_("Where the minutes are"),
        required=False,
        max_length=300,
        help_text=_("A registry number or a place, so that others find them. No names of participants."),
    )
