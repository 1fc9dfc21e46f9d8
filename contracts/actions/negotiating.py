"""What the parties say to each other about the text: comments, answers, and that something is settled."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from actors.audit import record
from actors.policies import Actor, Refused
from contracts.actions.begin import begin_with_version
from contracts.actions.readiness import reader_language
from contracts.actions.telling import tell_parties
from contracts.models import Comment, Contract, ContractVersion
from contracts.policies import Act
from contracts.queries.negotiation import clauses_of


@transaction.atomic
def comment(
    *,
    actor: Actor,
    contract: Contract,
    text: str,
    at: datetime,
    clause: str = "",
    reply_to: Comment | None = None,
) -> Comment:
    """Say something about a clause (by its place) or, without one, about the whole text; or answer a comment."""
    locked, version = begin_with_version(actor, Act.COMMENT, contract)
    organisation = actor.organisation
    if organisation is None:
        raise AssertionError("only a member of an organisation is permitted to comment")
    if not text.strip():
        raise Refused(_("Write what you want to say."))
    if reply_to is not None:
        _refuse_foreign(reply_to, locked)
        clause = reply_to.clause
    said = Comment.objects.create(
        version=version,
        clause=clause,
        quoted=_quoted(locked, version, clause, is_answer=reply_to is not None),
        text=text.strip(),
        reply_to=reply_to.reply_to or reply_to if reply_to is not None else None,
        user=actor.user,
        organisation=organisation,
        at=at,
    )
    record(
        actor=actor,
        at=at,
        event="contracts.comment",
        subject=said,
        contract_code=locked.code,
        version=version.number,
        clause=clause,
    )
    tell_parties("comment", actor=actor, version=version, at=at, about=str(said.pk), clause=_heading(said, locked))
    return said


@transaction.atomic
def resolve_comment(*, actor: Actor, contract: Contract, comment: Comment, at: datetime) -> Comment:
    """Say that what a comment asked for is settled. It stays to be read, with its answers."""
    locked, _version = begin_with_version(actor, Act.COMMENT, contract)
    _refuse_foreign(comment, locked)
    found = Comment.objects.select_for_update().get(pk=comment.pk)
    if found.reply_to_id is not None or found.resolved_at is not None:
        raise Refused(_("The comment is already settled."))
    found.resolved_by, found.resolved_at = actor.user, at
    found.save(update_fields=["resolved_by", "resolved_at"])
    record(actor=actor, at=at, event="contracts.resolve_comment", subject=found, contract_code=locked.code)
    return found


def _refuse_foreign(comment: Comment, contract: Contract) -> None:
    if comment.version.contract_id != contract.pk:
        raise AssertionError("the comment is of another contract")


def _quoted(contract: Contract, version: ContractVersion, place: str, *, is_answer: bool) -> str:
    """The clause as it reads now, in the writer's language."""
    if not place:
        return ""
    for clause in clauses_of(contract, version, reader_language()):
        if clause.place == place:
            return clause.text
    if is_answer:
        return ""  # an answer to something said of a clause that is gone
    raise Refused(_("The clause is no longer in the text. Open the page again, and comment on what stands there now."))


def _heading(said: Comment, contract: Contract) -> str:
    found = clauses_of(contract, said.version, reader_language())
    return next((f"{clause.number} {clause.heading}" for clause in found if clause.place == said.clause), "")
