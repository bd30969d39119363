"""The desk of the Medical Tour Center: who walked in."""

from django.urls import path

from . import desk_views as views

app_name = "visitors"

urlpatterns = [path("", views.visitors, name="center")]
