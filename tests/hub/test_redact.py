from __future__ import annotations

import base64
import html
import json
import threading
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hfops.hub.redact import Redactor

SECRETS = st.text(min_size=4, max_size=40, alphabet=st.characters(exclude_categories=["Cs"]))


def redactor(*secrets):
    found = Redactor()
    for secret in secrets:
        found.add(secret)
    return found


def test_nothing_registered_changes_nothing():
    """Text passes as it is."""
    assert redactor()("anything") == "anything"


def test_a_secret_is_masked_wherever_it_stands():
    """Every occurrence, inside words too."""
    assert redactor("s3cret")("a s3cret, and xs3crety") == "a ***, and x***y"


@pytest.mark.parametrize("short", ["", "a", "abc"])
def test_a_value_too_short_to_be_secret_is_left(short):
    """It would mask half of every text."""
    assert redactor(short)("abc a") == "abc a"


@given(SECRETS)
@example('pa"ss\\word')
@example("a/b+c=d&e f")
@example("ü<&>'\n\tx")
def test_every_spelling_is_masked(secret):
    """As it is, in a URL, in JSON, in HTML, in repr, in base64."""
    mask = redactor(secret)
    raw = secret.encode()
    for form in (
        secret,
        quote(secret),
        quote(secret, safe=""),
        quote_plus(secret),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        html.escape(secret),
        repr(secret)[1:-1],
        base64.b64encode(raw).decode(),
        base64.urlsafe_b64encode(raw).decode(),
    ):
        assert form not in mask(f"<{form}>").replace("***", "")


@given(
    st.binary(max_size=9), st.text(min_size=12, max_size=40, alphabet="abcXYZ019+/é"), st.binary(max_size=9)
)
def test_a_secret_inside_a_base64_text_is_masked(before, secret, after):
    """Wherever it begins in the encoded file, it cannot be decoded out of what is shown."""
    encoded = base64.b64encode(before + secret.encode() + after).decode()
    shown = redactor(secret)(encoded)
    assert "***" in shown


def test_the_longer_of_two_secrets_leaves_no_rest():
    """One secret inside another, or across another's end: nothing of either stays."""
    assert redactor("abcd", "cdefgh")("x abcdefgh y") == "x *** y"
    assert redactor("abcd", "abcd-efgh")("abcd-efgh abcd") == "*** ***"


def test_each_line_of_a_key_is_masked():
    """A key shown indented, or only in part, is masked line by line; and without its last line break."""
    key = "-----BEGIN KEY-----\nMIIEvQIBADANBg\nkqhkiG9w0BAQEF\n-----END KEY-----\n"
    mask = redactor(key)
    assert mask("  MIIEvQIBADANBg\n  kqhkiG9w0BAQEF") == "  ***\n  ***"
    assert mask(key.strip()) == "***"


def test_adding_while_masking():
    """Threads may add and mask at once; what was added before is masked."""
    mask = redactor("first-secret")
    leaks: list[str] = []

    def add(n):
        for i in range(50):
            mask.add(f"secret-{n}-{i}-value")
            shown = mask(f"first-secret secret-{n}-{i}-value")
            if shown != "*** ***":
                leaks.append(shown)

    threads = [threading.Thread(target=add, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert leaks == []
