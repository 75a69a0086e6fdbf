"""Pure decisions: which address may be called, what a turn asks for, what is shown of a connection."""

import ipaddress
import re
import socket
from collections.abc import Mapping, Sequence

from yarl import URL

from fabula.core.errors import invalid
from fabula.features.connections.errors import AddressForbidden
from fabula.features.connections.types import ConnectionFields, Preset, Provider, ProviderConnection, Wish
from fabula.plugins import Json

_HINT_CHARS = 4
_HINT_FROM = 16  # of a shorter key, four characters would be too large a part
_NUMERIC = re.compile(r"[0-9a-fx.]+", re.IGNORECASE)
# Where clouds answer any program on the machine with its credentials: link-local, AWS and Google over IPv6, Alibaba.
_FORBIDDEN = tuple(
    ipaddress.ip_network(text)
    for text in ("169.254.0.0/16", "fe80::/10", "fd00:ec2::254/128", "fd20:ce::254/128", "100.100.100.200/32")
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
# Three names for one bound; the providers know which of them their server understands.
_ANSWER_BOUNDS = ("max_tokens", "max_completion_tokens", "n_predict")


def check_fields(fields: ConnectionFields) -> None:
    """Raise `InvalidInput` for fields that do not go together, `AddressForbidden` for where no model can be."""
    if fields.is_default and not fields.enabled:
        raise invalid("body.enabled", "the default connection cannot be switched off; make another one the default")
    if fields.answer_tokens >= fields.context_tokens:
        raise invalid("body.answerTokens", "must be less than contextTokens, or no prompt fits")
    if fields.provider is Provider.EMBEDDED:
        if fields.base_url is not None:
            raise invalid("body.baseUrl", "the embedded model has no address")
        return
    if fields.base_url is None:
        raise invalid("body.baseUrl", "needed: the address of the model's server, usually ending in /v1")
    check_address(fields.base_url)


def check_address(text: str) -> None:
    """Raise `InvalidInput` unless `text` is a plain http(s) address, `AddressForbidden` for a metadata service."""
    problem = None
    try:
        url = URL(text)
        host = url.host or ""
    except ValueError:
        raise invalid("body.baseUrl", "is not an address") from None
    if url.scheme not in {"http", "https"} or not host:
        problem = "must begin with http:// or https:// and name a host"
    elif url.user is not None or url.password is not None:
        problem = "must not hold a name or password; a key goes into apiKey, where it is sealed"
    elif url.query_string or url.fragment or "?" in text or "#" in text:
        problem = "must not have a query or fragment; a key goes into apiKey, where it is sealed"
    if problem is not None:
        raise invalid("body.baseUrl", problem)
    if is_forbidden(host):
        raise AddressForbidden(host)


def is_forbidden(host: str) -> bool:
    """Tell whether a host, if it is an IP address in any notation, is one that no connection may have."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        if not _NUMERIC.fullmatch(host):
            return False
        try:
            address = ipaddress.ip_address(socket.inet_aton(host))  # the old notations: 0xA9FEA9FE, 2852039166
        except OSError:
            return False
    if isinstance(address, ipaddress.IPv6Address):
        inner = ipaddress.IPv4Address(address.packed[-4:]) if address in _NAT64 else address.ipv4_mapped
        address = inner or address
    return any(address in network for network in _FORBIDDEN)


def is_same_server(one: str | None, other: str | None) -> bool:
    """Tell whether two addresses lead to the same scheme, host and port."""
    return one == other or (one is not None and other is not None and URL(one).origin() == URL(other).origin())


def check_key(text: str) -> str:
    """The key as it is sent; raises `InvalidInput` for what cannot stand in a header."""
    key = text.strip()
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        raise invalid("body.apiKey", "must be printable ASCII without spaces")
    return key


def hint_of(key: str) -> str | None:
    """The last characters of a key, to recognise it by; None for one too short to show any."""
    return key[-_HINT_CHARS:] if len(key) >= _HINT_FROM else None


def wish_of(settings: Sequence[Mapping[str, Json]]) -> Wish:
    """What `settings` ask for, the nearest scope first.

    A model belongs to the connection it was chosen with: one named farther away than the connection does not count.
    """
    connection = preset = model = None
    for scope in settings:
        if connection is None:
            model = model or _text(scope.get("model"))
            connection = _text(scope.get("connectionId"))
        preset = preset or _text(scope.get("presetId"))
    return Wish(connection, preset, model)


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) and value else None


def merge_params(own: Mapping[str, Json], preset: Mapping[str, Json]) -> dict[str, Json]:
    """A preset's fields, or a caller's, over a connection's own; a bound on an answer's length only within the own one."""
    merged = {**own, **preset}
    bounds = [merged.pop(name, None) for name in _ANSWER_BOUNDS] + [own.get("max_tokens")]
    known = [bound for bound in bounds if isinstance(bound, int) and bound > 0]
    return {**merged, "max_tokens": min(known)} if known else merged


def show_connection(found: ProviderConnection) -> dict[str, Json]:
    """Everything about a connection but its key, as the API and the audit log show it."""
    fields = found.fields
    timeouts = fields.timeouts
    return {
        "id": found.id,
        "name": fields.name,
        "provider": fields.provider.value,
        "baseUrl": fields.base_url,
        "hasKey": found.sealed_key is not None,
        "keyHint": found.key_hint,
        "defaultModel": fields.default_model,
        "family": fields.family,
        "timeouts": {
            "connectSeconds": timeouts.connect_seconds,
            "firstSeconds": timeouts.first_seconds,
            "silenceSeconds": timeouts.silence_seconds,
        },
        "contextTokens": fields.context_tokens,
        "answerTokens": fields.answer_tokens,
        "enabled": fields.enabled,
        "isDefault": fields.is_default,
        "version": found.version,
    }


def show_preset(found: Preset) -> dict[str, Json]:
    """A preset as the API and the audit log show it."""
    fields = found.fields
    return {
        "id": found.id,
        "name": fields.name,
        "params": fields.params,
        "isDefault": fields.is_default,
        "version": found.version,
    }
