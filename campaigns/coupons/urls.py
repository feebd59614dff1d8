"""Addresses of coupons."""

from django.urls import path

from campaigns.coupons import views

app_name = "coupons"
urlpatterns = [
    path("store/<slug:slug>/coupons/", views.centre, name="centre"),
    path("store/<slug:slug>/coupons/mine/", views.mine, name="mine"),
    path("me/coupons/", views.wallet, name="wallet"),
]
