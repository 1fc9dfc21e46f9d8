"""The addresses of the first pages, the contract's overview, the investor's page, documents and history."""

from django.urls import path, register_converter
from django.urls.converters import SlugConverter

from reports import views
from reports.views import agreement, checking, obligations, proposal


class CodeConverter(SlugConverter):
    """A contract's code; /avtal/nytt/ is the page that drafts a new one."""

    regex = r"(?!nytt/)[-a-zA-Z0-9_]+"


register_converter(CodeConverter, "code")

app_name = "reports"
urlpatterns = [
    path("", views.welcome, name="welcome"),
    path("start/", views.start, name="start"),
    path("start/investeringar.csv", views.investments_csv, name="investments_csv"),
    path("kalender/", obligations.calendar, name="calendar"),
    path("kalender/lista.csv", obligations.calendar_csv, name="calendar_csv"),
    path("kalender/adress/ny/", obligations.feed_make, name="feed_make"),
    path("kalender/adress/avsluta/", obligations.feed_end, name="feed_end"),
    path("kalender/<str:token>.ics", obligations.calendar_feed, name="calendar_feed"),
    path("avtal/<code:code>/kalender/", obligations.obligations, name="obligations"),
    path("avtal/<code:code>/kalender/mote/<str:meeting>/", obligations.meeting_held, name="meeting_held"),
    path("avtal/<code:code>/", views.contract_overview, name="contract_overview"),
    path("avtal/<code:code>/investering/", views.investment, name="investment"),
    path("avtal/<code:code>/historik/", views.history, name="history"),
    path("avtal/<code:code>/rapporter/", views.documents, name="documents"),
    path("avtal/<code:code>/rapporter/<uuid:run>/", views.report_run, name="report_run"),
    path("avtal/<code:code>/rapporter/<uuid:run>/fil/", views.report_file, name="report_file"),
    path("avtal/<code:code>/avtalet/", agreement.agreement, name="agreement"),
    path("avtal/<code:code>/avtalet/<int:number>/", agreement.agreement_version, name="agreement_version"),
    path("avtal/<code:code>/avtalet/<int:number>/pdf/", agreement.agreement_pdf, name="agreement_pdf"),
    path("avtal/<code:code>/avtalet/<int:number>/fil/", agreement.agreement_file, name="agreement_file"),
    path(
        "avtal/<code:code>/avtalet/<int:number>/bilagor/<str:annex>/", agreement.agreement_annex, name="agreement_annex"
    ),
    path("avtal/<code:code>/tjansteskrivelse/", proposal.decision_proposal, name="decision_proposal"),
    path("avtal/<code:code>/tjansteskrivelse/pdf/", proposal.decision_proposal_pdf, name="decision_proposal_pdf"),
    path("kontrollera/", checking.check_document, name="check_document"),
    path("avtal/<code:code>/ersattning/<str:period>/underlag/", views.statement, name="statement"),
    path("avtal/<code:code>/ersattning/<str:period>/underlag/pdf/", views.statement_pdf, name="statement_pdf"),
]
