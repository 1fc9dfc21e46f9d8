"""Figures from Kolada as a contract's pages show them: a table with the group's mean, a chart, and what is kept."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

from django.db.models import Q, QuerySet

from actors.policies import Actor, NotVisible
from contracts.models import Contract
from library.kolada import Group, KeyFigure, Municipality
from library.models import KoladaSnapshot

ALL: Final = "T"
YEARS_SHOWN: Final = 7

# The comparison group that fits a key figure of the area (Kolada's own words); otherwise the general one.
SUBJECTS: Final = {
    "Individ- och familjeomsorg": "IFO",
    "Äldre och funktionshinder": "äldreomsorg",
    "Hälso- och sjukvård": "äldreomsorg",
    "Grundskola": "grundskola",
    "Gymnasieskola": "gymnasieskola",
    "Förskola": "förskola",
    "Arbetsmarknad": "arbetsmarknad",
    "Befolkning": "socioekonomi",
}
GENERAL: Final = "övergripande"


# --- Which to choose -----------------------------------------------------------------------------------------------


def places_for(key_figure: KeyFigure, places: Iterable[Municipality]) -> list[Municipality]:
    """The municipalities or regions that the key figure is about."""
    return [place for place in places if key_figure.of in {"A", place.kind}]


def own_place(name: str, places: Iterable[Municipality]) -> Municipality | None:
    """The one that an organisation of this name is, if its name tells: «Norrköpings kommun» is Norrköping."""
    return next((place for place in places if _stem(place.title) == _stem(name)), None)


def _stem(name: str) -> str:
    words = re.sub(r"\(.*?\)", "", name.casefold())
    return re.sub(r"\b(kommun|stad|region|regionen)\b", "", words).strip().removesuffix("s")


def fitting_group(key_figure: KeyFigure, groups: Sequence[Group]) -> Group | None:
    """The group of the key figure's own subject, otherwise the general one, otherwise the first."""
    subject = next((word for area, word in SUBJECTS.items() if key_figure.operating_area.startswith(area)), GENERAL)
    for word in (subject, GENERAL):
        for group in groups:
            if f" {word}," in group.title:
                return group
    return groups[0] if groups else None


# --- The table -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cell:
    """One year of one municipality. No value is «missing», with Kolada's reason where it gives one; never zero."""

    year: int
    value: Decimal | None
    status: str = ""


@dataclass(frozen=True)
class Row:
    key: str
    name: str
    cells: tuple[Cell, ...]
    is_own: bool = False


@dataclass(frozen=True)
class Mean:
    """The unweighted mean of the members that have a value that year."""

    year: int
    value: Decimal | None
    counted: int
    of: int


@dataclass(frozen=True)
class FigureTable:
    years: tuple[int, ...]
    rows: tuple[Row, ...]
    means: tuple[Mean, ...]

    @property
    def own(self) -> Row:
        return self.rows[0]

    @property
    def members(self) -> tuple[Row, ...]:
        return self.rows[1:]

    @property
    def places(self) -> int:
        """As many decimals as any of the values has; a mean has one more."""
        exponents = [int(c.value.as_tuple().exponent) for row in self.rows for c in row.cells if c.value is not None]
        return max(0, *(-exponent for exponent in exponents)) if exponents else 0

    @property
    def mean_places(self) -> int:
        return self.places + 1

    @property
    def is_empty(self) -> bool:
        return all(cell.value is None for row in self.rows for cell in row.cells)

    @property
    def missing(self) -> int:
        return sum(cell.value is None for row in self.rows for cell in row.cells)

    def own_in(self, year: int) -> Decimal | None:
        return next((cell.value for cell in self.own.cells if cell.year == year), None)

    def mean_in(self, year: int) -> Decimal | None:
        return next((mean.value for mean in self.means if mean.year == year), None)


def table_of(snapshot: KoladaSnapshot, gender: str = ALL) -> FigureTable:
    """The snapshot as a table: the municipality itself, each member, and their mean. A year without any is left out."""
    found = {
        (each["municipality"], each["year"]): (
            None if each["value"] is None else Decimal(each["value"]),
            each["status"],
        )
        for each in snapshot.values
        if each["gender"] == gender
    }
    years = tuple(sorted({year for _place, year in found}))
    places = [(snapshot.municipality, snapshot.municipality_name), *((m["id"], m["name"]) for m in snapshot.members)]
    rows = tuple(
        Row(key, name, tuple(Cell(year, *found.get((key, year), (None, ""))) for year in years), is_own=not index)
        for index, (key, name) in enumerate(places)
    )
    table = FigureTable(years, rows, ())
    means = tuple(_mean(table.members, year, table.mean_places) for year in years)
    return replace(table, means=means) if table.members else table


def _mean(members: Sequence[Row], year: int, places: int) -> Mean:
    values = [c.value for row in members for c in row.cells if c.year == year and c.value is not None]
    if not values:
        return Mean(year, None, 0, len(members))
    mean = (sum(values, Decimal(0)) / len(values)).quantize(Decimal(1).scaleb(-places))
    return Mean(year, mean, len(values), len(members))


