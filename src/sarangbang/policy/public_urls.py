"""Figures for citizens."""

from django.urls import path

from . import figure_views as views
from . import open_data
from .awards import views as award_views
from .operations import public as operations_views

app_name = "figures"

urlpatterns = [
    path("", views.public_overview, name="overview"),
    path("checks/", views.public_checks, name="checks"),
    path("all/", views.all_figures, name="all"),
    path("of/<str:code>/", views.figure, name="figure"),
    path("awards/", award_views.public_awards, name="awards"),
    path("awards/<str:award>/evidence.json", award_views.evidence_file, name="award_evidence"),
    path("operations/", operations_views.published_operations, name="operations"),
    path("chart/<str:name>.svg", views.chart, name="chart"),
    path("embed/<str:name>/", views.embed, name="embed"),
    path("data/", open_data.data, name="data"),
    path("data/figures.csv", open_data.file, {"name": "figures.csv"}, name="csv"),
    path("data/figures.json", open_data.file, {"name": "figures.json"}, name="json"),
    path("data/checks.csv", open_data.file, {"name": "checks.csv"}, name="checks_csv"),
    path("data/checks.json", open_data.file, {"name": "checks.json"}, name="checks_json"),
    path("data/operations.csv", open_data.file, {"name": "operations.csv"}, name="operations_csv"),
    path("data/operations.json", open_data.file, {"name": "operations.json"}, name="operations_json"),
    path("data/awards.csv", open_data.file, {"name": "awards.csv"}, name="awards_csv"),
    path("data/awards.json", open_data.file, {"name": "awards.json"}, name="awards_json"),
    path("data/datapackage.json", open_data.file, {"name": "datapackage.json"}, name="package"),
    path("data/changes.atom", open_data.changes, name="changes"),
]
