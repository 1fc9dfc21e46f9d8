"""Texts are found in code and templates, checked and compiled without GNU gettext."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from config.management.commands.compile_po import catalogs
from config.translations import python_calls, template_calls

CODE = """
title = _("Payments")
label = ngettext_lazy("%(n)s claim", "%(n)s claims", "n")
verb = pgettext("button", "Export") + gettext("one " "text")
_(name)
"""
TEMPLATE = """
{% translate "A (bracket) and 100%" %} {% if a == _("Bar") %}{% endif %} {# translators #}
{% blocktranslate count n=x %}one {{ y }}{% plural %}{{ n }} things{% endblocktranslate %}
{% translate 'Open' context "status" %}
"""
PO = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"

msgid "Payments"
msgstr "{payments}"

#, fuzzy
msgid "Late"
msgstr "Sent"

msgid "%(n)s claim"
msgid_plural "%(n)s claims"
msgstr[0] "%(n)s anspråk"
msgstr[1] "%(n)s anspråk"
"""


@pytest.fixture
def project(tmp_path: Path, settings: Settings) -> Path:
    """A project with one app, `pay`, whose texts are in CODE's first lines."""
    settings.BASE_DIR = tmp_path
    (tmp_path / "pay" / "locale" / "sv" / "LC_MESSAGES").mkdir(parents=True)
    (tmp_path / "pay" / "apps.py").touch()
    (tmp_path / "pay" / "views.py").write_text(CODE.replace('verb = pgettext("button", "Export") + ', "verb = "))
    return tmp_path


def po(project: Path, text: str) -> Path:
    path = project / "pay" / "locale" / "sv" / "LC_MESSAGES" / "django.po"
    path.write_text(text)
    return path


def test_texts_in_code() -> None:
    found = sorted(python_calls(CODE), key=lambda text: text["id"])
    assert found == [
        {"id": "%(n)s claim", "plural": "%(n)s claims"},
        {"context": "button", "id": "Export"},
        {"id": "Payments"},
        {"id": "one text"},
    ]


def test_texts_in_templates() -> None:
    assert list(template_calls(TEMPLATE)) == [
        {"id": "A (bracket) and 100%%"},
        {"id": "Bar"},
        {"id": "one %(y)s", "plural": "%(n)s things"},
        {"context": "status", "id": "Open"},
    ]


def test_what_is_missing_fuzzy_or_different_is_named(project: Path) -> None:
    po(project, PO.format(payments=""))
    with pytest.raises(CommandError) as error:
        call_command("compile_po", check=True)
    assert "'Payments' (pay/views.py) is not translated" in str(error.value)
    assert "'one text' (pay/views.py) is not translated" in str(error.value)
    assert "claim" not in str(error.value)


def test_a_translation_that_loses_a_placeholder_is_named(project: Path) -> None:
    po(project, PO.format(payments="Utbetalningar").replace("%(n)s anspråk", "anspråk"))
    with pytest.raises(CommandError, match=r"'%\(n\)s claim' .* has other placeholders"):
        call_command("compile_po", check=True)


def test_two_translations_of_one_text_are_named(project: Path) -> None:
    po(project, PO.format(payments="Utbetalningar"))
    other = project / "locale" / "sv" / "LC_MESSAGES"
    other.mkdir(parents=True)
    (other / "django.po").write_text(PO.format(payments="Betalningar"))
    with pytest.raises(CommandError, match=r"'Payments' .* has two translations"):
        call_command("compile_po", check=True)


def test_collecting_adds_keeps_and_drops(project: Path) -> None:
    path = po(project, PO.format(payments="Utbetalningar"))
    call_command("compile_po", collect=True)
    text = path.read_text()
    assert 'msgid "one text"\nmsgstr ""' in text
    assert "Utbetalningar" in text
    assert "Late" not in text
    assert "fuzzy" not in text


def test_compiling_twice_writes_once(project: Path) -> None:
    path = po(project, PO.format(payments="Utbetalningar"))
    call_command("compile_po")
    first = path.with_suffix(".mo").stat().st_mtime_ns
    call_command("compile_po")
    assert path.with_suffix(".mo").stat().st_mtime_ns == first
    assert catalogs("sv") == [path]
    assert not list(path.parent.glob("django.[0-9]*"))
