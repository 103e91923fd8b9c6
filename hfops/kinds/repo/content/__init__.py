"""Card and files of a repository: observed, compared, and written in one commit."""

from __future__ import annotations

from hfops.kinds.repo.content.arrive import content_arrived
from hfops.kinds.repo.content.calls import (
    after_commit,
    commits_late,
    content_calls,
    content_creation,
)
from hfops.kinds.repo.content.check import check_content, content_files
from hfops.kinds.repo.content.compare import compare_content, together
from hfops.kinds.repo.content.keys import is_content
from hfops.kinds.repo.content.observe import observe_content
from hfops.kinds.repo.content.origins import content_refers

__all__ = [
    "after_commit",
    "check_content",
    "commits_late",
    "compare_content",
    "content_arrived",
    "content_calls",
    "content_creation",
    "content_files",
    "content_refers",
    "is_content",
    "observe_content",
    "together",
]
