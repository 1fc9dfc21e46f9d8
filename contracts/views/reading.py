"""The terms as their reader meets them: in sentences, or as what remains to be mended."""

from dataclasses import dataclass

from contracts.actions.readiness import reader_language
from contracts.models import Contract, ContractVersion
from rulebook import Clause, annex, parse_terms


@dataclass(frozen=True)
class Words:
    """The annex of terms that hold together, or problems (where, what) of a draft that does not."""

    clauses: list[Clause]
    problems: list[tuple[str, str]]


def in_words(contract: Contract, version: ContractVersion) -> Words:
    """The version in the reader's language, with the parties by name."""
    return read_aloud(contract, version.terms)


def read_aloud(contract: Contract, document: object) -> Words:
    """The same of any document, saved or not."""
    language = reader_language()
    terms, problems = parse_terms(document)
    if terms is None:
        return Words([], [(problem.where, problem.message(language)) for problem in problems])
    names = {party.key: str(party) for party in contract.parties.all()}
    return Words(annex(terms, language, names), [])
