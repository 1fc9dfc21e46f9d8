"""Snapshots of Kolada: asked once, and kept as they were that day with definition, membership and values."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from actors.audit import record
from actors.policies import Actor, require
from actors.roles import Permission
from library.kolada import Group, KeyFigure, Municipality, Value, kolada
from library.models import KoladaSnapshot


@dataclass(frozen=True)
class Wanted:
    """One key figure for one municipality, some years, and the comparison group, if any."""

    key_figure: str
    municipality: str
    group: str
    years: tuple[int, ...]


def ask(wanted: Wanted, at: datetime) -> KoladaSnapshot:
    """What Kolada says now, not saved. Raises KoladaProblem with what to do."""
    source = kolada()
    key_figure = source.key_figure(wanted.key_figure)
    municipality = source.municipality(wanted.municipality)
    group = source.group(wanted.group) if wanted.group else None
    places = [municipality.id, *(member.id for member in group.members)] if group else [municipality.id]
    values = source.values(key_figure.id, places, wanted.years)
    return _snapshot(key_figure, municipality, group, values, at, is_recorded=source.is_recorded)


def fetch_snapshot(*, actor: Actor, wanted: Wanted, at: datetime, contract_code: str = "") -> KoladaSnapshot:
    """Ask Kolada and keep the answer for the actor's organisation. The same answer on the same day is kept once."""
    require(actor, Permission.VIEW_LIBRARY)
    if actor.organisation is None:
        raise AssertionError("only a member of an organisation is permitted")
    snapshot = ask(wanted, at)  # outside the transaction: it may take long
    kept = KoladaSnapshot.objects.filter(
        organisation=actor.organisation,
        kpi=snapshot.kpi,
        municipality=snapshot.municipality,
        group=snapshot.group,
        values=snapshot.values,
        base_address=snapshot.base_address,
        fetched_at__gte=timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0),
    ).first()
    if kept is not None:
        return kept
    snapshot.fetched_by, snapshot.organisation = actor.user, actor.organisation
    with transaction.atomic():
        snapshot.save()
        record(
            actor=actor,
            at=at,
            event="library.fetch_snapshot",
            subject=snapshot,
            contract_code=contract_code,
            kpi=snapshot.kpi,
            municipality=snapshot.municipality,
            group=snapshot.group,
        )
    return snapshot


def _snapshot(
    key_figure: KeyFigure,
    municipality: Municipality,
    group: Group | None,
    values: list[Value],
    at: datetime,
    *,
    is_recorded: bool,
) -> KoladaSnapshot:
    published = key_figure.published_on  # or the day on which the next period will be
    return KoladaSnapshot(
        kpi=key_figure.id,
        title=key_figure.title[:300],
        definition=key_figure.description,
        municipality=municipality.id,
        municipality_name=municipality.title[:100],
        group=group.id if group else "",
        group_name=group.title[:200] if group else "",
        members=[{"id": member.id, "name": member.title} for member in group.members] if group else [],
        values=[
            {
                "municipality": value.municipality,
                "year": value.year,
                "gender": value.gender,
                "value": None if value.value is None else f"{value.value:f}",
                "status": value.status,
            }
            for value in values
        ],
        published_on=published if published and published <= timezone.localtime(at).date() else None,
        base_address=settings.KOLADA_URL,
        is_recorded=is_recorded,
        fetched_at=at,
    )
