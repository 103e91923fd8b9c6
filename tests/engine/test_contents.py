"""The bytes of contents: those that were planned, or an error before anything is sent."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfops.engine.apply.contents import ContentError, Contents
from hfops.hub.sources import SourceError
from hfops.kinds.repo.content.gather import blob_id
from hfops.manifest.local import NOWHERE, Local, LocalError
from hfops.model.late import Content, Download, HubFile, Inline, LocalFile, Source

DATA = b"the bytes\n"
HUB_PATH = "/datasets/acme/x/resolve/abc/a/b.txt"


class Files:
    """A Hub that has a few files and nothing else."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = files

    def content(self, path: str) -> bytes | None:
        """A file by its whole path."""
        return self.files.get(path)


def contents(root: Path | None = None, hub: Mapping[str, bytes] | None = None, web: Any = None) -> Contents:
    """Contents of a project, a Hub and a web."""
    local = Local(root) if root else NOWHERE
    return Contents(local, Files(hub or {}), web)  # type: ignore[arg-type]


def planned(source: Source, data: bytes = DATA) -> Content:
    """What a plan holds of these bytes."""
    return Content(len(data), blob_id(data), hashlib.sha256(data).hexdigest(), source)


@given(st.binary(max_size=100))
def test_inline_bytes_travel_as_base64(data: bytes) -> None:
    """What the plan holds is what is sent."""
    sent = contents().base64(planned(Inline(data), data))
    assert base64.b64decode(sent) == data


def test_a_local_file(tmp_path: Path) -> None:
    """A file is read where the plan found it."""
    path = tmp_path / "sub" / "a.txt"
    path.parent.mkdir()
    path.write_bytes(DATA)
    content = planned(LocalFile(str(path.resolve())))
    assert contents(tmp_path).read(content) == DATA
    contents(tmp_path).check(content)


@pytest.mark.parametrize("now", [b"other text", b"longer than it was before\n", b""])
def test_a_local_file_that_changed(tmp_path: Path, now: bytes) -> None:
    """A file written to since the plan is refused, at the check and when it is read."""
    path = tmp_path / "a.txt"
    path.write_bytes(now)
    content = planned(LocalFile(str(path.resolve())))
    with pytest.raises((ContentError, LocalError)):
        contents(tmp_path).read(content)
    with pytest.raises(ContentError, match="changed since the plan"):
        contents(tmp_path).check(content)


def test_a_local_file_that_became_a_way_out(tmp_path: Path) -> None:
    """A file replaced by a symlink that leads out of the project is refused, whatever it holds."""
    root, outside = tmp_path / "root", tmp_path / "outside.txt"
    root.mkdir()
    outside.write_bytes(DATA)
    (root / "a.txt").symlink_to(outside)
    with pytest.raises(LocalError, match="outside"):
        contents(root).read(planned(LocalFile(str(root.resolve() / "a.txt"))))
    with pytest.raises(LocalError, match="root"):
        contents(root).read(planned(LocalFile(str(outside.resolve()))))


def test_a_file_of_the_hub() -> None:
    """It is read at the commit that was planned, and known by whichever id the Hub showed."""
    source = HubFile("dataset", "acme/x", "abc", "a/b.txt")
    here = contents(hub={HUB_PATH: DATA})
    whole = planned(source)
    assert here.read(replace(whole, sha256="")) == DATA
    assert here.read(replace(whole, blob_id="")) == DATA
    with pytest.raises(ContentError, match="changed since the plan"):
        contents(hub={HUB_PATH: b"x"}).read(whole)
    with pytest.raises(ContentError, match="not on the Hub any more"):
        contents().read(whole)


def test_a_file_of_the_web() -> None:
    """It is fetched with its checksum; what the fetching refuses is refused."""
    asked: list[tuple[str, str]] = []

    def fetch(url: str, sha256: str) -> bytes:
        asked.append((url, sha256))
        if "bad" in url:
            raise SourceError("refused")
        return DATA

    content = planned(Download("https://a.example/x"))
    assert contents(web=fetch).read(content) == DATA
    assert asked == [("https://a.example/x", content.sha256)]
    with pytest.raises(SourceError):
        contents(web=fetch).read(planned(Download("https://a.example/bad")))
