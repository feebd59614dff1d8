"""Private files: saved by whoever asked, shown or kept by nothing in between."""

from django.http import HttpResponse

PDF, PNG = "application/pdf", "image/png"


def download(data: bytes, content_type: str, name: str) -> HttpResponse:
    """The answer that makes a browser save `data` under `name`, which is ASCII and without quotes."""
    answer = HttpResponse(data, content_type=content_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "private, no-store"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer
