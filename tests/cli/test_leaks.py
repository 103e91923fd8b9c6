"""A file that holds a secret is not published, whatever the manifest says."""

from __future__ import annotations

import pytest

from hfops.sandbox.server import Sandbox
from tests.cli.conftest import writes
from tests.conftest import Project

SECRET = "value-of-the-api-key"
SPACE = """
apiVersion: hfops/v1
kind: Space
metadata: {name: acme/app}
spec:
  visibility: public
  sdk: gradio
  secrets: {API: REFERENCE}
  files: [{path: /, from: {directory: app}}]
"""


@pytest.mark.parametrize(
    ("reference", "name", "text"),
    [
        ("{file: app/api.key}", "api.key", f"{SECRET}\n"),
        ("{env: API_KEY}", "app.py", f"key = '{SECRET}'\n"),
        ("{env: API_KEY}", "tool.py", "token = 'hf_sandbox'\n"),
    ],
    ids=["the reference's own file", "a value in the code", "the token in use"],
)
def test_a_secret_in_a_file_stops_the_plan(
    project: Project, hub: Sandbox, monkeypatch: pytest.MonkeyPatch, reference: str, name: str, text: str
) -> None:
    """At plan time already: exit 1, the file and the secret named, the value not, nothing sent."""
    monkeypatch.setenv("API_KEY", SECRET)
    project.write("space.yaml", SPACE.replace("REFERENCE", reference))
    project.write("app/app.py", "print()\n")
    project.write(f"app/{name}", text)
    for command in (["plan"], ["apply", "--yes"]):
        ran = project.run(*command)
        assert ran.code == 1
        assert f"app/{name} holds the value of" in ran.err
        assert "would be published" in ran.err
        assert SECRET not in ran.out + ran.err
    assert writes(hub) == []


def test_a_secret_that_only_apply_learns_stops_it_before_the_first_write(
    project: Project, hub: Sandbox
) -> None:
    """Commands are run by apply; what they print is held against the files then."""
    project.write("space.yaml", SPACE.replace("REFERENCE", f"{{command: [printf, {SECRET}]}}"))
    project.write("app/app.py", f"print('{SECRET}')\n")
    assert project.run("plan").code == 0
    ran = project.run("apply", "--yes")
    assert ran.code == 1
    assert "app/app.py holds the value of command printf" in ran.err
    assert writes(hub) == []
