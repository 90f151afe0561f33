"""One settings file for every deployment shape; what differs comes from outside."""

from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF
from django.urls import reverse_lazy

from audit import witnesses
from config import embedded, environment, keys

BASE_DIR = Path(__file__).resolve().parent.parent
ENV = environment.load()
DATA_DIR = ENV.data_dir.resolve()

DEBUG = False
SECRET_KEY = ENV.secret_key or keys.secret_key(DATA_DIR)
BASE_URL = ENV.base_address
ALLOWED_HOSTS = ENV.hosts
CSRF_TRUSTED_ORIGINS = [BASE_URL]

PERMIT_KEY = ENV.permit_key or keys.permit_key(DATA_DIR)
AUDIT_KEY = ENV.audit_key or keys.audit_key(DATA_DIR)
AUDIT_ORIGIN = ENV.log_origin
AUDIT_WITNESSES = witnesses.parse(ENV.audit_witnesses)
RETENTION_REQUESTS = ENV.retention_requests
RETENTION_SIGN_INS = ENV.retention_sign_ins
RATE_LIMIT_PER_MINUTE = ENV.rate_limit
BRAKE_RELEASE_PEOPLE = ENV.brake_release_people
POLICY_SECOND_PERSON = ENV.policy_second_person
ALLOW_LOOPBACK_CALLBACKS = (
    ENV.is_local
    if ENV.allow_loopback_callbacks is None
    else ENV.allow_loopback_callbacks
)

INSTALLED_APPS = [
    "approvals",
    "agents",
    "audit",
    "config",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "channels",
    "csp",
    "django_htmx",
    "ninja",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "approvals.brake_context.brake",
                "approvals.preference_context.preferred",
            ],
        },
    },
]

_CONNECTION = embedded.connection_settings(ENV.database_url, DATA_DIR)
_OWNER = embedded.connection_settings(
    ENV.database_owner_url or ENV.database_url, DATA_DIR
)
DATABASE_OWNER = {name: _OWNER[name] for name in ("USER", "PASSWORD", "HOST", "PORT")}
"""Whose the tables are: config.roles."""
if not ENV.database_url:
    _CONNECTION["USER"] = embedded.APPLICATION
DATABASE_APPLICATION = _CONNECTION["USER"]
# The pool, not CONN_MAX_AGE: persistent connections leak under ASGI.
DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        **_CONNECTION,
        "CONN_MAX_AGE": 0,
        "OPTIONS": {
            **_CONNECTION["OPTIONS"],
            "pool": {"min_size": 2, "max_size": 24, "timeout": 10},
            "application_name": "countersign",
            # For psycopg's own cursors, as audit.log has one; Django's never prepare.
            "prepare_threshold": 5,
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = ENV.redis_url
CHANNEL_LAYERS: dict[str, dict[str, Any]] = {
    # The pub/sub layer: the core layer fails with redis-py 8.
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL]},
    }
    if REDIS_URL
    else {"BACKEND": "channels.layers.InMemoryChannelLayer"}
}
CELERY_BROKER_URL = REDIS_URL

PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
    )
]
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
ACCOUNT_ADAPTER = "config.accounts.ClosedAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
LOGIN_URL = reverse_lazy("account_login")
LOGIN_REDIRECT_URL = reverse_lazy("approvals:queue")
ACCOUNT_LOGOUT_REDIRECT_URL = LOGIN_URL

_HTTPS = BASE_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _HTTPS
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_HSTS_SECONDS = 31_536_000 if _HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _HTTPS else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Served from where they lie: no collecting step that could be forgotten.
WHITENOISE_USE_FINDERS = True

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django": {"level": "INFO"},
        # 4xx answers are the agent's business, not the operator's.
        "django.request": {"level": "ERROR"},
        "django.channels.server": {"level": "WARNING"},
        "httpx2": {"level": "WARNING"},
        "httpx": {"level": "WARNING"},
    },
}
