"""Where requests may go: allow-list, public addresses, and connections pinned to the address that was checked."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from omnisci_etl.config import Settings
from omnisci_etl.errors import HostileInput, ServiceError
from omnisci_etl.sources import hosts, transport
from omnisci_etl.sources.hosts import Hosts, is_proxied, is_public
from omnisci_etl.sources.http import HttpClient

FEW = hypothesis_settings(max_examples=40, deadline=None)
LIVE = Settings(_env_file=None)  # type: ignore[call-arg]


def resolving_to(*addresses: str) -> Any:
    return lambda *_args, **_named: [(0, 0, 0, "", (address, 0)) for address in addresses]


def test_only_configured_origins_pass() -> None:
    checked = Hosts(LIVE)
    for url in (
        "https://arxiv.org/html/1", "https://ARXIV.org:443/x", "https://oaipmh.arxiv.org/oai", "https://www.nature.com/",
        "https://idp.nature.com/authorize", "https://media.springernature.com/full/x.png",
    ):  # fmt: skip
        assert checked.check(url)[0] == "https"
    for url in (
        "http://arxiv.org/html/1", "https://arxiv.org:8443/", "https://arxiv.org.evil.example/", "https://127.0.0.1/",
        "https://arxiv.org@evil.example/", "https://evil.example/arxiv.org", "", "arxiv.org", "https://", "http://[",
    ):  # fmt: skip
        with pytest.raises(HostileInput, match="not a configured host"):
            checked.check(url)


def test_an_error_names_the_setting() -> None:
    here = LIVE.model_copy(update={"pmc_url": "http://127.0.0.1:8/pmc", "arxiv_url": "http://127.0.0.1:8/arxiv"})
    assert Hosts(here).setting("http://127.0.0.1:8/pmc/PMC1") == "OMNISCI_PMC_URL"
    assert Hosts(here).setting("http://127.0.0.1:8/arxiv/src/1") == "OMNISCI_ARXIV_URL"
    assert "OMNISCI_" in Hosts(here).setting("http://127.0.0.1:8/else")


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True), ("2606:2800:220:1::1", True), ("127.0.0.1", False), ("10.1.2.3", False),
        ("169.254.169.254", False), ("100.64.0.1", False), ("0.0.0.0", False), ("224.0.0.1", False), ("::1", False),
        ("fe80::1%eth0", False), ("fd00::1", False), ("::ffff:127.0.0.1", False), ("64:ff9b::7f00:1", False),
        ("64:ff9b::5db8:d822", True), ("2002:7f00:1::", False), ("ff02::1", False), ("255.255.255.255", False),
    ],
)  # fmt: skip
def test_public_addresses(address: str, public: bool) -> None:
    assert is_public(address) == public


@FEW
@given(st.integers(0, 2**32 - 1))
def test_no_private_address_hides_in_a_v6_one(number: int) -> None:
    inner = ipaddress.IPv4Address(number)
    if not is_public(str(inner)):
        for outer in (f"::ffff:{inner}", f"64:ff9b::{inner}"):
            assert not is_public(outer)


def test_a_name_that_leads_inside_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", resolving_to("127.0.0.1", "10.0.0.8"))
    with pytest.raises(HostileInput, match="not public"):
        Hosts(LIVE).address("arxiv.org")


def test_an_address_is_kept_until_it_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def resolve(host: str, *_args: object, **_named: object) -> Any:
        asked.append(host)
        return resolving_to("10.0.0.1", "1.1.1.1", "1.1.1.1", "8.8.8.8")()

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    checked = Hosts(LIVE)
    assert [checked.address("arxiv.org"), checked.address("arxiv.org")] == ["1.1.1.1", "1.1.1.1"]
    checked.avoid("arxiv.org")
    assert checked.address("arxiv.org") == "8.8.8.8"
    assert len(asked) == 1
    checked.avoid("arxiv.org")
    assert checked.address("arxiv.org") == "1.1.1.1"
    assert len(asked) == 2


def test_proxies_of_the_environment_count(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    assert not is_proxied("arxiv.org")
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:3128")
    assert is_proxied("arxiv.org")
    monkeypatch.setenv("no_proxy", "arxiv.org")
    assert not is_proxied("arxiv.org")


def test_a_proxy_is_given_the_name(with_settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """It resolves the name itself, and may be the only way out: no address is looked up here."""
    lines: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as proxy:

        def answer() -> None:
            connection, _ = proxy.accept()
            with connection:
                lines.append(connection.recv(4096).partition(b"\r\n")[0])
                connection.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{proxy.getsockname()[1]}")
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.setattr(Hosts, "address", lambda *_: pytest.fail("an address was looked up"))
        context = with_settings(pmc_url="https://source.example")
        with HttpClient(context, tries=1) as http, pytest.raises(ServiceError, match="cannot be reached"):
            http.get("https://source.example/a", service="pmc", purpose="check", limit=None, max_bytes=10)
        thread.join(timeout=5)
    assert lines == [b"CONNECT source.example:443 HTTP/1.1"]


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate, its own authority, for the name source.example."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "source.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("source.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    path = tmp_path / "source.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def tls(certificate: Path) -> Iterator[tuple[int, list[tuple[str | None, str | None]]]]:
    """A TLS server on loopback: its port, and (name asked for by SNI, Host header) of each request."""
    seen: list[tuple[str | None, str | None]] = []
    names: list[str | None] = []

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            pass

        def do_GET(self) -> None:
            seen.append((names[-1], self.headers.get("Host")))
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    secure = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    secure.load_cert_chain(certificate)
    secure.sni_callback = lambda _socket, name, _context: names.append(name)
    server.socket = secure.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield server.server_address[1], seen
    server.shutdown()
    server.server_close()


def test_a_connection_goes_to_the_checked_address(
    tls: tuple[int, Any], certificate: Path, with_settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name is resolved once; certificate, SNI and Host header are those of the name, not of the address."""
    port, seen = tls
    asked: list[str] = []

    def resolve(host: str, *args: Any, **named: Any) -> Any:
        asked.append(host)
        return real(host if host != "source.example" else "127.0.0.1", *args, **named)

    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(hosts, "is_public", lambda address: address == "127.0.0.1")
    monkeypatch.setattr(transport, "ssl_context", lambda: ssl.create_default_context(cafile=str(certificate)))
    context = with_settings(pmc_url=f"https://source.example:{port}")
    with HttpClient(context, tries=1) as http:
        url = f"https://source.example:{port}/a"
        found = http.get(url, service="pmc", purpose="check", limit=None, max_bytes=10)
    assert found.data == b"ok"
    assert seen == [("source.example", f"source.example:{port}")]
    assert asked.count("source.example") == 1


