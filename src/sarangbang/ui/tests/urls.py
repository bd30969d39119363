"""The ui's own addresses with the component page, and one view per fault."""

from django.conf.urls.i18n import i18n_patterns
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django_ratelimit.exceptions import Ratelimited

from sarangbang.ui.urls import clock, showing


def fails(request: HttpRequest, how: str) -> HttpResponse:
    raise {"400": BadRequest, "403": PermissionDenied, "429": Ratelimited, "500": RuntimeError}[how]


def unprefixed(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"<p>{request.LANGUAGE_CODE}</p>")


urlpatterns = [
    *i18n_patterns(
        path("ui/", include((clock + showing, "ui"))),
        path("fails/<slug:how>/", fails),
        # The navigation of every page leads to the rooms above.
        path("accounts/", include("sarangbang.people.urls")),
        path("", include("sarangbang.portal.urls")),
    ),
    path("plain/", unprefixed),
]
handler400 = "sarangbang.ui.views.bad_request"
handler403 = "sarangbang.ui.views.forbidden"
handler404 = "sarangbang.ui.views.not_found"
handler500 = "sarangbang.ui.views.server_error"
