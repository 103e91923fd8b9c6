"""load: files to documents, all problems at once."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hfops.manifest.loader import load
from hfops.manifest.settings import Settings
from hfops.model.source import Mark

SETTINGS = Settings()


def write(root, **files):
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text) if isinstance(text, str) else path.write_bytes(text)


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_documents_in_order_with_their_names(root):
    """Sorted files, several documents each, named from the current directory, with the file on disk beside."""
    write(root, b_yaml="x: 1\n---\nx: 2\n", a__c_yml="x: 0\n")
    loaded = load([root], root, SETTINGS, {})
    assert [(d.file, d.index, d.data["x"]) for d in loaded.documents] == [
        ("a/c.yml", 0, 0),
        ("b.yaml", 0, 1),
        ("b.yaml", 1, 2),
    ]
    assert loaded.files == ("a/c.yml", "b.yaml")
    assert loaded.documents[0].origin == root / "a/c.yml"
    assert loaded.problems == ()


def test_names_from_elsewhere_start_at_the_root(root, tmp_path_factory, monkeypatch):
    """A run in another folder names files by their place in the project."""
    write(root, a__c_yml="x: 0\n")
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert load([root], root, SETTINGS, {}).files == ("a/c.yml",)


def test_whole_root(root):
    """Only paths that cover the root do; and a narrower one beside it changes nothing."""
    write(root, a__c_yml="x: 0\n")
    covers = lambda *paths: load([root / p for p in paths], root, SETTINGS, {}).whole_root  # noqa: E731
    assert covers()
    assert covers(".")
    assert covers("a", ".")
    assert not covers("a")
    assert not covers("a/c.yml")


def test_problems_of_all_files_at_once(root):
    """Encoding, syntax, template and missing path in one answer; good files are read all the same."""
    write(
        root,
        a_yaml=b"\xff",
        b_yaml="a: [\n",
        c_yaml_j2="a: {{ vars.x }}\n",
        d_yaml="a: 1\n",
        e_yaml="a: 1\na: 2\n",
    )
    loaded = load([root, root / "nowhere"], root, SETTINGS, {})
    assert [(p.where.file, p.where.line) for p in loaded.problems][1:] == [
        ("a.yaml", 1), ("b.yaml", 2), ("c.yaml.j2", 1), ("e.yaml", 2),
    ]  # fmt: skip
    assert "nowhere" in loaded.problems[0].where.file
    assert [d.file for d in loaded.documents] == ["d.yaml", "e.yaml"]


def test_templates_are_rendered_and_traced(root):
    """Values, keys and problems of a template are where the template says so."""
    text = "{% for n in vars.names %}\n---\nname: {{ n }}\nn: {{ vars.n }}x\n{% endfor %}\n---\na: 1\na: {{ vars.n }}\n"
    write(root, m_yaml_j2=text)
    loaded = load([root], root, SETTINGS, {"names": ["p", "q"], "n": 3})
    assert [d.data for d in loaded.documents] == [
        {"name": "p", "n": "3x"},
        {"name": "q", "n": "3x"},
        {"a": 1},
    ]
    for document in loaded.documents[:2]:
        assert document.marks["name",] == Mark("m.yaml.j2", 3, 7)
        assert document.key_marks["n",] == Mark("m.yaml.j2", 4, 1)
    assert [str(p) for p in loaded.problems] == ["m.yaml.j2:8:1: a: duplicate key 'a' (first at line 7)"]


def test_ignored_files(root):
    """The project's globs, unless a file is named."""
    write(root, vendor__a_yaml="x: 1\n", b_yaml="x: 2\n")
    ignoring = Settings(ignore=("vendor/**",))
    assert load([root], root, ignoring, {}).files == ("b.yaml",)
    assert load([root / "vendor/a.yaml"], root, ignoring, {}).files == ("vendor/a.yaml",)


def test_files_of_variables_are_no_manifests(root):
    """Unless the command line names them as manifests too."""
    write(root, m_yaml="x: 1\n", vars_yaml="a: 1\n")
    assert load([root], root, SETTINGS, {}, data=[root / "vars.yaml"]).files == ("m.yaml",)
    assert load([root, root / "vars.yaml"], root, SETTINGS, {}, data=[root / "vars.yaml"]).files == (
        "m.yaml",
        "vars.yaml",
    )


def test_a_value_called_file_hides_nothing(root):
    """A label named directory is a label: the manifests in that folder are still read."""
    write(
        root,
        m_yaml="metadata: {labels: {directory: sub, file: n.yaml}}\n",
        n_yaml="x: 1\n",
        sub__o_yaml="x: 2\n",
    )
    assert load([root], root, SETTINGS, {}).files == ("m.yaml", "n.yaml", "sub/o.yaml")


def test_the_whole_root_besides_what_is_asked(root):
    """What is asked about may refer to everything else: all of it is read, and what was asked is told."""
    write(root, sub__m_yaml="x: 1\n", n_yaml="x: 2\n")
    loaded = load([root / "sub"], root, SETTINGS, {}, whole=True)
    assert (loaded.files, loaded.asked, loaded.whole_root) == (
        ("n.yaml", "sub/m.yaml"),
        {"sub/m.yaml"},
        False,
    )
    assert load([root], root, SETTINGS, {}, whole=True).asked == {"n.yaml", "sub/m.yaml"}


def test_no_manifests(root):
    """An empty folder is no error here: what it means is decided above."""
    loaded = load([root], root, SETTINGS, {})
    assert (loaded.documents, loaded.problems, loaded.files) == ((), (), ())


@given(st.binary(max_size=100) | st.text(st.sampled_from("{}% -:\na[]&*!'\"|#"), max_size=60).map(str.encode))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_file_makes_it_raise(root, data):
    """Any bytes, as a manifest and as a template, give documents or problems."""
    write(root, a_yaml=data, b_yaml_j2=data)
    loaded = load([root], root, SETTINGS, {})
    assert all(p.where and p.where.line >= 1 for p in loaded.problems)
    assert all(d.mark().line >= 1 for d in loaded.documents)
