"""Where a contract is paid: an address at the supplier, with the contract's number put in. No money passes here."""

import re
from urllib.parse import quote

NUMBER = "{number}"

# What every browser reads alike: https, a name with its domain in small ASCII letters, no user, no backslash,
# nothing that is not printed; what else a path needs is percent-encoded. The number stands behind the name.
_PAY_URL = re.compile(
    r"https://(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?(?::(?P<port>[0-9]{1,5}))?"
    r"(?:[/?#](?:[A-Za-z0-9._~!$&'()*+,;=:@/?#-]|%[0-9A-Fa-f]{2}|\{number\})*)?",
    re.ASCII,
)
MAX_PORT = 65_535


def checked_pay_url(given: str) -> str:
    """Return the address of a supplier's pay page as given. Raises ValueError for all but a plain https address."""
    parts = _PAY_URL.fullmatch(given)
    if parts is None or not 0 < int(parts["port"] or 443) <= MAX_PORT:
        raise ValueError(f"not a plain https address; the one placeholder is {NUMBER}, behind the host's name")
    return given


def pay_url_of(template: str | None, number: str) -> str | None:
    """Return where the contract with this number is paid, if its supplier has told."""
    return None if template is None else template.replace(NUMBER, quote(number, safe=""))
