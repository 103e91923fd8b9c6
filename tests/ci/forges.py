"""Stand-ins of the APIs of GitHub and GitLab on this machine, as far as hfops uses them.

``with GitHub(tmp_path) as github: github.environ("pull_request", number=7)`` gives the environment of a job, event file
and all; ``github.comments``, ``github.requests`` and ``github.count("POST", "comments")`` tell what came of it. Artefacts
lie at a second origin: a token that arrives there fails the test when the stand-in closes.
"""

from __future__ import annotations

from tests.ci.github import GitHub, zipped
from tests.ci.gitlab import GitLab
from tests.ci.web import BASE, HEAD, MERGED, OLDER, STRANGER, Pull

__all__ = ["BASE", "HEAD", "MERGED", "OLDER", "STRANGER", "GitHub", "GitLab", "Pull", "zipped"]
