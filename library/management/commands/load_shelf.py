"""Put what comes with the product on the shelf: templates, indicators, unit costs and guides, from library/shelf/.

Safe to repeat: only what has changed is written. A changed template is a new version, and the one before it is taken
down. What the support has taken down stays down until the file says something else.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import yaml
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from django.utils import timezone

from actors.moves import move
from library.documents import check_document
from library.models import ContractTemplate, Guide, Indicator, Shelved, TemplateStatusChange, UnitCost
from library.sheets import gaps_in
from library.states import SHELF_TRANSITIONS, ShelfAct, ShelfStatus

SHELF: Final = Path(__file__).resolve().parents[2] / "shelf"
_LOADING: Final = 0x73_68_65_6C_66  # "shelf": the advisory lock that lets one loading run at a time
_WHOLE: Final = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")


class ExactLoader(yaml.CSafeLoader):
    """YAML in which whole numbers, true, false and nothing are themselves, and all else is text: days and decimals are
    read where they are used, and no decimal is ever a float."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, Any]]] = {}


ExactLoader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"(true|false)\Z"), list("tf"))
ExactLoader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"(~|null|)\Z"), ["~", "n", ""])
ExactLoader.add_implicit_resolver("tag:yaml.org,2002:int", _WHOLE, list("-+0123456789"))


def read(path: Path) -> Any:
    """What a file of the shelf says."""
    return yaml.load(path.read_text("utf-8"), Loader=ExactLoader)  # noqa: S506 – a SafeLoader with fewer types


def indicators_of(folder: Path = SHELF) -> list[dict[str, Any]]:
    return list(read(folder / "indicators.yaml"))


def unit_costs_of(folder: Path = SHELF) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = read(folder / "unit_costs.yaml")
    return [{**row, "amount": Decimal(str(row["amount"]))} for row in rows]


def guides_of(folder: Path = SHELF) -> list[dict[str, Any]]:
    return [read(path) for path in sorted((folder / "guides").glob("*.yaml"))]


def templates_of(folder: Path = SHELF) -> list[dict[str, Any]]:
    return [_with_texts(read(path)) for path in sorted((folder / "templates").glob("*.yaml"))]


def _with_texts(template: dict[str, Any]) -> dict[str, Any]:
    """The template with every assumed number as text, as a JSON document keeps it."""
    document = template["document"]
    for rows, names in ((document["assumptions"], ("value", "low", "high")), (document["measures"], ("target",))):
        for row in rows:
            row.update({name: None if row.get(name) is None else str(row[name]) for name in names})
    return template


@dataclass
class Written:
    """How many of each kind were added, changed, and left as they were."""

    added: dict[str, int] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)
    same: dict[str, int] = field(default_factory=dict)
    taken: list[str] = field(default_factory=list)  # keys of templates that somebody else has

    def note(self, kind: str, what: str) -> None:
        counts: dict[str, int] = getattr(self, what)
        counts[kind] = counts.get(kind, 0) + 1

    def lines(self) -> Iterator[str]:
        for kind in dict.fromkeys([*self.added, *self.changed, *self.same]):
            added, changed, same = (each.get(kind, 0) for each in (self.added, self.changed, self.same))
            yield f"{kind}: {added} added, {changed} changed, {same} unchanged"
        for key in self.taken:
            yield f"Left out: somebody else has a template with the key {key}. Give the file's another key."


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        written = load(at=timezone.now())
        if options["verbosity"]:
            for line in written.lines():
                self.stdout.write(line)


def load(*, at: datetime, folder: Path = SHELF) -> Written:
    """Bring the shelf to what the files say. Everything or nothing is written."""
    written = Written()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOADING])
        for name, model, rows in (
            ("indicators", Indicator, indicators_of(folder)),
            ("unit costs", UnitCost, unit_costs_of(folder)),
            ("guides", Guide, guides_of(folder)),
        ):
            for row in rows:
                written.note(name, _put(model, row, at))
        for row in templates_of(folder):
            if ContractTemplate.objects.filter(key=row["key"], author__isnull=False).exists():
                written.taken.append(row["key"])
                continue
            written.note("templates", _put_template(row, at))
    return written


def _put(model: type[Shelved], row: Mapping[str, Any], at: datetime) -> str:
    """Write one thing where it is new or says something else than before."""
    if model is Indicator and (gaps := gaps_in(row["sheet"])):
        raise CommandError(f"The definition sheet of {row['key']} says nothing about {', '.join(gaps)}.")
    found = model._default_manager.select_for_update().filter(key=row["key"]).first()
    if found is None:
        model._default_manager.create(**row, updated_at=at)
        return "added"
    changes = {name: value for name, value in row.items() if getattr(found, name) != value}
    if not changes:
        return "same"
    for name, value in changes.items():
        setattr(found, name, value)
    found.updated_at = at
    found.save(update_fields=[*changes, "updated_at"])
    return "changed"


def _put_template(row: Mapping[str, Any], at: datetime) -> str:
    """A new template, the next version of a changed one, or nothing."""
    known = {
        "indicators": set(Indicator.objects.values_list("key", flat=True)),
        "unit_costs": set(UnitCost.objects.values_list("key", flat=True)),
    }
    if problems := check_document(row["document"], **known):
        raise CommandError(
            f"The template {row['key']} has problems: {'; '.join(f'{p.where}: {p.en}' for p in problems)}"
        )
    versions = list(ContractTemplate.objects.select_for_update().filter(key=row["key"]).order_by("version"))
    latest = versions[-1] if versions else None
    if latest is not None and all(getattr(latest, name) == value for name, value in row.items()):
        return "same"
    for version in versions:
        if version.status == ShelfStatus.PUBLISHED:
            _move(version, ShelfAct.RETIRE, at)
    number = latest.version + 1 if latest else 1
    template = ContractTemplate.objects.create(**row, version=number, offered_at=at, updated_at=at)
    _move(template, ShelfAct.PUBLISH, at)
    return "changed" if latest else "added"


def _move(template: ContractTemplate, act: ShelfAct, at: datetime) -> None:
    move(
        template,
        act,
        transitions=SHELF_TRANSITIONS,
        changes=TemplateStatusChange,
        subject_field="template",
        actor=None,
        refusal=f"{template.key} cannot be moved.",
        at=at,
    )
