"""Large files: huggingface_hub moves their bytes into the Hub's storage. The commit that names them is ours."""

from __future__ import annotations

import contextlib
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from hfops.engine.apply.contents import Contents, named
from hfops.hub.config import Settings
from hfops.hub.errors import HubError
from hfops.hub.token import Token
from hfops.manifest.local import digest_of
from hfops.model.call import Call
from hfops.model.late import Content, HubFile, LocalFile
from hfops.model.problem import HfopsError

BATCH_BYTES = 2_000_000_000
"""Bytes after which progress is told: the client says nothing before a batch is through."""

_EXTRA = "large files need huggingface_hub; install it with: pip install 'hfops[upload]'"
_KEEP_ALL = "# nothing is left out here: the manifest says what is sent"
"""A .gitignore for the client; without one it would heed the repository's own, and skip what the commit names."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a call's files go: POST /api/{type}s/{id}/preupload/{revision}[?create_pr=1]."""

    repo_type: str
    repo_id: str
    revision: str
    create_pr: bool

    @classmethod
    def of(cls, call: Call) -> Target:
        """The target that a preupload call's path names."""
        path, _, query = call.path.partition("?")
        _, _, kind, namespace, name, _, revision = path.split("/")
        repo_id = f"{unquote(namespace)}/{unquote(name)}"
        return cls(kind.removesuffix("s"), repo_id, unquote(revision), "create_pr=1" in query)


class UploadError(HubError):
    """The client could not store a file. Nothing shows it before a commit names it, so trying again is safe."""


class Uploader:
    """Stores large files. ``contents`` verifies what is read on this machine."""

    def __init__(self, settings: Settings, token: Token | None, contents: Contents) -> None:
        self._settings = settings
        self._token = token
        self._contents = contents

    def upload(self, call: Call, moved: Callable[[int], None]) -> None:
        """Have the files of ``call.uploads`` stored; ``moved`` is told the bytes so far. Raises HfopsError."""
        client = _client(self._settings, self._token)
        target, done = Target.of(call), 0
        with tempfile.TemporaryDirectory(prefix="hfops-") as folder:
            for batch in _batches(call.uploads):
                files = {p: self._file(c, client, Path(folder)) for p, c in batch.items()}
                with _failures(batch):
                    client.store(target, files)
                done += sum(content.size for content in batch.values())
                moved(done)

    def _file(self, content: Content, client: _Client, folder: Path) -> Path | bytes:
        """The bytes, verified: a path where they need not pass through memory."""
        if isinstance(content.source, LocalFile):
            self._contents.check(content)
            return self._contents.path(content)
        if isinstance(content.source, HubFile):
            with _failures({content.source.path: content}):
                path = client.download(content.source, folder)
            with path.open("rb") as file:
                have = digest_of(file, named(content))
            if content.sha256 not in ("", have.sha256):
                raise UploadError(f"{named(content)}: not the bytes that were planned")
            return path
        return self._contents.read(content)


def _batches(uploads: Mapping[str, Content]) -> Iterator[dict[str, Content]]:
    batch: dict[str, Content] = {}
    for path, content in sorted(uploads.items()):
        batch[path] = content
        if sum(c.size for c in batch.values()) >= BATCH_BYTES:
            yield batch
            batch = {}
    if batch:
        yield batch


@contextlib.contextmanager
def _failures(files: Mapping[str, Content]) -> Iterator[None]:
    """Whatever the client raises, as one of ours: it has no common ancestor for what can go wrong."""
    try:
        yield
    except HfopsError:
        raise
    except Exception as error:
        # What its threads raise comes wrapped in a sentence that says nothing more.
        said = error.__cause__ if isinstance(error, RuntimeError) and error.__cause__ else error
        first = str(said).strip().splitlines() or [""]
        reason = f"{type(said).__name__}: {first[0]}".rstrip(": ")
        raise UploadError(f"{', '.join(files)}: not uploaded ({reason})") from error


def _client(settings: Settings, token: Token | None) -> _Client:
    try:
        import huggingface_hub  # noqa: PLC0415 - an extra, and slow to load
    except ImportError:
        raise UploadError(_EXTRA) from None
    from huggingface_hub.utils.tqdm import disable_progress_bars  # noqa: PLC0415

    with warnings.catch_warnings():  # it warns where the environment insists on its bars
        warnings.simplefilter("ignore")
        disable_progress_bars()  # hfops draws its own, where there is a terminal
    huggingface_hub.constants.HF_HUB_DISABLE_TELEMETRY = True
    value = token.value if token is not None else False
    api = huggingface_hub.HfApi(endpoint=settings.endpoint, token=value, library_name="hfops")
    return _Client(huggingface_hub, api)


class _Client:
    """The two things that huggingface_hub is used for."""

    def __init__(self, module: Any, api: Any) -> None:
        self._module = module
        self._api = api

    def store(self, target: Target, files: Mapping[str, Path | bytes]) -> None:
        """POST /preupload, then the bytes, by whatever protocol the Hub and the client agree on.

        The plan says *large*; a file that the Hub would take either way goes the way of the plan.
        """
        additions = [
            self._module.CommitOperationAdd(path_in_repo=path, path_or_fileobj=data)
            for path, data in files.items()
        ]
        self._preupload(target, additions)
        regular = [a for a in additions if a._upload_mode == "regular"]  # noqa: SLF001 - no public name tells
        for addition in regular:
            addition._upload_mode = "lfs"  # noqa: SLF001 - see above
        if regular:
            self._preupload(target, regular)

    def _preupload(self, target: Target, additions: list[Any]) -> None:
        self._api.preupload_lfs_files(
            target.repo_id,
            additions,
            repo_type=target.repo_type,
            revision=target.revision,
            create_pr=target.create_pr,
            gitignore_content=_KEEP_ALL,
            free_memory=False,
        )

    def download(self, source: HubFile, folder: Path) -> Path:
        """A file of another repository, kept for this upload only."""
        path = self._api.hf_hub_download(
            source.repo_id,
            source.path,
            repo_type=source.repo_type,
            revision=source.commit,
            local_dir=folder / source.repo_type / source.repo_id / source.commit,
        )
        return Path(path)
