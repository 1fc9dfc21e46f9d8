"""What people enter about a payment: when and under which reference, and why not."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from actors.forms import DateField, Form


class OrderForm(Form):
    """By when to pay, and the payer's own reference."""

    due_on = DateField(label=gettext_lazy("To be paid by"))
    reference = forms.CharField(
        label=gettext_lazy("Reference"),
        max_length=60,
        required=False,
        help_text=gettext_lazy("Your own reference, such as the number of the invoice. Nothing about a person."),
    )

    def __init__(self, *arguments: Any, today: date, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.today = today

    def clean_due_on(self) -> date:
        due_on: date = self.cleaned_data["due_on"]
        if due_on < self.today:
            raise ValidationError(_("The day to pay by, %(day)s, has passed."), params={"day": due_on}, code="passed")
        return due_on


class AttestForm(Form):
    """An attestation needs nothing but the person; a comment stays with it."""

    comment = forms.CharField(
        label=gettext_lazy("Comment"), max_length=1000, required=False, widget=forms.Textarea({"rows": 3})
    )


class RefuseForm(Form):
    """Why the payment is refused."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=1000,
        widget=forms.Textarea({"rows": 3}),
        help_text=gettext_lazy("Whoever ordered the payment reads this. Write nothing about a person."),
    )


class ConfirmPaidForm(Form):
    """When the payment was made, and the bank's reference."""

    paid_on = DateField(label=gettext_lazy("Paid on"))
    reference = forms.CharField(label=gettext_lazy("The bank's reference"), max_length=60, required=False)

    def __init__(self, *arguments: Any, today: date, decided_on: date, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.today, self.decided_on = today, decided_on

    def clean_paid_on(self) -> date:
        paid_on: date = self.cleaned_data["paid_on"]
        if paid_on > self.today:
            raise ValidationError(_("The date of payment, %(day)s, has not come yet."), params={"day": paid_on})
        if paid_on < self.decided_on:
            raise ValidationError(
                _("The date of payment, %(day)s, is before the decision on %(decided)s."),
                params={"day": paid_on, "decided": self.decided_on},
            )
        return paid_on
