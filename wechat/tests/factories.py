"""Share domains for tests."""

from wechat.domains import domains_forget
from wechat.models import ShareDomain


def domain_make(host: str, **fields: object) -> ShareDomain:
    """A share domain in use, of the pool unless said otherwise."""
    made = ShareDomain.objects.create(host=host, **fields)
    domains_forget()
    return made


def domain_retire(made: ShareDomain) -> None:
    made.state = ShareDomain.State.RETIRED
    made.save(update_fields=["state"])
    domains_forget()
