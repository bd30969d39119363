"""Addresses of booking and the stay."""

from __future__ import annotations

from django.urls import URLPattern, path

from .staying import booking, gone, privacy, requests, stay, times, visits, waiting

urlpatterns: list[URLPattern] = [
    path("book/<int:offering>/", times.times, name="times"),
    path("book/<int:offering>/hold/", times.hold, name="hold"),
    path("book/<int:offering>/visits/", visits.visits, name="visits"),
    path("book/<int:offering>/visits/hold/", visits.hold_visits, name="hold_visits"),
    path("book/<int:offering>/wait/", waiting.join, name="wait"),
    path("waiting/<str:token>/", waiting.waiting, name="waiting"),
    path("waiting/<str:token>/leave/", waiting.stop, name="waiting_stop"),
    path("hold/<str:token>/", booking.details, name="details"),
    path("hold/<str:token>/code/", booking.code, name="code"),
    path("hold/<str:token>/code/again/", booking.send_again, name="send_again"),
    path("hold/<str:token>/taken/", gone.taken, name="taken"),
    path("hold/<str:token>/limit/", gone.limit, name="limit"),
    path("confirm/<str:token>/", booking.confirm, name="confirm"),
    path("link/", privacy.new_link, name="new_link"),
    path("my-stay/", privacy.my_stay, name="my_stay"),
    path("leave/", privacy.leave, name="leave"),
    path("calendar/<str:token>.ics", stay.calendar, name="calendar"),
    path("stay/<str:token>/", stay.stay, name="stay"),
    path("stay/<str:token>/card/", stay.card, name="card"),
    path("stay/<str:token>/ride/<slug:direction>/", requests.ride, name="ride"),
    path("stay/<str:token>/ride/", requests.transfer, name="transfer"),
    path("stay/<str:token>/visit/<uuid:appointment>/change/", stay.change, name="change"),
    path("stay/<str:token>/visit/<uuid:appointment>/earlier/", waiting.earlier, name="earlier"),
    path("stay/<str:token>/visit/<uuid:appointment>/cancel/", stay.cancel, name="cancel"),
    path("stay/<str:token>/visit/<uuid:appointment>/cancel/all/", stay.cancel_all, name="cancel_all"),
    path("stay/<str:token>/visit/<uuid:appointment>/interpreter/", requests.interpreter, name="interpreter"),
    path("stay/<str:token>/off/<slug:service>/<uuid:job>/", requests.call_off, name="call_off"),
    path("stay/<str:token>/data/", privacy.privacy, name="stay_privacy"),
    path("stay/<str:token>/data/<slug:purpose>/", privacy.withdraw, name="withdraw"),
    path("stay/<str:token>/link/", privacy.replace_links, name="replace_links"),
]
