"""Offering an agreed contract as a template: what it holds that others may use, without names or small counts."""

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.text import slugify
from django.utils.translation import gettext as _

from actors.audit import record
from actors.models import OrganisationKind
from actors.policies import Actor, Refused
from actors.roles import Role
from contracts.actions.begin import begin
from contracts.actions.designing import OF_THE_CONTRACT
from contracts.models import Contract, ContractParty, Measure
from contracts.policies import Act
from contracts.queries import agreed_versions, role_word
from contracts.queries.register import register_of
from library.actions import tell_reviewers
from library.documents import DESIGN_TEXTS, check_document
from library.models import ContractTemplate
from library.queries import LINKS, TEXTS, language_of_reader
from library.sheets import SHEET_KEYS
from library.states import Certainty, ShelfStatus
from rulebook import MIN_CELL

_PAYER_WORDS = {OrganisationKind.REGION: "regionen", OrganisationKind.STATE_AGENCY: "staten"}
_SPOKEN = {
    "kommunen": ("kommunen", "the municipality"),
    "regionen": ("regionen", "the region"),
    "staten": ("staten", "the state"),
    "investeraren": ("investeraren", "the investor"),
    "utforaren": ("utföraren", "the service provider"),
    "intermediaren": ("intermediären", "the intermediary"),
    "granskaren": ("granskaren", "the verifier"),
}
_SURENESS = [
    Certainty.PUBLISHED,
    Certainty.COMPUTED,
    Certainty.UNCERTAIN,
    Certainty.ASSUMED,
    Certainty.INVENTED,
]
_YEAR = re.compile(r"\b20\d\d\b")


@dataclass(frozen=True)
class Offer:
    """What a template of a contract would hold, and what was left out of it and why."""

    document: dict[str, Any]
    certainty: Certainty
    name: str
    summary: str
    left_out: list[str] = field(default_factory=list)


@transaction.atomic
def offer_template(
    *,
    actor: Actor,
    contract: Contract,
    name_sv: str,
    name_en: str,
    summary_sv: str,
    summary_en: str,
    area: str,
    language: str,
    at: datetime,
) -> ContractTemplate:
    """Offer the agreed contract to the library as a template. The national support reads it before anybody else does.

    `language` is the one its texts are written in. Offered again after a return, or later, it is the next version.
    """
    locked, _version = begin(actor, Act.OFFER_TEMPLATE, contract)
    before = ContractTemplate.objects.select_for_update().filter(
        contract_code=locked.code, author=actor.organisation, author__isnull=False
    )
    waiting = next((row for row in before if row.status == ShelfStatus.OFFERED), None)
    if waiting is not None:
        raise Refused(_("«%(name)s» is already offered and waits for the national support.") % {"name": waiting.name})
    offer = what_is_offered(locked, language)
    key = before.order_by("-version").values_list("key", flat=True).first() or _free_key(name_sv)
    highest = ContractTemplate.objects.filter(key=key).aggregate(highest=Max("version"))["highest"] or 0
    template = ContractTemplate.objects.create(
        key=key,
        version=highest + 1,
        name_sv=name_sv,
        name_en=name_en,
        summary_sv=summary_sv,
        summary_en=summary_en,
        area=area,
        certainty=offer.certainty,
        document=offer.document,
        author=actor.organisation,
        contract_code=locked.code,
        offered_by=actor.user,
        offered_at=at,
        updated_at=at,
    )
    record(
        actor=actor,
        at=at,
        event="contracts.offer_template",
        subject=locked,
        contract_code=locked.code,
        template=template.key,
        template_version=template.version,
    )
    tell_reviewers(template, at=at)
    return template


def what_is_offered(contract: Contract, language: str) -> Offer:
    """The contract as a template: its agreed terms, design, effect chain, chosen measures, assumptions and gains.

    Parties are called by their roles, also in texts. Nothing about persons is in it, and no count that is smaller than
    what may be shown.
    """
    version = agreed_versions(contract).last()
    if version is None:
        raise Refused(_("No version of the terms is agreed yet."))
    parties = list(contract.parties.select_related("organisation", "board").order_by("pk"))
    names = _party_words(parties)
    writer = _Writer(contract, parties, names, language)
    measures = list(contract.measures.filter(status=Measure.Status.CHOSEN).select_related("indicator").order_by("pk"))
    fewest = max((measure.suppression_threshold for measure in measures), default=MIN_CELL)
    left_out: list[str] = []
    assumptions = list(_assumptions(contract, writer, fewest, left_out))
    document = {
        "terms": _terms(version.terms, {party.key: key for party, key in names}, writer, fewest, left_out),
        "parties": [
            {"key": key, "role": party.role, "sv": _spoken(party, key, 0), "en": _spoken(party, key, 1)}
            for party, key in names
        ],
        "design": _design(contract, writer, fewest, left_out),
        "chain": [
            {"id": f"c{link.pk}", "link": link.link, language: writer.text(link.text)}
            | {f"grounds_{language}": writer.text(link.grounds)}
            for link in contract.chain.all()
        ],
        "measures": [_measure(measure, writer) for measure in measures],
        "assumptions": assumptions,
        "benefits": list(_benefits(contract, writer, {item["key"] for item in assumptions}, left_out)),
        "language": language,
    }
    sureness = [Certainty(item["certainty"]) for item in assumptions] or [Certainty.ASSUMED]
    certainty = Certainty.INVENTED if contract.is_invented else max(sureness, key=_SURENESS.index)
    return Offer(document, certainty, writer.text(contract.name), writer.text(contract.summary), left_out)


