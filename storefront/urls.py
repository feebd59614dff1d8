"""Addresses of the storefront, at the root."""

from django.urls import path

from storefront import views

app_name = "storefront"
urlpatterns = [
    path("", views.home, name="home"),
    path("store/<slug:slug>/", views.store, name="store"),
    path("store/<slug:slug>/mine/", views.store_mine, name="store_mine"),
    path("store/<slug:slug>/<slug:category>/", views.store, name="category"),
    path("p/<slug:public_id>/", views.product, name="product"),
    path("p/<slug:public_id>/mine/", views.product_mine, name="product_mine"),
    path("search/", views.search, name="search"),
    path("search/suggest/", views.suggest, name="suggest"),
    path("robots.txt", views.robots, name="robots"),
    path("me/", views.me, name="me"),
    path("licences/", views.licences, name="licences"),
    path("agreement/", views.agreement, name="agreement"),
    path("privacy/", views.privacy, name="privacy"),
]
