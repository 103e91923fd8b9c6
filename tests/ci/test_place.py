"""Which comment is whose."""

from __future__ import annotations

from pathlib import Path

import pytest

from hfops.cli.ci.place import Place, marker
from hfops.model.problem import HfopsError
from hfops.model.source import Mark


def test_a_project_an_environment_and_a_key_have_a_comment_each(tmp_path: Path) -> None:
    """And the same one in every run, wherever the checkout lies."""
    other = tmp_path / "other"
    places = [
        Place(tmp_path, tmp_path), Place(tmp_path, tmp_path / "hub"), Place(tmp_path, tmp_path, "prod"),
        Place(tmp_path, tmp_path, None, "spaces"), Place(tmp_path, tmp_path, "prod", "spaces"),
    ]  # fmt: skip
    assert len({p.marker for p in places}) == len(places)
    assert Place(other, other / "hub", "prod").id == Place(tmp_path, tmp_path / "hub", "prod").id


def test_places_are_named_from_the_checkouts_top(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages name files from the current folder, or from the project's root."""
    root = tmp_path / "hub"
    (root / "models").mkdir(parents=True)
    (root / "models" / "a.yaml").touch()
    place = Place(tmp_path, root)
    for folder, shown in (
        (tmp_path, "hub/models/a.yaml"),
        (root, "models/a.yaml"),
        (root / "models", "a.yaml"),
        (Path("/"), "models/a.yaml"),
    ):
        monkeypatch.chdir(folder)
        assert place.mark(Mark(shown, 3, 1)) == Mark("hub/models/a.yaml", 3, 1)
    assert place.mark(Mark("/etc/hostname", 1, 1)) is None
    assert place.mark(Mark("gone.yaml", 1, 1)) is None


def test_a_foreign_id_makes_no_marker() -> None:
    """It could end the hidden line and go on in the open."""
    with pytest.raises(HfopsError):
        marker("0123 --> @everyone")


def test_an_artefact_belongs_to_the_branch_that_is_merged_into(tmp_path: Path) -> None:
    """While the comment stays the same one where a pull request is pointed at another branch."""
    main, loose = (Place(tmp_path, tmp_path, branch=branch) for branch in ("main", "loose"))
    assert main.artefact != loose.artefact
    assert main.marker == loose.marker
    assert main.applied not in {main.marker, Place(tmp_path, tmp_path, "prod").applied}


def test_links_on_the_way_count_inside_the_checkout_alone(tmp_path: Path) -> None:
    """At the end and in the middle; a checkout that is itself reached through one is no matter."""
    real = tmp_path / "real"
    (real / "..odd").mkdir(parents=True)
    (tmp_path / "work").symlink_to(real)
    (real / "away").symlink_to(tmp_path)
    place = Place(tmp_path / "work", real)
    assert place.link_to(real / "reports") is None
    assert place.link_to(tmp_path / "work" / "..odd" / "reports") is None
    assert place.link_to(real / "away") == real / "away"
    assert place.link_to(real / "away" / "reports") == real / "away"
    assert place.link_to(tmp_path / "work" / "reports") is None
    assert place.inside(real / "..odd") == "..odd"
