"""What a commit request asks for, and the files that come of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from hfops.sandbox import card
from hfops.sandbox.bodies import Body, checked, parse_json
from hfops.sandbox.content import REGULAR_LIMIT, checked_path, decoded
from hfops.sandbox.git import File, Store
from hfops.sandbox.manners import RefusalError, bad_request


class Header(Body):
    """The first line: the message, and the head that the author saw."""

    summary: str = Field(min_length=1)
    description: str = ""
    parent_commit: Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F]{5,40}$")] | None = None


class RegularIn(Body):
    """A file inline, or moved from ``oldPath``."""

    path: str
    content: str | None = None
    encoding: Literal["utf-8", "base64"] = "utf-8"
    old_path: str | None = None


class LargeIn(Body):
    """A file whose content was uploaded before, or moved from ``oldPath``."""

    path: str = Field(max_length=1000)
    algo: Literal["sha256"] = "sha256"
    oid: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = None
    size: float | None = None
    old_path: str | None = None


class DeletedIn(Body):
    """A path that goes."""

    path: str


class CommitJson(Body):
    """The older body: everything in one JSON object."""

    files: list[RegularIn] = Field([])
    lfs_files: list[LargeIn] = Field([])
    deleted_entries: list[DeletedIn] = Field([])


Operation = tuple[str, RegularIn | LargeIn | DeletedIn]


@dataclass(frozen=True, slots=True)
class Asked:
    """A commit request, read."""

    header: Header
    operations: list[Operation]

    @property
    def message(self) -> str:
        """Summary and description as git keeps them."""
        return f"{self.header.summary}\n\n{self.header.description}".rstrip()


def read(body: bytes, content_type: str) -> Asked:
    """The request, from NDJSON (header first) or from one JSON object; 400 for anything else."""
    if content_type.partition(";")[0].strip() == "application/json":
        data = parse_json(body)
        whole = checked(CommitJson, data)
        gone: list[Operation] = [("deletedEntry", entry) for entry in whole.deleted_entries]
        new: list[Operation] = [("file", f) for f in whole.files] + [("lfsFile", f) for f in whole.lfs_files]
        return Asked(checked(Header, data), gone + new)
    lines = list(_lines(body))
    if not lines or lines[0][0] != "header":
        raise bad_request('The first line must be {"key":"header"}')
    return Asked(checked(Header, lines[0][1]), [(key, _operation(key, value)) for key, value in lines[1:]])


def _lines(body: bytes) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(body.splitlines(), 1):
        if line.strip():
            try:
                data = json.loads(line)
                yield str(data["key"]), data["value"]
            except (ValueError, KeyError, TypeError):
                raise bad_request(f'Line {number} is not {{"key", "value"}} as JSON') from None


_MODELS: Mapping[str, type[RegularIn | LargeIn | DeletedIn]] = {
    "file": RegularIn,
    "lfsFile": LargeIn,
    "deletedFile": DeletedIn,
    "deletedFolder": DeletedIn,
    "deletedEntry": DeletedIn,
}


def _operation(key: str, value: Any) -> RegularIn | LargeIn | DeletedIn:
    if key not in _MODELS:
        raise bad_request(f'"key" must be one of [{", ".join(_MODELS)}], got {key!r}')
    return checked(_MODELS[key], value)


def applied(asked: Asked, before: Mapping[str, File], store: Store) -> dict[str, File]:
    """The files after the operations, in their order."""
    files = dict(before)
    for key, operation in asked.operations:
        if isinstance(operation, DeletedIn):
            _delete(files, operation.path, key)
        else:
            _write(files, operation, store)
    return files


def _write(files: dict[str, File], operation: RegularIn | LargeIn, store: Store) -> None:
    path = checked_path(operation.path)
    moved = None
    if operation.old_path is not None:
        moved = files.pop(operation.old_path, None)
        if moved is None:
            raise _no_file(operation.old_path)
    new = _regular(operation, store) if isinstance(operation, RegularIn) else _large(operation, store)
    kept = new or moved
    if kept is None:
        raise bad_request(f"{path}: neither content nor oldPath")
    if any(p.startswith(path + "/") for p in files) or any(
        f"{path}/".startswith(p + "/") for p in files if p != path
    ):
        raise bad_request(f"{path}: a file and a folder cannot have one name")
    files[path] = kept


def _regular(operation: RegularIn, store: Store) -> File | None:
    if operation.content is None:
        return None
    data = decoded(operation.content, operation.encoding)
    if len(data) > REGULAR_LIMIT:
        raise bad_request(f"{operation.path}: files over 10 MB must be uploaded as LFS files")
    if operation.path == "README.md":
        _, errors = card.parse(data.decode("utf-8", "replace"))
        if errors:
            raise bad_request("; ".join(errors))
    return store.put(data)


def _large(operation: LargeIn, store: Store) -> File | None:
    if operation.oid is None:
        return None
    if operation.oid not in store.large:
        raise bad_request(f"{operation.path}: no LFS object {operation.oid}, upload it first")
    return store.point(operation.oid, len(store.large[operation.oid]))


def _delete(files: dict[str, File], path: str, key: str) -> None:
    folder = path.rstrip("/") + "/"
    inside = [p for p in files if p.startswith(folder)] if key != "deletedFile" else []
    if key != "deletedFolder" and path in files:
        inside.append(path)
    if not inside:
        raise _no_file(path)
    for found in inside:
        del files[found]


def _no_file(path: str) -> RefusalError:
    return RefusalError(404, f"A file with this name doesn't exist: {path}", "EntryNotFound")
