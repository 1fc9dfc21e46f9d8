"""Calculations and payment orders for other systems: the same rows and the same permissions as the pages."""

from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from actors.api_auth import actor_of_request
from actors.roles import Permission
from contracts.queries import get_contract_for
from payments.models import Attestation, Calculation, CalculationLine, PaymentOrder
from payments.queries import calculations_of, explain, get_calculation_for, orders_of
from payments.states import OrderStatus

DEFAULT_LIMIT = 50
MOST = 200
LANGUAGES = ("sv", "en")


def _amount() -> serializers.DecimalField:
    """Money is text in JSON, exact to the öre; negative when the payee owes it back."""
    return serializers.DecimalField(max_digits=14, decimal_places=2)


class CalculationSerializer(serializers.Serializer[Calculation]):
    """The settlement of one claim period. The same inputs give the same `result_hash`, for ever."""

    id = serializers.UUIDField()
    number = serializers.IntegerField()
    period = serializers.CharField(source="claim_period.name")
    as_of = serializers.DateField()
    computed_at = serializers.DateTimeField()
    currency = serializers.CharField()
    due = serializers.DecimalField(max_digits=14, decimal_places=2, source="total")
    entitled_to_date = _amount()
    rulebook_version = serializers.CharField()
    inputs_hash = serializers.CharField()
    result_hash = serializers.CharField()


class CalculationPageSerializer(serializers.Serializer[Any]):
    """One page of calculations in the order they were made; `next` is the address of the following one."""

    results = CalculationSerializer(many=True)
    next = serializers.URLField(allow_null=True)


class WorkingSerializer(serializers.Serializer[Any]):
    """How a line came about: the rule in words, the same with numbers, the amount; what limited it, on what ground."""

    words = serializers.CharField()
    numbers = serializers.CharField()
    amount = serializers.CharField()
    limits = serializers.ListField(child=serializers.CharField())
    conditions = serializers.ListField(child=serializers.CharField())


class ShareSerializer(serializers.Serializer[Any]):
    """One payer's part of a line: due = entitled − granted_before."""

    payer = serializers.CharField(source="payer.key")
    payee = serializers.CharField(source="payee.key")
    entitled = _amount()
    granted_before = _amount()
    due = serializers.DecimalField(max_digits=14, decimal_places=2, source="amount")


class LineSerializer(serializers.Serializer[Any]):
    """One term in one measurement period."""

    term = serializers.CharField()
    period = serializers.CharField()
    cohort = serializers.CharField()
    kind = serializers.ChoiceField(choices=CalculationLine.Kind.choices)
    due = serializers.DecimalField(max_digits=14, decimal_places=2, source="amount")
    working = WorkingSerializer(many=True, source="workings")
    shares = ShareSerializer(many=True)


class CountedSerializer(serializers.Serializer[Any]):
    """The verifier's decisions on the claims on one metric."""

    metric = serializers.CharField()
    accepted = serializers.IntegerField()
    adjusted = serializers.IntegerField()
    rejected = serializers.IntegerField()


class CapSerializer(serializers.Serializer[Any]):
    """A limit of the terms, and what it has taken to date."""

    name = serializers.CharField()
    at_most = serializers.CharField()
    taken = _amount()


class ExplainedCalculationSerializer(CalculationSerializer):
    """The settlement of one claim period with its working, in the language asked for."""

    language = serializers.ChoiceField(choices=LANGUAGES)
    verified = CountedSerializer(many=True)
    lines = LineSerializer(many=True)
    caps = CapSerializer(many=True)


class AttestationSerializer(serializers.Serializer[Attestation]):
    """Who ordered, reviewed, decided or refused, and when."""

    kind = serializers.CharField()
    by = serializers.CharField(source="user.name")
    at = serializers.DateTimeField()


class OrderSerializer(serializers.Serializer[PaymentOrder]):
    """A payment order with the state it is in."""

    id = serializers.UUIDField()
    period = serializers.CharField(source="calculation.claim_period.name")
    calculation = serializers.UUIDField(source="calculation_id")
    payer = serializers.CharField(source="payer.key")
    payee = serializers.CharField(source="payee.key")
    amount = _amount()
    currency = serializers.CharField()
    status = serializers.ChoiceField(choices=OrderStatus.choices)
    due_on = serializers.DateField()
    paid_on = serializers.DateField(allow_null=True)
    reference = serializers.CharField()
    ordered_at = serializers.DateTimeField()
    attestations = AttestationSerializer(many=True)


