"""Figures for citizens."""

from django.urls import path

from . import figure_views as views
from . import open_data

app_name = "figures"

urlpatterns = [
    path("", views.public_overview, name="overview"),
    path("checks/", views.public_checks, name="checks"),
    path("all/", views.all_figures, name="all"),
    path("of/<str:code>/", views.figure, name="figure"),
    path("chart/<str:name>.svg", views.chart, name="chart"),
    path("data/", open_data.data, name="data"),
    path("data/figures.csv", open_data.as_csv, name="csv"),
    path("data/figures.json", open_data.as_json, name="json"),
    path("data/checks.json", open_data.as_checks, name="checks_json"),
    path("data/datapackage.json", open_data.as_package, name="package"),
    path("data/changes.atom", open_data.changes, name="changes"),
]
