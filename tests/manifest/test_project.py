"""The project file and its environments."""

import pytest

from hfops.manifest.project import effective, load_project
from hfops.manifest.settings import DEFAULT_LEDGER, Safety, Settings
from hfops.model.problem import Problems

HEAD = "apiVersion: hfops/v1\nkind: Project\n"
WHOLE = (
    HEAD
    + """metadata: {name: acme-hub}
spec:
  namespace: acme
  ledger: hub://datasets/acme/hfops-ledger
  vars: {gpu: nvidia-t4, version: 1.10, n: 3, ratio: 1.5}
  environments:
    staging: {namespace: acme-staging}
    prod: {vars: {gpu: nvidia-a10g, e: 1e3}, safety: {maxDeletes: 1}}
    plain:
  prune: true
  safety: {maxDeletes: 4, maxDeletePercent: 10, maxHourlyIncrease: 10, webhookHosts: ["*.acme.example"]}
  references: {env: ["APP_*"]}
  unmanaged: fail
  ignore: ["vendor/**"]
  policies: [{use: recommended}]
"""
)


def load(tmp_path, text):
    (tmp_path / "hfops.yaml").write_text(text)
    return load_project(tmp_path)


def said(tmp_path, text, env=None):
    with pytest.raises(Problems) as caught:
        effective(load(tmp_path, text), env)
    return [str(p) for p in caught.value.problems]


def test_no_project_file(tmp_path):
    """Then all is at its default, and the folder gives the name."""
    assert load_project(tmp_path) is None
    assert effective(None, None) == Settings()
    assert effective(None, None).ledger == DEFAULT_LEDGER
    with pytest.raises(Problems, match="declares no environments"):
        effective(None, "prod")


def test_an_environment_is_laid_over_the_project(tmp_path):
    """Variables and limits merge by key; the rest is the project's."""
    project = load(tmp_path, WHOLE)
    prod = effective(project, "prod")
    assert (prod.name, prod.environment, prod.namespace) == ("acme-hub", "prod", "acme")
    assert prod.vars == {"gpu": "nvidia-a10g", "version": "1.10", "n": 3, "ratio": 1.5, "e": "1e3"}
    assert prod.safety == Safety.model_validate(
        {
            "maxDeletes": 1,
            "maxDeletePercent": 10,
            "maxHourlyIncrease": 10,
            "webhookHosts": ("*.acme.example",),
        }
    )
    assert (prod.prune, prod.unmanaged, prod.ignore) == (True, "fail", ("vendor/**",))
    assert (prod.references.env, [str(p.where) for p in prod.policies]) == (("APP_*",), ["hfops.yaml:17:14"])
    assert effective(project, "staging").namespace == "acme-staging"
    assert effective(project, "staging").safety.max_deletes == 4
    assert effective(project, "plain").vars["gpu"] == "nvidia-t4"


@pytest.mark.parametrize(
    "rest", ["", "spec:\n", "spec: {}\nmetadata:\n", "spec: {vars: , safety: , environments: }\n"]
)
def test_little_is_enough(tmp_path, rest):
    """Every section may be left out or empty."""
    assert effective(load(tmp_path, HEAD + rest), None) == Settings()


def test_choosing_an_environment(tmp_path):
    """It is required where some are declared, must be one of them, and is refused where none are."""
    (missing,) = said(tmp_path, WHOLE)
    assert missing.endswith(
        "this project has environments, and none was chosen (add --env staging, prod or plain)"
    )
    (unknown,) = said(tmp_path, WHOLE, "prdo")
    assert unknown.endswith("--env: unknown environment 'prdo' (did you mean 'prod'?)")
    (none,) = said(tmp_path, HEAD, "prod")
    assert "this project declares no environments" in none


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "the project file is empty"),
        (HEAD + "---\n" + HEAD, "the project file holds one document only"),
        ("kind: Projct\n", "unknown value 'Projct' (did you mean 'Project'?)"),
        (HEAD + "spec: {ledgr: x}\n", "spec.ledgr: unknown field 'ledgr' (did you mean 'ledger'?)"),
        (
            HEAD + "spec: {ledger: s3://x}\n",
            "hfops.yaml:3:16: spec.ledger: not a ledger's address: 's3://x' (write hub://",
        ),
        (HEAD + "spec: {ledger: hub://models/a/b}\n", "not a ledger's address"),
        (HEAD + "spec: {prune: yes}\n", "(write true)"),
        (HEAD + "spec: {safety: {maxDeletePercent: 101}}\n", "expected at most 100"),
        (HEAD + "spec: {safety: {maxDeletes: -1}}\n", "expected at least 0"),
        (HEAD + "spec: {environments: {prod: {safety: {maxDelete: 1}}}}\n", "did you mean 'maxDeletes'?"),
        (HEAD + "spec: {unmanaged: warn}\n", "unknown value 'warn' (expected report, fail or ignore)"),
        (HEAD + "spec: {ignore: vendor}\n", "(write it as a list: [vendor])"),
        (HEAD + "spec: [\n", "not valid YAML"),
        (HEAD + "spec: {vars: [1]}\n", "spec.vars: expected a mapping, found a list"),
        (HEAD + "spec: {environments: {a: 1, b: {vars: 2}}}\n", "spec.environments.a: expected a mapping"),
        (HEAD + "spec: 1\n", "spec: expected a mapping, found the number 1"),
    ],
)
def test_bad_project_files(tmp_path, text, problem):
    """Wrong files are problems at their line."""
    assert problem in "\n".join(said(tmp_path, text))


def test_a_project_file_in_another_encoding(tmp_path):
    """Even the encoding is a problem, not a traceback."""
    (tmp_path / "hfops.yaml").write_bytes(HEAD.encode("utf-16"))
    with pytest.raises(Problems, match="UTF-16"):
        load_project(tmp_path)
