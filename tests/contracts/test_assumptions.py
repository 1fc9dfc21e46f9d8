"""Every number that is not a fact: stated, changed with a reason, and followed to where it is used."""

import csv
import io
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from actors.models import AuditEvent
from actors.policies import NotAllowed, Refused
from contracts.actions.assumptions import remove_assumption, state_assumption
from contracts.models import Assumption, AssumptionRevision, SimulationRun
from contracts.queries.register import (
    UseKind,
    asked_of,
    figures_of,
    gaps_of,
    register_of,
    register_snapshot,
    stale_keys,
    uses_of,
)
from contracts.snapshot import agreement_document
from rulebook.forecast import Figure
from tests.contracts.calculating import NUMBERS, add, fill, state, state_all
from tests.contracts.conftest import AT, Drafting, browser

SHARE = "outcome.att3.share"


def page(drafting: Drafting, name: str = "assumptions", *more: Any, who: str = "anna", language: str = "en") -> Any:
    address = reverse(f"contracts:{name}", args=[drafting.contract.code, *more])
    return browser(drafting.world, who, language).get(address)


def row(drafting: Drafting, key: str) -> Assumption:
    return Assumption.objects.get(contract=drafting.contract, key=key)


# --- Stating and changing ------------------------------------------------------------------------------------------


def test_an_assumption_is_stated_with_its_range_and_source(drafting: Drafting) -> None:
    revision = state(drafting, SHARE, "0.5", unit="share", low=Decimal("0.3"), high=Decimal("0.6"))
    entry = register_of(drafting.contract)[SHARE]
    assert (entry.revision, entry.number, entry.is_unsure, entry.lacks_source) == (revision, 1, True, False)
    assert AuditEvent.objects.filter(event="contracts.state_assumption", data__key=SHARE).exists()


def test_a_change_needs_a_reason_and_keeps_what_was_said(drafting: Drafting) -> None:
    state(drafting, SHARE, "0.5", unit="share")
    with pytest.raises(Refused, match="why the assumption is changed"):
        state(drafting, SHARE, "0.4", unit="share")
    state(drafting, SHARE, "0.4", unit="share", reason="The pilot gave less")
    assert [str(r.value) for r in row(drafting, SHARE).revisions.order_by("pk")] == ["0.500000", "0.400000"]
    assert register_of(drafting.contract)[SHARE].value == Decimal("0.4")


def test_saying_the_same_again_writes_nothing(drafting: Drafting) -> None:
    first = state(drafting, SHARE, "0.5", unit="share")
    assert state(drafting, SHARE, "0.50", unit="share") == first
    assert AssumptionRevision.objects.count() == 1


def test_a_revision_is_never_changed(drafting: Drafting) -> None:
    revision = state(drafting, SHARE, "0.5", unit="share")
    with pytest.raises(DatabaseError), transaction.atomic():
        AssumptionRevision.objects.filter(pk=revision.pk).update(value=1)


@pytest.mark.parametrize(
    ("unit", "value", "low", "high", "reason"),
    [
        ("share", "0.5", "0.6", "0.7", "low end is above"),
        ("share", "0.5", "0.1", "0.4", "high end is below"),
        ("share", "0.5", "0.1", None, "two ends"),
        ("share", "1.5", None, None, "at most 100"),
        ("persons", "-1", None, None, "less than zero"),
    ],
)
def test_numbers_that_cannot_be_are_refused(  # noqa: PLR0917
    drafting: Drafting, unit: str, value: str, low: str | None, high: str | None, reason: str
) -> None:
    ends = {"low": Decimal(low) if low else None, "high": Decimal(high) if high else None}
    with pytest.raises(Refused, match=reason):
        state(drafting, "own.x", value, unit=unit, **ends)
    assert not Assumption.objects.exists()


def test_prices_may_fall_but_not_by_more_than_everything(drafting: Drafting) -> None:
    state(drafting, "price_index", "-0.01", unit="share")
    with pytest.raises(Refused, match="rate a year"):
        state(drafting, "discount_rate", "-1", unit="share")


@pytest.mark.parametrize("name", ["signe", "ines", "rut"])
def test_only_those_who_design_state_assumptions(drafting: Drafting, name: str) -> None:
    with pytest.raises(NotAllowed):
        state_by(drafting, name)


