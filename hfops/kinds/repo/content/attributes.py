"""Which files go into the Hub's large file storage: by .gitattributes, by size, and by what is in them."""

from __future__ import annotations

from hfops.manifest.gitignore import Rules, lines_of

ATTRIBUTES = ".gitattributes"

REGULAR_LIMIT = 10_000_000
"""Bytes; the Hub wants larger files in its large file storage."""

COMMIT_LIMIT = 50_000_000
"""Bytes of regular files in one commit."""

_SUFFIXES = """7z arrow bin bz2 ckpt ftz gz h5 joblib lfs.* mlmodel model msgpack npy npz onnx ot parquet pb pickle
pkl pt pth rar safetensors tar tar.* tflite tgz wasm xz zip zst"""
FRESH = "".join(
    f"{pattern} filter=lfs diff=lfs merge=lfs -text\n"
    for pattern in (*(f"*.{s}" for s in _SUFFIXES.split()), "saved_model/**/*", "*tfevents*")
)
"""What a new repository's .gitattributes says, as far as is known."""


class Tracked:
    """The paths that a .gitattributes sends to the large file storage; the last line that fits decides."""

    def __init__(self, text: str) -> None:
        self._lines: list[tuple[Rules, bool]] = []
        for line in lines_of(text.encode("utf-8", errors="surrogateescape")):
            pattern, *words = line.split() or [""]
            said = [w for w in words if w.lstrip("-!").split("=")[0] == "filter"]
            if pattern and not pattern.startswith(("#", "!", "[")) and said:
                self._lines.insert(0, (Rules([pattern]), said[-1] == "filter=lfs"))

    def __contains__(self, path: str) -> bool:
        return next((large for rules, large in self._lines if rules.check(path, folder=False)), False)


def is_text(data: bytes) -> bool:
    """Whether bytes are UTF-8 text without NUL."""
    if b"\0" in data:
        return False
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
