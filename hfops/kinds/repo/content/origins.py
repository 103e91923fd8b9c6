"""Which repositories files come from: what must be there before, and what may change under a plan."""

from __future__ import annotations

from collections.abc import Iterator

from hfops.kinds.repo.fields import HubSource, Repository
from hfops.kinds.repo.names import is_full_commit
from hfops.kinds.repo.spec import RepoSpec
from hfops.model.address import Address
from hfops.model.resource import Resource

KINDS = {"model": "Model", "dataset": "Dataset", "space": "Space"}


def sources(spec: RepoSpec) -> Iterator[tuple[int, Repository]]:
    """The entries of ``files`` that come from the Hub, with their index."""
    for index, entry in enumerate(spec.files or ()):
        if isinstance(entry.from_, HubSource):
            yield index, entry.from_.huggingface


def stands_for(wanted: Repository) -> Address:
    """The address of a source."""
    return Address.parse(f"{KINDS[wanted.repo_type]}/{wanted.repo_id}")


def content_refers(resource: Resource) -> Iterator[Address]:
    """The repositories that files come from. One that is pinned to a commit is not waited for, nor is one's own."""
    spec = resource.spec
    assert isinstance(spec, RepoSpec)
    for _, wanted in sources(spec):
        address = stands_for(wanted)
        if address != resource.address and not is_full_commit(wanted.revision):
            yield address
