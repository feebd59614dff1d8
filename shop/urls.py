"""The site's address plan: composition only."""

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.static import serve

from shop.env import PRODUCTION

urlpatterns: list[URLPattern | URLResolver] = [
    path("office/", include("office.urls")),
    path("office/", admin.site.urls),
    path("accounts/", include("accounts.allauth_urls")),
    path("payments/", include("payments.urls")),
    path("wechat/", include("wechat.urls")),
    path("", include("accounts.urls")),
    path("", include("orders.urls")),
    path("", include("digital.urls")),
    path("", include("campaigns.groupbuy.urls")),
    path("", include("campaigns.bargain.urls")),
    path("", include("campaigns.flash.urls")),
    path("", include("campaigns.coupons.urls")),
    path("", include("sharing.urls")),
    path("", include("sharers.urls")),
    path("", include("community.urls")),
    path("messages/", include("notices.urls")),
    path("", include("storefront.urls")),
]
if not PRODUCTION:
    # In production the proxy serves uploads.
    urlpatterns += [
        re_path(r"^media/(?P<path>.*)$", serve, {"document_root": settings.MEDIA_ROOT}),
    ]
handler404 = "core.errors.page_not_found"
