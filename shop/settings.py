"""Settings: composition only. What comes from outside is read and checked in `env.py`."""

from pathlib import Path
from urllib.parse import urlsplit

import manimgx_fonts_cjk
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from shop.database import database
from shop.env import (
    APP_ENV,
    PRODUCTION,
    env,
    message_templates,
    one_of,
    required,
    simulator_only,
    sms_url,
    wechat_url,
)
from shop.timers import TIMERS

BASE_DIR = Path(__file__).resolve().parent.parent

# --- who and where -----------------------------------------------------------------------------
DEBUG = env.bool("DEBUG", default=False) and not PRODUCTION
SECRET_KEY = required("SECRET_KEY", development_default="development-only-" + "x" * 40)
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
SITE_URL = env.str("SITE_URL", default="http://127.0.0.1:8000").rstrip("/")
SITE_HOST = urlsplit(SITE_URL).hostname or "localhost"
# Hosts beside the main one that share links may lead to; the office says which ones do.
SHARE_HOSTS = env.list("SHARE_HOSTS", default=[])
ALLOWED_HOSTS = [*env.list("ALLOWED_HOSTS", default=[SITE_HOST]), *SHARE_HOSTS]
if not PRODUCTION:
    ALLOWED_HOSTS += ["127.0.0.1", "localhost", "[::1]", "testserver"]
CSRF_TRUSTED_ORIGINS = [SITE_URL]
ROOT_URLCONF = "shop.urls"
WSGI_APPLICATION = "shop.wsgi.application"
# Who runs the platform and answers for personal data (PIPL, article 17).
OPERATOR = {
    "name": required("OPERATOR_NAME", development_default="Xiaodian (demo)"),
    "contact": required("OPERATOR_CONTACT", development_default="privacy@xiaodian.example"),
    # The foot of every page that is no store's: the ICP filing, and where to complain.
    "icp": env.str("OPERATOR_ICP", default=""),
}
OPERATOR["complaints"] = env.str("OPERATOR_COMPLAINTS", default="") or OPERATOR["contact"]

# Personal data: the first key encrypts, all decrypt; the index key never rotates.
FIELD_KEYS = required(
    "FIELD_KEYS", development_default="ZGV2ZWxvcG1lbnQtb25seS1kZXZlbG9wbWVudC1vbmw="
).split(",")
INDEX_KEY = required("INDEX_KEY", development_default="development-only")

# --- what the house is made of -----------------------------------------------------------------
SHOP_APPS = [
    "core",
    "accounts",
    "wechat",
    "stores",
    "freight",
    "risk",
    "guard",
    "catalog",
    "payments",
    "orders",
    "digital",
    "sharing",
    "sharers",
    "community",
    "campaigns.groupbuy",
    "campaigns.reductions",
    "campaigns.coupons",
    "campaigns.bargain",
    "campaigns.flash",
    "notices",
    "storefront",
    "office",
]
INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.mfa",
    "csp",
    "django_htmx",
    "template_partials",
    *SHOP_APPS,
]
MIDDLEWARE = [
    "core.public_pages.PublicPageMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "office.policy.OfficePolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "sharing.middleware.ShareRefererMiddleware",
    "core.busy.BusyMiddleware",
]
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
                "django.template.context_processors.i18n",
                "wechat.context.wechat",
            ],
        },
    }
]

