"""An e-mail address as the library `email-validator` reads it: what is one, and which domain it is at."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from email_validator import EmailNotValidError, validate_email


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    """One plain address. ``domain`` is in small ASCII letters, as the network knows it (IDNA 2008).

    ``written`` is the whole address with that domain. What was checked is what is written to: letters that only look like
    others, or several spellings of one domain, come to one and the same text.
    """

    written: str
    domain: str


@lru_cache(maxsize=10_000)
def read_address(text: str) -> Address | None:
    """The one address that a text is, or None where it is none.

    A display name, a quoted local part, a comment, a second address, a number for a domain and a domain that mail cannot
    reach make it none. Nobody is asked whether the mailbox exists.
    """
    try:
        found = validate_email(text, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return None
    domain = found.ascii_domain.lower()
    return Address(written=f"{found.local_part}@{domain}", domain=domain)


def read_domain(text: str) -> str | None:
    """A domain in small ASCII letters however it is spelt (IDNA 2008), or None where mail can go to no such domain."""
    address = read_address(f"somebody@{text}")
    return address.domain if address else None