def test_a_certificate_of_another_name_is_refused(
    tls: tuple[int, Any], certificate: Path, with_settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    port, seen = tls
    monkeypatch.setattr(hosts, "is_public", lambda _: True)
    monkeypatch.setattr(Hosts, "address", lambda *_: "127.0.0.1")
    monkeypatch.setattr(transport, "ssl_context", lambda: ssl.create_default_context(cafile=str(certificate)))
    context = with_settings(pmc_url=f"https://other.example:{port}")
    with HttpClient(context, tries=1) as http, pytest.raises(ServiceError, match="cannot be reached"):
        http.get(f"https://other.example:{port}/a", service="pmc", purpose="check", limit=None, max_bytes=10)
    assert seen == []


def test_a_private_address_is_a_row_and_no_connection(
    with_settings: Any, monkeypatch: pytest.MonkeyPatch, rows: Any
) -> None:
    context = with_settings(pmc_url="https://inside.example")
    monkeypatch.setattr(hosts, "_resolve", lambda host: (_ for _ in ()).throw(HostileInput("forbidden-host", host)))
    with HttpClient(context) as http, pytest.raises(HostileInput):
        http.get("https://inside.example/", service="pmc", purpose="check", limit=None, max_bytes=10)
    assert rows("SELECT status, slug FROM omnisci.fetch") == [{"status": None, "slug": "forbidden-host"}]
