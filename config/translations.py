"""The texts of code and templates, found without GNU gettext. `manage.py compile_po` uses it; nothing runs it live."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages import Catalog
from django.conf import settings
from django.utils.translation.template import templatize

CALLS = {
    "gettext": ("id",),
    "ngettext": ("id", "plural"),
    "pgettext": ("context", "id"),
    "npgettext": ("context", "id", "plural"),
}
NAMES = {"_": CALLS["gettext"], "gettext_noop": CALLS["gettext"]} | {
    name + ending: roles for name, roles in CALLS.items() for ending in ("", "_lazy")
}
_CALL_IN_TEMPLATE = re.compile(r"\b(?:n?p?gettext|_)\(")
_NOT_OURS = {"tests", "node_modules", "migrations"}


def collect() -> dict[Path, Catalog]:
    """Every text that the code asks gettext for: {an app's locale folder: its texts, with the files that ask}."""
    found: dict[Path, Catalog] = {}
    base = Path(settings.BASE_DIR)
    for path in sorted(base.glob("*/**/*")):
        place = path.relative_to(base)
        if place.parts[0].startswith(".") or _NOT_OURS & set(place.parts):
            continue
        if path.suffix == ".py":
            calls = python_calls(path.read_text())
        elif path.suffix in {".html", ".txt"} and place.parts[0] == "templates":
            calls = template_calls(path.read_text())
        else:
            continue
        for text in calls:
            catalog = found.setdefault(locale_folder(base, place), Catalog(domain="django", fuzzy=False))
            message = (text["id"], text["plural"]) if "plural" in text else text["id"]
            catalog.add(message, locations=[(place.as_posix(), 0)], context=text.get("context"))
    return found


def locale_folder(base: Path, place: Path) -> Path:
    """An app's code and templates have their texts with the app; what all pages share lies in locale/."""
    apps = {path.parent.name for path in base.glob("*/apps.py")}
    owner = place.parts[1] if place.parts[0] == "templates" else place.parts[0]
    return base / owner / "locale" if owner in apps else base / "locale"


def python_calls(source: str) -> Iterator[dict[str, str]]:
    """The texts given as literals to the gettext functions. (A text in a variable was marked where it was written.)"""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in NAMES:
            roles = NAMES[node.func.id]
            values = [part.value for part in node.args[: len(roles)] if isinstance(part, ast.Constant)]
            if len(values) == len(roles) and all(isinstance(value, str) for value in values):
                yield dict(zip(roles, map(str, values), strict=True))


def template_calls(source: str) -> Iterator[dict[str, str]]:
    """Django turns a template into gettext calls between X's; we read the calls."""
    text = templatize(source)
    for start in _CALL_IN_TEMPLATE.finditer(text):
        for end in re.finditer(r"\)", text[start.start() :]):
            call = text[start.start() : start.start() + end.end()]
            try:
                ast.parse(call)
            except SyntaxError:
                continue  # this bracket is inside the text
            yield from python_calls(call)
            break
