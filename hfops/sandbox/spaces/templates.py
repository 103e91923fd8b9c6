"""The templates that a new Space can start from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hfops.sandbox.manners import bad_request


@dataclass(frozen=True, slots=True)
class Template:
    """An official Space to copy, and the files that it gives."""

    name: str
    repo_id: str
    sdk: str
    files: Mapping[str, bytes]
    private: bool = False

    def told(self) -> dict[str, Any]:
        """The list's entry."""
        shown = {"name": self.name, "repoId": self.repo_id, "sdk": self.sdk}
        return shown | {"preferredPrivate": self.private}


TEMPLATES = (
    Template(
        "chatbot",
        "gradio-templates/chatbot",
        "gradio",
        {"app.py": b"import gradio as gr\n\ngr.ChatInterface(lambda text, log: text).launch()\n"},
    ),
    Template(
        "JupyterLab",
        "SpacesExamples/jupyterlab",
        "docker",
        {"Dockerfile": b"FROM python:3.12\nRUN pip install jupyterlab\nCMD jupyter lab --port 7860\n"},
        private=True,
    ),
    Template(
        "static page",
        "static-templates/page",
        "static",
        {"index.html": b"<!doctype html>\n<title>A page</title>\n"},
    ),
)


def template_files(repo_id: str | None, sdk: str | None) -> Mapping[str, bytes]:
    """The files of a template, none where none is asked for; 400 for one that is not there or has another sdk."""
    if repo_id is None:
        return {}
    for template in TEMPLATES:
        if template.repo_id.lower() == repo_id.lower():
            if template.sdk != sdk:
                raise bad_request(f'"template" {repo_id} needs sdk {template.sdk}, got {sdk!r}')
            return template.files
    raise bad_request(f'"template" must be one of [{", ".join(t.repo_id for t in TEMPLATES)}]')
