"""Settings of the house. The environment is read here and nowhere else (see ``environment`` and docs/config.md)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF

from .environment import Environment
from .rooms import ROOMS

PACKAGE = Path(__file__).resolve().parent.parent
env = Environment()

# --- What kind of house -----------------------------------------------------------------------------------------------

DEBUG = env.flag("DEBUG", default=False)
DEMO = env.flag("DEMO", default=False)  # invented people: their accounts need no second factor, and every page says so
HTTPS = env.flag("HTTPS", default=not DEBUG)
TRUSTED_PROXY = env.flag("TRUSTED_PROXY", default=False)  # ours: it sets X-Forwarded-For and X-Forwarded-Proto
HOME = env.folder("SARANGBANG_HOME", Path("var"))
SECRET_KEY = env.required(
    "SECRET_KEY", "a long random text that stays secret", "only-for-development" if DEBUG else None
)
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS")  # former keys, as long as links signed with them live
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "*" if DEBUG else "")
if not ALLOWED_HOSTS:
    env.missing.append("ALLOWED_HOSTS (the names under which the platform is reached, with commas)")
_name = next((host for host in ALLOWED_HOSTS if host[0] not in "*."), None)
_site = f"{'https' if HTTPS else 'http'}://{_name}" if _name else None
SITE_URL = env.required(
    "SITE_URL",
    "the address with which links in messages begin, as https://medical.example",
    _site or ("http://127.0.0.1:8000" if DEBUG or DEMO or not ALLOWED_HOSTS else None),
).rstrip("/")

# --- Database ---------------------------------------------------------------------------------------------------------

_embedded = f"sqlite:///{HOME / 'sarangbang.sqlite3'}"
DATABASES = {
    "default": env.database(
        env.required(
            "DATABASE_URL",
            "postgresql://user:password@host/name or sqlite:////path",
            _embedded if DEBUG or DEMO else None,
        )
        or _embedded,
        conn_max_age=env.whole("DATABASE_CONN_MAX_AGE", 600, most=86_400),
        conn_health_checks=True,
        # Neither cursors nor planned statements are kept on the server, which a pooler's next transaction would miss.
        disable_server_side_cursors=env.flag("DATABASE_POOLER", default=False),
    )
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql":
    DATABASES["default"]["ENGINE"] = "sarangbang.config.postgresql"
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["ENGINE"] = "sarangbang.config.sqlite"
    # Writers wait in line instead of failing (IMMEDIATE takes the lock first, timeout is how many seconds they wait);
    # FULL keeps what was answered "booked" also when the machine loses power.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Safe to lose. A table of the database by default, so that all processes count together; Redis in one variable.
_redis = env.text("REDIS_URL")
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": _redis}
    if _redis
    else {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"}
}
# The database cache counts a rate a little low when two requests meet. What must be exact (tries of a code,
# codes per address) is counted in rows; see docs/adr/0004.
SILENCED_SYSTEM_CHECKS = ["django_ratelimit.E003", "django_ratelimit.W001"]
TASKS = {"default": {"BACKEND": "sarangbang.messages.queue.Queue"}}

# --- Rooms ------------------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "modeltranslation",
    *(f"sarangbang.{room}" for room in ROOMS),
    "sarangbang.config.apps.HouseAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",  # allauth's list of passkeys
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "django_htmx",
    "csp",
    "rules",
    "phonenumber_field",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_tasks",
    "django_tasks_db",
]
MIDDLEWARE = [
    "sarangbang.config.middleware.RequestLog",
    "sarangbang.config.middleware.Guard",
    "django.middleware.security.SecurityMiddleware",
    "sarangbang.config.middleware.ContentPolicy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # Safe against BREACH: Django adds padding of random length, and masks the form token anew in each page.
    "django.middleware.gzip.GZipMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "sarangbang.config.middleware.Calls",  # what follows is for pages
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "sarangbang.ui.middleware.RememberLanguage",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
ROOT_URLCONF = "sarangbang.config.urls"
WSGI_APPLICATION = "sarangbang.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "sarangbang.ui.context.room",
                "sarangbang.people.context.staff",
            ]
        },
    }
]
FORM_RENDERER = "sarangbang.ui.forms.RoomRenderer"
UI_NAV = "sarangbang.portal.nav.links"
UI_FOOT = "sarangbang.portal.nav.foot"
CSRF_FAILURE_VIEW = "sarangbang.ui.views.csrf_failure"
# Which page a secure link of each purpose opens.
LINK_VIEWS = {
    "stay": "portal:stay",
    "calendar": "portal:calendar",
    "hold": "portal:details",
    "confirm": "portal:confirm",
    "driver": "concierge:driver",
    "interpreter": "concierge:interpreter",
    "waiting": "portal:waiting",
    "survey": "concierge:survey",
}

# --- Languages and time -----------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [
    ("ko", "한국어"),
    ("en", "English"),
    ("zh-hans", "简体中文"),
    ("ja", "日本語"),
    ("ru", "Русский"),
    ("mn", "Монгол"),
    ("es", "Español"),
    ("vi", "Tiếng Việt"),
    ("th", "ไทย"),
    ("ar", "العربية"),
]
# Our own words, and those that Django and allauth do not have in every language.
LOCALE_PATHS = [PACKAGE / "locale", PACKAGE / "locale_libraries"]
USE_TZ = True
TIME_ZONE = "Asia/Seoul"
MODELTRANSLATION_DEFAULT_LANGUAGE = "en"
MODELTRANSLATION_FALLBACK_LANGUAGES = ("en",)
PHONENUMBER_DEFAULT_REGION = "KR"

# --- Static files -----------------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = HOME / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# --- Accounts ---------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = [
    "rules.permissions.ObjectPermissionBackend",
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "people:landing"
ACCOUNT_ADAPTER = "sarangbang.messages.accounts.StaffAccounts"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"  # an administrator makes the accounts
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
MFA_ADAPTER = "sarangbang.people.adapters.SecondFactors"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
MFA_TOTP_ISSUER = "Medical Gangnam"
SESSION_COOKIE_AGE = 12 * 60 * 60

# --- Messages ---------------------------------------------------------------------------------------------------------

_mail = env.mail(env.text("EMAIL_URL", f"file://{HOME / 'mail'}" if DEBUG or DEMO else "smtp://localhost"))
globals().update(_mail)
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.text("MAIL_FROM", "Medical Gangnam <no-reply@medical-gangnam.example>")
INCHEON_API_KEY = env.text("INCHEON_API_KEY")  # data.go.kr 15112968; without it flights are as guests and the desk tell
FLIGHT_TIMETABLE = env.text("FLIGHT_TIMETABLE")  # a CSV file instead of the airport's service
SMS_FOLDER = env.folder("SMS_FOLDER", HOME / "sms")  # where the channels without a provider write
ALIMTALK_FOLDER = env.folder("ALIMTALK_FOLDER", HOME / "alimtalk")

# --- Limits -----------------------------------------------------------------------------------------------------------

# Requests per visitor's address: a number, a slash, and s, m, h or d. RATE_<NAME> sets another.
RATES = {
    name: env.rate(f"RATE_{name.upper()}", usual)
    for name, usual in {
        "api_hold": "600/m",
        "api_confirm": "300/m",
        "hold": "120/h",
        "code": "30/h",
        "code_try": "60/h",
        "new_link": "10/h",
        "tap": "600/h",
        "request": "120/h",
        "calendar": "600/h",
        "waiting": "30/h",
    }.items()
}
RATELIMIT_ENABLE = env.flag("RATELIMIT", default=True)
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 300
DATA_UPLOAD_MAX_NUMBER_FILES = 5

# --- What a browser may do --------------------------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "frame-src": [SELF],
        "manifest-src": [SELF],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
        "base-uri": [NONE],
    }
}
PERMISSIONS_POLICY = "camera=(), microphone=(), geolocation=(), payment=(), usb=()"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_AGE = 365 * 24 * 60 * 60
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS", SITE_URL if HTTPS else "")
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_SSL_REDIRECT = env.flag("HTTPS_REDIRECT", default=HTTPS)
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = env.whole("HSTS_SECONDS", 365 * 24 * 60 * 60 if HTTPS else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
if TRUSTED_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# --- Logs -------------------------------------------------------------------------------------------------------------

LOGGING_CONFIG = "sarangbang.config.logging.configure"
LOGGING: dict[str, Any] = {
    "level": env.one_of("LOG_LEVEL", "INFO", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"),
    "plain": env.flag("LOG_PLAIN", default=DEBUG),
}

env.insist()
