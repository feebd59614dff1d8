"""Addresses of the office beside the admin's own."""

from django.contrib import admin
from django.urls import path

from office import views

app_name = "office"
urlpatterns = [
    path("announcements/", admin.site.admin_view(views.announce), name="announcements"),
    path("spread/", admin.site.admin_view(views.spread), name="spread"),
    path("spread/window/", admin.site.admin_view(views.window), name="window"),
]
