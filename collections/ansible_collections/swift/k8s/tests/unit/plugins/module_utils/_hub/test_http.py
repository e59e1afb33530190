# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""The HTTP client: connections, redirects, credentials, certificates, proxies, and what each failure is called."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._hub import ahead
from ansible_collections.swift.k8s.plugins.module_utils._hub import http as module
from ansible_collections.swift.k8s.plugins.module_utils._hub.errors import (
    BadAnswer,
    BadSetting,
    Cut,
    HubError,
    Stalled,
    Unreachable,
    Untrusted,
)
from ansible_collections.swift.k8s.plugins.module_utils._hub.http import Client, Settings, bare, origin

from .conftest import Certificate, Reply, Seen, Serve, Server

SECRET = {"Authorization": "Bearer s3cret", "Cookie": "m_session_id=s3cret"}


@pytest.fixture
def client() -> Iterator[Client]:
    made = Client(Settings(connect_timeout=2, stall_timeout=0.3), environ={})
    yield made
    made.close()


def test_json_and_kept_connections(serve: Serve, client: Client) -> None:
    server = serve(lambda seen: Reply(body=b'{"at": "%s"}' % seen.target.encode()))
    for _time in range(3):
        assert client.open(f"{server.url}/a b/中?x=1 2").json() == {"at": "/a%20b/%E4%B8%AD?x=1%202"}
    assert server.connections == 1
    assert server.seen[0].headers["accept-encoding"] == "identity"


def test_a_connection_that_the_server_closed_is_replaced_silently(serve: Serve, client: Client) -> None:
    server = serve(lambda _seen: Reply(headers={"Keep-Alive": "timeout=0"}, body=b"{}"))
    client.open(server.url).json()
    for _since, line in next(iter(client._idle.values())):
        line.connection.sock.shutdown(socket.SHUT_RDWR)
    assert client.open(server.url).json() == {}
    assert server.connections == 2


def test_an_idle_connection_is_not_kept_for_ever(serve: Serve, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    server = serve(lambda _seen: Reply(body=b"{}"))
    client.open(server.url).json()
    monkeypatch.setattr(module, "IDLE_SECONDS", -1.0)
    client.open(server.url).json()
    assert server.connections == 2


def test_credentials_stay_with_the_first_origin(serve: Serve, client: Client) -> None:
    """Away and back again: what left once is not trusted any more."""
    hub = serve(
        lambda seen: Reply(302, {"Location": f"{cdn.url}/cdn"}) if seen.target == "/file" else Reply(body=b"{}")
    )
    cdn: Server = serve(lambda _seen: Reply(307, {"Location": f"{hub.url}/back"}))
    client.open(f"{hub.url}/file", {"Range": "bytes=5-"}, SECRET).json()
    asked, away, back = hub.seen[0].headers, cdn.seen[0].headers, hub.seen[1].headers
    assert asked["authorization"] == "Bearer s3cret"
    assert asked["cookie"] == "m_session_id=s3cret"
    for headers in (away, back):
        assert "authorization" not in headers
        assert "cookie" not in headers
        assert headers["range"] == "bytes=5-"


def test_credentials_follow_within_the_origin(serve: Serve, client: Client) -> None:
    server = serve(lambda seen: Reply(301, {"Location": "/new"}) if seen.target == "/old" else Reply(body=b"{}"))
    client.open(f"{server.url}/old", secrets=SECRET).json()
    assert server.seen[1].headers["authorization"] == "Bearer s3cret"
    assert server.connections == 1


@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("/", "redirect loop"),
        ("", "to nowhere"),
        ("ftp://elsewhere/x", "redirects to where no hub can be: address 'ftp://elsewhere/x' is not http"),
        ("file:///etc/passwd", "redirects to where no hub can be"),
        (f"http://{'a' * 64}.example/x", "redirects to where no hub can be"),
        ("http://[broken", "cannot be parsed"),
    ],
)
def test_redirects_that_lead_nowhere(serve: Serve, client: Client, location: str, said: str) -> None:
    server = serve(lambda _seen: Reply(302, {"Location": location}))
    with pytest.raises(HubError, match=said):
        client.open(f"{server.url}/")


