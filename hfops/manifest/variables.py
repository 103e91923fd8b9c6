"""Variables for templates: the project's, then files, then ``--var``; the later wins."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hfops.manifest.document import as_written
from hfops.manifest.files import absolute, read_text, shown_name
from hfops.manifest.text import clip, single
from hfops.manifest.yaml import parse, parse_value
from hfops.model.problem import Problem, Problems
from hfops.model.source import Mark

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MAX_JSON_DEPTH = 100


def gather(
    settings_vars: Mapping[str, Any], var_options: Sequence[str], var_files: Sequence[Path]
) -> dict[str, Any]:
    """All variables of a run. Raises Problems, all at once.

    Numbers whose text would change (``1.10``, ``1e3``) stay text: a variable is mostly written into text.
    """
    out, problems = dict(settings_vars), list[Problem]()
    for path in var_files:
        read = _file(path)
        if isinstance(read, dict):
            out |= read
        else:
            problems += read
    for option in var_options:
        name, equals, text = option.partition("=")
        if not equals or not _NAME.fullmatch(name):
            problems.append(
                Problem(f"--var {clip(option)}: expected NAME=VALUE", hint="as in --var gpu=nvidia-t4")
            )
        else:
            out[name] = _value(text)
    if problems:
        raise Problems(problems)
    return out


def _value(text: str) -> Any:
    value = parse_value(text)
    return text if isinstance(value, float) and repr(value) != text else value


def _file(path: Path) -> dict[str, Any] | list[Problem]:
    shown = shown_name(absolute(path), Path.cwd())
    text = read_text(path, shown)
    if isinstance(text, Problem):
        return [text]
    return _json(text, shown) if path.suffix == ".json" else _yaml(text, shown)


def _yaml(text: str, shown: str) -> dict[str, Any] | list[Problem]:
    documents, problems = parse(text, shown)
    problems += [d.problem("a file of variables holds one document only") for d in documents[1:]]
    if problems:
        return problems
    return as_written(documents[0]) if documents else {}


def _json(text: str, shown: str) -> dict[str, Any] | list[Problem]:
    try:
        data = json.loads(text, object_pairs_hook=_unique, parse_float=_float, parse_constant=_constant)
    except json.JSONDecodeError as error:
        return [Problem(f"not valid JSON: {error.msg}", Mark(shown, error.lineno, error.colno))]
    except RecursionError:
        return [Problem(f"nested more than {_MAX_JSON_DEPTH} levels deep", Mark(shown))]
    except ValueError as error:
        return [Problem(f"not valid JSON: {clip(str(error), 200)}", Mark(shown))]
    if not isinstance(data, dict):
        return [
            Problem("a file of variables must be a mapping", Mark(shown), hint='as in {"gpu": "nvidia-t4"}')
        ]
    if _depth(data) > _MAX_JSON_DEPTH:
        return [Problem(f"nested more than {_MAX_JSON_DEPTH} levels deep", Mark(shown))]
    return data


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for key, value in pairs:
        if key in out:
            raise ValueError(f"duplicate key {single(key)}")
        out[key] = value
    return out


def _float(text: str) -> float | str:
    return float(text) if repr(float(text)) == text else text


def _constant(text: str) -> Any:
    raise ValueError(f"{text} is not a number")


def _depth(data: Any) -> int:
    deepest, work = 0, [(data, 1)]
    while work:
        value, depth = work.pop()
        deepest = max(deepest, depth)
        if isinstance(value, dict | list):
            work += [(v, depth + 1) for v in (value.values() if isinstance(value, dict) else value)]
    return deepest
