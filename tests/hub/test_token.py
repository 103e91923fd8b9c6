from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfops.hub.errors import NotSent
from hfops.hub.token import Token, find_token, token_path, usable
from hfops.model.problem import HfopsError

from .conftest import reply
from .fakes import FakeClock, FakeTransport, answer

OIDC = {"HF_OIDC_RESOURCE": "acme/x", "HF_OIDC_ID_TOKEN": "jwt"}


@pytest.fixture
def home(tmp_path):
    """A home folder whose login file holds a token."""
    write(tmp_path / ".cache/huggingface/token", "hf_login")
    return tmp_path


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("environ", "value", "source"),
    [
        ({}, "hf_login", "/.cache/huggingface/token"),
        ({"HF_TOKEN": "hf_env"}, "hf_env", "HF_TOKEN"),
        ({"HF_TOKEN": "hf_env", "HUGGING_FACE_HUB_TOKEN": "hf_old"}, "hf_env", "HF_TOKEN"),
        ({"HUGGING_FACE_HUB_TOKEN": "hf_old"}, "hf_old", "HUGGING_FACE_HUB_TOKEN"),
        ({"HF_TOKEN": "", "HUGGING_FACE_HUB_TOKEN": "hf_old"}, "hf_old", "HUGGING_FACE_HUB_TOKEN"),
        ({"HF_TOKEN": " \n", "HUGGING_FACE_HUB_TOKEN": ""}, "hf_login", "/token"),
        ({"HF_TOKEN": "  hf_env\r\n"}, "hf_env", "HF_TOKEN"),
        ({"HF_HUB_DISABLE_IMPLICIT_TOKEN": "0", "HF_TOKEN": "hf_env"}, "hf_env", "HF_TOKEN"),
        ({"HF_OIDC_RESOURCE": " ", "HF_TOKEN": "hf_env"}, "hf_env", "HF_TOKEN"),
        ({**OIDC, "HF_TOKEN": "hf_env"}, "hf_jwt", "HF_OIDC_RESOURCE"),
        (OIDC, "hf_jwt", "HF_OIDC_RESOURCE"),
    ],
)
def test_the_first_that_is_set_wins(home, environ, value, source):
    """Exchange, HF_TOKEN, the legacy name, the login file; blanks are cut and an empty one is none."""
    transport = FakeTransport(answer(200, {"access_token": "hf_jwt"}))
    found = find_token({"HOME": str(home), **environ}, transport=transport)
    assert found is not None
    assert found.value == value
    assert found.source.endswith(source)


@pytest.mark.parametrize("switch", ["1", "on", "YES", "true"])
def test_implicit_tokens_can_be_switched_off(home, switch):
    """Then nothing is sent, whatever lies around; not even an exchange is made."""
    environ = {"HOME": str(home), "HF_HUB_DISABLE_IMPLICIT_TOKEN": switch, "HF_TOKEN": "hf_env", **OIDC}
    transport = FakeTransport(answer())
    assert find_token(environ, transport=transport) is None
    assert transport.requests == []


def test_a_token_file_that_is_asked_for_comes_first(home, tmp_path):
    """Before everything, also where implicit tokens are off."""
    file = write(tmp_path / "given", "\ufeffhf_given\n")
    environ = {"HOME": str(home), "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1", "HF_TOKEN": "hf_env", **OIDC}
    assert find_token(environ, file) == Token("hf_given", str(file))


def test_no_token_anywhere(tmp_path):
    """None, without a word."""
    assert find_token({"HOME": str(tmp_path)}) is None


@pytest.mark.parametrize(
    ("environ", "path"),
    [
        ({}, "{home}/.cache/huggingface/token"),
        ({"XDG_CACHE_HOME": "/c"}, "/c/huggingface/token"),
        ({"XDG_CACHE_HOME": ""}, "{home}/.cache/huggingface/token"),
        ({"XDG_CACHE_HOME": "/c", "HF_HOME": "~/hf"}, "{home}/hf/token"),
        ({"HF_HOME": "$BASE/hf", "BASE": "/b"}, "/b/hf/token"),
        ({"HF_HOME": "/hf", "HF_TOKEN_PATH": "${BASE}/t", "BASE": "/b"}, "/b/t"),
        ({"HF_TOKEN_PATH": "/$NOBODY/t"}, "/$NOBODY/t"),
        ({"HF_TOKEN_PATH": ""}, "{home}/.cache/huggingface/token"),
        ({"HF_TOKEN_PATH": "/t", "HUGGINGFACE_CO_STAGING": "1"}, "{home}/.cache/huggingface_staging/token"),
    ],
)
def test_where_the_login_file_is(tmp_path, environ, path):
    """HF_TOKEN_PATH, HF_HOME, XDG_CACHE_HOME, ~/.cache; staging has its own. ~ and $NAME are filled in."""
    assert token_path({"HOME": str(tmp_path), **environ}) == Path(path.format(home=tmp_path))


@pytest.mark.parametrize("value", ["hf_a\nhf_b", "hf_a b", "hf_\x00", "hf_\x1b[31m", "hf_ü", "hf_\u200b"])
def test_what_cannot_be_a_token_is_refused_without_showing_it(tmp_path, value):
    """The message names the source and the place, never the value."""
    with pytest.raises(HfopsError, match=r"^HF_TOKEN: the token holds .* at position") as caught:
        find_token({"HOME": str(tmp_path), "HF_TOKEN": value})
    assert "hf_a" not in str(caught.value)


