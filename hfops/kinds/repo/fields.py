"""The fields ``card``, ``files`` and ``commit`` that all repositories share."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from hfops.kinds.base import Spec
from hfops.kinds.repo.names import bad_ref, bad_repo_id
from hfops.manifest.local import LocalError, check_written
from hfops.manifest.strict import Complaint

MAIN = "main"
MESSAGE = "hfops: update card and files"
"""The title of the commit, and of the pull request, unless the manifest gives one."""

_SHA256 = re.compile(r"[0-9a-f]{64}")


def _local(text: str) -> str:
    try:
        check_written(text)
    except LocalError as error:
        raise Complaint(str(error), error.hint) from None
    return text


def _sha256(text: str) -> str:
    if not _SHA256.fullmatch(text.lower()):
        raise Complaint("no sha256: it has 64 hexadecimal digits", "get it with `sha256sum FILE`")
    return text.lower()


def _ref(text: str) -> str:
    why = bad_ref(text)
    if why:
        raise ValueError(f"bad name {text!r}: it {why}")
    return text


def _repo_id(text: str) -> str:
    why = bad_repo_id(text)
    if why:
        raise Complaint(f"bad repository id {text!r}: {why}")
    return text


RefName = Annotated[str, AfterValidator(_ref)]
LocalPath = Annotated[str, AfterValidator(_local)]
Patterns = list[Annotated[str, Field(min_length=1)]]


class InlineSource(Spec):
    """Text in the manifest itself."""

    inline: str = Field(description="The text of the file, UTF-8.")


class FileSource(Spec):
    """A file of the project."""

    file: LocalPath = Field(description="Its path from the root, or ./x beside the manifest.")


class DirectorySource(Spec):
    """A folder of the project; .gitignore files count."""

    directory: LocalPath = Field(description="Its path from the root, or ./x beside the manifest.")
    include: Patterns = Field(default=[], description="Patterns as in .gitignore; none: all files.")
    ignore: Patterns = Field(default=[], description="Patterns as in .gitignore, of files to leave out.")


class UrlSource(Spec):
    """A file on the web, pinned by its checksum."""

    url: str = Field(description="An https URL on the public internet. No token is sent along.")
    sha256: Annotated[str, AfterValidator(_sha256)] = Field(description="The checksum of the file's bytes.")


class Repository(Spec):
    """Files of a repository on the Hub, at one commit."""

    repo_id: Annotated[str, AfterValidator(_repo_id)] = Field(
        alias="repo_id", description="The repository: namespace/name."
    )
    repo_type: Literal["model", "dataset", "space"] = Field(
        default="model", alias="repo_type", description="What kind of repository it is."
    )
    revision: Annotated[str, Field(min_length=1)] = Field(
        default=MAIN, description="A branch, tag or commit; resolved to a commit once for each plan."
    )
    path: str | None = Field(
        default=None, min_length=1, description="A folder or one file of it; default all."
    )
    allow_patterns: Patterns = Field(
        default=[], alias="allow_patterns", description="Globs of files to take, from path; none: all."
    )
    ignore_patterns: Patterns = Field(
        default=[], alias="ignore_patterns", description="Globs of files to leave out, from path."
    )


class HubSource(Spec):
    """Files that are on the Hub."""

    huggingface: Repository = Field(description="Where they are.")


FORMS = ("inline", "file", "directory", "url", "huggingface")


def _one_form(value: Any) -> Any:
    said = [form for form in FORMS if isinstance(value, dict) and form in value]
    if len(said) > 1:
        raise Complaint(f"{' and '.join(said)} at once", f"keep one of {', '.join(FORMS)}")
    return value


Source = Annotated[
    InlineSource | FileSource | DirectorySource | UrlSource | HubSource, BeforeValidator(_one_form)
]


class FileEntry(Spec):
    """One file, or a tree of files, to be kept in step."""

    path: str = Field(description="Where it goes in the repository: a file, or a folder (/ is the root).")
    mirror: bool = Field(
        default=False, description="Whether files below path that the source does not have are deleted."
    )
    from_: Source = Field(
        alias="from", description="Where it comes from: inline, file, directory, url or huggingface."
    )


class Card(Spec):
    """README.md: its front matter, key by key, and perhaps its text."""

    metadata: dict[str, Any] | None = Field(
        default=None, description="Keys of the front matter, under the Hub's names. Others are left alone."
    )
    template: LocalPath | None = Field(
        default=None, description="A Jinja2 template of the text below the front matter."
    )


class CommitSettings(Spec):
    """How card and files are written: one commit for each apply."""

    branch: RefName = Field(default=MAIN, description="The branch they are kept in step on.")
    mode: Literal["direct", "pull-request"] = Field(
        default="direct", description="pull-request: proposed in a pull request of the Hub, and not pushed."
    )
    message: Annotated[str, Field(min_length=3, max_length=200, pattern=r"^[^\r\n]*$")] = Field(
        default=MESSAGE, description="The title of the commit, or of the pull request."
    )
