"""The site's address plan: composition only."""

from django.contrib import admin
from django.urls import path

urlpatterns = [path("office/", admin.site.urls)]
