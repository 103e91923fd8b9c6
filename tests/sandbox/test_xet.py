"""Large files by hf_xet: the official client as it is when nobody tells it otherwise, and the formats by themselves."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import textwrap

import pytest

from hfops.sandbox.server import Sandbox
from hfops.sandbox.xet import lz4
from hfops.sandbox.xet.formats import chunks
from tests.sandbox.conftest import judge

CLIENT = """
    import pathlib, random
    from huggingface_hub import HfApi
    from huggingface_hub.utils._runtime import is_xet_available

    assert is_xet_available()
    api = HfApi(endpoint=URL, token="hf_sandbox")
    api.create_repo("acme/x", exist_ok=True)
    noise = random.Random(1).randbytes(300_000)
    texts = {"a.bin": bytes(5000) + b"hello " * 40_000 + noise, "b.bin": noise + b"\\1" * 70_000, "c.bin": b"\\0"}
    folder = pathlib.Path("up")
    folder.mkdir(exist_ok=True)
    for name, data in texts.items():
        (folder / name).write_bytes(data)
    (folder / "d.txt").write_text("text")
    api.upload_file(path_or_fileobj=texts["a.bin"], path_in_repo="a.bin", repo_id="acme/x")
    api.upload_folder(folder_path=folder, repo_id="acme/x")
    for name, data in texts.items():
        assert pathlib.Path(api.hf_hub_download("acme/x", name, local_dir="down")).read_bytes() == data, name
    assert api.list_repo_files("acme/x") == [".gitattributes", "a.bin", "b.bin", "c.bin", "d.txt"]
"""


def run_client(sandbox, folder):
    """The client in a process of its own, because it reads its settings once, with its caches in ``folder``."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("HF_")}
    env = kept | {
        "HF_HOME": str(folder / "home"),
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    }
    script = textwrap.dedent(CLIENT).replace("URL", repr(sandbox.url))
    ran = subprocess.run(
        [sys.executable, "-c", script],
        check=False,
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr


def test_default_client(tmp_path):
    """With hf_xet installed, the client uploads files and folders and gets back what it sent.

    A second Hub under the same address holds nothing of the first one's, whatever the client's caches say.
    """
    with Sandbox() as first:
        run_client(first, tmp_path)
        port = int(first.url.rpartition(":")[2])
        assert [e for e in first.exchanges if "/v1/shards" in e.path and e.status == 200]
        assert not [e for e in first.exchanges if "/info/lfs/" in e.path]
        assert judge(first) == []
    with Sandbox(port=port) as second:
        run_client(second, tmp_path)


def test_token(http, api, sandbox):
    """The token for uploads is for who may write, its values in headers as in the body."""
    api.create_repo("acme/x")
    path = "/api/models/acme/x/xet-write-token/main"
    answer = http("GET", path)
    assert answer.headers["X-Xet-Cas-Url"] == answer.json()["casUrl"]
    assert answer.headers["X-Xet-Access-Token"] == answer.json()["accessToken"]
    assert answer.headers["X-Xet-Token-Expiration"] == str(answer.json()["exp"])
    assert http("GET", path, token="hf_bob").status_code == 403
    assert http("GET", f"{path}?create_pr=1", token="hf_bob").status_code == 200


def frame(block, *, raw=False):
    size = len(block) | (0x80000000 if raw else 0)
    return lz4.MAGIC + b"\x60\x50\x00" + size.to_bytes(4, "little") + block + bytes(4)


@pytest.mark.parametrize(
    ("packed", "content"),
    [
        (lz4.MAGIC + b"\x60\x50\x00" + bytes(4), b""),
        (frame(b"abc", raw=True), b"abc"),
        (frame(b"\x30abc"), b"abc"),
        (frame(b"\x12a\x01\x00\x10b"), b"aaaaaaab"),
        (frame(b"\x31abc\x03\x00\x10d"), b"abcabcabd"),
        (frame(b"\x1fa\x01\x00\x05\x10b"), b"a" * 25 + b"b"),
        (frame(b"\xf0\x05" + b"x" * 20), b"x" * 20),
    ],
)
def test_lz4(packed, content):
    """Literals, matches, matches that reach into themselves, and long lengths."""
    assert lz4.unpack(packed) == content


def chunk(scheme, data, length):
    return b"\0" + len(data).to_bytes(3, "little") + bytes([scheme]) + length.to_bytes(3, "little") + data


def test_chunks():
    """Chunks are plain, compressed, or compressed after their bytes were sorted."""
    grouped = frame(b"\x70aebfcgd")
    xorb = chunk(0, b"plain", 5) + chunk(1, frame(b"\x30abc"), 3) + chunk(2, grouped, 7)
    assert chunks(xorb) == [b"plain", b"abc", b"abcdefg"]


@pytest.mark.parametrize(
    "xorb",
    [chunk(0, b"abc", 4), chunk(9, b"abc", 3), chunk(1, b"abc", 3), chunk(1, frame(b"\x12a\x09\x00"), 7)],
)
def test_broken_xorbs(http, sandbox, xorb):
    """What is no xorb is 400 and not kept."""
    path = f"/_storage/xet/{sandbox.hub.life}/v1/xorbs/default/{'0' * 64}"
    assert http("POST", path, data=xorb).status_code == 400
    assert sandbox.hub.store.xorbs == {}


def test_shard_without_its_chunks(http, sandbox):
    """A shard that names chunks that nobody uploaded is 400; one whose chunks are there makes the file."""
    run = bytes(36) + (3).to_bytes(4, "little") + (0).to_bytes(4, "little") + (1).to_bytes(4, "little")
    shard = bytes(48) + bytes(36) + (1).to_bytes(4, "little") + bytes(8) + run + b"\xff" * 32 + bytes(16)
    base = f"/_storage/xet/{sandbox.hub.life}/v1"
    assert http("POST", f"{base}/shards", data=shard).status_code == 400
    assert http("POST", f"{base}/xorbs/default/{'0' * 64}", data=chunk(0, b"abc", 3)).json()["was_inserted"]
    assert http("POST", f"{base}/shards", data=shard).status_code == 200
    assert hashlib.sha256(b"abc").hexdigest() in sandbox.hub.store.large
    assert http("POST", f"{base}/shards", token=None, data=shard).status_code == 401
