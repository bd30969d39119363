"""Addresses for the tests of messages: pages of rooms above under the names that they have there."""

from django.conf.urls.i18n import i18n_patterns
from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def page(request: HttpRequest, token: str = "") -> HttpResponse:
    return HttpResponse(token)


urlpatterns = i18n_patterns(
    path("stay/<str:token>/", page, name="stay"),
    path("desk/", page, name="desk"),
    path("accounts/", include("sarangbang.people.urls")),
    path("outbox/", include("sarangbang.messages.urls")),
)