def test_the_intermediary_states_assumptions_too(drafting: Drafting) -> None:
    assert state_by(drafting, "vera").value == 1


def state_by(drafting: Drafting, name: str) -> AssumptionRevision:
    return state_assumption(
        actor=drafting.actor(name),
        contract=drafting.contract,
        key="own.x",
        label="X",
        unit="",
        value=Decimal(1),
        low=None,
        high=None,
        source="",
        source_url="",
        certainty="assumed",
        owner="",
        stated_on=date(2026, 11, 3),
        reason="",
        at=AT,
    )


def test_nothing_is_changed_while_the_parties_read(drafting: Drafting) -> None:
    state(drafting, SHARE, "0.5", unit="share")
    drafting.propose()
    with pytest.raises(Refused, match="The parties are reading"):
        state(drafting, SHARE, "0.4", unit="share", reason="Later")


def test_what_was_removed_comes_back_with_its_history(drafting: Drafting) -> None:
    state(drafting, "own.x", "1")
    remove_assumption(actor=drafting.actor("anna"), contract=drafting.contract, key="own.x", at=AT)
    assert register_of(drafting.contract) == {}
    state(drafting, "own.x", "2", reason="Needed after all")
    assert register_of(drafting.contract)["own.x"].number == 2


def test_what_a_benefit_rests_on_is_not_removed(drafting: Drafting) -> None:
    state_all(drafting)
    add(drafting)
    with pytest.raises(Refused, match="Färre lektioner"):
        remove_assumption(actor=drafting.actor("anna"), contract=drafting.contract, key="own.lesson", at=AT)


# --- The register as others read it ---------------------------------------------------------------------------------


def test_the_register_is_two_queries_whatever_it_holds(drafting: Drafting) -> None:
    fill(drafting)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert len(register_of(drafting.contract)) == len(NUMBERS)
    assert len(queries) == 2


def test_figures_are_exact(drafting: Drafting) -> None:
    state(drafting, SHARE, "0.1", unit="share", low=Decimal("0.05"), high=Decimal("0.3"))
    assert figures_of(register_of(drafting.contract)) == {
        SHARE: Figure(Fraction(1, 10), Fraction(1, 20), Fraction(3, 10))
    }


def test_a_snapshot_knows_what_has_changed_since(drafting: Drafting) -> None:
    state(drafting, SHARE, "0.5", unit="share")
    state(drafting, "own.x", "1")
    snapshot = register_snapshot(register_of(drafting.contract))
    assert snapshot[SHARE]["value"] == "0.5"
    assert (snapshot[SHARE]["revision"], snapshot[SHARE]["unit"]) == (1, "share")
    assert stale_keys(snapshot, register_of(drafting.contract)) == []
    state(drafting, SHARE, "0.4", unit="share", reason="The pilot")
    state(drafting, "own.y", "1")
    remove_assumption(actor=drafting.actor("anna"), contract=drafting.contract, key="own.x", at=AT)
    assert stale_keys(snapshot, register_of(drafting.contract)) == ["outcome.att3.share", "own.x", "own.y"]


def test_the_terms_say_which_numbers_they_lack(drafting: Drafting) -> None:
    asked = asked_of(drafting.contract)
    lacking = {slot.key for slot in gaps_of(asked, register_of(drafting.contract)) if slot.is_needed}
    assert SHARE in lacking
    state(drafting, SHARE, "0.5", unit="share")
    assert SHARE not in {slot.key for slot in gaps_of(asked, register_of(drafting.contract))}


def simulated(drafting: Drafting) -> SimulationRun:
    return SimulationRun.objects.create(
        contract=drafting.contract,
        kind="distribution",
        version_number=1,
        terms={},
        terms_hash="0" * 64,
        register=register_snapshot(register_of(drafting.contract)),
        inputs_hash="0" * 64,
        rulebook_version="1",
        draws=10,
        seed=1,
        requested_by=drafting.world.users["anna"],
    )