# --- data --------------------------------------------------------------------------------------
DATABASES = {"default": database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")
CACHE_URL = env.str("CACHE_URL", default="redis://127.0.0.1:6379/1")
CACHES = {
    "default": {
        "BACKEND": "core.cache.SoftRedisCache",
        "LOCATION": CACHE_URL,
        "KEY_PREFIX": "shop",
        "OPTIONS": {"socket_connect_timeout": 0.5, "socket_timeout": 1},
    }
}
SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 30
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
# A product's page posts ten fields for each of its SKUs, of which there are up to 200.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 4000
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# --- background work ---------------------------------------------------------------------------
CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_TRANSPORT = "core.transport:Transport"
CELERY_TIMEZONE = "Asia/Shanghai"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A broker that is away for an hour is waited for, not given up.
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_timeout": 5, "socket_connect_timeout": 2}
# A nudge that cannot reach the broker must not hold up a shopper: the sweep delivers anyway.
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 4
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_ROUTES = {
    "core.tasks.deadlines_tick": {"queue": "deadlines"},
    # What may be slow and moves no money: it must not stand before a refund.
    "notices.tasks.delivery_send": {"queue": "messages"},
    "sharing.tasks.poster_keep": {"queue": "messages"},
}
CELERY_BEAT_SCHEDULE = TIMERS

# --- WeChat ------------------------------------------------------------------------------------
WECHAT_APPID = env.str("WECHAT_APPID", default="")
WECHAT_SECRET = env.str("WECHAT_SECRET", default="")
WECHAT_OPEN_URL = wechat_url("WECHAT_OPEN_URL")
WECHAT_API_URL = wechat_url("WECHAT_API_URL")
WECHAT_PAY_URL = wechat_url("WECHAT_PAY_URL")
WECHAT_JSSDK_URL = wechat_url("WECHAT_JSSDK_URL")
WECHAT_MP_URL = wechat_url("WECHAT_MP_URL", beside=WECHAT_OPEN_URL)
# Per process, Pay included; below the web server's threads, so that a hung Tencent leaves some.
TENCENT_CALLS_AT_ONCE = env.int("TENCENT_CALLS_AT_ONCE", default=2)
WECHAT_BRIDGE_URL = simulator_only("WECHAT_BRIDGE_URL")
SIMULATOR_URL = simulator_only("SIMULATOR_URL")
# Messages: {"shipped": {"id": "…", "places": {"thing1": "goods"}}, …} by the kinds of
# `notices/kinds.py`, and the one template of one-time subscriptions. Empty: not sent.
_PLACES = {"thing1": "goods", "amount2": "amount"}
_SIMULATED_TEMPLATES = {
    "shipped": {
        "id": "simulated-shipped",
        "places": {"thing1": "goods", "thing2": "carrier", "character_string3": "tracking_no"},
    },
    "group_succeeded": {"id": "simulated-group", "places": {"thing1": "goods", "thing2": "store"}},
    "group_failed": {"id": "simulated-refund", "places": _PLACES},
    "cancelled": {"id": "simulated-refund", "places": _PLACES},
    "refunded": {"id": "simulated-refund", "places": _PLACES},
}
WECHAT_TEMPLATES = message_templates(
    "WECHAT_TEMPLATES", default=_SIMULATED_TEMPLATES if SIMULATOR_URL else {}
)
WECHAT_SUBSCRIBE_TEMPLATE = env.str(
    "WECHAT_SUBSCRIBE_TEMPLATE", default="simulated-once" if SIMULATOR_URL else ""
)
# External pages inside WeChat: `strict` shows no share prompt, `open` shows everything.
WECHAT_SHARE_POLICY = one_of(
    "WECHAT_SHARE_POLICY", ("strict", "open"), default="strict" if PRODUCTION else "open"
)

# --- parcels ------------------------------------------------------------------------------------
# Where a parcel is: 快递100's query, off without a key. The simulator speaks the same protocol.
KUAIDI100_URL = env.str("KUAIDI100_URL", default=SIMULATOR_URL or "https://poll.kuaidi100.com")
KUAIDI100_KEY = env.str("KUAIDI100_KEY", default="simulated" if SIMULATOR_URL else "")
KUAIDI100_CUSTOMER = env.str("KUAIDI100_CUSTOMER", default="simulated" if SIMULATOR_URL else "")

# --- people ------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "accounts.backends.PasswordBackend",
    "accounts.backends.AccountBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "accounts:sign_in"
LOGIN_REDIRECT_URL = "storefront:me"
LOGOUT_REDIRECT_URL = "storefront:home"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email", "phone"}
ACCOUNT_SIGNUP_FIELDS = ["phone*"]
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
# Who carries codes to phones (`accounts/sms.py`); without an address, sign-in offers e-mail.
SMS_URL = sms_url("SMS_URL")
SMS_TOKEN = env.str("SMS_TOKEN", default="")
# An address may be a whole carrier: its share is wide, a recipient's is not. The days' bounds keep
# codes from being guessed by asking for many, and SMS from being sent at our cost.
ACCOUNT_RATE_LIMITS = {
    "request_login_code": "120/m/ip,3000/d/ip,3/m/key,20/d/key",
    "login": "600/m/ip",
    "login_failed": "300/m/ip,5/5m/key",
    "change_phone": "1/m/user,10/d/user",
    "verify_phone": "1/30s/key,10/d/key,300/m/ip,3000/d/ip",
}

# --- language and time -------------------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("简体中文"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

# --- files -------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = env.str("STATIC_ROOT", default=str(BASE_DIR / "staticfiles"))
STATICFILES_DIRS: list[Path | tuple[str, Path]] = [BASE_DIR / "static"]
NODE_MODULES = BASE_DIR / "node_modules"
if (NODE_MODULES / "weui" / "dist").is_dir():
    STATICFILES_DIRS.append(("weui", NODE_MODULES / "weui" / "dist" / "style"))
MEDIA_URL = "/media/"
MEDIA_ROOT = env.str("MEDIA_ROOT", default=str(BASE_DIR / "media"))
# Papers of people, served by views that ask whose they are; never by the proxy.
PRIVATE_ROOT = env.str("PRIVATE_ROOT", default=str(BASE_DIR / "private"))
# Draws Chinese on posters; any TrueType or OpenType file with simplified Chinese will do.
POSTER_FONT = env.str("POSTER_FONT", default="") or str(
    Path(manimgx_fonts_cjk.__file__).with_name("NotoSansCJK-VF.otf.ttc")
)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not PRODUCTION
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

# --- safety ------------------------------------------------------------------------------------
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
X_FRAME_OPTIONS = "DENY"
# How many proxies of ours stand in front: whose word about the client's address is taken.
PROXY_HOPS = ALLAUTH_TRUSTED_PROXY_COUNT = env.int("PROXY_HOPS", default=1 if PRODUCTION else 0)
if PRODUCTION:
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True

_jssdk = "{0.scheme}://{0.netloc}".format(urlsplit(WECHAT_JSSDK_URL))
_simulator = [SIMULATOR_URL] if SIMULATOR_URL else []
WECHAT_PAGES = sorted({WECHAT_OPEN_URL, WECHAT_MP_URL})
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, _jssdk, *_simulator],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "https://*.qlogo.cn", *_simulator],
        "connect-src": [SELF, *_simulator],
        "frame-src": _simulator or [NONE],
        "object-src": [NONE],
        "base-uri": [SELF],
        # After a form of ours the redirect goes to a consent page of WeChat's, and from a share
        # domain back through the main host: this must allow it.
        "form-action": [
            SELF,
            SITE_URL,
            *("{0.scheme}://{0.netloc}".format(urlsplit(url)) for url in WECHAT_PAGES),
        ],
        "frame-ancestors": [NONE],
    },
}

# --- logs --------------------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
}

if not PRODUCTION:
    EMAIL_BACKEND = env.str(
        "EMAIL_BACKEND", default="django.core.mail.backends.console.EmailBackend"
    )
EMAIL_HOST = env.str("EMAIL_HOST", default="localhost")
EMAIL_PORT = env.int("EMAIL_PORT", default=25)
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", default="")
EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_PASSWORD", default="")
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", default=False)
EMAIL_USE_SSL = env.bool("EMAIL_USE_SSL", default=False)
# A mail server that says nothing must not hold up a worker.
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default=f"no-reply@{SITE_HOST}")
if APP_ENV == "test":
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

from shop.unfold import UNFOLD  # noqa: E402, F401  the admin's look, long enough for its own file
