from django.urls import path

from .views import crew, desk, feed, public

app_name = "concierge"

urlpatterns = [
    path("desk/", desk.day, name="desk"),
    path("desk/rides/<uuid:pk>/", desk.ride, name="ride"),
    path("desk/interpreting/<uuid:pk>/", desk.interpreting, name="interpreting"),
    path("desk/flights/<int:pk>/", desk.flight, name="flight"),
    path("concierge/", public.rules, name="rules"),
    path("crew/d/<str:token>/", crew.driver, name="driver"),
    path("crew/i/<str:token>/", crew.interpreter, name="interpreter"),
    path("crew/d/<str:token>/board/<uuid:job>/", crew.driver_board, name="board"),
    path("crew/i/<str:token>/board/<uuid:job>/", crew.interpreter_board, name="interpreter_board"),
    path("crew/d/<str:token>/phrases/<uuid:job>/", crew.driver_phrases, name="driver_phrases"),
    path("crew/i/<str:token>/phrases/<uuid:job>/", crew.interpreter_phrases, name="interpreter_phrases"),
    path("crew/d/<str:token>/tap/", crew.driver_tap, name="driver_tap"),
    path("crew/i/<str:token>/tap/", crew.interpreter_tap, name="interpreter_tap"),
    path("crew/i/<str:token>/calendar/", feed.subscribe, name="interpreter_calendar"),
    path("crew/calendar/<str:token>.ics", feed.feed, name="interpreter_feed"),
    path("crew/new-link/<slug:purpose>/<str:token>/", crew.new_link, name="crew_link"),
]