def test_a_change_shows_everything_that_depends_on_it(drafting: Drafting) -> None:
    fill(drafting)
    simulated(drafting)
    kinds = {use.kind: use for use in uses_of(drafting.contract, "own.lesson")}
    assert set(kinds) >= {UseKind.BENEFIT, UseKind.SIMULATION}
    assert not kinds[UseKind.SIMULATION].is_stale
    assert UseKind.SLOT in {use.kind for use in uses_of(drafting.contract, SHARE)}
    assert uses_of(drafting.contract, "discount_rate")[0].kind == UseKind.CALCULATION
    state(drafting, "own.lesson", "1700", label="En lektion", unit="amount", reason="New price list")
    found = {use.kind: use for use in uses_of(drafting.contract, "own.lesson")}
    assert found[UseKind.SIMULATION].is_stale
    other = {use.kind: use for use in uses_of(drafting.contract, "own.visit")}
    assert not other[UseKind.SIMULATION].is_stale


def test_the_agreement_is_marked_when_it_holds_an_older_number(drafting: Drafting) -> None:
    state(drafting, SHARE, "0.5", unit="share")
    version = drafting.version
    version.document = agreement_document(version) | {"assumptions": register_snapshot(register_of(drafting.contract))}
    version.save(update_fields=["document"])
    assert [u.is_stale for u in uses_of(drafting.contract, SHARE) if u.kind == UseKind.AGREEMENT] == [False]
    state(drafting, SHARE, "0.4", unit="share", reason="The pilot")
    assert [u.is_stale for u in uses_of(drafting.contract, SHARE) if u.kind == UseKind.AGREEMENT] == [True]


# --- Pages -----------------------------------------------------------------------------------------------------------


def test_the_page_lists_gaps_with_the_form_prefilled(drafting: Drafting) -> None:
    answer = page(drafting)
    href = f"{reverse('contracts:assumption_add', args=[drafting.contract.code])}?key={SHARE}"
    assert href in answer.content.decode()
    form = browser(drafting.world, "anna", "en").get(href).context["form"]
    assert "Attendance of at least 80 % for three months" in form["label"].value()
    assert "per cent" in form["value"].label
    assert "unit" not in form.fields


@pytest.mark.parametrize(
    ("show", "keys"),
    [("no_source", ["own.visit"]), ("no_range", None), ("unused", ["own.spare"]), ("unsure", None), ("nonsense", None)],
)
def test_the_register_is_filtered(drafting: Drafting, show: str, keys: list[str] | None) -> None:
    fill(drafting)
    state(drafting, "own.visit", "3200", label="Ett besök", unit="amount", source="", reason="Unclear")
    state(drafting, "own.spare", "3")
    address = reverse("contracts:assumptions", args=[drafting.contract.code])
    answer = browser(drafting.world, "anna").get(address, {"show": show})
    assert answer.status_code == 200
    if keys is not None:
        assert [one["entry"].key for one in answer.context["page"]] == keys


def test_the_register_is_searched_and_sorted(drafting: Drafting) -> None:
    fill(drafting)
    client, address = browser(drafting.world, "anna"), reverse("contracts:assumptions", args=[drafting.contract.code])
    found = client.get(address, {"q": "bup besök", "sort": "-label"}).context["page"]
    assert [one["entry"].label for one in found] == ["Ett besök på BUP", "Besök på BUP"]
    assert "No assumption fits" in client.get(address, {"q": "giraff"}).content.decode()


def test_the_file_has_decimal_commas_in_swedish(drafting: Drafting) -> None:
    fill(drafting)
    text = page(drafting, "assumptions_csv", language="sv").content.decode("utf-8-sig")
    rows = {line[-1]: line for line in csv.reader(io.StringIO(text), delimiter=";")}
    assert rows["outcome.att3.share"][1:4] == ["0,5", "0,3", "0,65"]


def test_pages_keep_to_their_queries(drafting: Drafting) -> None:
    fill(drafting)
    for number in range(30):
        state(drafting, f"own.n{number}", "1", low=Decimal(0), high=Decimal(2))
        state(drafting, f"own.n{number}", "2", low=Decimal(0), high=Decimal(2), reason="Again")
    simulated(drafting)
    pk = row(drafting, "own.lesson").pk
    for name, more in [("assumptions", ()), ("assumption", (pk,)), ("assumption_change", (pk,))]:
        client = browser(drafting.world, "anna")
        address = reverse(f"contracts:{name}", args=[drafting.contract.code, *more])
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        assert len(queries) <= 15, name


