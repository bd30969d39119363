"""Calendars behind a link. They have a room of their own, because nobody signs in there."""

from django.urls import path

from .views import feeds

app_name = "feeds"

urlpatterns = [
    path("clinic/<str:token>.ics", feeds.clinic, name="clinic"),
    path("roster/<str:token>.ics", feeds.roster, name="roster"),
]
