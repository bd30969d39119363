from django.urls import path

from .views import appointment, booking, calendar, cases, feeds, roster, rules, waiting

app_name = "scheduling"

urlpatterns = [
    path("", calendar.calendar, name="calendar"),
    path("book/", booking.book, name="book"),
    path("cases/", cases.cases, name="cases"),
    path("cases/<uuid:pk>/", cases.case, name="case"),
    path("feeds/", feeds.feeds, name="feeds"),
    path("roster/", roster.rosters, name="rosters"),
    path("roster/closure/", roster.add_closure, name="add_closure"),
    path("roster/closure/<int:closure>/", roster.take_back_closure, name="take_back_closure"),
    path("roster/room/", roster.add_room, name="add_room"),
    path("roster/<int:resource>/", roster.roster, name="roster"),
    path("roster/<int:resource>/hours/", roster.add_hours, name="add_hours"),
    path("roster/<int:resource>/hours/<int:rule>/", roster.change_hours, name="change_hours"),
    path("roster/<int:resource>/hours/<int:rule>/end/", roster.end_hours, name="end_hours"),
    path("roster/<int:resource>/leave/", roster.add_exception, name="add_exception"),
    path("roster/<int:resource>/leave/<int:exception>/", roster.take_back_exception, name="take_back_exception"),
    path("roster/room/<int:room>/", rules.change_room, name="change_room"),
    path("rules/", rules.rules, name="rules"),
    path("rules/of/<slug:slug>/", rules.change_house, name="change_house"),
    path("rules/<int:offering>/", rules.offering_rules, name="offering_rules"),
    path("rules/<int:offering>/change/", rules.change_offering, name="change_offering"),
    path("rules/<int:offering>/needs/", rules.add_need, name="add_need"),
    path("rules/<int:offering>/needs/<int:requirement>/", rules.change_need, name="change_need"),
    path("rules/<int:offering>/visits/", rules.add_step, name="add_step"),
    path("rules/<int:offering>/visits/<int:step>/", rules.change_step, name="change_step"),
    path("rules/<int:offering>/reminders/", rules.change_reminders, name="change_reminders"),
    path("waiting/", waiting.waiting, name="waiting"),
    path("<uuid:pk>/", appointment.appointment, name="appointment"),
    path("<uuid:pk>/mark/", appointment.mark, name="mark"),
    path("<uuid:pk>/move/", booking.move, name="move"),
    path("<uuid:pk>/cancel/", appointment.cancel, name="cancel"),
]
