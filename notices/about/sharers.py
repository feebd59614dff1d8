"""News for who wants to share a store's goods: taken, or not."""

from collections.abc import Iterator
from typing import Any

from django.urls import reverse

from notices.about.subject import Subject
from sharers.queries import SharerGist, sharer_gist


def approved(event: Any) -> Iterator[Subject]:
    """Each time that the merchant takes somebody, or takes them back; who is taken by a plan that
    takes everybody sees it on the page."""
    sharer = sharer_gist(event.sharer_id)
    if sharer is not None and sharer.state == "active" and sharer.decided_at is not None:
        yield _of_sharer(sharer, f"sharer:{sharer.id}:{sharer.decided_at:%Y%m%d%H%M%S%f}")


def declined(event: Any) -> Iterator[Subject]:
    sharer = sharer_gist(event.sharer_id)
    if sharer is not None and sharer.state == "declined":
        yield _of_sharer(sharer, f"no_sharer:{sharer.id}")


def _of_sharer(sharer: SharerGist, key: str) -> Subject:
    return Subject(
        key=key,
        store_id=sharer.store_id,
        people=(sharer.person_id,),
        path=reverse("sharers:desk", args=[sharer.store_slug]),
        values={"store": sharer.store_name},
    )
