"""What a run knows of values by reference: fixed answers, honest hashes, and nothing of the values in sight."""

import base64
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hfops.engine import vault as vault_module
from hfops.engine.vault import RunVault, hash_of
from hfops.kinds.base import Spec, Vault
from hfops.kinds.values import Secrets, Text
from hfops.manifest.local import Local
from hfops.manifest.references import Resolver, Unresolved
from hfops.model.address import Address
from hfops.model.late import Reference
from hfops.model.resource import Resource
from hfops.model.source import Mark

CANARY = "s3cr3t-canary"
TOKEN = "hf_own_token_of_this_run"


class Example(Spec):
    secrets: Secrets | None = None
    variables: dict[str, Text] | None = None


def resource(secrets=None, variables=None):
    spec = Example.model_validate({"secrets": secrets or {}, "variables": variables or {}})
    marks = {("spec", group, k): Mark("m.yaml", i + 1, 5) for group in ("secrets", "variables") for i, k in enumerate("ABC")}  # fmt: skip
    return Resource(Address("Space", "acme", "demo"), spec, Mark("m.yaml"), marks=marks)


def vault(root, *resources, allowed=(), environ=None, run_commands=False, key=None, exports=None):
    resolver = Resolver(Local(root), environ or {}, allowed, lambda _: None, TOKEN)
    made: Vault = RunVault(
        resolver, resources, run_commands=run_commands, ledger_key=key, exports=exports or (lambda _: None)
    )
    return made


@settings(max_examples=12, deadline=None)
@given(value=st.text(min_size=1, max_size=50), other=st.text(min_size=1, max_size=50), key=st.none() | st.text("ab\udc80", min_size=1))  # fmt: skip
def test_a_hash_is_of_its_value_only(value, other, key):
    """True for the value, False for any other, whatever the characters and the key."""
    value, other = value.encode(errors="replace").decode(), other.encode(errors="replace").decode()
    hashed = hash_of(value, key)
    assert vault_module._same(value, hashed, key) is True
    assert vault_module._same(other, hashed, key) is (value == other)


def test_the_form_of_a_hash():
    """scrypt's own parameters, 16 bytes of salt, 32 of digest; a salt of its own each time."""
    hashed = hash_of(CANARY, None)
    name, n, r, p, salt, digest = hashed.split("$")
    assert (name, n, r, p) == ("scrypt", "16384", "8", "1")
    assert [len(base64.b64decode(x)) for x in (salt, digest)] == [16, 32]
    assert hash_of(CANARY, None) != hashed
    assert hash_of(CANARY, "key").startswith("scrypt-keyed$16384$8$1$")


def test_what_cannot_be_compared_is_none(tmp_path):
    """A key too much, too few or another's; an unknown form; no value; parameters that would eat the machine."""
    ref = Reference(env="A")
    plain, keyed = (
        vault(tmp_path, resource({"A": {"env": "A"}}), environ={"A": CANARY}, key=k) for k in (None, "k")
    )
    assert plain.same(ref, hash_of(CANARY, None)) is True
    assert keyed.same(ref, hash_of(CANARY, "k")) is True
    assert keyed.same(ref, hash_of(CANARY, "other")) is False
    assert plain.same(ref, hash_of(CANARY, "k")) is None
    assert keyed.same(ref, hash_of(CANARY, None)) is True, "a hash from before the key was set still counts"
    good = hash_of(CANARY, None)
    for bad in (
        "", "x", "argon2$1", good[:-9], good.replace("16384", "16383"), good.replace("16384", "999999999"), good + "$",
        re.sub(r"[^$]+$", "AAAA", good), re.sub(r"[^$]+$", "*", good), good.replace("$8$1$", "$0$1$"),
    ):  # fmt: skip
        assert plain.same(ref, bad) is None
    assert plain.same(Reference(env="UNSET"), good) is None


def test_an_empty_key_is_no_key(tmp_path):
    """``HFOPS_LEDGER_KEY=`` in a CI file means that none is there."""
    assert vault(tmp_path, key="").hashed(CANARY).startswith("scrypt$")
    assert vault(tmp_path, key="k").hashed(CANARY).startswith("scrypt-keyed$")


def test_one_run_hashes_once(tmp_path, monkeypatch):
    """The same question from eight threads costs one hash, and the comparison is what was asked for."""
    made = []
    same = vault_module._same
    monkeypatch.setattr(vault_module, "_same", lambda *args: made.append(args) or same(*args))
    held = vault(
        tmp_path, resource({"A": {"env": "A"}, "B": {"env": "B"}}), environ={"A": CANARY, "B": CANARY}
    )
    hashed = hash_of(CANARY, None)
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(lambda name: held.same(Reference(env=name), hashed), "ABABABAB"))
    assert len(made) == 1


