"""Outcomes for other systems: sums, claim periods, and posting claims. The same permissions as the pages."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import APIException, ErrorDetail, ParseError, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from actors.api_auth import actor_of_request
from actors.identity import contains_identity_number
from actors.models import ApiToken
from actors.roles import Permission
from contracts.queries import get_contract_for
from outcomes import actions
from outcomes.models import ClaimPeriod
from outcomes.queries import get_period_for, periods_of, shown_totals, vocabulary_of
from outcomes.sources.columns import CLAIMS, FIELDS
from outcomes.sources.rules import said
from outcomes.states import PeriodStatus

LONGEST_KEY = 255


class FaultyClaims(ValidationError):
    """The claims could be read, and break rules."""

    status_code = 422


class KeyTaken(APIException):
    """The idempotency key belongs to another request."""

    status_code = 422
    default_detail = gettext_lazy("The key has been used")
    default_code = "key_used"


class CountsSerializer(serializers.Serializer[Any]):
    """Claims on one metric. Null: hidden, because so few persons could be recognised."""

    metric = serializers.CharField()
    name = serializers.CharField()
    reported = serializers.IntegerField(allow_null=True)
    verified = serializers.IntegerField(allow_null=True)
    rejected = serializers.IntegerField(allow_null=True)


class PeriodCountsSerializer(serializers.Serializer[Any]):
    """The sums of one claim period."""

    period = serializers.CharField()
    status = serializers.ChoiceField(choices=PeriodStatus.choices)
    metrics = CountsSerializer(many=True)


class OutcomesSerializer(serializers.Serializer[Any]):
    """Sums of claims, over all claim periods and in each."""

    contract = serializers.CharField()
    metrics = CountsSerializer(many=True)
    periods = PeriodCountsSerializer(many=True)


class PeriodSerializer(serializers.Serializer[ClaimPeriod]):
    """A claim period."""

    period = serializers.CharField(source="name")
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    report_due_on = serializers.DateField()
    status = serializers.ChoiceField(choices=PeriodStatus.choices)
    reported_at = serializers.DateTimeField(allow_null=True)
    verified_at = serializers.DateTimeField(allow_null=True)


class PeriodListSerializer(serializers.Serializer[Any]):
    """The claim periods of a contract, the latest first."""

    contract = serializers.CharField()
    periods = PeriodSerializer(many=True)


class NewClaimSerializer(serializers.Serializer[Any]):
    """One claim. `cohort` and `enrolled_on` are needed for a participant who is new."""

    pseudonym = serializers.CharField(max_length=40)
    metric = serializers.CharField()
    event_on = serializers.DateField()
    units = serializers.DecimalField(max_digits=12, decimal_places=4, required=False)
    cohort = serializers.CharField(required=False)
    enrolled_on = serializers.DateField(required=False)


class NewClaimsSerializer(serializers.Serializer[Any]):
    """Claims to report, all or none."""

    claims = NewClaimSerializer(many=True)


class PostedClaimSerializer(serializers.Serializer[Any]):
    """A claim that was written, in the order of the request."""

    id = serializers.UUIDField()
    metric = serializers.CharField()


class WarningSerializer(serializers.Serializer[Any]):
    """What is allowed but worth a look."""

    where = serializers.CharField()
    code = serializers.CharField()


class PostedClaimsSerializer(serializers.Serializer[Any]):
    """What the request brought about; the same answer comes back when it is sent again."""

    contract = serializers.CharField()
    period = serializers.CharField()
    count = serializers.IntegerField()
    claims = PostedClaimSerializer(many=True)
    warnings = WarningSerializer(many=True)


class OutcomesView(APIView):
    """Sums of claims per metric and claim period."""

    @extend_schema(
        operation_id="outcomes", summary="Sums of claims per metric and claim period", responses=OutcomesSerializer
    )
    def get(self, request: Request, code: str) -> Response:
        actor = actor_of_request(request)
        contract = get_contract_for(actor, code, Permission.VIEW_TOTALS)
        words, shown = vocabulary_of(contract), shown_totals(actor, contract)

        def metrics(period: int | None) -> list[dict[str, Any]]:
            return [
                {"metric": metric, "name": words.metric_label(metric), **counts}
                for (pk, metric), counts in sorted(shown.items(), key=lambda item: item[0][1])
                if pk == period
            ]

        body = {
            "contract": contract.code,
            "metrics": metrics(None),
            "periods": [
                {"period": period.name, "status": period.status, "metrics": metrics(period.pk)}
                for period in periods_of(contract)
            ],
        }
        return Response(OutcomesSerializer(body).data)


class PeriodListView(APIView):
    """The claim periods of a contract."""

    @extend_schema(operation_id="periods", summary="The claim periods of a contract", responses=PeriodListSerializer)
    def get(self, request: Request, code: str) -> Response:
        contract = get_contract_for(actor_of_request(request), code, Permission.VIEW_TOTALS)
        body = {"contract": contract.code, "periods": list(periods_of(contract))}
        return Response(PeriodListSerializer(body).data)


class ClaimsView(APIView):
    """Claims from another system."""

    scope = ApiToken.Scope.CLAIMS

    @extend_schema(
        operation_id="claims_create",
        summary="Report claims in an open claim period, all or none",
        description="One effect per `Idempotency-Key`, also when the request is sent twice at once: the answer of the "
        "first time comes back. The same key with another body is refused with 422. A request that is refused leaves "
        "the key free.",
        parameters=[
            OpenApiParameter(
                "Idempotency-Key",
                OpenApiTypes.STR,
                OpenApiParameter.HEADER,
                required=True,
                description="Chosen by the caller, at most 255 characters; a UUID is a good choice.",
            )
        ],
        request=NewClaimsSerializer,
        responses={201: PostedClaimsSerializer},
    )
    def post(self, request: Request, code: str, period: str) -> Response:
        actor = actor_of_request(request)
        found = get_period_for(actor, code, period, Permission.REPORT_OUTCOMES)
        key = request.headers.get("Idempotency-Key", "").strip()
        if not key or len(key) > LONGEST_KEY:
            raise ParseError(_("Send a header Idempotency-Key of 1–255 characters, new for each new request."))
        if contains_identity_number(key) or not key.isprintable():
            raise ParseError(_("The Idempotency-Key cannot be used. Choose one that says nothing: a UUID is good."))
        claims = read_claims(request.data)
        try:
            status, body = actions.post_claims(
                actor=actor, claim_period=found, key=key, claims=claims, at=timezone.now()
            )
        except actions.KeyUsedBefore as refused:
            raise KeyTaken(str(refused)) from refused
        except actions.ReportFaults as refused:
            errors = Errors()
            for fault in refused.faults:
                text = said({"code": fault.code, "params": fault.params or {}})["text"]
                errors.add(f"claims[{fault.number}].{fault.field}", fault.code, text)
            raise FaultyClaims(errors.by_place) from refused
        return Response(body, status=status)


class Errors:
    """Faults by their place in the body."""

    def __init__(self) -> None:
        self.by_place: dict[str, list[ErrorDetail]] = {}

    def add(self, where: str, code: str, message: str) -> None:
        self.by_place.setdefault(where, []).append(ErrorDetail(message, code=code))


def read_claims(body: Any) -> list[dict[str, Any]]:
    """The claims in a request. Raises FaultyClaims with everything that is wrong with its form."""
    errors = Errors()
    claims = body.get("claims") if isinstance(body, dict) else None
    if not isinstance(claims, list) or not claims:
        message = _("Send an object with a list “claims” that holds at least one claim.")
        errors.add("claims", "missing_value", message)
        raise FaultyClaims(errors.by_place)
    if len(claims) > actions.MOST_CLAIMS_IN_A_POST:
        most = actions.MOST_CLAIMS_IN_A_POST
        errors.add("claims", "too_many", _("Send at most %(most)s claims at a time.") % {"most": most})
        raise FaultyClaims(errors.by_place)
    if len(body) > 1:
        errors.add("$", "unknown_field", _("Send nothing beside “claims”."))
    for number, claim in enumerate(claims):
        _check_form(claim, f"claims[{number}]", errors)
    if errors.by_place:
        raise FaultyClaims(errors.by_place)
    return claims


def _check_form(claim: Any, where: str, errors: Errors) -> None:
    if not isinstance(claim, dict):
        errors.add(where, "not_an_object", _("Each claim is an object."))
        return
    known = ", ".join(FIELDS[CLAIMS])
    for name, value in claim.items():
        if name not in FIELDS[CLAIMS]:
            errors.add(
                where, "unknown_field", _("A claim has other fields than this one: %(known)s.") % {"known": known}
            )
        elif isinstance(value, dict | list | bool):
            errors.add(f"{where}.{name}", "wrong_type", _("Send a text or a number."))
