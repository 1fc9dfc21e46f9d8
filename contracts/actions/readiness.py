"""Is a draft ready to be proposed? Every problem at once, read by the decision page and by the act itself."""

from collections.abc import Iterator
from datetime import date

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from actors.policies import Actor
from actors.roles import Role
from contracts.models import Contract, ContractParty, ContractVersion
from contracts.policies import holds
from contracts.queries import agreed_versions
from contracts.queries.succession import parties_after, successions_of
from contracts.snapshot import terms_of
from rulebook import Terms, parse_terms
from rulebook.problems import Language

PAYEES = frozenset({Role.INVESTOR, Role.SERVICE_PROVIDER, Role.INTERMEDIARY, Role.VERIFIER})


def reader_language() -> Language:
    """The rulebook's name for the language of whoever reads."""
    return "en" if (get_language() or "sv").startswith("en") else "sv"


def amendment_date_problem(contract: Contract, latest: ContractVersion, effective_on: date) -> str:
    """Why an amendment cannot take effect on that date, or nothing."""
    if effective_on <= latest.effective_on:
        return _(
            "The amendment would take effect on %(date)s, but version %(number)s applies from %(latest)s. "
            "Choose a later date: what was agreed for a time stays agreed."
        ) % {
            "date": effective_on.isoformat(),
            "number": latest.number,
            "latest": latest.effective_on.isoformat(),
        }
    if effective_on > contract.ends_on:
        return _("The amendment would take effect on %(date)s, but the contract ends on %(end)s.") % {
            "date": effective_on.isoformat(),
            "end": contract.ends_on.isoformat(),
        }
    return ""


def problems_before_proposing(actor: Actor, contract: Contract, version: ContractVersion, on: date) -> list[str]:
    """Everything that stands between the draft and a proposal made on the day `on`, in the reader's language."""
    parties = list(contract.parties.select_related("organisation", "board").order_by("key"))
    terms, problems = parse_terms(version.terms)
    found = [
        f"{p.where}: {p.message(reader_language())}" if p.where else p.message(reader_language()) for p in problems
    ]
    found += problems_of_parties(actor, parties)
    latest = agreed_versions(contract).last()
    later = parties_after(parties, successions_of(version))
    found += problems_of_fit(contract, version, parties=later, terms=terms, latest=latest, on=on)
    return found


def problems_of_fit(
    contract: Contract,
    version: ContractVersion,
    *,
    parties: list[ContractParty],
    terms: Terms | None,
    latest: ContractVersion | None,
    on: date,
) -> list[str]:
    """Where terms that hold together do not fit the parties, the contract's days or the latest agreed version."""
    found: list[str] = []
    if terms is not None:
        found += [*_legs(terms, parties), *_cohorts(contract, terms), *_not_recordable(terms)]
    if latest is None:
        found += _first(contract, version, terms)
    else:
        found += _amendment(contract, version, latest, terms, on)
    return found


def problems_of_parties(actor: Actor, parties: list[ContractParty]) -> Iterator[str]:
    """Who is missing among the parties."""
    if not any(party.role == Role.OUTCOME_PAYER for party in parties):
        yield _("No outcome payer is a party yet. Add at least one.")
    if not any(party.role == Role.VERIFIER for party in parties):
        yield _("No verifier is a party yet. Add whoever decides whether outcomes were reached.")
    if parties and not any(holds(actor, party) for party in parties):
        yield _(
            "Your organisation is not a party. Add it, or let a case officer of an outcome payer propose the terms."
        )


def _not_recordable(terms: Terms) -> Iterator[str]:
    """What the rulebook can settle but claim periods cannot record yet: terms nobody could report on are not signed."""
    kinds = {rule.kind for term in terms.terms for rule in term.measures}
    if any(metric.duration for metric in terms.metrics):
        yield _("Stretches of time (duration) cannot be reported here yet. Count days or weeks as units instead.")
    if any(metric.groups for metric in terms.metrics) or any(term.groups for term in terms.terms):
        yield _("The groups of a participant cannot be reported here yet. Use a metric for each group instead.")
    if terms.events:
        yield _("Events of the contract cannot be reported here yet. Use an amendment or a measured value instead.")
    if "effect" in kinds:
        yield _("An effect with its standard error cannot be reported here yet. Let the verifier report what counts.")
    if "enrolled" in kinds:
        yield _("The number of enrolled persons cannot be settled here yet. Report it as a measured value instead.")


