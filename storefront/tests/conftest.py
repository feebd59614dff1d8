import pytest

from core.public_pages import public_pages_forget


@pytest.fixture(autouse=True)
def fresh_pages():
    """No page of another test is handed out."""
    public_pages_forget()
