from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from fabula.core.errors import InvalidInput
from fabula.core.ids import WorkspaceId
from fabula.features.connections import rules
from fabula.features.connections.defaults import Defaults
from fabula.features.connections.errors import AddressForbidden
from fabula.features.connections.types import ConnectionFields, Provider, Wish
from fabula.plugins import Json

LOCAL = ConnectionFields("Local", Provider.OPENAI_COMPATIBLE, "http://127.0.0.1:8080/v1")
WS = WorkspaceId("00000000-0000-7000-8000-00000000000a")
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:8080/v1", "http://localhost:1234/v1", "https://api.openai.com/v1", "http://[::1]:8080/v1",
     "http://192.168.1.5:8000/v1", "http://10.0.0.1/v1", "https://openrouter.ai/api/v1"],
)  # fmt: skip
def test_servers_on_this_machine_in_the_house_and_far_away_are_allowed(url: str) -> None:
    rules.check_address(url)


@pytest.mark.parametrize(
    "host",
    ["169.254.169.254", "169.254.0.1", "[fd00:ec2::254]", "[fe80::1]", "[::ffff:169.254.169.254]",
     "[64:ff9b::a9fe:a9fe]", "2852039166", "0xA9FEA9FE", "0251.0376.0251.0376", "100.100.100.200"],
)  # fmt: skip
def test_metadata_services_are_refused_in_every_notation(host: str) -> None:
    with pytest.raises(AddressForbidden):
        rules.check_address(f"http://{host}/v1")


@pytest.mark.parametrize(
    "url",
    ["", "nonsense", "ftp://here/v1", "file:///etc/passwd", "http://", "http://user:pass@here/v1",
     "http://here/v1?key=abc", "http://here/v1#top", "http://here:99999999/v1", "http://[::1/v1"],
)  # fmt: skip
def test_what_is_no_plain_address_is_refused_at_its_field(url: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        rules.check_address(url)
    assert raised.value.problems[0].path == "body.baseUrl"


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        (replace(LOCAL, base_url=None), "body.baseUrl"),
        (replace(LOCAL, provider=Provider.EMBEDDED), "body.baseUrl"),
        (replace(LOCAL, answer_tokens=8192), "body.answerTokens"),
        (replace(LOCAL, enabled=False, is_default=True), "body.enabled"),
    ],
)
def test_fields_that_do_not_go_together_are_refused(fields: ConnectionFields, path: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        rules.check_fields(fields)
    assert raised.value.problems[0].path == path


def test_the_embedded_model_needs_no_address() -> None:
    rules.check_fields(ConnectionFields("Here", Provider.EMBEDDED))


@pytest.mark.parametrize("key", ["", "  ", "two words", "line\nbreak", "ключ", "tab\there"])
def test_a_key_that_cannot_stand_in_a_header_is_refused(key: str) -> None:
    with pytest.raises(InvalidInput):
        rules.check_key(key)


def test_a_key_is_sent_without_the_space_around_it() -> None:
    assert rules.check_key(" sk-abc\n") == "sk-abc"


@pytest.mark.parametrize(("key", "hint"), [("sk-0123456789abcdef", "cdef"), ("0123456789abcde", None), ("abc", None)])
def test_only_a_long_key_shows_its_end(key: str, hint: str | None) -> None:
    assert rules.hint_of(key) == hint


@pytest.mark.parametrize(
    ("chat", "profile", "wish"),
    [
        ({}, {}, Wish()),
        ({"presetId": "p1"}, {"presetId": "p2", "connectionId": "c2", "model": "m2"}, Wish("c2", "p1", "m2")),
        ({"connectionId": "c1"}, {"connectionId": "c2", "model": "m2"}, Wish("c1", None, None)),
        ({"connectionId": "c1", "model": "m1"}, {"model": "m2"}, Wish("c1", None, "m1")),
        ({"model": "m1"}, {"connectionId": "c2", "model": "m2"}, Wish("c2", None, "m1")),
        ({"model": 7, "connectionId": None, "presetId": ""}, {"model": "m2"}, Wish(None, None, "m2")),
    ],
)
def test_the_nearest_scope_decides_and_a_model_stays_with_its_connection(
    chat: dict[str, Json], profile: dict[str, Json], wish: Wish
) -> None:
    assert rules.wish_of([chat, profile]) == wish


@pytest.mark.parametrize(
    ("preset", "bound"),
    [
        ({}, 1024),
        ({"max_tokens": 100}, 100),
        ({"max_tokens": 5000}, 1024),
        ({"max_completion_tokens": 50}, 50),
        ({"n_predict": -1}, 1024),
    ],
)
def test_a_preset_bounds_an_answer_within_the_connections_own(preset: dict[str, Json], bound: int) -> None:
    assert rules.merge_params({"max_tokens": 1024}, preset) == {"max_tokens": bound}


def test_unknown_fields_of_a_preset_pass_through() -> None:
    preset: dict[str, Json] = {"temperature": 0.9, "new_sampler": {"deep": [1]}}
    assert rules.merge_params({"max_tokens": 9, "temperature": 0.1}, preset) == {**preset, "max_tokens": 9}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("http://a/v1", "http://a/v2", True),
        ("http://a", "https://a", False),
        ("http://a:1/v1", "http://a:2/v1", False),
        (None, "http://a", False),
        (None, None, True),
    ],
)
def test_the_same_server_is_scheme_host_and_port(one: str | None, other: str | None, same: bool) -> None:
    assert rules.is_same_server(one, other) == same


def test_absence_is_remembered_until_a_change_and_not_believed_right_after_it() -> None:
    defaults = Defaults(alone=True)
    defaults.note_absent(WS, NOW)
    assert defaults.are_absent(WS)
    defaults.changed(WS, NOW)
    assert not defaults.are_absent(WS)
    defaults.note_absent(WS, NOW + timedelta(seconds=5))
    assert not defaults.are_absent(WS)
    defaults.note_absent(WS, NOW + timedelta(seconds=11))
    assert defaults.are_absent(WS)


def test_among_other_processes_nothing_is_remembered() -> None:
    defaults = Defaults(alone=False)
    defaults.note_absent(WS, NOW)
    assert not defaults.are_absent(WS)
