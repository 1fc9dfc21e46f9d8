"""The negotiation as its page shows it: whose turn it is, what has changed, and what is said about each clause."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from actors.models import Membership, Organisation, User
from actors.policies import Actor
from actors.roles import Permission
from contracts.models import Acceptance, Comment, Contract, ContractVersion
from contracts.policies import incoming, may
from contracts.queries.succession import bring_along, negotiating_parties
from contracts.redline import ClauseDiff, clauses_compared
from contracts.states import VersionStatus
from rulebook import Clause, parse_terms
from rulebook import clauses as clauses_in
from rulebook.problems import Language

_NEGOTIATES = (Permission.COMMENT, Permission.ACCEPT_TERMS, Permission.SIGN_AGREEMENT)


def negotiators(contract: Contract) -> list[User]:
    """Everybody who may comment on, accept or sign the contract for a party or a successor, delegates of today too."""
    bring_along(contract)
    organisations = {party.organisation_id for party in [*contract.parties.all(), *incoming(contract)]}
    memberships = Membership.objects.filter(
        organisation__in=organisations, ended_at__isnull=True, user__is_active=True
    ).select_related("user", "organisation", "board")
    people = {
        membership.user.pk: membership.user
        for membership in memberships
        if any(may(Actor(membership.user, membership), permission, contract) for permission in _NEGOTIATES)
    }
    return list(people.values())


# --- What has changed ------------------------------------------------------------------------------------------------


def clauses_of(contract: Contract, version: ContractVersion, language: Language) -> list[Clause]:
    """The clauses of a version with the parties by name; none where a draft cannot be read yet."""
    terms, _problems = parse_terms(version.terms)
    if terms is None:
        return []
    return clauses_in(terms, language, {party.key: str(party) for party in contract.parties.all()})


def compared(
    contract: Contract, before: ContractVersion, after: ContractVersion, language: Language
) -> list[ClauseDiff]:
    """Every clause of the two versions, matched by place."""
    return clauses_compared(clauses_of(contract, before, language), clauses_of(contract, after, language))


def read_before(
    versions: Iterable[ContractVersion], version: ContractVersion, organisation: Organisation | None
) -> ContractVersion | None:
    """The version to compare with: the one this organisation accepted last, else the one proposed last.

    `versions` come with their acceptances (`contracts.queries.versions_with_acceptances`).
    """
    earlier = [v for v in versions if v.number < version.number and v.document_hash]
    accepted = [v for v in earlier if any(a.organisation_id == _pk(organisation) for a in v.acceptances.all())]
    return max(accepted or earlier, key=lambda v: v.number, default=None)


def _pk(organisation: Organisation | None) -> int | None:
    return organisation.pk if organisation else None


# --- What is said ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Thread:
    """A comment with its answers. `is_changed` says that the clause has got other words since."""

    comment: Comment
    replies: list[Comment]
    is_changed: bool


@dataclass(frozen=True)
class Talk:
    """A clause as it reads now, and what is said about it. A clause that is gone has only its place and old words."""

    place: str
    clause: Clause | None
    open: list[Thread]
    resolved: list[Thread]

    @property
    def is_sayable(self) -> bool:
        """May more be said of it: is it still in the text?"""
        return not self.place or self.clause is not None

    @property
    def anchor(self) -> str:
        """The clause's name in the page's own addresses."""
        return "c-" + "".join(sign if sign.isalnum() else "-" for sign in self.place or "text")


def talk_about(
    contract: Contract, version: ContractVersion, versions: Iterable[ContractVersion], language: Language
) -> list[Talk]:
    """The whole text first, then every clause in order, then what was said of clauses that are gone.

    Comments of earlier versions of this round of negotiation come along: what was said is not lost when the text
    changes. The round begins after the last agreed version.
    """
    round_of = _round(versions, version)
    comments = list(
        Comment.objects.filter(version__in=round_of)
        .select_related("user", "organisation", "version", "resolved_by")
        .order_by("at", "pk")
    )
    now = {clause.place: clause for clause in clauses_of(contract, version, language)}
    then = {
        v.pk: {clause.place: clause.text for clause in clauses_of(contract, v, language)}
        for v in round_of
        if v.pk != version.pk and any(comment.version_id == v.pk for comment in comments)
    }
    threads = _threads(comments, now, then)
    gone = [place for place in threads if place and place not in now]
    return [_talk(place, now.get(place), threads.get(place, [])) for place in ("", *now, *gone)]


def _round(versions: Iterable[ContractVersion], version: ContractVersion) -> list[ContractVersion]:
    versions = list(versions)
    agreed = max((v.number for v in versions if v.status == VersionStatus.AGREED and v != version), default=0)
    return [v for v in versions if agreed < v.number <= version.number]


def _threads(
    comments: list[Comment], now: Mapping[str, Clause], then: Mapping[int, Mapping[str, str]]
) -> dict[str, list[Thread]]:
    replies: dict[int, list[Comment]] = {}
    for comment in comments:
        if comment.reply_to_id is not None:
            replies.setdefault(comment.reply_to_id, []).append(comment)
    found: dict[str, list[Thread]] = {}
    for comment in comments:
        if comment.reply_to_id is None:
            place = comment.clause
            before = then.get(comment.version_id)
            text = now[place].text if place in now else None
            is_changed = bool(place) and before is not None and before.get(place) != text
            found.setdefault(place, []).append(Thread(comment, replies.get(comment.pk, []), is_changed))
    return found


def _talk(place: str, clause: Clause | None, threads: list[Thread]) -> Talk:
    return Talk(
        place,
        clause,
        [thread for thread in threads if thread.comment.resolved_at is None],
        [thread for thread in threads if thread.comment.resolved_at is not None],
    )


# --- Where the parties stand -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Standing:
    """Where an organisation stands: has it accepted, and is it awaited?"""

    organisation: Organisation
    roles: list[str]
    acceptance: Acceptance | None


def standings(contract: Contract, acceptances: Iterable[Acceptance]) -> list[Standing]:
    """Every organisation that is a party or would become one, by name, with its acceptance of this version."""
    by_organisation = {acceptance.organisation_id: acceptance for acceptance in acceptances}
    roles: dict[int, list[str]] = {}
    organisations: dict[int, Organisation] = {}
    for party in negotiating_parties(contract):
        organisations[party.organisation_id] = party.organisation
        labels = roles.setdefault(party.organisation_id, [])
        if party.role_label not in labels:
            labels.append(party.role_label)
    ordered = sorted(organisations.values(), key=lambda organisation: organisation.name)
    return [Standing(o, roles[o.pk], by_organisation.get(o.pk)) for o in ordered]
