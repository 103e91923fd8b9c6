from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfops.hub.paths import repo_path, resolve_path
from hfops.hub.urls import check_path, is_loopback, joined, origin, shown


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://huggingface.co/api/x?a=b", ("https", "huggingface.co", 443)),
        ("HTTP://Hub.Example:8080", ("http", "hub.example", 8080)),
        ("http://[::1]:80/x", ("http", "::1", 80)),
    ],
)
def test_an_origin_is_scheme_host_and_port(url, expected):
    """In lower case, the default port filled in."""
    assert origin(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/x",
        "ftp://h/x",
        "https://",
        "https://user@h/",
        "https://u:p@h/",
        "https://a\\b/",
        "https://h /",
        "https://h\n/",
        "https://hügel.example/",
        "https://h:99999999/",
        "https://h:x/",
        "https://[::1/",
        "https://a,b/",
    ],
)
def test_what_could_be_read_in_two_ways_has_no_origin(url):
    """So it is trusted nowhere."""
    assert origin(url) is None


@given(st.text(max_size=60))
def test_judging_a_url_never_fails(text):
    """Any text has an origin or none, can be shown and joined."""
    for url in (text, f"https://{text}", f"https://h/{text}"):
        origin(url)
        shown(url)
        joined("https://h/x", url)


@pytest.mark.parametrize("host", ["localhost", "a.localhost", "127.0.0.1", "127.9.9.9", "[::1]"])
def test_this_machine(host):
    """Loopback by name and by number."""
    assert is_loopback(origin(f"http://{host}:1/"))


@pytest.mark.parametrize(
    "host", ["localhost.example", "128.0.0.1", "0.0.0.0", "hub.example", "127.0.0.1.example"]
)
def test_other_machines(host):
    """Names that only look like it are not."""
    assert not is_loopback(origin(f"http://{host}:1/"))


@pytest.mark.parametrize(
    "name",
    ["token", "access_token", "X-Amz-Signature", "Signature", "sig", "Key-Pair-Id", "Policy", "apiKey"],
)
def test_credentials_in_a_query_are_not_shown(name):
    """Signed links and tokens become ``***``; other values stay, readable."""
    text = shown(f"https://h/p?expand=a&{name}=s3cret&limit=5&empty=")
    assert "s3cret" not in text
    assert text == f"/p?expand=a&{name}=***&limit=5&empty="


@pytest.mark.parametrize("path", ["/api/x", "/v2/endpoint/a?b=../c", "/api/a%2Fb", "/api/..a/b..", "/api/x/"])
def test_api_paths(path):
    """Absolute, encoded paths pass unchanged."""
    assert check_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "api",
        "//evil.example/x",
        "/a/../b",
        "/a/%2e%2E/b",
        "/./a",
        "/a b",
        "/a#b",
        "/a\\b",
        "/a\r\nb",
        "/a/..",
    ],
)
def test_paths_that_lead_elsewhere(path):
    """Another host, a climb, a cut: a bug that never becomes a request."""
    with pytest.raises(ValueError, match="API path"):
        check_path(path)


def test_repository_paths():
    """Each part is one encoded segment; old model ids have no namespace."""
    assert repo_path("model", "acme/x", "branch", "a/b") == "/api/models/acme/x/branch/a%2Fb"
    assert repo_path("space", "acme/x") == "/api/spaces/acme/x"
    assert repo_path("dataset", "squad", "refs") == "/api/datasets/squad/refs"


def test_file_paths():
    """A revision is one segment; a file's slashes stay."""
    assert (
        resolve_path("model", "acme/x", "refs/pr/1", "a/b c.md") == "/acme/x/resolve/refs%2Fpr%2F1/a/b%20c.md"
    )
    assert resolve_path("dataset", "acme/x", "main", "README.md") == "/datasets/acme/x/resolve/main/README.md"


@pytest.mark.parametrize("bad", ["", ".", ".."])
def test_parts_that_would_be_folded_away(bad):
    """A climb cannot be built from parts."""
    with pytest.raises(ValueError, match="part of a path"):
        repo_path("model", "acme/x", bad)
    with pytest.raises(ValueError, match="part of a path"):
        repo_path("model", f"acme/{bad}")
    with pytest.raises(ValueError, match="part of a path"):
        resolve_path("model", "acme/x", "main", f"a/{bad}/b")


@given(st.text(min_size=1, max_size=30, alphabet=st.characters(exclude_categories=["Cs"])))
def test_any_name_gives_a_path_that_leads_nowhere_else(name):
    """Whatever a branch is called, the path has the same number of segments and passes the check."""
    if name in {".", ".."}:
        return
    path = check_path(repo_path("model", "acme/x", "branch", name))
    assert path.count("/") == 6
