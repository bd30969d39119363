"""Settings of the tests: the real ones, with a fast password hash and no log."""

from __future__ import annotations

import os

os.environ.setdefault("SECRET_KEY", "only-for-tests-" + "x" * 50)
os.environ.setdefault("ALLOWED_HOSTS", "testserver,localhost,127.0.0.1")
os.environ.setdefault("DATABASE_URL", "sqlite:////tmp/sarangbang-tests.sqlite3")
os.environ.setdefault("HTTPS", "0")
os.environ.setdefault("EMAIL_URL", "console:")

from sarangbang.config.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
LOGGING = {"level": "CRITICAL", "plain": True}
if DATABASES["default"]["ENGINE"] == "sarangbang.config.sqlite":  # noqa: F405
    # A file, so that two threads see one database as two processes would.
    DATABASES["default"]["TEST"] = {"NAME": str(HOME / "test.sqlite3")}  # noqa: F405
