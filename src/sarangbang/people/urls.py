"""Signing in and one's own account: allauth's pages, without those that staff has no use for."""

from __future__ import annotations

from django.urls import include, path

from . import views

own = [
    path("", views.landing, name="landing"),
]

urlpatterns = [
    path("", include((own, "people"))),
    # Stands before allauth's page of the same name: an administrator decides with which address somebody signs in.
    path("email/", views.address, name="account_email"),
    path("", include("allauth.urls")),
]