class OrderPageSerializer(serializers.Serializer[Any]):
    """One page of payment orders in the order they were made; `next` is the address of the following one."""

    results = OrderSerializer(many=True)
    next = serializers.URLField(allow_null=True)


PAGING = [
    OpenApiParameter("after", OpenApiTypes.INT, description="How many to skip: take it from `next`."),
    OpenApiParameter("limit", OpenApiTypes.INT, description=f"1–{MOST}; {DEFAULT_LIMIT} unless told."),
]
LANGUAGE = OpenApiParameter("language", OpenApiTypes.STR, enum=LANGUAGES, description="Otherwise Accept-Language.")


class CalculationListView(APIView):
    """The contract's calculations."""

    @extend_schema(operation_id="calculations_list", parameters=PAGING, responses=CalculationPageSerializer)
    def get(self, request: Request, code: str) -> Response:
        contract = get_contract_for(actor_of_request(request), code, Permission.VIEW_WORKING)
        after, limit = _whole(request, "after", 0, 10**9), _whole(request, "limit", DEFAULT_LIMIT, MOST, least=1)
        found = list(calculations_of(contract).filter(number__gt=after)[: limit + 1])
        page, more = found[:limit], len(found) > limit
        return _page(request, [CalculationSerializer(row).data for row in page], page[-1].number if more else None)


class CalculationView(APIView):
    """One calculation with its working."""

    @extend_schema(operation_id="calculation", parameters=[LANGUAGE], responses=ExplainedCalculationSerializer)
    def get(self, request: Request, code: str, period: str) -> Response:
        calculation = get_calculation_for(actor_of_request(request), code, period, Permission.VIEW_WORKING)
        language = _language(request)
        with translation.override(language):
            explanation = explain(calculation, calculation.contract)
            lines = LineSerializer(explanation.lines, many=True).data
        answer = {
            **CalculationSerializer(calculation).data,
            "language": language,
            "verified": CountedSerializer(explanation.counted, many=True).data,
            "lines": lines,
            "caps": CapSerializer(explanation.caps, many=True).data,
        }
        return Response(answer, headers={"Content-Language": language, "Vary": "Accept-Language"})


class PaymentListView(APIView):
    """The contract's payment orders, refused ones too."""

    @extend_schema(operation_id="payments_list", parameters=PAGING, responses=OrderPageSerializer)
    def get(self, request: Request, code: str) -> Response:
        contract = get_contract_for(actor_of_request(request), code, Permission.VIEW_PAYMENTS)
        after, limit = _whole(request, "after", 0, 10**9), _whole(request, "limit", DEFAULT_LIMIT, MOST, least=1)
        # Orders are never deleted and come in the order they were made, so that a place in the list stays put.
        found = list(orders_of(contract)[after : after + limit + 1])
        page, more = found[:limit], len(found) > limit
        return _page(request, [OrderSerializer(row).data for row in page], after + limit if more else None)


def _page(request: Request, results: Any, after: int | None) -> Response:
    address = None if after is None else replace_query_param(request.build_absolute_uri(), "after", str(after))
    return Response({"results": results, "next": address})


def _whole(request: Request, name: str, default: int, most: int, *, least: int = 0) -> int:
    text = request.query_params.get(name, str(default))
    is_whole = text.isascii() and text.isdigit() and len(text) <= 10
    if not is_whole or not least <= int(text) <= most:
        message = _("Write a whole number from %(least)s to %(most)s.") % {"least": least, "most": most}
        raise ValidationError({name: [message]})
    return int(text)


def _language(request: Request) -> str:
    language = request.query_params.get("language") or translation.get_language() or "sv"
    if language not in LANGUAGES:
        raise ValidationError({"language": [_("Choose one of: %(choices)s.") % {"choices": ", ".join(LANGUAGES)}]})
    return language