def gaps_of(offer: Offer) -> list[str]:
    """What the offered document leaves unsaid: the support will ask, and whoever begins from it must fill it in."""
    gaps = []
    links = {item["link"] for item in offer.document["chain"]}
    for problem in check_document(offer.document):
        part, _dot, name = problem.where.partition(".")
        if part == "design" and problem.code == "missing":
            gaps.append(_("Nothing is written about «%(what)s».") % {"what": TEXTS[name.partition(".")[2]]})
        elif problem.code != "link_missing":
            gaps.append(problem.message(language_of_reader()))
    return [
        *gaps,
        *(_("The effect chain lacks: %(link)s.") % {"link": name} for key, name in LINKS.items() if key not in links),
    ]


# --- Names -----------------------------------------------------------------------------------------------------------


def _party_words(parties: list[ContractParty]) -> list[tuple[ContractParty, str]]:
    """Each party with what its role is called, numbered where there are several."""
    found: list[tuple[ContractParty, str]] = []
    used: dict[str, int] = {}
    for party in parties:
        kind = OrganisationKind(party.organisation.kind)
        is_payer = party.role == Role.OUTCOME_PAYER
        word = _PAYER_WORDS.get(kind, "kommunen") if is_payer else role_word(Role(party.role))
        used[word] = used.get(word, 0) + 1
        found.append((party, word if used[word] == 1 else f"{word}_{used[word]}"))
    return found


def _spoken(party: ContractParty, key: str, language: int) -> str:
    word, _underscore, number = key.partition("_")
    name = _SPOKEN[word][language] + (f" {number}" if number else "")
    return f"{name}, {party.board.name}" if party.board else name


class _Writer:
    """Writes the contract's texts again, with the names of the parties and of the contract replaced."""

    def __init__(
        self, contract: Contract, parties: list[ContractParty], names: list[tuple[ContractParty, str]], language: str
    ) -> None:
        self.language = language
        self.replacements: list[tuple[re.Pattern[str], tuple[str, str]]] = []
        words = {party.pk: _SPOKEN[key.partition("_")[0]] for party, key in names}
        for party in sorted(parties, key=lambda p: -len(p.organisation.name)):
            sv, en = words[party.pk]
            for name, is_genitive in _names_of(party):
                pattern = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)", re.IGNORECASE)
                self.replacements.append((pattern, (f"{sv}s", f"{en}'s") if is_genitive else (sv, en)))
        code = re.compile(re.escape(contract.code), re.IGNORECASE)
        self.replacements.append((code, ("avtalet", "the contract")))

    def text(self, text: str, language: str = "") -> str:
        place = 1 if (language or self.language) == "en" else 0
        for pattern, words in self.replacements:
            text = pattern.sub(partial(_instead, words[place]), text)
        return text


def _instead(word: str, match: re.Match[str]) -> str:
    """The word in the name's place, with a capital where a sentence begins."""
    before = match.string[: match.start()].rstrip()
    return word[0].upper() + word[1:] if not before or before[-1] in ".!?" else word


def _names_of(party: ContractParty) -> Iterator[tuple[str, bool]]:
    """What a party is called in texts, the longer first, and whether it is said as an owner."""
    organisation = party.organisation
    yield f"{organisation.name}s", True
    yield organisation.name, False
    if organisation.organisation_number:
        yield organisation.formatted_number, False
        yield organisation.organisation_number, False
    place = re.fullmatch(r"(.+?)(s?) kommun", organisation.name)
    if organisation.kind == OrganisationKind.MUNICIPALITY and place:
        yield f"{place[1]}s", True
        yield place[1], False


# --- The parts -------------------------------------------------------------------------------------------------------


