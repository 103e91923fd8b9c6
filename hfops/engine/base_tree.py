"""The project as it is at a commit: what the branch says that a pull request goes into. Nothing of it is run or sent."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from hfops.engine.base_files import file_of, followed, has_file, lay_out
from hfops.engine.git import Git
from hfops.engine.inventory import Inventory
from hfops.engine.load import data_files, inventory
from hfops.manifest.document import Document
from hfops.manifest.files import PROJECT_FILE
from hfops.manifest.loader import Loaded, load
from hfops.manifest.local import Local
from hfops.manifest.project import Project, effective, load_project
from hfops.manifest.settings import Settings
from hfops.manifest.variables import gather
from hfops.model.problem import HfopsError, Problems

ASKER = "--base"
CONTENT = ("card", "files")
"""Fields whose files are not looked at: they may be made by a build, and no rule hangs on them."""


@dataclass(frozen=True, slots=True)
class Around:
    """How the run at hand reads its project: the base is read alike. ``whole``: it reads all of it."""

    paths: tuple[Path, ...] = ()
    env: str | None = None
    var: tuple[str, ...] = ()
    var_file: tuple[Path, ...] = ()
    whole: bool = True


@dataclass(frozen=True, slots=True)
class BaseTree:
    """What the project says at ``commit``. ``place`` is its root, from the repository's top.

    ``unreadable`` is the first error where it could not be read: then ``inventory`` is empty, and ``settings`` are
    those of the project file if that alone could be, else the defaults.
    """

    commit: str
    place: str
    settings: Settings = field(default_factory=Settings)
    inventory: Inventory = field(default_factory=lambda: Inventory(()))
    unreadable: str = ""


def place_of(root: Path, asker: str = ASKER) -> str:
    """A folder from the top of the repository that it is in; empty for the top. Raises HfopsError outside of any."""
    top = _real(Git(root, asker).top())
    return _within(_real(root), top)


def read_base(root: Path, rev: str, around: Around) -> BaseTree:
    """The project of ``root`` as it is at ``rev``. Raises HfopsError where there is no such commit at hand.

    Where the nearest hfops.yaml was another one then, that one's folder is the root.
    """
    top = _real(Git(root, ASKER).top())
    git = Git(top, ASKER)
    commit = git.commit(rev)
    with tempfile.TemporaryDirectory(prefix="hfops-base-") as folder:
        reading = _Reading(git, commit, top, Path(_real(Path(folder))), around)
        then = followed(git, commit, _within(_real(root), top))
        return reading.read(_root_then(git, commit, then))


def _root_then(git: Git, commit: str, place: str) -> str:
    """The nearest folder at or above ``place`` that held hfops.yaml, else ``place``."""
    here = PurePosixPath(place)
    for folder in (here, *here.parents):
        if has_file(git, commit, (folder / PROJECT_FILE).as_posix()):
            return "" if folder == PurePosixPath() else folder.as_posix()
    return place


@dataclass(frozen=True, slots=True)
class _Reading:
    git: Git
    commit: str
    top: Path
    folder: Path
    around: Around

    def read(self, place: str) -> BaseTree:
        """The project at ``place``; closed, not open, where it cannot be read."""
        found = BaseTree(self.commit, place)
        root = self.folder / "root"
        root.mkdir()
        try:
            lay_out(self.git, self.commit, place, root)
            found = replace(found, settings=settings_of(load_project(root), self.around.env))
            said = self._inventory(root, place, found.settings)
        except HfopsError as error:
            return replace(found, unreadable=_first(error))
        return replace(found, inventory=said)

    def _inventory(self, root: Path, place: str, settings: Settings) -> Inventory:
        whole = self.around.whole or (root / PROJECT_FILE).is_file()
        paths = [] if whole else self._paths(root, place)
        if not whole and not paths:
            return Inventory(())
        files = self._var_files(root, place)
        variables = gather(settings.vars, self.around.var, files)
        loaded = load(
            paths, root, settings, variables, data=files, whole=whole, names=lambda d: data_files(d, root)
        )
        return inventory(_without_content(loaded), settings.namespace, Local(root))

    def _paths(self, root: Path, place: str) -> list[Path]:
        """The paths of the command line, as far as they were there."""
        real = (_real(p) for p in self.around.paths)
        found = (root / _within(p, self.top / place) for p in real if p.is_relative_to(self.top / place))
        return [p for p in found if p.exists()]

    def _var_files(self, root: Path, place: str) -> list[Path]:
        """The files of variables, as they were if Git has them: what changes them is under review, too."""
        out = []
        for index, path in enumerate(self.around.var_file):
            real = _real(path)
            if not real.is_relative_to(self.top):
                out.append(path)
                continue
            name = _within(real, self.top)
            if real.is_relative_to(self.top / place) and (root / _within(real, self.top / place)).is_file():
                out.append(root / _within(real, self.top / place))
            elif (data := file_of(self.git, self.commit, name)) is not None:
                copy = self.folder / f"{index}-{real.name}"
                copy.write_bytes(data)
                out.append(copy)
        return out


def settings_of(project: Project | None, env: str | None) -> Settings:
    """The settings of a base: an environment that it does not have, has what all have in common."""
    if project is None:
        return replace(Settings(), environment=env)
    try:
        return effective(project, env)
    except Problems:
        spec = project.spec.model_copy(update={"environments": {}})
        return replace(effective(project.model_copy(update={"spec": spec}), None), environment=env)


def _without_content(loaded: Loaded) -> Loaded:
    return replace(loaded, documents=tuple(map(_bare, loaded.documents)))


def _bare(document: Document) -> Document:
    spec = document.data.get("spec")
    if not isinstance(spec, dict):
        return document
    return replace(
        document, data={**document.data, "spec": {k: v for k, v in spec.items() if k not in CONTENT}}
    )


def _first(error: HfopsError) -> str:
    return str(error.problems[0]) if isinstance(error, Problems) and error.problems else str(error)


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))


def _within(path: Path, top: Path) -> str:
    """A path below ``top``, from there, as Git writes it."""
    found = path.relative_to(top).as_posix()
    return "" if found == "." else found
