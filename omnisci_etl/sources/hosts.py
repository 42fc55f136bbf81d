"""Where requests may go: the origins of the configured services, at addresses of the public network only."""

from __future__ import annotations

import ipaddress
import socket
import threading
import time
import urllib.request
from urllib.parse import SplitResult, urlsplit

from omnisci_etl.config import LOOPBACK, Settings
from omnisci_etl.errors import HostileInput

Origin = tuple[str, str, int]

_BASE_URLS = (
    "arxiv_oai_url", "arxiv_url", "arxiv_api_url", "crossref_url", "europepmc_url", "pmc_url",
    "nature_url", "nature_media_url", "openalex_url",
)  # fmt: skip
# nature.com sends readers without a cookie through this host and back to the article.
_COMPANIONS = {"www.nature.com": "idp.nature.com"}
_PORTS = {"http": 80, "https": 443}
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
# Long enough to keep a connection in use, short enough for stores that change their addresses all the time.
_ADDRESS_SECONDS = 60.0


def origin_of(parts: SplitResult) -> Origin | None:
    """Scheme, host and port of a URL; None where it is not an absolute http(s) URL."""
    try:
        port = parts.port or _PORTS[parts.scheme]
    except (KeyError, ValueError):
        return None
    return (parts.scheme, parts.hostname, port) if parts.hostname else None


class Hosts:
    """The allow-list of one configuration, with the addresses that its hosts were found at."""

    def __init__(self, settings: Settings) -> None:
        self._allowed: set[Origin] = set()
        self._settings: dict[str, str] = {}
        self._addresses: dict[str, tuple[float, list[str]]] = {}
        self._lock = threading.Lock()
        for name in _BASE_URLS:
            base_url = str(getattr(settings, name))
            origin = origin_of(urlsplit(base_url))
            if origin is None:
                continue
            self._settings[base_url] = f"OMNISCI_{name.upper()}"
            self._allowed.add(origin)
            if companion := _COMPANIONS.get(origin[1]):
                self._allowed.add((origin[0], companion, origin[2]))

    def check(self, url: str) -> Origin:
        """The URL's origin. Raises HostileInput("forbidden-host") unless a setting names it."""
        try:
            origin = origin_of(urlsplit(url))
        except ValueError:
            origin = None
        if origin is None or origin not in self._allowed:
            raise HostileInput("forbidden-host", f"{origin[1] if origin else 'the address'} is not a configured host")
        return origin

    def setting(self, url: str) -> str:
        """The environment variable that the URL was made from."""
        bases = [base for base in self._settings if url.startswith(base)]
        return self._settings[max(bases, key=len)] if bases else "the OMNISCI_..._URL settings"

    def address(self, host: str) -> str:
        """A public IP address of the host, the same for a while.

        Raises HostileInput("forbidden-host") where it has none (a name that leads into a private network), OSError
        where the name cannot be resolved.
        """
        with self._lock:
            until, known = self._addresses.get(host, (0.0, []))
            if not known or until < time.monotonic():
                known = _resolve(host)
                self._addresses[host] = (time.monotonic() + _ADDRESS_SECONDS, known)
            return known[0]

    def avoid(self, host: str) -> None:
        """Takes the host's next address from now on: the present one did not answer."""
        with self._lock:
            if known := self._addresses.get(host, (0.0, []))[1]:
                known.pop(0)


def is_public(address: str) -> bool:
    """Whether an IP address (v4 or v6) belongs to one machine of the public network."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if ip in _NAT64 else None
        ip = inner or ip.ipv4_mapped or ip.sixtofour or ip
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def _resolve(host: str) -> list[str]:
    found = [str(entry[4][0]) for entry in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]
    public = [address for address in dict.fromkeys(found) if is_public(address)]
    if not public:
        raise HostileInput("forbidden-host", f"{host} leads to {', '.join(found) or 'no address'}, which is not public")
    return public


def is_loopback(host: str) -> bool:
    """Whether a configured host is this machine."""
    return host in LOOPBACK


def is_proxied(host: str) -> bool:
    """Whether the environment sends https requests to the host through a proxy, which then resolves the name."""
    proxies = urllib.request.getproxies()
    return ("https" in proxies or "all" in proxies) and not urllib.request.proxy_bypass(host)
