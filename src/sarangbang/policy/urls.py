from django.urls import path

from . import views

app_name = "policy"

urlpatterns = [
    path("", views.served, name="guests"),
    path("list/", views.guest_list, name="guest_list"),
]
