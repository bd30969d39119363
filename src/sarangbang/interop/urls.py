from django.urls import path, re_path

from .api import api
from .door import door, unknown

calls, room, namespace = api.urls
for call in calls:
    if call.callback is not None:
        call.callback = door(call.callback)

urlpatterns = [path("", (calls, room, namespace)), re_path("", door(unknown))]
