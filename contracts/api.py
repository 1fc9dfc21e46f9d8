"""Contracts and their terms for other systems: the same contracts and the same permissions as the pages."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from actors.api_auth import actor_of_request
from actors.policies import NotVisible
from actors.roles import Permission
from contracts.models import Contract, ContractParty, ContractVersion
from contracts.policies import roles_of
from contracts.queries import get_contract_for, terms_page, visible_contracts
from contracts.states import ContractStatus

DEFAULT_LIMIT = 50
MOST = 200


class PartySerializer(serializers.Serializer[ContractParty]):
    """An organisation, or one of its boards, in one role. `key` is its name in the terms."""

    key = serializers.CharField()
    role = serializers.CharField()
    organisation = serializers.CharField(source="organisation.name")
    organisation_number = serializers.CharField(source="organisation.organisation_number", allow_null=True)
    board = serializers.CharField(source="board.name", default=None, allow_null=True)


class ContractSerializer(serializers.Serializer[Contract]):
    """A contract with its parties, and the roles in which the caller sees it."""

    code = serializers.CharField()
    name = serializers.CharField()
    status = serializers.ChoiceField(choices=ContractStatus.choices)
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    summary = serializers.CharField()
    target_population = serializers.CharField()
    intervention = serializers.CharField()
    is_invented = serializers.BooleanField()
    computed_from_published_facts = serializers.BooleanField()
    parties = serializers.SerializerMethodField()
    your_roles = serializers.SerializerMethodField()

    @extend_schema_field(PartySerializer(many=True))
    def get_parties(self, contract: Contract) -> list[dict[str, Any]]:
        return [dict(PartySerializer(party).data) for party in sorted(contract.parties.all(), key=lambda p: p.key)]

    def get_your_roles(self, contract: Contract) -> list[str]:
        return sorted(roles_of(self.context["actor"], contract))


class ContractPageSerializer(serializers.Serializer[Any]):
    """One page of contracts in the order of their codes; `next` is the address of the following one."""

    results = ContractSerializer(many=True)
    next = serializers.URLField(allow_null=True)


class VersionSerializer(serializers.Serializer[ContractVersion]):
    """One version of the terms. `document_hash` is the sha256 that the parties accept."""

    number = serializers.IntegerField()
    status = serializers.CharField()
    effective_on = serializers.DateField()
    note = serializers.CharField()
    document_hash = serializers.CharField()
    proposed_at = serializers.DateTimeField(allow_null=True)
    agreed_at = serializers.DateTimeField(allow_null=True)


class TermsSerializer(serializers.Serializer[Any]):
    """The terms of one version, and all versions there are. Amounts in the terms are text, exact to the last digit."""

    contract = serializers.CharField()
    version = VersionSerializer()
    terms = serializers.DictField()
    document = serializers.DictField(allow_null=True, help_text="What the parties accept: terms, parties and date.")
    versions = VersionSerializer(many=True)


class ContractListView(APIView):
    """The contracts the caller may see."""

    @extend_schema(
        operation_id="contracts_list",
        parameters=[
            OpenApiParameter("status", OpenApiTypes.STR, enum=ContractStatus.values),
            OpenApiParameter("after", OpenApiTypes.STR, description="The last code of the page before."),
            OpenApiParameter("limit", OpenApiTypes.INT, description=f"1–{MOST}; {DEFAULT_LIMIT} unless told."),
        ],
        responses=ContractPageSerializer,
    )
    def get(self, request: Request) -> Response:
        actor = actor_of_request(request)
        status, limit = _status(request), _limit(request)
        contracts = visible_contracts(actor).filter(code__gt=request.query_params.get("after", ""))
        if status:
            contracts = contracts.filter(status=status)
        found = list(contracts.order_by("code")[: limit + 1])
        page, more = found[:limit], len(found) > limit
        address = replace_query_param(request.build_absolute_uri(), "after", page[-1].code) if more else None
        return Response(
            {
                "results": [ContractSerializer(contract, context={"actor": actor}).data for contract in page],
                "next": address,
            }
        )


class ContractView(APIView):
    """One contract."""

    @extend_schema(operation_id="contract", responses=ContractSerializer)
    def get(self, request: Request, code: str) -> Response:
        actor = actor_of_request(request)
        contract = get_contract_for(actor, code, Permission.VIEW_CONTRACT)
        return Response(ContractSerializer(contract, context={"actor": actor}).data)


class ContractTermsView(APIView):
    """The agreed terms that take effect last, or the version asked for; before there are any, the open version."""

    @extend_schema(
        operation_id="contract_terms",
        parameters=[OpenApiParameter("version", OpenApiTypes.INT, description="The number of a version.")],
        responses=TermsSerializer,
    )
    def get(self, request: Request, code: str) -> Response:
        contract = get_contract_for(actor_of_request(request), code, Permission.VIEW_CONTRACT)
        page = terms_page(contract)
        number = _number(request)
        shown = page.agreed or page.open if number is None else _numbered(page.versions, number)
        if shown is None:
            raise NotVisible
        return Response(
            {
                "contract": contract.code,
                "version": VersionSerializer(shown).data,
                "terms": shown.terms,
                "document": shown.document,
                "versions": [VersionSerializer(version).data for version in page.versions],
            }
        )


def _numbered(versions: list[ContractVersion], number: int) -> ContractVersion | None:
    return next((version for version in versions if version.number == number), None)


def _status(request: Request) -> str:
    status: str = request.query_params.get("status", "")
    if status and status not in ContractStatus.values:
        known = ", ".join(ContractStatus.values)
        text = _("«%(status)s» is not a status. Choose one of: %(known)s.") % {"status": status, "known": known}
        raise ValidationError({"status": [text]})
    return status


def _limit(request: Request) -> int:
    text = request.query_params.get("limit", str(DEFAULT_LIMIT))
    limit = _whole(text)
    if limit is None or not 1 <= limit <= MOST:
        words = _("«%(limit)s» is not a number of rows. Write a whole number from 1 to %(most)s.")
        raise ValidationError({"limit": [words % {"limit": text, "most": MOST}]})
    return limit


def _number(request: Request) -> int | None:
    text = request.query_params.get("version")
    if text is None:
        return None
    number = _whole(text)
    if number is None:
        raise ValidationError({"version": [_("«%(number)s» is not the number of a version.") % {"number": text}]})
    return number


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
