"""A page of the office that no menu names is a page that no merchant finds."""

from django.contrib import admin
from django.urls import reverse

from shop.unfold import UNFOLD


def test_every_page_of_the_office_is_in_its_menu():
    groups = UNFOLD["SIDEBAR"]["navigation"]
    named = {str(item["link"]) for group in groups for item in group["items"]}
    pages = {
        model._meta.label_lower: reverse(
            f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
        )
        for model in admin.site._registry
    }
    assert {label for label, page in pages.items() if page not in named} == set()
