"""The demo world: its accounts, its organisations and its three contracts, written by the same acts that people use.

Everything here is invented, except the published facts about Norrköping. `seed` does nothing where the world exists.
"""

from django.db import transaction

from actors.models import Board, Membership, Organisation, OrganisationKind, User
from actors.policies import Actor
from actors.roles import Duty
from config.demo import begun, nordviken, norrkoping
from contracts.models import Contract
from payments.actions import compute

PASSWORD = "utfall-demo"  # noqa: S105 - the demo's own; the demo refuses any database but its own

_PEOPLE: list[tuple[str, str, str, list[Duty], str]] = [
    # name before @example.org, person, organisation, duties, what to see there
    ("official", "Hanna Handläggare", "nordviken", [Duty.CASE_OFFICER, Duty.ADMINISTRATOR], "handläggare i kommunen"),
    ("reviewer", "Gunnar Granskare", "nordviken", [Duty.REVIEWER], "granskar betalningar"),
    ("decider", "Beata Beslutsattestant", "nordviken", [Duty.DECIDER], "beslutar om betalningar"),
    ("provider", "Ulla Utförare", "spranget", [Duty.CASE_OFFICER, Duty.ADMINISTRATOR], "utförare, rapporterar"),
    ("intermediary", "Ivar Intermediär", "mitt", [Duty.CASE_OFFICER, Duty.ADMINISTRATOR], "intermediär, verifierar"),
    ("investor", "Inga Investerare", "norrsken", [Duty.CASE_OFFICER, Duty.ADMINISTRATOR], "investerare"),
    ("support", "Stina Stöd", "stodet", [Duty.CASE_OFFICER, Duty.ADMINISTRATOR], "det nationella stödet"),
    (
        "lillberg",
        "Lisa Lillberg",
        "lillberg",
        [Duty.CASE_OFFICER, Duty.ADMINISTRATOR],
        "ensam handläggare, liten kommun",
    ),
    ("lillberg-beslut", "Bo Beslut", "lillberg", [Duty.DECIDER], "tecknar den lilla kommunen"),
    ("outsider", "Charlie Utanför", "utanfor", [Duty.CASE_OFFICER, Duty.ADMINISTRATOR], "en annan kommun"),
]
ACCOUNTS: list[tuple[str, str]] = [(f"{name}@example.org", shown) for name, _, _, _, shown in _PEOPLE]

_ORGANISATIONS: dict[str, tuple[str, OrganisationKind, str]] = {
    "nordviken": ("Nordvikens kommun", OrganisationKind.MUNICIPALITY, "2120999905"),
    "spranget": ("Föreningen Språnget", OrganisationKind.ASSOCIATION, "8099999909"),
    "norrsken": ("Norrsken Impact AB", OrganisationKind.COMPANY, "5599999900"),
    "mitt": ("Region Mitt", OrganisationKind.REGION, "2321999902"),
    "stodet": ("Nationella stödet för utfallskontrakt", OrganisationKind.STATE_AGENCY, "2021999905"),
    "lillberg": ("Lillbergs kommun", OrganisationKind.MUNICIPALITY, "2120999921"),
    "utanfor": ("Utanförs kommun", OrganisationKind.MUNICIPALITY, "2120999913"),
}


def seed() -> None:
    """Write the whole world in one transaction, once."""
    with transaction.atomic():
        if Contract.objects.filter(code__in=[nordviken.CODE, norrkoping.CODE]).exists():
            return
        organisations = _seed_organisations()
        actors = {
            name: _seed_person(name, person, organisations[org], duties) for name, person, org, duties, _ in _PEOPLE
        }
        boards = [
            Board.objects.create(organisation=organisations["nordviken"], name=name)
            for name in ("Utbildningsnämnden", "Socialnämnden")
        ]
        readers = [organisation for key, organisation in organisations.items() if key not in ("utanfor", "lillberg")]
        for name in ("Barn- och utbildningsnämnden", "Socialnämnden"):
            Board.objects.create(organisation=organisations["lillberg"], name=name)
        historical = norrkoping.seed(readers)
        compute(historical.pk, at=norrkoping.computed_at())
        nordviken.seed(actors, organisations, boards)
        begun.seed(actors, organisations, boards)


def _seed_organisations() -> dict[str, Organisation]:
    return {
        key: Organisation.objects.create(
            name=name, kind=kind, organisation_number=number, is_invented=True, is_national_support=key == "stodet"
        )
        for key, (name, kind, number) in _ORGANISATIONS.items()
    }


def _seed_person(name: str, person: str, organisation: Organisation, duties: list[Duty]) -> Actor:
    user = User.objects.create_user(f"{name}@example.org", PASSWORD, name=person, is_invented=True)
    return Actor(user, Membership.objects.create(user=user, organisation=organisation, duties=list(duties)))
