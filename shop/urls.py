"""The site's address plan: composition only."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("office/", admin.site.urls),
    path("payments/", include("payments.urls")),
    path("wechat/", include("wechat.urls")),
]

