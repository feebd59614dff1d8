"""Addresses under /wechat/."""

from django.urls import path

from wechat import views

app_name = "wechat"
urlpatterns = [path("jssdk/", views.jssdk, name="jssdk")]
