"""Every address, app by app. Paths are Swedish, because people read them; names are English."""

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import include, path

from actors.http import access
from actors.roles import Permission
from config.views import components


@access(Permission.PUBLIC)
def health(request: HttpRequest) -> HttpResponse:
    """200 when the database answers; used by the load balancer and by the demo."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})


urlpatterns = [
    path("halsa/", health, name="health"),
    path("", include("reports.urls")),
    path("", include("actors.urls")),
    path("bibliotek/", include("library.urls")),
    path("avtal/", include("contracts.urls")),
    path("avtal/", include("outcomes.urls")),
    path("avtal/", include("payments.urls")),
    path("dev/komponenter/", components, name="components"),
    path("api/v1/", include("config.api_urls")),
]

handler403 = "config.views.forbidden"
handler404 = "config.views.not_found"
handler500 = "config.views.server_error"
