"""Every address of the API, /api/v1/, app by app."""

from django.urls import URLPattern, URLResolver, path

from config.api_docs import OpenApiView, api_docs
from contracts.api import ContractListView, ContractTermsView, ContractView
from library.api import IndicatorListView, TemplateListView, UnitCostListView
from outcomes.api import ClaimsView, OutcomesView, PeriodListView
from payments.api import CalculationListView, CalculationView, PaymentListView

urlpatterns: list[URLPattern | URLResolver] = [
    path("schema/", OpenApiView.as_view(), name="api-schema"),
    path("", api_docs, name="api-docs"),
    path("contracts", ContractListView.as_view(), name="api-contracts"),
    path("contracts/<slug:code>", ContractView.as_view(), name="api-contract"),
    path("contracts/<slug:code>/terms", ContractTermsView.as_view(), name="api-contract-terms"),
    path("contracts/<slug:code>/outcomes", OutcomesView.as_view(), name="api-outcomes"),
    path("contracts/<slug:code>/periods", PeriodListView.as_view(), name="api-periods"),
    path("contracts/<slug:code>/periods/<str:period>/claims", ClaimsView.as_view(), name="api-claims"),
    path("contracts/<slug:code>/calculations", CalculationListView.as_view(), name="api-calculations"),
    path("contracts/<slug:code>/calculations/<str:period>", CalculationView.as_view(), name="api-calculation"),
    path("contracts/<slug:code>/payments", PaymentListView.as_view(), name="api-payments"),
    path("library/templates", TemplateListView.as_view(), name="api-library-templates"),
    path("library/indicators", IndicatorListView.as_view(), name="api-library-indicators"),
    path("library/unit-costs", UnitCostListView.as_view(), name="api-library-unit-costs"),
]
