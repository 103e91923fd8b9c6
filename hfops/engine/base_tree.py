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
from hfops.manifest.files import PROJECT_FILE, absolute
from hfops.manifest.loader import Loaded, load
from hfops.manifest.local import Local
from hfops.manifest.project import Project, effective, load_project
from hfops.manifest.settings import Settings
from hfops.manifest.text import clip
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

    ``declared``: it had a project file. ``unreadable`` is the first error where it could not be read: then ``inventory`` is empty, and ``settings`` are
    those of the project file if that alone could be, else the defaults.
    """

    commit: str
    place: str
    settings: Settings = field(default_factory=Settings)
    declared: bool = False
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
    _refuse_submodule(git, root)
    commit = git.commit(rev)
    with tempfile.TemporaryDirectory(prefix="hfops-base-") as folder:
        reading = _Reading(git, commit, top, Path(_real(Path(folder))), around)
        then = followed(git, commit, _named(root, top))
        return reading.read(_root_then(git, commit, then))


def _refuse_submodule(git: Git, root: Path) -> None:
    """Raise HfopsError for a submodule that is not what this run is about.

    A pull request that puts one in the project's place would bring a base branch of its own making.
    """
    around = git.text("rev-parse", "--show-superproject-working-tree", why="git failed").rstrip("\n")
    if around and (os.environ.get("CI") or not _real(Path.cwd()).is_relative_to(git.folder)):
        raise HfopsError(
            f"{ASKER}: {clip(str(root))} is a submodule of {clip(around)}: which rules it goes by, that"
            " repository's branches do not say; plan in a clone of the submodule's own repository"
        )


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
            project = self._project(place)
            settings = settings_of(project, self.around.env)
            found = replace(found, settings=settings, declared=project is not None)
            lay_out(self.git, self.commit, place, root)
            whole = self.around.whole or found.declared
            said = self._inventory(root, place, settings, whole=whole)
        except HfopsError as error:
            return replace(found, unreadable=_first(error))
        return replace(found, inventory=said)

    def _project(self, place: str) -> Project | None:
        """The project file, for itself: what else is wrong with the tree does not take its rules away.

        It may be a link to any file of the repository.
        """
        folder = self.folder / "project"
        folder.mkdir()
        path = followed(self.git, self.commit, (PurePosixPath(place) / PROJECT_FILE).as_posix())
        data = file_of(self.git, self.commit, path)
        if data is not None:
            (folder / PROJECT_FILE).write_bytes(data)
        elif has_file(self.git, self.commit, path):
            raise HfopsError(f"{clip(path)}: too large for a project file")
        return load_project(folder)

    def _inventory(self, root: Path, place: str, settings: Settings, *, whole: bool) -> Inventory:
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
        found = (self._then(p, place) for p in self.around.paths)
        return [root / p for p in found if p is not None and (root / p).exists()]

    def _then(self, path: Path, place: str) -> PurePosixPath | None:
        """Where a path led, from the root; None where that is not below it."""
        named = named_in(path, self.top)
        then = None if named is None else PurePosixPath(followed(self.git, self.commit, named))
        return then.relative_to(place) if then is not None and then.is_relative_to(place) else None

    def _var_files(self, root: Path, place: str) -> list[Path]:
        """The files of variables, as they were if Git has them: what changes them is under review, too."""
        out = []
        for index, path in enumerate(self.around.var_file):
            name = named_in(path, self.top)
            if name is None:
                out.append(path)
                continue
            inside = self._then(path, place)
            then = followed(self.git, self.commit, name)
            if inside is not None and (root / inside).is_file():
                out.append(root / inside)
            elif (data := file_of(self.git, self.commit, then)) is not None:
                copy = self.folder / f"{index}-{PurePosixPath(then).name}"
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


def _named(path: Path, top: Path) -> str:
    """A path from the repository's top as it was named: no link below the top is followed, for the head made it."""
    named = named_in(path, top)
    return _within(_real(path), top) if named is None else named


def named_in(path: Path, top: Path) -> str | None:
    """A path from the repository's top as it was named, links below the top not followed; None for one elsewhere."""
    full = absolute(path)
    around = (f for f in reversed((full, *full.parents)) if _real(f).is_relative_to(top))
    first = next(around, None)
    if first is None:
        return None
    found = (_real(first).relative_to(top) / full.relative_to(first)).as_posix()
    return "" if found == "." else found


def _within(path: Path, top: Path) -> str:
    """A path below ``top``, from there, as Git writes it."""
    found = path.relative_to(top).as_posix()
    return "" if found == "." else found
