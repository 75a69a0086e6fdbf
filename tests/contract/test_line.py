"""The HTTP client of the providers, over real sockets."""

import asyncio
import gzip
import ssl
import zlib
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from fabula.core.clock import utc_now
from fabula.providers.line import (
    BadCoding,
    BadHeader,
    Cut,
    Line,
    NoAddress,
    NotHttp,
    Response,
    SlowConnect,
    parse_address,
)
from fabula.providers.line.address import write_request
from tests.contract.scripted import Call, Server, raw, run_server

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with run_server() as running:
        yield running


@pytest.fixture
async def line(server: Server) -> AsyncIterator[Line]:
    made = Line(server.url, {"X-Own": "yes"}, 1, 2)
    yield made
    made.close()


async def whole(response: Response) -> bytes:
    parts = []
    while data := await response.read():
        parts.append(data)
    response.release()
    return b"".join(parts)


def answering(server: Server, *pieces: bytes) -> None:
    """Answer every call with these bytes, and keep the connection."""

    async def script(call: Call) -> None:
        await call.send(*pieces)

    server.script = script


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


async def test_a_request_is_whole_and_says_where_it_goes(server: Server, line: Line) -> None:
    answering(server, raw(b"ok"))
    assert await whole(await line.send("POST", "/a b?q=ü", b"{}")) == b"ok"
    (call,) = server.calls
    host = server.url.removeprefix("http://").removesuffix("/v1")
    assert call.head.startswith(b"POST /v1/a%20b?q=%C3%BC HTTP/1.1\r\n")
    for header in (
        f"Host: {host}",
        "X-Own: yes",
        "Content-Length: 2",
        "Accept-Encoding: gzip",
        "User-Agent: fabula/",
    ):
        assert f"\r\n{header}".encode() in call.head
    assert call.body == b"{}"


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        ([raw(b"sized")], b"sized"),
        ([CHUNKED, chunk(b"in "), chunk(b"chunks"), b"0\r\n\r\n"], b"in chunks"),
        ([CHUNKED, b"3;x=y\r\nabc\r\n", b"0\r\nTrailer: t\r\n\r\n"], b"abc"),
        ([b"HTTP/1.1 100 Continue\r\nX: y\r\n\r\n", raw(b"after all")], b"after all"),
        ([b"HTTP/1.1 204 No Content\r\n\r\n"], b""),
        ([b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\nold"], b"old"),
    ],
)
async def test_each_framing_is_read_and_the_connection_serves_again(
    server: Server, line: Line, sent: list[bytes], text: bytes
) -> None:
    answering(server, *sent)
    for _ in range(3):
        assert await whole(await line.send("GET", "/")) == text
    assert (server.connections, len(server.calls)) == (1, 3)


@pytest.mark.parametrize(
    "sent", [b"HTTP/1.1 200 OK\r\n\r\nto the end", raw(b"to the end", extra="Connection: close\r\n")]
)
async def test_an_answer_that_ends_its_connection(server: Server, line: Line, sent: bytes) -> None:
    server.says(sent)
    for _ in range(2):
        assert await whole(await line.send("GET", "/")) == b"to the end"
    assert server.connections == 2


async def test_names_of_headers_are_in_lower_case_and_the_type_is_alone(server: Server, line: Line) -> None:
    answering(server, raw(b"", "404 Not Found", "Content-TYPE: Text/HTML; charset=x\r\nRetry-After: 3\r\n"))
    response = await line.send("GET", "/")
    assert (response.status, response.content_type, response.headers["retry-after"]) == (404, "text/html", "3")
    response.release()
    response.release()