# --- The chart -----------------------------------------------------------------------------------------------------

WIDTH, HEIGHT = 640, 240
LEFT, RIGHT, TOP, BOTTOM = 76, 34, 14, 36
_ROUND = tuple(Decimal(step) for step in ("1", "2", "2.5", "5", "10"))
_LINES = 4


@dataclass(frozen=True)
class Chart:
    """Where to draw: `own` and `mean` as runs of points (a missing year breaks the line), the members' span as runs
    of corners, and the ticks. The same numbers stand in the table."""

    own: tuple[str, ...]
    own_dots: tuple[tuple[str, str], ...]
    mean: tuple[str, ...]
    span: tuple[str, ...]
    across: tuple[tuple[str, Decimal], ...]
    along: tuple[tuple[str, int], ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    end: int = WIDTH - RIGHT
    foot: int = HEIGHT - BOTTOM


def chart_of(table: FigureTable) -> Chart | None:
    """The chart of a table with at least two years and one value."""
    values = [cell.value for row in table.rows for cell in row.cells if cell.value is not None]
    if len(table.years) < 2 or not values:
        return None
    step = _step(max(values) - min(values))
    low, high = (min(values) // step) * step, -(-max(values) // step) * step
    low = low - step if min(values) < low else low  # floor division cuts towards nought
    high = high + step if max(values) > high or high == low else high

    def x(year: int) -> Decimal:
        return LEFT + Decimal(year - table.years[0]) / (table.years[-1] - table.years[0]) * (WIDTH - LEFT - RIGHT)

    def y(value: Decimal) -> Decimal:
        return TOP + (high - value) / (high - low) * (HEIGHT - TOP - BOTTOM)

    def point(year: int, value: Decimal) -> str:
        return f"{x(year):.1f},{y(value):.1f}"

    own = [(cell.year, cell.value) for cell in table.own.cells]
    spans = [
        (year, [row.cells[i].value for row in table.members if row.cells[i].value is not None])
        for i, year in enumerate(table.years)
    ]
    span_runs = _runs([(year, found or None) for year, found in spans])
    number = int((high - low) / step)
    return Chart(
        own=tuple(" ".join(point(*each) for each in run) for run in _runs(own)),
        own_dots=tuple((f"{x(year):.1f}", f"{y(value):.1f}") for year, value in own if value is not None),
        mean=tuple(" ".join(point(*each) for each in run) for run in _runs([(m.year, m.value) for m in table.means])),
        span=tuple(
            " ".join([*(point(year, max(v)) for year, v in run), *(point(year, min(v)) for year, v in reversed(run))])
            for run in span_runs
            if len(run) > 1
        ),
        across=tuple((f"{y(low + n * step):.1f}", low + n * step) for n in range(number + 1)),
        along=tuple((f"{x(year):.1f}", year) for year in table.years),
    )


def _step(span: Decimal) -> Decimal:
    """The narrowest round distance between lines that makes about four of them."""
    if not span:
        return Decimal(1)
    power = Decimal(1).scaleb((span / _LINES).adjusted())
    return next(power * each for each in _ROUND if power * each >= span / _LINES)


def _runs(points: Iterable[tuple[int, Any]]) -> list[list[tuple[int, Any]]]:
    """The points in a row that have a value."""
    runs: list[list[tuple[int, Any]]] = [[]]
    for year, value in points:
        if value is None:
            runs.append([])
        else:
            runs[-1].append((year, value))
    return [run for run in runs if run]


# --- What is kept --------------------------------------------------------------------------------------------------


def snapshots_of(contract: Contract) -> QuerySet[KoladaSnapshot]:
    """The snapshots that the contract's need or baselines rest on, the newest first."""
    of_need = Q(pk__in=contract.design.need_figures.values("pk"))
    of_baseline = Q(pk__in=contract.measures.filter(baseline__snapshot__isnull=False).values("baseline__snapshot"))
    return KoladaSnapshot.objects.filter(of_need | of_baseline).order_by("-fetched_at", "-pk")


def usable_snapshots(actor: Actor, contract: Contract) -> QuerySet[KoladaSnapshot]:
    """Those of the contract, and those that the actor's own organisation has fetched for any."""
    own = Q(organisation=actor.organisation) if actor.organisation else Q(pk__in=[])
    return KoladaSnapshot.objects.filter(own | Q(pk__in=snapshots_of(contract).values("pk"))).order_by(
        "-fetched_at", "-pk"
    )


def get_snapshot_for(actor: Actor, contract: Contract, pk: int) -> KoladaSnapshot:
    """One of them; anything else is not visible."""
    snapshot = usable_snapshots(actor, contract).select_related("fetched_by", "organisation").filter(pk=pk).first()
    if snapshot is None:
        raise NotVisible
    return snapshot
