"""The WSGI application: what granian serves."""

import gc
import os
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from sarangbang.config import running

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sarangbang.config.settings")
application = get_wsgi_application()

# All pages are loaded now and stay until the end. To search them for garbage again and again would cost a large page,
# such as the board of a full day, a fifth of a second every few requests.
import_module(settings.ROOT_URLCONF)
gc.collect()
gc.freeze()
# What a page makes is gone when it is sent, without a search: the youngest are searched after 50,000 and not after 700.
gc.set_threshold(50_000, 20, 20)
warming = running.warm()