def test_two_lines_are_named_as_such():
    """The usual mistake: a file with a second line."""
    with pytest.raises(HfopsError, match="a line break at position 5"):
        usable("hf_a\nhf_b", "HF_TOKEN")


@given(st.text(max_size=30))
def test_any_text_is_a_clean_token_or_refused(text):
    """What comes through can stand in a header."""
    try:
        value = usable(text, "X")
    except HfopsError:
        return
    assert value.isascii()
    assert value == "" or value.isprintable()
    assert " " not in value


@pytest.mark.parametrize("content", [b"", b"  \n", b"\xff\xfe\x00"])
def test_a_token_file_without_a_token(tmp_path, content):
    """Asked for and empty, or no text: an error that names the file."""
    file = tmp_path / "t"
    file.write_bytes(content)
    with pytest.raises(HfopsError, match=r"t: .*token file"):
        find_token({}, file)


def test_a_token_file_that_is_not_there(tmp_path):
    """Asked for and missing is an error; a folder is one too, also under HF_TOKEN_PATH."""
    with pytest.raises(HfopsError, match="no such token file"):
        find_token({}, tmp_path / "none")
    with pytest.raises(HfopsError, match="cannot read the token"):
        find_token({"HF_TOKEN_PATH": str(tmp_path)})


def test_a_token_shows_only_where_it_came_from():
    """No str, repr or format gives the value away."""
    token = Token("hf_secret", "HF_TOKEN")
    assert [str(token), repr(token), f"{token}"] == ["Token(source='HF_TOKEN')"] * 3


def test_the_exchange(tmp_path):
    """POST {endpoint}/oauth/token with the id token and the resource, as the Hub's own client sends it."""
    transport = FakeTransport(answer(200, {"access_token": "hf_jwt_x", "expires_in": 3600}))
    environ = {**OIDC, "HF_ENDPOINT": "https://hub.example/"}
    assert find_token(environ, transport=transport) == Token("hf_jwt_x", "HF_OIDC_RESOURCE")
    sent = transport.requests[0]
    assert (sent.method, sent.url) == ("POST", "https://hub.example/oauth/token")
    assert json.loads(sent.body) == {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
        "subject_token": "jwt",
        "resource": "acme/x",
    }
    assert not transport.closed


GITHUB = {
    "HF_OIDC_RESOURCE": "acme/x",
    "GITHUB_ACTIONS": "true",
    "ACTIONS_ID_TOKEN_REQUEST_URL": "https://run.example/token?api=2",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "runner",
}


def test_github_actions_mints_the_id_token():
    """The runner is asked with its own key, for the Hub as audience; the Hub then gets what it gave."""
    transport = FakeTransport(answer(200, {"value": "minted"}), answer(200, {"access_token": "hf_x"}))
    assert find_token(GITHUB, transport=transport).value == "hf_x"
    ask, exchange = transport.requests
    assert ask.url == "https://run.example/token?api=2&audience=https%3A%2F%2Fhuggingface.co"
    assert ask.headers["Authorization"] == "Bearer runner"
    assert json.loads(exchange.body)["subject_token"] == "minted"
    assert "Authorization" not in exchange.headers


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"GITHUB_ACTIONS": ""}, "id-token: write"),
        ({"ACTIONS_ID_TOKEN_REQUEST_URL": ""}, "id-token: write"),
        ({"ACTIONS_ID_TOKEN_REQUEST_TOKEN": ""}, "HF_OIDC_ID_TOKEN"),
        ({"ACTIONS_ID_TOKEN_REQUEST_URL": "http://run.example/"}, "https"),
        ({"HF_ENDPOINT": "http://hub.example"}, "plain http"),
    ],
)
def test_an_exchange_that_cannot_be_made_says_why(change, message):
    """Asking for the exchange is explicit: there is no silent fall to another token."""
    transport = FakeTransport(answer())
    with pytest.raises(HfopsError, match=message):
        find_token({**GITHUB, "HF_TOKEN": "hf_env", **change}, transport=transport)
    assert transport.requests == []


@pytest.mark.parametrize(
    "outcome",
    [
        answer(403, {"error": "no such publisher"}),
        answer(200, {}),
        answer(200, body=b"<html>"),
        answer(200, []),
        NotSent("refused"),
    ],
)
def test_an_exchange_that_fails_is_an_error(outcome):
    """Refused, odd or unreachable: named after the variable, and the id token is not shown."""
    with pytest.raises(HfopsError, match=r"^HF_OIDC_RESOURCE: ") as caught:
        find_token({**OIDC, "HF_TOKEN": "hf_env"}, transport=FakeTransport(outcome), clock=FakeClock())
    assert "jwt" not in str(caught.value)


def test_offline_makes_no_exchange():
    """Offline mode holds for the exchange too."""
    with pytest.raises(HfopsError, match="HF_HUB_OFFLINE"):
        find_token({**OIDC, "HF_HUB_OFFLINE": "1"})


def test_the_exchange_over_the_network(local):
    """Without a transport it opens one of its own, and closes it."""
    local.routes["/oauth/token"] = lambda h: reply(h, 200, b'{"access_token": "hf_net"}')
    assert find_token({**OIDC, "HF_ENDPOINT": local.url}).value == "hf_net"
