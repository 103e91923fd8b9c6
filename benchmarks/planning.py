"""Planning 300 repositories: requests, and time as a ratio against the official client reading the same facts.

The official client reads each repository with model_info and, for refs, list_repo_refs, one after the other. The
embedded Hub answers each request after LATENCY, as a Hub elsewhere would; hfops's time includes starting Python.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from huggingface_hub import HfApi

from hfops.sandbox.server import Sandbox

COUNT = 300
LATENCY = 0.03
"""Seconds."""
REFS = {"branches": [{"name": "dev"}], "tags": [{"name": "v1"}]}


def seed() -> dict[str, Any]:
    """The repositories, as they already are."""
    spec = {"visibility": "private", "gated": "auto", **REFS}
    return {
        "resources": [
            {"kind": "Model", "metadata": {"name": f"acme/m{i}"}, "spec": spec} for i in range(COUNT)
        ]
    }


def manifests(folder: Path, spec: str) -> None:
    """One file with all documents."""
    text = "apiVersion: hfops/v1\nkind: Model\nmetadata: {{name: acme/m{i}}}\nspec: {spec}\n"
    (folder / "hub.yaml").write_text(
        "---\n".join(text.format(i=i, spec=spec) for i in range(COUNT)), encoding="utf-8"
    )


def hfops(folder: Path, sandbox: Sandbox) -> tuple[float, int]:
    """Seconds and requests of one `hfops plan`, start-up included."""
    sandbox.exchanges.clear()
    start = time.perf_counter()
    environment = {**os.environ, "HF_ENDPOINT": sandbox.url, "HF_TOKEN": "hf_sandbox"}
    command = [sys.executable, "-m", "hfops", "plan", "--detailed-exitcode", "--no-ledger"]
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
    return time.perf_counter() - start, len(list(sandbox.exchanges))


def official(sandbox: Sandbox, *, refs: bool) -> tuple[float, int]:
    """Seconds and requests of the official client reading the same, start-up not included."""
    sandbox.exchanges.clear()
    client = HfApi(endpoint=sandbox.url, token="hf_sandbox")
    start = time.perf_counter()
    for i in range(COUNT):
        client.model_info(f"acme/m{i}")
        if refs:
            client.list_repo_refs(f"acme/m{i}")
    return time.perf_counter() - start, len(list(sandbox.exchanges))


def main() -> None:
    """Measure and print."""
    cases = {
        "settings only": "{visibility: private, gated: auto}",
        "with a branch and a tag each": "{visibility: private, gated: auto, branches: [{name: dev}], tags: [{name: v1}]}",
    }
    with Sandbox(seed(), latency=LATENCY) as sandbox, tempfile.TemporaryDirectory() as name:
        for title, spec in cases.items():
            manifests(Path(name), spec)
            ours, requests = hfops(Path(name), sandbox)
            theirs, more = official(sandbox, refs="branches" in spec)
            print(
                f"{COUNT} repositories, {title}: hfops {requests} requests, official client {more}; time ratio {ours / theirs:.2f}"
            )


if __name__ == "__main__":
    main()
