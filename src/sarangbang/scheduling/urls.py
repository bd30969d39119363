from django.urls import path

from . import views

app_name = "scheduling"

urlpatterns = [
    path("", views.calendar, name="calendar"),
    path("<uuid:pk>/", views.appointment, name="appointment"),
    path("<uuid:pk>/mark/", views.mark, name="mark"),
]
