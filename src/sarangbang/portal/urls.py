"""Addresses of the public site: finding an institution, then booking and the stay."""

from __future__ import annotations

from django.urls import path

from .finding import views
from .staying_urls import urlpatterns as staying

app_name = "portal"

finding = [
    path("", views.home, name="home"),
    path("search/", views.search, name="search"),
    path("treatments/", views.treatments, name="treatments"),
    path("treatments/<slug:slug>/", views.procedure, name="procedure"),
    path("institutions/", views.institutions, name="institutions"),
    path("institutions/<slug:slug>/", views.institution, name="institution"),
    path("getting-here/", views.getting_here, name="getting_here"),
    path("rights/", views.rights, name="rights"),
    path("privacy/", views.privacy, name="privacy"),
    path("sources/", views.sources, name="sources"),
    path("zone/", views.zone, name="zone"),
]

urlpatterns = [*finding, *staying]