def post(drafting: Drafting, name: str, data: dict[str, str], *more: int, query: str = "", who: str = "anna") -> Any:
    address = reverse(f"contracts:{name}", args=[drafting.contract.code, *more])
    return browser(drafting.world, who).post(f"{address}{query}", data)


WRITTEN = {"value": "35,5", "low": "20", "high": "40", "certainty": "uncertain", "stated_on": "2026-11-03"}


def test_per_cent_is_written_as_per_cent(drafting: Drafting) -> None:
    answer = post(drafting, "assumption_add", WRITTEN | {"label": "Andel"}, query=f"?key={SHARE}")
    assert answer.status_code == 302
    entry = register_of(drafting.contract)[SHARE]
    assert (entry.value, entry.low, entry.high) == (Decimal("0.355"), Decimal("0.2"), Decimal("0.4"))
    shown = page(drafting, "assumption_change", entry.assumption.pk, language="sv").context["form"]
    assert shown["value"].value() == "35,5"
    assert shown["low"].value() == "20"


def test_an_own_assumption_gets_a_key_of_its_own(drafting: Drafting) -> None:
    data = WRITTEN | {"label": "Dygn på HVB", "unit": "value", "unit_words": "dygn"}
    for _ in range(2):
        assert post(drafting, "assumption_add", data).status_code == 302
    register = register_of(drafting.contract)
    assert set(register) == {"own.dygn-pa-hvb", "own.dygn-pa-hvb-2"}
    assert register["own.dygn-pa-hvb"].unit == "dygn"


def test_a_range_that_does_not_hold_the_value_is_shown_at_its_field(drafting: Drafting) -> None:
    answer = post(drafting, "assumption_add", WRITTEN | {"label": "Andel", "low": "36"}, query=f"?key={SHARE}")
    assert answer.status_code == 422
    assert "low" in answer.context["form"].errors
    assert not Assumption.objects.exists()


def test_changing_says_in_advance_what_depends_on_it_and_asks_why(drafting: Drafting) -> None:
    fill(drafting)
    pk = row(drafting, "own.lesson").pk
    assert "Färre lektioner i resursskola" in page(drafting, "assumption_change", pk).content.decode()
    data = WRITTEN | {"label": "En lektion", "value": "1 550,50", "low": "1500", "high": "1600"}
    assert post(drafting, "assumption_change", data, pk).status_code == 422
    assert post(drafting, "assumption_change", data | {"reason": "New price list"}, pk).status_code == 302
    assert register_of(drafting.contract)["own.lesson"].value == Decimal("1550.5")
    shown = page(drafting, "assumption", pk).content.decode()
    assert "New price list" in shown
    assert "1,500" in shown


def test_an_identity_number_is_not_taken_for_a_source(drafting: Drafting) -> None:
    data = WRITTEN | {"label": "X", "unit": "value", "source": "Samtal med 121212-1212"}
    answer = post(drafting, "assumption_add", data)
    assert answer.status_code == 422
    assert "121212" not in answer.content.decode()


def test_who_may_not_design_reads_the_register_but_finds_no_forms(drafting: Drafting) -> None:
    fill(drafting)
    drafting.propose()
    answer = page(drafting, who="ines")
    assert answer.status_code == 200
    assert "assumption_add" not in answer.content.decode()
    assert page(drafting, "assumption_add", who="ines").status_code == 403
    assert page(drafting, who="charlie").status_code == 404


def test_an_assumption_of_another_contract_is_not_found(drafting: Drafting) -> None:
    state(drafting, "own.x", "1")
    pk = row(drafting, "own.x").pk
    address = reverse("contracts:assumption", args=[drafting.world.contract.code, pk])
    assert browser(drafting.world, "anna").get(address).status_code == 404


def test_removing_asks_first(drafting: Drafting) -> None:
    state(drafting, "own.x", "1")
    pk = row(drafting, "own.x").pk
    assert page(drafting, "assumption_remove", pk).status_code == 200
    assert post(drafting, "assumption_remove", {}, pk).status_code == 302
    assert "removed from the register" in page(drafting, "assumption", pk).content.decode()
