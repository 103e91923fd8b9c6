"""One comment, ours, whatever others write and however often the network fails."""

from __future__ import annotations

import pytest

from hfops.cli.ci.forge import ForgeError, Posted, forge
from hfops.cli.ci.gitlab import tamed
from hfops.cli.ci.host import detect
from hfops.cli.output import redact
from tests.ci.forges import STRANGER, GitHub, GitLab
from tests.harness import FastClock

MARKER = "<!-- hfops:ci:0123456789abcdef -->"
OTHER = "<!-- hfops:ci:fedcba9876543210 -->"
FIRST, SECOND = f"{MARKER}\nfirst", f"{MARKER}\nsecond"
EDITS = {GitHub: "PATCH", GitLab: "PUT"}


@pytest.fixture(params=[GitHub, GitLab])
def there(request, tmp_path):
    """Each of the two, with one open pull request."""
    with request.param(tmp_path) as found:
        found.add_pull(7)
        yield found


def client(there, token=None):
    """A client as a job has it."""
    environ = there.environ() if token is None else there.environ(token=token)
    made = forge(detect(environ), environ, clock=FastClock())
    assert made is not None
    return made


def put(there, body, *, create=True, token=None):
    """One run's comment."""
    with client(there, token) as made:
        return made.put_comment(7, MARKER, body, create=create)


def edit(there):
    """The method that replaces a comment."""
    return EDITS[type(there)]


def test_the_first_run_posts_and_the_second_updates(there):
    """One POST, then one edit of the same comment and no POST."""
    assert put(there, FIRST) is Posted.CREATED
    number = there.comments[0].id
    there.requests.clear()
    assert put(there, SECOND) is Posted.UPDATED
    assert len(there.writes()) == there.count(edit(there)) == 1
    assert [(c.id, c.body) for c in there.comments] == [(number, SECOND)]


def test_the_same_text_is_not_written(there):
    """A run that finds what it would say sends no write."""
    put(there, FIRST)
    there.requests.clear()
    assert put(there, FIRST) is Posted.SAME
    assert there.writes() == []


def test_line_ends_and_blanks_at_the_end_are_no_difference(there):
    """Forges change them."""
    put(there, FIRST)
    there.comments[0].body = FIRST.replace("\n", "\r\n")
    assert put(there, f"{FIRST}\n\n") is Posted.SAME


def test_without_create_nothing_is_posted(there):
    """A plan without changes need not speak up, but corrects what was said before."""
    assert put(there, FIRST, create=False) is Posted.NONE
    assert there.comments == []
    put(there, FIRST)
    assert put(there, SECOND, create=False) is Posted.UPDATED


def test_a_look_alike_of_somebody_else_is_not_touched(there):
    """The marker is no secret: its author decides."""
    there.add_comment(7, STRANGER, FIRST)
    assert put(there, SECOND) is Posted.CREATED
    assert put(there, FIRST) is Posted.UPDATED
    assert [(c.author, c.body) for c in there.comments] == [(STRANGER, FIRST), (there.BOT, FIRST)]


@pytest.mark.parametrize(
    "text", [f"look:\n{FIRST}", f" {FIRST}", f"{MARKER} {OTHER}\nx", f"{OTHER}\nfirst", f"> {FIRST}"]
)
def test_a_marker_elsewhere_in_the_text_does_not_count(there, text):
    """Another comment of the same user, which quotes the marker or has another one, stays."""
    there.add_comment(7, there.BOT, text)
    assert put(there, FIRST) is Posted.CREATED
    assert there.said(7) == [text, FIRST]


def test_two_projects_have_a_comment_each(there):
    """The marker tells them apart."""
    put(there, FIRST)
    with client(there) as made:
        assert made.put_comment(7, OTHER, f"{OTHER}\nx") is Posted.CREATED
    assert there.said(7) == [FIRST, f"{OTHER}\nx"]


def test_ours_is_found_behind_many_pages(there):
    """250 comments are three pages, and ours is the last of all."""
    for n in range(249):
        there.add_comment(7, STRANGER, f"comment {n}")
    there.add_comment(7, there.BOT, FIRST)
    assert put(there, SECOND) is Posted.UPDATED
    assert there.count("GET", "comments" if isinstance(there, GitHub) else "notes") == 3


def test_duplicates_of_ours_become_the_oldest(there):
    """Two jobs raced: one comment is left, the one that has been there longest."""
    oldest = there.add_comment(7, there.BOT, FIRST)
    there.add_comment(7, STRANGER, FIRST)
    there.add_comment(7, there.BOT, FIRST)
    there.add_comment(7, there.BOT, SECOND)
    assert put(there, SECOND) is Posted.UPDATED
    assert [(c.author, c.body) for c in there.comments] == [(there.BOT, SECOND), (STRANGER, FIRST)]
    assert there.comments[0].id == oldest.id
    assert (there.count(edit(there)), there.count("DELETE")) == (1, 2)


def test_a_duplicate_that_is_gone_already_is_no_error(there):
    """The other job removed it a moment ago."""
    there.add_comment(7, there.BOT, FIRST)
    there.add_comment(7, there.BOT, FIRST)
    there.fault("DELETE", "", 404)
    assert put(there, FIRST) is Posted.SAME


def test_a_lost_answer_makes_no_second_comment(there):
    """The comment was made and the answer lost: it is found again, not repeated."""
    there.fault("POST", "/7/", after=True)
    assert put(there, FIRST) is Posted.CREATED
    assert there.said(7) == [FIRST]
    assert there.count("POST", "/7/") == 1