def test_endless_redirects_end(serve: Serve, client: Client) -> None:
    server = serve(lambda seen: Reply(302, {"Location": seen.target + "x"}))
    with pytest.raises(BadAnswer, match="more than 8 redirects"):
        client.open(f"{server.url}/")


def test_encryption_is_not_given_up_on_the_way(serve: Serve, certificate: Certificate) -> None:
    plain = serve(lambda _seen: Reply(body=b"{}"))
    secure = serve(lambda _seen: Reply(302, {"Location": plain.url}), certificate.context)
    with pytest.raises(Untrusted, match="from https to http"):
        Client(Settings(ca_file=certificate.file), environ={}).open(secure.url)
    assert not plain.seen


def test_certificates(serve: Serve, certificate: Certificate, tmp_path: Path) -> None:
    server = serve(lambda _seen: Reply(body=b"{}"), certificate.context)
    assert Client(Settings(ca_file=certificate.file), environ={}).open(server.url).json() == {}
    with pytest.raises(Untrusted, match="not trusted") as caught:
        Client(Settings(), environ={}).open(server.url)
    assert caught.value.next_step == "Set ca_file to the CA that signed it"
    with pytest.raises(BadSetting, match=r"nowhere\.pem cannot be used"):
        Client(Settings(ca_file="/nowhere.pem"), environ={}).open(server.url)
    (tmp_path / "bad.pem").write_text("no certificate")
    with pytest.raises(BadSetting, match=r"bad\.pem cannot be used"):
        Client(Settings(ca_file=str(tmp_path / "bad.pem")), environ={}).open(server.url)


def test_a_proxy_gets_the_whole_address_and_its_own_password(serve: Serve) -> None:
    proxy = serve(lambda _seen: Reply(body=b"{}"))
    settings = Settings(proxy=f"http://me:pw@127.0.0.1:{proxy.port}")
    Client(settings, environ={}).open("http://hub.example:8099/x?y=1").json()
    assert proxy.seen[0].target == "http://hub.example:8099/x?y=1"


def test_https_goes_through_a_tunnel(serve: Serve) -> None:
    proxy = serve(lambda _seen: Reply(403))
    settings = Settings(proxy=f"http://me:pw@127.0.0.1:{proxy.port}")
    with pytest.raises(Unreachable, match=rf"through proxy 127.0.0.1:{proxy.port}.*403"):
        Client(settings, environ={}).open("https://hub.example/x")
    assert proxy.seen[0] == Seen("CONNECT", "hub.example:443", proxy.seen[0].headers)
    assert proxy.seen[0].headers["proxy-authorization"] == "Basic bWU6cHc="


def test_nobody_there(client: Client) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(Unreachable, match="cannot be reached"):
        client.open(f"http://127.0.0.1:{port}/?token=s3cret")
    with pytest.raises(Unreachable, match="cannot be resolved"):
        client.open("http://no-such-host.invalid/")


def test_silence_is_a_stall(client: Client) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(Stalled, match=r"within 0.3 s"):
        client.open(f"http://127.0.0.1:{silent.getsockname()[1]}/")


def test_a_stall_in_the_body(serve: Serve, client: Client) -> None:
    server = serve(lambda _seen: Reply(headers={"Content-Length": "100"}, body=b"x"))
    response = client.open(server.url)
    buffer = memoryview(bytearray(100))
    assert response.readinto(buffer) == 1
    with pytest.raises(Stalled):
        response.readinto(buffer)
    response.close()


def test_a_cut_in_the_body_says_how_much_is_missing(serve: Serve, client: Client) -> None:
    server = serve(lambda _seen: Reply(body=b"abc", missing=7))
    response = client.open(server.url)
    buffer = memoryview(bytearray(100))
    assert response.readinto(buffer) == 3
    with pytest.raises(Cut, match="7 bytes early"):
        response.readinto(buffer)
    response.close()
    assert not any(client._idle.values())


