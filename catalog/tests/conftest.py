import pytest


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    """Pictures of tests go to a folder of their own."""
    settings.MEDIA_ROOT = str(tmp_path)
