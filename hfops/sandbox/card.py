"""Repository cards: the front matter of README.md, and what the Hub derives from it."""

from __future__ import annotations

import re
from typing import Any

import yaml

FRONT = re.compile(r"\A\s*---[ \t]*\r?\n(.*?)(?:^---[ \t]*(?:\r?\n|\Z))", re.DOTALL | re.MULTILINE)
SDKS = ("gradio", "docker", "static")

LICENSES = frozenset(
    [
        "apache-2.0",
        "mit",
        "openrail",
        "bigscience-openrail-m",
        "creativeml-openrail-m",
        "bigscience-bloom-rail-1.0",
        "bigcode-openrail-m",
        "afl-3.0",
        "artistic-2.0",
        "bsl-1.0",
        "bsd",
        "bsd-2-clause",
        "bsd-3-clause",
        "bsd-3-clause-clear",
        "c-uda",
        "cc",
        "cc0-1.0",
        "cc-by-2.0",
        "cc-by-2.5",
        "cc-by-3.0",
        "cc-by-4.0",
        "cc-by-sa-3.0",
        "cc-by-sa-4.0",
        "cc-by-nc-2.0",
        "cc-by-nc-3.0",
        "cc-by-nc-4.0",
        "cc-by-nd-4.0",
        "cc-by-nc-nd-3.0",
        "cc-by-nc-nd-4.0",
        "cc-by-nc-sa-2.0",
        "cc-by-nc-sa-3.0",
        "cc-by-nc-sa-4.0",
        "cdla-sharing-1.0",
        "cdla-permissive-1.0",
        "cdla-permissive-2.0",
        "wtfpl",
        "ecl-2.0",
        "epl-1.0",
        "epl-2.0",
        "etalab-2.0",
        "eupl-1.1",
        "eupl-1.2",
        "agpl-3.0",
        "gfdl",
        "gpl",
        "gpl-2.0",
        "gpl-3.0",
        "lgpl",
        "lgpl-2.1",
        "lgpl-3.0",
        "isc",
        "h-research",
        "intel-research",
        "lppl-1.3c",
        "ms-pl",
        "apple-ascl",
        "apple-amlr",
        "mpl-2.0",
        "odc-by",
        "odbl",
        "openmdw-1.0",
        "openrail++",
        "osl-3.0",
        "postgresql",
        "ofl-1.1",
        "ncsa",
        "unlicense",
        "zlib",
        "pddl",
        "lgpl-lr",
        "deepfloyd-if-license",
        "fair-noncommercial-research-license",
        "llama2",
        "llama3",
        "llama3.1",
        "llama3.2",
        "llama3.3",
        "llama4",
        "grok2-community",
        "gemma",
        "unknown",
        "other",
    ]
)


def parse(readme: str) -> tuple[dict[str, Any] | None, list[str]]:
    """The front matter (None when there is none) and what is wrong with it."""
    found = FRONT.match(readme)
    if not found:
        return None, []
    try:
        data = yaml.safe_load(found.group(1)) or {}
    except yaml.YAMLError as error:
        return None, [f"Invalid YAML front matter: {' '.join(str(error).split())}"]
    if not isinstance(data, dict):
        return None, ["Invalid YAML front matter: expected a mapping"]
    plain = jsonable(data)
    return plain, mistakes(plain)


def mistakes(data: dict[str, Any]) -> list[str]:
    """The values that the Hub would not take."""
    found = [
        f'"license" must be a known license id, got {x!r}'
        for x in listed(data, "license")
        if x not in LICENSES
    ]
    if "sdk" in data and data["sdk"] not in SDKS:
        found.append(f'"sdk" must be one of [{", ".join(SDKS)}], got {data["sdk"]!r}')
    return found


def write(data: dict[str, Any], body: str = "") -> bytes:
    """A README.md with this front matter."""
    text = yaml.safe_dump(data, sort_keys=False, allow_unicode=True, default_flow_style=False)
    return f"---\n{text}---\n{body}".encode()


def tags(kind: str, data: dict[str, Any]) -> list[str]:
    """The tags of a repository: the card's own, then what its other keys imply."""
    found = [str(data[key]) for key in ("library_name", "pipeline_tag") if data.get(key) and kind == "model"]
    found += listed(data, "tags")
    found += [
        f"{key}:{value}"
        for key in ("task_categories", "task_ids", "size_categories")
        for value in listed(data, key)
    ]
    found += [f"language:{v}" if kind == "dataset" else v for v in listed(data, "language")]
    if kind == "model":
        found += [f"dataset:{v}" for v in listed(data, "datasets")]
        found += [f"base_model:{v}" for v in listed(data, "base_model")]
    found += [f"license:{v}" for v in listed(data, "license")]
    if kind == "space":
        found.append(str(data.get("sdk", "static")))
    return list(dict.fromkeys([*found, "region:us"]))


def listed(data: dict[str, Any], key: str) -> list[str]:
    """A value that may be one or many, as a list of texts."""
    value = data.get(key)
    if value is None:
        return []
    return [str(v) for v in value] if isinstance(value, list) else [str(value)]


def jsonable(value: Any) -> Any:
    """YAML as JSON: dates become text, keys become text."""
    if isinstance(value, dict):
        return {str(k): jsonable(v) for k, v in value.items()}
    if isinstance(value, list):
        return [jsonable(v) for v in value]
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)