def _legs(terms: Terms, parties: list[ContractParty]) -> Iterator[str]:
    """Who pays whom: everybody named must be a party in a fitting role, and the verifier may not gain by outcomes."""
    by_key = {party.key: party for party in parties}
    verifiers = {party.organisation_id for party in parties if party.role == Role.VERIFIER}
    known = ", ".join(by_key) or "–"
    said: set[str] = set()
    paid: set[str] = set()
    for term in terms.terms:
        for leg in terms.legs_of(term):
            for problem in (
                *_payer(leg.payer, by_key, known),
                *_payee(leg.payee, by_key, known),
                *_verifier_gains(term.id, leg.payee if term.measure else None, by_key, verifiers),
            ):
                if problem not in said:
                    said.add(problem)
                    yield problem
            paid |= {str(by_key[leg.payee].role)} if leg.payee in by_key else set()
    if paid and not paid & {Role.INVESTOR, Role.SERVICE_PROVIDER}:
        yield _("Nobody is paid for outcomes: at least one payee must be an investor or a service provider.")


def _payer(key: str, by_key: dict[str, ContractParty], known: str) -> Iterator[str]:
    party = by_key.get(key)
    if party is None:
        yield _("The terms name the payer «%(key)s», who is not a party. The parties are: %(known)s.") % {
            "key": key,
            "known": known,
        }
    elif party.role != Role.OUTCOME_PAYER:
        yield _("The terms let «%(key)s» pay, but its role is %(role)s. Only an outcome payer pays.") % {
            "key": key,
            "role": party.role_label.lower(),
        }


def _payee(key: str | None, by_key: dict[str, ContractParty], known: str) -> Iterator[str]:
    if key is None:
        yield _("A leg of the terms does not say who is paid. Write payee with a party's name in the terms.")
        return
    party = by_key.get(key)
    if party is None:
        yield _("The terms name the payee «%(key)s», who is not a party. The parties are: %(known)s.") % {
            "key": key,
            "known": known,
        }
    elif party.role not in PAYEES:
        yield _("The terms pay «%(key)s», but its role is %(role)s. An outcome payer is not paid for outcomes.") % {
            "key": key,
            "role": party.role_label.lower(),
        }


def _verifier_gains(term: str, key: str | None, by_key: dict[str, ContractParty], verifiers: set[int]) -> Iterator[str]:
    party = by_key.get(key or "")
    if party is not None and party.organisation_id in verifiers:
        yield _(
            "Term %(term)s pays «%(key)s» by outcomes, but %(organisation)s is the verifier: whoever decides whether "
            "an outcome was reached may not gain by it. Pay a fixed amount, or choose another verifier."
        ) % {"term": term, "key": key, "organisation": party.organisation}


def _cohorts(contract: Contract, terms: Terms) -> Iterator[str]:
    if not terms.cohorts and any(metric.level in {"person", "cohort"} for metric in terms.metrics):
        yield _("The terms measure persons or cohorts but name no cohort. Add cohorts, with the days they enrol.")
    for cohort in terms.cohorts:
        if cohort.enrols[0] > contract.ends_on:
            yield _("Cohort %(cohort)s enrols from %(date)s, after the contract ends on %(end)s.") % {
                "cohort": cohort.id,
                "date": cohort.enrols[0].isoformat(),
                "end": contract.ends_on.isoformat(),
            }


def _first(contract: Contract, version: ContractVersion, terms: Terms | None) -> Iterator[str]:
    if version.effective_on > contract.starts_on:
        yield _(
            "Version 1 takes effect on %(date)s, but the contract starts on %(start)s: until then nothing would apply."
        ) % {"date": version.effective_on.isoformat(), "start": contract.starts_on.isoformat()}
    life = terms.life if terms is not None else None
    if life is not None and (life.starts_on < contract.starts_on or life.ends_on > contract.ends_on):
        yield _(
            "The terms apply from %(first)s to %(last)s, but the contract runs from %(start)s to %(end)s. "
            "Make the dates agree."
        ) % {
            "first": life.starts_on.isoformat(),
            "last": life.ends_on.isoformat(),
            "start": contract.starts_on.isoformat(),
            "end": contract.ends_on.isoformat(),
        }


def _amendment(
    contract: Contract, version: ContractVersion, latest: ContractVersion, terms: Terms | None, on: date
) -> Iterator[str]:
    problem = amendment_date_problem(contract, latest, version.effective_on)
    if problem:
        yield problem
    if version.effective_on < on and not version.note.strip():
        yield _(
            "The amendment takes effect on %(date)s, which has passed. Write in «What is new» why it applies backwards."
        ) % {"date": version.effective_on.isoformat()}
    if terms is None:
        return
    before = terms_of(latest)
    if terms.currency != before.currency:
        yield _("The currency is %(new)s, but the agreed terms are in %(old)s. A contract keeps its currency.") % {
            "new": terms.currency,
            "old": before.currency,
        }
    for gone in [c.id for c in before.cohorts if c.id not in terms.cohort_by_id]:
        yield _("Cohort %(cohort)s is gone from the terms. Those enrolled in it keep their rights: put it back.") % {
            "cohort": gone
        }
