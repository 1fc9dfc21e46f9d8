"""Every form of the product refuses identity numbers, and reads numbers and dates as people write them."""

import importlib
import pkgutil
from collections.abc import Iterator

import pytest
from django import forms
from django.apps import apps
from django.forms import BaseForm

from actors.forms import Form, ModelForm, RefusesIdentityNumbers

APPS = ("actors", "library", "contracts", "outcomes", "payments", "reports", "config")
# They read a comma as a thousand, guess at the month, or lose öre.
MISREADING = {forms.DecimalField, forms.FloatField, forms.DateField, forms.DateTimeField}


def subclasses(form: type[BaseForm]) -> Iterator[type[BaseForm]]:
    for each in form.__subclasses__():
        yield each
        yield from subclasses(each)


def all_forms() -> list[type[BaseForm]]:
    for name in APPS:
        package = importlib.import_module(name)
        for module in pkgutil.walk_packages(package.__path__, f"{name}."):
            if ".migrations" not in module.name and ".management" not in module.name:
                importlib.import_module(module.name)
    found = {form for form in subclasses(BaseForm) if form.__module__.split(".")[0] in APPS}
    return sorted(found - {Form, ModelForm, RefusesIdentityNumbers}, key=lambda form: form.__qualname__)


def test_every_form_refuses_identity_numbers() -> None:
    assert apps.ready
    forms_found = all_forms()
    assert forms_found
    assert [form for form in forms_found if not issubclass(form, RefusesIdentityNumbers)] == []


def test_refusing_comes_first_in_every_form() -> None:
    """`class X(Form, SomethingOfDjango)`: the other way round, Django's own full_clean would win."""
    late = [form for form in all_forms() if form.full_clean is not RefusesIdentityNumbers.full_clean]
    assert late == []


@pytest.mark.parametrize("form", all_forms(), ids=lambda form: form.__qualname__)
def test_no_form_misreads_numbers_or_dates(form: type[BaseForm]) -> None:
    fields: dict[str, forms.Field] = form.base_fields  # type: ignore[attr-defined]
    assert [name for name, field in fields.items() if type(field) in MISREADING] == []