def test_a_body_without_length_is_read_to_its_end(serve: Serve, client: Client) -> None:
    server = serve(
        lambda _seen: Reply(
            headers={"Content-Length": "", "Transfer-Encoding": "chunked"}, body=b"2\r\n{}\r\n0\r\n\r\n"
        )
    )
    assert client.open(server.url).json() == {}


def test_no_http_at_all(client: Client) -> None:
    with socket.create_server(("127.0.0.1", 0)) as strange:
        address = f"http://127.0.0.1:{strange.getsockname()[1]}/"

        def answer() -> None:
            connection, _peer = strange.accept()
            connection.recv(1000)
            connection.sendall(b"SSH-2.0-OpenSSH\r\n")
            connection.close()

        threading.Thread(target=answer, daemon=True).start()
        with pytest.raises(BadAnswer, match="does not speak HTTP"):
            client.open(address)


@pytest.mark.parametrize("body", [b"<html>", b"[" * 200_000])
def test_a_login_page_is_not_json(serve: Serve, client: Client, body: bytes) -> None:
    server = serve(lambda _seen: Reply(body=body))
    with pytest.raises(BadAnswer, match="not JSON") as caught:
        client.open(server.url).json()
    assert "login page" in caught.value.next_step


@pytest.mark.parametrize("url", ["hub.example", "ftp://hub", "http://", "http://hub:port", "http://a..b"])
def test_addresses_that_cannot_be_meant(url: str) -> None:
    with pytest.raises(BadSetting):
        origin(url)


def test_logs_never_see_what_a_url_hides() -> None:
    assert bare("https://me:pw@hub:1/a?token=s3cret#x") == "https://hub:1/a"


def test_a_receive_buffer_that_the_host_refuses_is_not_asked_for() -> None:
    assert ahead.granted(64 << 10)
    assert not ahead.granted(1 << 30)


@pytest.mark.parametrize(
    ("rate", "segment", "round_trip", "size"),
    [
        (0, 1448, 0.1, 0),
        (1 << 20, 1448, 0.0, 16 << 10),
        (1 << 20, 8948, 0.0, 2 * 8948),
        (16 << 20, 1448, 0.0001, (16 << 20) // 200),
        (2 << 20, 1448, 0.2, (2 << 20) * 2 // 5),
    ],
)
def test_the_kernel_takes_ahead_what_is_on_its_way(rate: float, segment: int, round_trip: float, size: int) -> None:
    assert ahead.buffer_bytes(rate, ahead.Path(segment, round_trip)) == size


def test_the_path_is_what_the_kernel_measured(serve: Serve) -> None:
    address = urlsplit(serve(lambda _seen: Reply(body=b"{}")).url)
    with socket.create_connection((address.hostname, address.port)) as connection:
        found = ahead.path_of(connection)
        assert 0 < found.round_trip_seconds < 0.1
        assert found.segment_bytes == connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        assert ahead.path_of(other) == ahead.UNKNOWN


def test_the_buffer_follows_the_limit_and_gives_the_connection_up_when_there_is_none(serve: Serve) -> None:
    """The loopback's segments of 64 KiB bound the buffer from below; the kernel doubles what it is asked for."""
    server = serve(lambda _seen: Reply(body=b"x" * 1000))
    client = Client(Settings(), environ={})

    def receive_buffer() -> int:
        (_since, line), *others = client._idle[origin(server.url)]
        assert not others
        return line.connection.sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)

    def read_at(rate: float) -> bool:
        response = client.open(server.url)
        kept_pace = response.pace(rate)
        while response.readinto(memoryview(bytearray(1000))):
            pass
        response.close()
        return kept_pace

    assert read_at(0)
    own = receive_buffer()
    assert read_at(1 << 20)
    segment = 2 * client._idle[origin(server.url)][0][1].connection.sock.getsockopt(
        socket.IPPROTO_TCP, socket.TCP_MAXSEG
    )
    assert receive_buffer() == 2 * segment
    assert read_at(32 << 20)
    assert receive_buffer() == 2 * (32 << 20) // 200
    assert not read_at(0), "a bounded buffer does not grow by itself again"
    assert client._idle[origin(server.url)] == []
    assert read_at(0)
    assert receive_buffer() == own
    client.close()