def test_answers_stay_for_the_run(tmp_path):
    """Comparing is pure: a file that changes meanwhile is what it was when first looked at."""
    (tmp_path / "f").write_text("first")
    held = vault(tmp_path, resource({"A": {"file": "f"}, "B": {"file": "g"}}))
    f, g = Reference(file="f"), Reference(file="g")
    assert (held.text(f), held.text(g)) == ("first", None)
    (tmp_path / "f").write_text("second")
    (tmp_path / "g").write_text("fresh")
    assert (held.text(f), held.value(f), held.text(g)) == ("first", "first", None)
    assert held.value(g) == "fresh"
    (tmp_path / "g").write_text("fresher")
    assert held.value(g) == "fresh"


def test_a_command_is_known_to_apply_only(tmp_path):
    """Unless the run was told to run commands while planning."""
    ref = Reference(command=("echo", CANARY))
    made = resource({"A": {"command": ["echo", CANARY]}})
    held = vault(tmp_path, made)
    assert held.text(ref) is None
    assert held.why(ref) == "command echo was not run"
    assert held.problems() == []
    assert held.value(ref) == CANARY
    assert held.text(ref) is None
    eager = vault(tmp_path, made, run_commands=True)
    assert (eager.text(ref), eager.why(ref)) == (CANARY, None)


def test_values_of_other_resources_come_from_the_exports(tmp_path):
    """None until they are known, and then no problem of the manifest."""
    ref = Reference(resource="InferenceEndpoint/acme/prod", field="url")
    made = resource(variables={"A": {"resource": ref.resource, "field": ref.field}})
    unknown = vault(tmp_path, made)
    assert unknown.text(ref) is None
    assert unknown.why(ref) == "url of InferenceEndpoint/acme/prod is known after apply"
    assert unknown.problems() == []
    with pytest.raises(Unresolved, match="known after apply"):
        unknown.value(ref)
    known = vault(tmp_path, made, exports={ref: "https://x"}.get)
    assert (known.text(ref), known.value(ref), known.why(ref)) == ("https://x", "https://x", None)


def test_what_is_only_not_known_here_is_no_problem(tmp_path):
    """Unset and empty variables, secrets' missing files, commands: not compared, and why."""
    made = resource(
        {"A": {"env": "A"}, "B": {"file": "key"}, "C": {"env": "EMPTY"}}, {"A": {"command": ["no-such"]}}
    )
    held = vault(tmp_path, made, environ={"EMPTY": ""}, run_commands=True)
    assert held.problems() == []
    assert held.why(Reference(env="A")) == "env A is not set"
    assert held.why(Reference(file="key")) == "file key: no such file: key"
    assert held.why(Reference(env="EMPTY")) == "env EMPTY is empty"
    with pytest.raises(Unresolved, match="env A is not set"):
        held.value(Reference(env="A"))


def test_what_is_wrong_everywhere_is_a_problem_at_its_place(tmp_path):
    """All of them at once, with line, address, field and way out, and no value."""
    (tmp_path / "bad").write_bytes(CANARY.encode() + b"\xff")
    made = resource(
        {"A": {"env": "MINE"}, "B": {"file": "bad"}},
        {"A": {"env": "OTHER"}, "B": {"file": "gone"}, "C": {"env": "APP"}},
    )
    held = vault(tmp_path, made, allowed=["APP"], environ={"MINE": TOKEN, "OTHER": CANARY, "APP": "x"})
    shown = [str(p) for p in held.problems()]
    assert [s.split(" (")[0] for s in shown] == [
        "m.yaml:1:5: Space/acme/demo: spec.secrets.A: env MINE holds the token that hfops itself uses",
        "m.yaml:2:5: Space/acme/demo: spec.secrets.B: file bad is not UTF-8 text",
        "m.yaml:1:5: Space/acme/demo: spec.variables.A: env OTHER may not be read outside secret fields",
        "m.yaml:2:5: Space/acme/demo: spec.variables.B: file gone: no such file: gone",
    ]
    assert not any(CANARY in s or TOKEN in s for s in shown)


def test_a_reference_in_both_kinds_of_fields_goes_by_the_open_one(tmp_path):
    """The problem is the open field's alone; the value is given to neither."""
    made = resource({"A": {"env": "X"}}, {"B": {"env": "X"}})
    held = vault(tmp_path, made, environ={"X": CANARY})
    assert [p.path for p in held.problems()] == ["spec.variables.B"]
    assert held.text(Reference(env="X")) is None


def test_a_reference_that_no_manifest_holds_has_no_secrets_rights(tmp_path):
    """Not being written in a secret field, it needs leave as any other."""
    held = vault(tmp_path, environ={"X": CANARY})
    assert held.text(Reference(env="X")) is None
    with pytest.raises(Unresolved, match="may not be read outside secret fields"):
        held.value(Reference(env="X"))


def test_a_vault_shows_nothing(tmp_path):
    """Not itself, and not its hashes."""
    held = vault(tmp_path, resource({"A": {"env": "A"}}), environ={"A": CANARY})
    assert held.text(Reference(env="A")) == CANARY
    hashed = held.hashed(CANARY)
    assert CANARY not in f"{held!r} {held} {hashed}"
    assert CANARY not in base64.b64decode(hashed.split("$")[-1]).decode("latin-1")
