"""Pages whose saving may be refused by a service, because of what happened since they were opened."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from catalog.services import PriceRefused, PublishRefused, StockRefused

REFUSALS = (PriceRefused, PublishRefused, StockRefused)


class RefusalsAsErrors:
    """Nothing of a refused page is saved, and what was typed stays: it is checked once more, and by
    then the form itself sees what the service saw. What no form can see is said on the page."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._again(super().changeform_view, request, *args, **kwargs)  # type: ignore[misc]

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._again(super().changelist_view, request, *args, **kwargs)  # type: ignore[misc]

    def _again(self, view: Any, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except REFUSALS:
            pass
        try:
            return view(request, *args, **kwargs)
        except REFUSALS as refusal:
            messages.error(request, str(refusal))
            return redirect(request.get_full_path())
