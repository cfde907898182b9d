"""Target addresses: which ones may be shortened and how they are written down."""

import ipaddress
import re
from typing import Collection, Optional, Tuple
from urllib.parse import quote, urlsplit

from backend.models import InputError

MAX_LENGTH = 2048
DEFAULT_PORTS = (None, 80, 443)
FORBIDDEN = re.compile(r"[\x00-\x20\x7f\\\s\ud800-\udfff]")
HOST_NAME = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?")
NOT_FOR_A_HEADER = re.compile(r'[^\x21-\x7e]|["<>`{}]')

# A host name and its port; the port is None where it is the usual one (80 or 443).
Address = Tuple[str, Optional[int]]


def check_url(text: str, own_addresses: Collection[Address] = ()) -> str:
    """Return the address ready for a Location header or raise InputError."""
    url = text.strip()
    if not url:
        raise InputError("url", "is required")
    if len(url) > MAX_LENGTH:
        raise InputError("url", f"must have at most {MAX_LENGTH} characters")
    if FORBIDDEN.search(url):
        raise InputError("url", "must not contain spaces, control characters or backslashes")
    if not re.match(r"https?://", url, re.IGNORECASE):
        raise InputError("url", "must start with http:// or https://")
    try:
        return normalise(url, own_addresses)
    except InputError:
        raise
    except ValueError:
        raise InputError("url", "must contain a valid host name") from None


def normalise(url: str, own_addresses: Collection[Address]) -> str:
    """Rebuild the address from its parts; raise ValueError where a part is wrong."""
    parts = urlsplit(url)
    if "@" in parts.netloc:
        raise InputError("url", "must not contain a user name or password")
    host = normalise_host(parts.hostname or "")
    if address_of(parts.netloc) in own_addresses or (host, usual(parts.port)) in own_addresses:
        raise InputError("url", "must not point to this service itself")
    shown_host = f"[{host}]" if ":" in host else host
    shown_port = "" if parts.port is None else f":{parts.port}"
    rest = url[len(f"{parts.scheme}://{parts.netloc}") :]
    slash = "" if rest.startswith("/") else "/"
    return f"{parts.scheme}://{shown_host}{shown_port}{slash}{percent_encode(rest)}"


def normalise_host(host: str) -> str:
    """Return the host in lower-case ASCII; raise ValueError where it is none."""
    if ":" in host:
        if "%" in host:
            raise ValueError("an IPv6 address with a zone")
        return str(ipaddress.IPv6Address(host))
    name = host.rstrip(".").encode("idna").decode("ascii").lower()
    if not HOST_NAME.fullmatch(name):
        raise ValueError("not a host name")
    return name


def percent_encode(text: str) -> str:
    """Encode only the characters that a header or an attribute should not carry."""
    return NOT_FOR_A_HEADER.sub(lambda match: quote(match.group()), text)


def address_of(netloc: str) -> Address:
    """Split "host:port" into an address; anything unreadable gives an empty host."""
    try:
        parts = urlsplit(f"//{netloc}")
        return (parts.hostname or "").rstrip("."), usual(parts.port)
    except ValueError:
        return "", None


def usual(port: Optional[int]) -> Optional[int]:
    """Return None for the ports that addresses need not name."""
    return None if port in DEFAULT_PORTS else port
