"""What a kind gives when live resources are to become manifests: sketches from lists, portraits from closer looks."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from hfops.model.address import Address

At = tuple[str | int, ...]
"""A place in a spec: ``("secrets", "API_KEY")``."""

Refs = Literal["none", "tags", "all"]
TOKEN = re.compile(r"hf_[A-Za-z0-9]{20,}|api_org_[A-Za-z0-9]{20,}")
"""What a Hub token looks like."""

MACHINE = (
    *("HOME", "HOSTNAME", "LANG", "LOGNAME", "MAIL", "OLDPWD", "PATH", "PWD", "SHELL", "SHLVL", "TERM"),
    *("TMPDIR", "TZ", "USER", "USERNAME", "CI", "EDITOR"),
)
"""Variables that every machine has: a secret of that name would be taken for what stands there."""

OWNED = ("HF_", "HUGGING", "HFOPS_", "TRANSFORMERS_", "PYTHON", "LC_")
"""Beginnings of the names that hfops, the Hub's client and Python read themselves."""

_NO_NAME = re.compile(r"[^A-Za-z0-9]+")


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be described: everything of a kind in ``namespace``, or what ``names`` say alone.

    ``refs``: which of a repository's refs; ``cards``: whether the front matter of README.md, too.
    """

    namespace: str
    names: tuple[str, ...] = ()
    refs: Refs = "none"
    cards: bool = False


@dataclass(frozen=True, slots=True)
class Portrait:
    """A spec as a manifest writes it, nothing but plain data, in the order in which it is to be read.

    ``comments`` say more of a value, or, where there is none at that place, why. ``live`` is what it was drawn from.
    ``pin`` is a field, with its value, that finds it where one of its ``anchors`` cannot be written down.
    """

    spec: dict[str, Any]
    live: Any
    comments: Mapping[At, str] = field(default_factory=dict)
    anchors: tuple[str, ...] = ()
    pin: tuple[str, Any] | None = None
    reads_env: Mapping[At, str] = field(default_factory=dict)
    """Variables that are no secrets, which the project file must allow, by the place that is left out if it does not."""


@dataclass(frozen=True, slots=True)
class Sketch:
    """Something live, as a list shows it. ``draw`` looks closer, with at least ``reads`` requests.

    ``draw`` is given the address that the manifest will have; it raises hub.errors.HubError. ``nameless``: the Hub has
    no such name, and another will do as well. ``watches`` are namespaces that it is about, where it lives elsewhere.
    """

    address: Address
    hub_id: str | None
    draw: Callable[[Address], Portrait]
    reads: int = 0
    nameless: bool = False
    watches: frozenset[str] | None = None


@dataclass(slots=True)
class Draft:
    """A portrait in the making."""

    spec: dict[str, Any] = field(default_factory=dict)
    comments: dict[At, str] = field(default_factory=dict)

    def put(self, name: str, value: Any, *, unless: tuple[Any, ...] = (None,)) -> None:
        """Note a field, unless it has one of these values: those go without saying."""
        if not any(value == usual and type(value) is type(usual) for usual in unless):
            self.spec[name] = value

    def say(self, text: str, *at: str | int) -> None:
        """Note a comment."""
        self.comments[at] = text


def secret_env(name: str, owner: str) -> str:
    """The variable that a secret's value is to be put into: its own name, if that is not spoken for."""
    if name in MACHINE or name.upper().startswith(OWNED):
        return f"{variable(owner)}_{name}"
    return name


def variable(text: str) -> str:
    """A text as (part of) the name of an environment variable: ``CI_HOOK``."""
    plain = _NO_NAME.sub("_", text).strip("_").upper() or "X"
    return f"X_{plain}" if plain[0].isdigit() else plain


def slug(text: str, otherwise: str) -> str:
    """A text as a name that the rules for repository names allow: ``sentiment-models``."""
    plain = _NO_NAME.sub("-", text.lower()).strip("-")[:80].strip("-")
    return plain or otherwise


def last_set(when: str | None) -> str:
    """The comment on a secret."""
    day = re.match(r"\d{4}-\d{2}-\d{2}", when or "")
    return "value not readable" + (f"; last set {day[0]}" if day else "")
