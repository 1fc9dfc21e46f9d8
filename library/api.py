"""The shelf for other systems: templates, indicators and unit costs, with how sure each is and where it comes from."""

from typing import Any, TypeVar

from django.db.models import QuerySet
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
from actors.policies import require
from actors.roles import Permission
from library.models import ContractTemplate, Indicator, Shelved, UnitCost
from library.queries import published_templates
from library.states import BudgetHolder, Certainty

DEFAULT_LIMIT = 50
MOST = 200

S = TypeVar("S", bound=Shelved)


class SourceSerializer(serializers.Serializer[Any]):
    """Where something comes from."""

    text = serializers.CharField()
    url = serializers.CharField(allow_blank=True)
    certainty = serializers.CharField()


class _ShelvedSerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    name_sv = serializers.CharField()
    name_en = serializers.CharField()
    area = serializers.CharField()
    certainty = serializers.ChoiceField(choices=Certainty.choices)
    sources = SourceSerializer(many=True)
    updated_at = serializers.DateTimeField()


class TemplateSerializer(_ShelvedSerializer):
    """A contract to begin from. `document` holds terms, design, effect chain, measures, assumptions and gains."""

    version = serializers.IntegerField()
    summary_sv = serializers.CharField()
    summary_en = serializers.CharField()
    author = serializers.CharField(source="author.name", default=None, allow_null=True)
    document = serializers.DictField()


class IndicatorSerializer(_ShelvedSerializer):
    """Something that can be measured. `sheet` is its definition, by language."""

    sheet = serializers.DictField()
    suppression_threshold = serializers.IntegerField()
    kolada_id = serializers.CharField(allow_blank=True)


class UnitCostSerializer(_ShelvedSerializer):
    """What one unit costs whoever pays for it today; never a price of a contract."""

    amount = serializers.DecimalField(max_digits=14, decimal_places=2)
    currency = serializers.CharField()
    unit_sv = serializers.CharField()
    unit_en = serializers.CharField()
    holder = serializers.ChoiceField(choices=BudgetHolder.choices)
    price_year = serializers.IntegerField(allow_null=True)
    scope_sv = serializers.CharField(allow_blank=True)
    scope_en = serializers.CharField(allow_blank=True)
    caveats_sv = serializers.CharField(allow_blank=True)
    caveats_en = serializers.CharField(allow_blank=True)


class TemplatePageSerializer(serializers.Serializer[Any]):
    """One page of templates in the order of their keys; `next` is the address of the following one."""

    results = TemplateSerializer(many=True)
    next = serializers.URLField(allow_null=True)


class IndicatorPageSerializer(serializers.Serializer[Any]):
    """One page of indicators in the order of their keys; `next` is the address of the following one."""

    results = IndicatorSerializer(many=True)
    next = serializers.URLField(allow_null=True)


class UnitCostPageSerializer(serializers.Serializer[Any]):
    """One page of unit costs in the order of their keys; `next` is the address of the following one."""

    results = UnitCostSerializer(many=True)
    next = serializers.URLField(allow_null=True)


_PARAMETERS = [
    OpenApiParameter("area", OpenApiTypes.STR, description="Of this area only."),
    OpenApiParameter("after", OpenApiTypes.STR, description="The last key of the page before."),
    OpenApiParameter("limit", OpenApiTypes.INT, description=f"1–{MOST}; {DEFAULT_LIMIT} unless told."),
]


class TemplateListView(APIView):
    """The templates on the shelf."""

    @extend_schema(operation_id="library_templates", parameters=_PARAMETERS, responses=TemplatePageSerializer)
    def get(self, request: Request) -> Response:
        templates: QuerySet[ContractTemplate] = published_templates()
        return _page(request, templates, TemplateSerializer)


class IndicatorListView(APIView):
    """The indicators with their definitions."""

    @extend_schema(operation_id="library_indicators", parameters=_PARAMETERS, responses=IndicatorPageSerializer)
    def get(self, request: Request) -> Response:
        return _page(request, Indicator.objects.all(), IndicatorSerializer)


class UnitCostListView(APIView):
    """What one unit costs, by who pays."""

    @extend_schema(
        operation_id="library_unit_costs",
        parameters=[*_PARAMETERS, OpenApiParameter("holder", OpenApiTypes.STR, enum=BudgetHolder.values)],
        responses=UnitCostPageSerializer,
    )
    def get(self, request: Request) -> Response:
        costs = UnitCost.objects.all()
        holder = request.query_params.get("holder", "")
        if holder and holder not in BudgetHolder.values:
            words = _("«%(holder)s» is not a budget holder. Choose one of: %(known)s.")
            known = ", ".join(BudgetHolder.values)
            raise ValidationError({"holder": [words % {"holder": holder, "known": known}]})
        return _page(request, costs.filter(holder=holder) if holder else costs, UnitCostSerializer)


def _page(request: Request, rows: QuerySet[S], serializer: type[_ShelvedSerializer]) -> Response:
    """One page of the rows by key, for anybody who may read the library."""
    require(actor_of_request(request), Permission.VIEW_LIBRARY)
    limit = _limit(request)
    area = request.query_params.get("area", "")
    rows = rows.filter(key__gt=request.query_params.get("after", ""))
    found = list((rows.filter(area=area) if area else rows).order_by("key")[: limit + 1])
    page, more = found[:limit], len(found) > limit
    address = replace_query_param(request.build_absolute_uri(), "after", page[-1].key) if more else None
    return Response({"results": serializer(page, many=True).data, "next": address})


def _limit(request: Request) -> int:
    text = request.query_params.get("limit", str(DEFAULT_LIMIT))
    limit = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    if not 1 <= limit <= MOST:
        words = _("«%(limit)s» is not a number of rows. Write a whole number from 1 to %(most)s.")
        raise ValidationError({"limit": [words % {"limit": text, "most": MOST}]})
    return limit
