"""Finding a poster, and drawing it; the picture is kept under what it says."""

from datetime import datetime, timedelta

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from sharing.posters.kinds import poster_draw
from sharing.posters.spec import PosterSpec

FOLDER = "posters"


def poster_url(spec: PosterSpec, *, now: datetime) -> str | None:
    """The picture's address, or None while there is none."""
    name = _name(spec, now)
    return default_storage.url(name) if default_storage.exists(name) else None


def poster_keep(spec: PosterSpec, *, now: datetime) -> str:
    """Draw a poster that is not there yet; its storage name. Drawn twice, it is the same picture."""
    name = _name(spec, now)
    if not default_storage.exists(name):
        saved = default_storage.save(name, ContentFile(poster_draw(spec)))
        if saved != name:  # somebody else was faster, and storage gave ours another name
            default_storage.delete(saved)
    return name


def posters_forget(*, now: datetime) -> int:
    """Delete the posters of all months but this one and the last; how many there were."""
    kept = {_month(now), _month(now.replace(day=1) - timedelta(days=1))}
    gone = 0
    if not default_storage.exists(FOLDER):
        return 0
    for month in default_storage.listdir(FOLDER)[0]:
        if month in kept:
            continue
        for file in default_storage.listdir(f"{FOLDER}/{month}")[1]:
            default_storage.delete(f"{FOLDER}/{month}/{file}")
            gone += 1
        default_storage.delete(f"{FOLDER}/{month}")
    return gone


def _name(spec: PosterSpec, now: datetime) -> str:
    return f"{FOLDER}/{_month(now)}/{spec.key()}.jpg"


def _month(now: datetime) -> str:
    return f"{now:%Y%m}"