@pytest.mark.parametrize(
    ("coding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress), ("identity", lambda data: data)]
)
async def test_a_packed_body_is_unpacked_as_it_comes(server: Server, line: Line, coding: str, pack: object) -> None:
    assert callable(pack)
    packed: bytes = pack(b"a" * 3_000_000 + b"z")
    answering(server, raw(packed, extra=f"Content-Encoding: {coding}\r\n"))
    response = await line.send("GET", "/")
    parts = []
    while data := await response.read():
        parts.append(data)
    assert b"".join(parts) == b"a" * 3_000_000 + b"z"
    assert max(map(len, parts)) <= 1024 * 1024
    response.release()


@pytest.mark.parametrize(("coding", "body"), [("gzip", b"no gzip"), ("br", b"x")])
async def test_a_body_packed_otherwise_than_it_says(server: Server, line: Line, coding: str, body: bytes) -> None:
    answering(server, raw(body, extra=f"Content-Encoding: {coding}\r\n"))
    with pytest.raises(BadCoding):
        await whole(await line.send("GET", "/"))


@pytest.mark.parametrize("beyond", range(-2, 300, 50))
async def test_what_is_packed_comes_whole_where_a_piece_ends(server: Server, line: Line, beyond: int) -> None:
    text = b"a" * (2 * 1024 * 1024 + beyond)
    answering(server, raw(gzip.compress(text), extra="Content-Encoding: gzip\r\n"))
    assert len(await whole(await line.send("GET", "/"))) == len(text)


async def test_a_packed_body_cut_short_is_a_cut(server: Server, line: Line) -> None:
    answering(server, raw(gzip.compress(b"text")[:-6], extra="Content-Encoding: gzip\r\n"))
    with pytest.raises(Cut):
        await whole(await line.send("GET", "/"))


@pytest.mark.parametrize(
    "sent",
    [
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: %b\r\n" % (b"y" * 1000) * 80 + b"\r\n",
    ],
)
async def test_what_is_no_answer_of_http(server: Server, line: Line, sent: bytes) -> None:
    server.says(sent)
    with pytest.raises((NotHttp, Cut)):
        await line.send("GET", "/")


@pytest.mark.parametrize("begun", [False, True])
async def test_a_lost_connection_tells_whether_an_answer_had_begun(server: Server, line: Line, begun: bool) -> None:
    async def script(call: Call) -> None:
        if begun:
            await call.send(CHUNKED + chunk(b"half"))
            await asyncio.sleep(0.05)
        call.reset()

    server.script = script
    with pytest.raises(Cut) as raised:
        await whole(await line.send("POST", "/", b""))
    assert raised.value.args == (begun,)


async def test_a_kept_connection_that_was_given_up_is_asked_anew_where_that_is_safe(server: Server, line: Line) -> None:
    async def script(call: Call) -> None:
        if len(server.calls) == 1 or (b"GET" in call.head and len(server.calls) > 2):
            await call.send(raw(b"ok"))
        else:
            call.reset()

    server.script = script
    assert await whole(await line.send("GET", "/")) == b"ok"
    assert await whole(await line.send("GET", "/")) == b"ok"
    with pytest.raises(Cut):
        await line.send("POST", "/", b"")
    assert len(server.calls) == 4


async def test_what_nobody_asked_for_closes_the_connection(server: Server, line: Line) -> None:
    answering(server, raw(b"ok") + raw(b"more"))
    assert await whole(await line.send("GET", "/")) == b"ok"
    assert await whole(await line.send("GET", "/")) == b"ok"
    assert server.connections == 2


async def test_no_more_connections_than_allowed(server: Server, line: Line) -> None:
    answering(server, raw(b"ok"))
    held = [await line.send("GET", "/") for _ in range(2)]
    third = asyncio.create_task(line.send("GET", "/"))
    await asyncio.sleep(0.05)
    assert not third.done()
    held[0].release()
    assert await whole(await third) == b"ok"
    held[1].release()


async def test_a_caller_who_leaves_frees_its_place(server: Server, line: Line) -> None:
    for _ in range(3):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await line.send("GET", "/")
    answering(server, raw(b"ok"))
    assert await whole(await line.send("GET", "/")) == b"ok"


async def test_much_that_nobody_reads_is_left_to_the_socket(server: Server, line: Line) -> None:
    sent = asyncio.Event()

    async def script(call: Call) -> None:
        await call.send(CHUNKED)
        for _ in range(400):
            await call.send(chunk(b"x" * 100_000))
        sent.set()
        await call.send(b"0\r\n\r\n")

    server.script = script
    response = await line.send("GET", "/")
    await asyncio.sleep(0.3)
    assert not sent.is_set()
    assert len(await response.read()) < 2_000_000
    assert len(await whole(response)) > 37_000_000


async def test_a_rest_gathers_what_comes_meanwhile(server: Server, line: Line) -> None:
    async def script(call: Call) -> None:
        await call.send(CHUNKED, chunk(b"0"))
        for number in range(1, 10):
            await asyncio.sleep(0.005)
            await call.send(chunk(b"%d" % number))
        await call.hang()

    server.script = script
    response = await line.send("GET", "/")
    assert await response.read() == b"0"
    await response.rest(1.0)
    assert await response.read() == b"123456789"
    response.fail(ValueError("enough"))
    with pytest.raises(ValueError, match="enough"):
        await response.read()
    response.release()


async def test_closing_the_line_cuts_an_answer_that_goes_on_till_the_end(server: Server, line: Line) -> None:
    async def script(call: Call) -> None:
        await call.send(b"HTTP/1.1 200 OK\r\n\r\npart")
        await call.hang()

    server.script = script
    response = await line.send("GET", "/")
    assert await response.read() == b"part"
    line.close()
    with pytest.raises(Cut):
        await response.read()
    response.release()
    answering(server, raw(b"ok"))
    assert await whole(await line.send("GET", "/")) == b"ok"  # and it may be used again


async def test_nobody_answers_in_time() -> None:
    # A network that is reserved for documents (RFC 5737): packets to it go nowhere, or are refused.
    line = Line("http://192.0.2.1:9", {}, 0.05, 1)
    with pytest.raises((SlowConnect, OSError)):
        await line.send("GET", "/")


async def test_over_tls_the_name_is_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = make_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while await reader.readuntil(b"\r\n\r\n"):
                writer.write(raw(b"sealed"))
        writer.close()

    running = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    port = running.sockets[0].getsockname()[1]
    stranger = Line(f"https://localhost:{port}", {}, 5, 1)
    with pytest.raises(ssl.SSLCertVerificationError):
        await stranger.send("GET", "/")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    known = Line(f"https://localhost:{port}", {}, 5, 1)
    for _ in range(2):
        assert await whole(await known.send("GET", "/")) == b"sealed"
    known.close()
    named = Line(f"https://127.0.0.1:{port}", {}, 5, 1)
    with pytest.raises(ssl.SSLCertVerificationError):
        await named.send("GET", "/")
    running.close()


def make_certificate(folder: Path) -> Path:
    """Of `localhost`, signed by itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = utc_now()
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    file = folder / "both.pem"
    file.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain) + made.public_bytes(pem))
    return file


@pytest.mark.parametrize(
    ("url", "authority", "path"),
    [
        ("http://Host/v1/", "host", "/v1"),
        ("https://host:443/a%20b/ü", "host", "/a%20b/%C3%BC"),
        ("https://host:80", "host:80", ""),
        ("http://[::1]:8080/v1", "[::1]:8080", "/v1"),
        ("http://bücher.example", "xn--bcher-kva.example", ""),
    ],
)
def test_addresses(url: str, authority: str, path: str) -> None:
    found = parse_address(url)
    assert (found.authority, found.path) == (authority, path)


@pytest.mark.parametrize(
    "url", ["", "host", "ftp://host", "http://", "http://host:port", "http://[::1", "http://a..b/ü"]
)
def test_what_is_no_address(url: str) -> None:
    if url == "http://a..b/ü":
        url = "http://ä..b/"
    with pytest.raises(NoAddress):
        parse_address(url)


def test_credentials_of_the_address_go_along_unless_a_key_is_given() -> None:
    address = parse_address("http://me:p%40ss@host")
    assert b"\r\nAuthorization: Basic bWU6cEBzcw==\r\n" in write_request(address, "GET", "/", {}, None)
    assert b"Basic" not in write_request(address, "GET", "/", {"Authorization": "Bearer k"}, None)


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "a\x00b"])
def test_a_header_cannot_end_its_line(value: str) -> None:
    with pytest.raises(BadHeader):
        write_request(parse_address("http://host"), "GET", "/", {"Authorization": value}, None)
