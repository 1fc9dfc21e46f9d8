"""The political decisions of a contract: those that stand, and those that have been corrected."""

from dataclasses import dataclass

from contracts.models import Contract, PoliticalDecision


@dataclass(frozen=True)
class Recorded:
    """A decision; `replaced` are what it said before, the latest first."""

    decision: PoliticalDecision
    replaced: tuple[PoliticalDecision, ...]


def political_decisions(contract: Contract) -> list[Recorded]:
    """The decisions that stand, by day, each with what it replaced. One query."""
    rows = PoliticalDecision.objects.filter(contract=contract).select_related("organisation", "user")
    by_pk = {row.pk: row for row in rows.order_by("decided_on", "pk")}
    gone = {row.replaces_id for row in by_pk.values() if row.replaces_id}
    return [Recorded(row, tuple(_before(row, by_pk))) for pk, row in by_pk.items() if pk not in gone]


def _before(row: PoliticalDecision, by_pk: dict[int, PoliticalDecision]) -> list[PoliticalDecision]:
    found = []
    while row.replaces_id:
        row = by_pk[row.replaces_id]
        found.append(row)
    return found