def test_a_lost_answer_to_an_update_is_an_update(there):
    """Three tries lost their answers, the look finds the new text."""
    put(there, FIRST)
    there.fault(edit(there), "", 502, times=3, after=True)
    assert put(there, SECOND) is Posted.UPDATED
    assert there.said(7) == [SECOND]


def test_a_comment_that_was_removed_meanwhile_is_posted_anew(there):
    """Somebody deleted it after it was listed."""
    put(there, FIRST)
    there.fault(edit(there), "", 404)
    there.on_fault = there.comments.clear
    assert put(there, SECOND) is Posted.CREATED
    assert there.said(7) == [SECOND]


@pytest.mark.parametrize("status", [500, 502, 504, None])
def test_a_failed_post_is_repeated_after_a_look(there, status):
    """Nothing was made, as a look shows: the second try posts."""
    there.fault("POST", "/7/", status)
    assert put(there, FIRST) is Posted.CREATED
    assert there.said(7) == [FIRST]
    asked = [a.method for a in there.requests if "/7/" in a.path]
    assert asked == ["GET", "POST", "GET", "POST"]


def test_a_post_that_never_works_ends(there):
    """Three times, then the error."""
    there.fault("POST", "/7/", 502, times=9)
    with pytest.raises(ForgeError, match=r"POST .*: 502 not today"):
        put(there, FIRST)
    assert there.count("POST", "/7/") == 3


def test_a_token_that_only_reads_gets_advice(there):
    """Which call was refused, in the forge's words, and what the job lacks."""
    with pytest.raises(ForgeError) as caught:
        put(there, FIRST, token="ghs_read" if isinstance(there, GitHub) else "glpat-read")
    text = str(caught.value)
    assert caught.value.status == 403
    assert "/7/" in text
    assert "403 Resource not accessible by integration" in text
    assert ("pull-requests: write" if isinstance(there, GitHub) else "HFOPS_GITLAB_TOKEN") in text
    assert there.count("POST", "/7/") == 1


def test_a_token_that_nobody_knows(there):
    """401 is said, and nothing else tried."""
    with pytest.raises(ForgeError, match="401 Bad credentials"):
        put(there, FIRST, token="unknown-token")
    assert len(there.requests) == 1


def test_who_we_are_must_be_known_before_a_comment_is_touched(tmp_path):
    """An answer without a login is nobody: not even a look-alike's author that is null."""
    with GitHub(tmp_path) as github:
        github.add_pull(7)
        github.add_comment(7, github.BOT, FIRST)
        github.fault("POST", "graphql", 200, body={"data": {"viewer": None}})
        with pytest.raises(ForgeError, match="whose token"):
            put(github, SECOND)
        assert github.writes() == []


def test_a_token_of_a_person_has_a_comment_of_its_own(tmp_path):
    """Ours is what the token's own user wrote, so two users do not overwrite each other."""
    with GitHub(tmp_path) as github:
        github.add_pull(7)
        put(github, FIRST)
        assert put(github, SECOND, token="ghp_person") is Posted.CREATED
        assert [c.author for c in github.comments] == [github.BOT, "alice"]


def test_system_notes_are_nobodys(tmp_path):
    """GitLab writes notes of its own in a user's name, which cannot be edited."""
    with GitLab(tmp_path) as gitlab:
        gitlab.add_pull(7)
        gitlab.add_comment(7, gitlab.BOT, FIRST, system=True)
        assert put(gitlab, FIRST) is Posted.CREATED


@pytest.mark.parametrize("before", ["", " ", "\t", "text\n", "```\n", "x\r\n", "x\r"])
def test_no_quick_action_comes_through(before):
    """GitLab carries out lines that begin with a slash, and a report quotes the author of the merge request."""
    lines = [line.lstrip() for line in tamed(f"{before}/merge\nok").split("\n")]
    assert not any(line.startswith("/") for line in lines)
    assert "\\/merge" in lines
    assert tamed("a/b and https://x/y") == "a/b and https://x/y"


def test_what_was_tamed_is_the_same_the_next_time(tmp_path):
    """Compared as it is sent."""
    with GitLab(tmp_path) as gitlab:
        gitlab.add_pull(7)
        put(gitlab, f"{FIRST}\n/merge")
        assert put(gitlab, f"{FIRST}\n/merge") is Posted.SAME
        assert gitlab.said(7) == [f"{FIRST}\n\\/merge"]


@pytest.mark.parametrize("body", ["first", f"x{FIRST}", f"{OTHER}\nfirst"])
def test_a_body_without_its_marker_is_a_bug(there, body):
    """It would never be found again."""
    with pytest.raises(ValueError, match="marker"):
        put(there, body)
    assert there.requests == []


def test_without_a_token_there_is_no_client(there):
    """Nothing can be asked; elsewhere there is nobody to ask."""
    environ = {k: v for k, v in there.environ().items() if "TOKEN" not in k}
    assert forge(detect(environ), environ) is None
    assert forge(detect(environ), environ | {"CI_JOB_TOKEN": "glcbt-job"}) is None
    assert forge(detect({}), {"GITHUB_TOKEN": "x", "GITLAB_TOKEN": "y"}) is None


def test_the_token_is_masked_from_now_on(there):
    """Whatever is printed after the client was made."""
    token = "glpat-write" if isinstance(there, GitLab) else "ghs_write"
    client(there).close()
    assert token not in redact(f"x {token} y")