def _terms(
    terms: Mapping[str, Any], keys: Mapping[str, str], writer: _Writer, fewest: int, left_out: list[str]
) -> dict[str, Any]:
    def walk(value: Any, name: str = "") -> Any:
        if isinstance(value, Mapping):
            return {key: walk(item, key) for key, item in value.items()}
        if isinstance(value, list):
            return [walk(item, name) for item in value]
        if not isinstance(value, str):
            return value
        if name in {"payer", "payee"}:
            return keys.get(value, value)
        return writer.text(value, name) if name in {"sv", "en", "name"} else value

    found: dict[str, Any] = walk(deepcopy(dict(terms)))
    for number, cohort in enumerate(found.get("cohorts", []), 1):
        if any(_YEAR.search(str(cohort.get(language, ""))) for language in ("sv", "en")):
            cohort["sv"], cohort["en"] = f"Kohort {number}", f"Cohort {number}"  # its dates move, so its name must not
        if cohort.get("size") is not None and int(cohort["size"]) < fewest:
            del cohort["size"]
            left_out.append(_("The size of a cohort: fewer than %(n)s persons.") % {"n": fewest})
    return found


def _design(contract: Contract, writer: _Writer, fewest: int, left_out: list[str]) -> dict[str, Any]:
    design = contract.design
    texts = {name: str(getattr(contract if name in OF_THE_CONTRACT else design, name)) for name in DESIGN_TEXTS}
    participants = design.expected_participants
    if participants is not None and participants < fewest:
        participants = None
        left_out.append(_("How many will take part: fewer than %(n)s persons.") % {"n": fewest})
    return {
        writer.language: {name: writer.text(text) for name, text in texts.items()},
        "expected_participants": participants,
        "horizon_years": design.horizon_years,
    }


def _measure(measure: Measure, writer: _Writer) -> dict[str, Any]:
    sheet = {name: writer.text(str(getattr(measure, name))) for name in SHEET_KEYS}
    shelf = measure.indicator.sheet.get(writer.language, {}) if measure.indicator else None
    found: dict[str, Any] = {
        "key": measure.key,
        "indicator": measure.indicator.key if measure.indicator else None,
        "use": measure.use,
        "name_sv": writer.text(measure.name_sv, "sv"),
        "name_en": writer.text(measure.name_en, "en"),
        "chain": f"c{measure.link_id}" if measure.link_id else None,
        "target": _plain(measure.target),
    }
    if sheet != shelf:  # a definition of one's own goes with it
        found["sheet"] = {writer.language: sheet, "suppression_threshold": measure.suppression_threshold}
    return found


def _assumptions(contract: Contract, writer: _Writer, fewest: int, left_out: list[str]) -> Iterator[dict[str, Any]]:
    for key, entry in register_of(contract).items():
        if entry.unit == "persons" and any(
            number is not None and number < fewest for number in (entry.value, entry.low, entry.high)
        ):
            left_out.append(_("«%(label)s»: fewer than %(n)s persons.") % {"label": entry.label, "n": fewest})
            continue
        revision = entry.revision
        yield {
            "key": key,
            writer.language: writer.text(entry.label),
            "unit": entry.unit,
            "value": _plain(entry.value),
            "low": _plain(entry.low),
            "high": _plain(entry.high),
            "source": writer.text(revision.source),
            "source_url": revision.source_url,
            "certainty": str(revision.certainty),
        }


def _benefits(contract: Contract, writer: _Writer, kept: set[str], left_out: list[str]) -> Iterator[dict[str, Any]]:
    rows = contract.benefits.select_related("volume", "unit_cost", "attribution", "shelf_cost").order_by("pk")
    for benefit in rows:
        keys = [benefit.volume.key, benefit.unit_cost.key, benefit.attribution.key if benefit.attribution else ""]
        if any(key and key not in kept for key in keys):
            left_out.append(_("The gain «%(label)s», which rests on what is left out.") % {"label": benefit.label})
            continue
        yield {
            "holder": benefit.holder,
            writer.language: writer.text(benefit.label),
            "metric": benefit.metric,
            "volume": keys[0],
            "unit_cost": keys[1],
            "attribution": keys[2] or None,
            "shelf_cost": benefit.shelf_cost.key if benefit.shelf_cost else None,
            "from_year": benefit.from_year,
            "years": benefit.years,
            "is_cashable": benefit.is_cashable,
        }


def _plain(value: Decimal | None) -> str | None:
    return None if value is None else f"{value.normalize():f}"


def _free_key(name: str) -> str:
    base = slugify(name)[:50].strip("-") or "mall"
    taken = set(ContractTemplate.objects.filter(key__startswith=base).values_list("key", flat=True))
    numbered = (base if number == 1 else f"{base}-{number}" for number in range(1, len(taken) + 2))
    return next(key for key in numbered if key not in taken)
