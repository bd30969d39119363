"""The countdown always; the component page only in development."""

from django.conf import settings
from django.urls import path

from . import views

app_name = "ui"

clock = [path("clock/<int:until>/", views.countdown, name="countdown")]
showing = [
    path("", views.components, name="components"),
    path("board/", views.crew_board, name="components_board"),
    path("problem/<slug:kind>/", views.problem_sample, name="components_problem"),
]
urlpatterns = clock + showing if settings.DEBUG else clock
