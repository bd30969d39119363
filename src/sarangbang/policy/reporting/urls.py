"""The clinic's yearly report."""

from django.urls import path

from . import clinic_views as views

app_name = "reports"

urlpatterns = [
    path("", views.start, name="start"),
    path("<slug:slug>/<int:year>/", views.year, name="year"),
    path("<slug:slug>/<int:year>/row/<str:reference>/", views.row, name="row"),
    path("<slug:slug>/<int:year>/<str:file>", views.file, name="file"),
]
