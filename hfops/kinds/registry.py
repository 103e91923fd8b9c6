"""Every kind, by name. Adding a kind is adding its line."""

from __future__ import annotations

from hfops.kinds.base import Kind
from hfops.kinds.repo.kind import RepoKind

KINDS: dict[str, Kind] = {
    "Model": RepoKind("Model", "model"),
    "Dataset": RepoKind("Dataset", "dataset"),
}
