"""A contract that has been through the design workspace: need, chain, measure, baseline, assumptions, roles."""

from datetime import date
from decimal import Decimal
from pathlib import Path

from django.conf import LazySettings
from django.utils import timezone, translation

from actors.roles import Permission
from contracts.models import (
    Assumption,
    AssumptionRevision,
    Baseline,
    ChainLink,
    Contract,
    ContractParty,
    ContractVersion,
    DataRole,
    Design,
    Measure,
)
from contracts.queries import get_contract_for
from reports import render, seal
from reports.definitions import agreement, as_json
from reports.definitions.agreement_data import Agreement
from tests.contracts.conftest import Drafting, draft_in
from tests.world import NOW, World


def designed(world: World) -> Drafting:
    """A draft with everything that the agreement has a section for."""
    drafting = draft_in(world)
    contract = drafting.contract
    Contract.objects.filter(pk=contract.pk).update(
        target_population="Elever i årskurs 7–9 med hög frånvaro", intervention="Ett team om tre personer möter eleven."
    )
    Design.objects.filter(contract=contract).update(
        need="Var femte elev missar mer än en dag i veckan.",
        inclusion="Frånvaro över 20 % i två månader",
        exclusion="Elever med långvarig sjukdom",
        expected_participants=40,
        report_within_days=20,
    )
    link = ChainLink.objects.create(
        contract=contract, link=ChainLink.Link.EFFECT, text="Närvaron ökar", grounds="Två studier visar det."
    )
    measure = Measure.objects.create(
        contract=contract,
        key="att3",
        name_sv="Närvaro i tre månader",
        name_en="Attendance for three months",
        link=link,
        status=Measure.Status.CHOSEN,
        use=Measure.Use.PAYMENT,
        numerator="Elever med minst 80 % närvaro",
        denominator="Alla elever i kohorten",
        source_system="Skolans närvaroregister",
        missing="Saknad uppgift räknas som frånvaro.",
        target=Decimal("0.35"),
    )
    Baseline.objects.create(
        measure=measure, method=Baseline.Method.OWN_PERIOD, value=Decimal("0.12"), persons=50, period="läsåret 2025/26"
    )
    Measure.objects.create(contract=contract, key="gpa", name_sv="Betyg", status=Measure.Status.CANDIDATE)
    assume(world, contract, "outcome.att3.share", "Andel som når tre månader")
    ContractParty.objects.filter(contract=contract, key="utforaren").update(data_role=DataRole.PROCESSOR)
    ContractParty.objects.filter(contract=contract, key="utbildningsnamnden").update(data_role=DataRole.CONTROLLER)
    drafting.refresh()
    return drafting


def assume(world: World, contract: Contract, key: str, label: str) -> None:
    assumption = Assumption.objects.create(contract=contract, key=key, label=label, unit="share")
    AssumptionRevision.objects.create(
        assumption=assumption,
        value=Decimal("0.3"),
        low=Decimal("0.2"),
        high=Decimal("0.4"),
        source="=Utvärdering 2024",
        certainty="uncertain",
        owner="Anna",
        stated_on=date(2026, 10, 1),
        user=world.users["anna"],
    )


def said(world: World, version: ContractVersion, language: str = "sv", who: str = "anna") -> Agreement:
    """The agreement of the version, as the person may read it."""
    params = agreement.Params(version.contract.code, version.number, language)
    get_contract_for(world.actors[who], version.contract.code, Permission.VIEW_DESIGN)
    with translation.override(language):
        return agreement.build(world.actors[who], params, NOW)


def paper(data: Agreement, language: str = "sv") -> bytes:
    """The document as a PDF."""
    params = agreement.Params(data.contract_code, data.version, language)
    with translation.override(language):
        markup = render.html(agreement.TEMPLATE, {"data": data, "title": agreement.title(params)}, language=language)
        return render.pdf(
            markup,
            stylesheet=agreement.STYLESHEET,
            data=as_json(data),
            at=data.as_of,
            attached=agreement.attached(data),
        )


def use_test_seal(settings: LazySettings, folder: Path) -> Path:
    """This installation has a test seal in the folder."""
    settings.SEAL_PKCS12 = ""
    settings.SEAL_TEST_FOLDER = str(folder)
    seal.make_test_seal(folder, timezone.now())
    return folder
