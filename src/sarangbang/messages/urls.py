from django.urls import path

from . import views

app_name = "outbox"
urlpatterns = [
    path("", views.outbox, name="list"),
    path("<uuid:pk>/", views.message, name="message"),
    path("<uuid:pk>/again/", views.again, name="again"),
]
