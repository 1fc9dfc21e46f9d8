"""An example of every component, for the developers' page and for the test that renders them all.

A component without an example here is a red test; so is an example without a component.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.paginator import Paginator

from actors.forms import AmountField, DateField, Form
from actors.policies import Permit
from contracts.models import Contract

AT = datetime(2026, 11, 3, 14, 5, tzinfo=ZoneInfo("Europe/Stockholm"))


class ExampleForm(Form):
    """Every kind of field there is."""

    name = forms.CharField(label="Namn", help_text="Som det står i avtalet.")
    note = forms.CharField(label="Anteckning", widget=forms.Textarea, required=False)
    amount = AmountField(label="Belopp", help_text="I kronor, till exempel 1 234,50.")
    day = DateField(label="Datum")
    kind = forms.ChoiceField(label="Typ", choices=[("a", "Kommun"), ("b", "Region")])
    decision = forms.ChoiceField(
        label="Beslut", choices=[("accept", "Godkänn"), ("reject", "Avslå")], widget=forms.RadioSelect
    )
    duties = forms.MultipleChoiceField(
        label="Uppgifter",
        choices=[("review", "Granska"), ("decide", "Besluta")],
        widget=forms.CheckboxSelectMultiple,
        help_text="Välj minst en.",
    )
    sure = forms.BooleanField(label="Jag har läst underlaget")
    file = forms.FileField(label="Fil", widget=forms.FileInput, help_text="CSV eller XLSX.")


def examples() -> dict[str, list[dict[str, Any]]]:
    """Component → the values of each of its examples."""
    faulty = ExampleForm({"amount": "1,234.50"})
    faulty.is_valid()
    pages = Paginator(range(240), 25)
    working = {
        "words": "Antal godkända anspråk × pris per utfall.",
        "numbers": "12 × 12 000,00 kr = 144 000,00 kr",
        "amount": "144\N{NO-BREAK SPACE}000,00 kr",
        "limits": ["Högst 25 000,00 kr per person: två personer nådde taket."],
        "conditions": ["Spärren är öppen: närvaron är minst 80 %."],
    }
    return {
        "amount": [
            {"value": Decimal("163000.00"), "kind": "computed", "as_of": date(2026, 11, 3), "href": "#"},
            {"value": Decimal("-1500.50"), "kind": "paid"},
            {"value": None},
        ],
        "empty": [
            {"title": "Inga anspråk", "text": "Här visas det som rapporteras.", "href": "#", "action": "Ladda upp"}
        ],
        "error_summary": [{"form": faulty, "problems": ["Rad 3: mätvärdet 17 saknar underlag."]}],
        "field": [{"field": field} for field in faulty.visible_fields()],
        "form_actions": [{"label": "Verifiera kvartalet", "cancel_href": "#"}],
        "messages": [{"messages": []}],
        "notice": [
            {"tone": tone, "title": "Rubrik", "text": "Vad som gäller, och vad du kan göra."}
            for tone in ("info", "success", "warning", "danger")
        ],
        "pager": [{"page": pages.page(5), "querystring": "q=x&sort=name"}, {"page": Paginator([], 25).page(1)}],
        "permit_button": [
            {"permit": Permit(True), "label": "Granska", "href": "#"},
            {"permit": Permit(True), "label": "Granska", "action": "#", "csrf_token": "x"},
            {"permit": Permit(False, "Den som har beställt får inte granska."), "label": "Granska", "action": "#"},
        ],
        "site_footer": [{}],
        "site_header": [{}],
        "sort_header": [
            {"label": "Namn", "key": "name", "sort": sort, "querystring": "q=x"} for sort in ("name", "-name", "code")
        ],
        "status_tag": [{"label": tone, "tone": tone} for tone in ("neutral", "info", "success", "warning", "danger")],
        "step_bar": [{"contract": Contract(code="UK-2027-01"), "step": "baseline"}],
        "timeline": [
            {
                "events": [
                    {"at": AT, "title": "Föreslaget", "by": "Anna", "text": "Version 2"},
                    {"at": AT, "title": "Utkast"},
                ]
            }
        ],
        "working": [{"working": working}],
    }
