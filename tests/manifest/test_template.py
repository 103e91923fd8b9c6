"""*.yaml.j2: rendered the same every time, in a sandbox, with every line traced."""

import time

import pytest

from hfops.manifest.template import MAX_OUTPUT, Rendered, render, render_traced
from hfops.model.problem import Problem

CONTEXT = {
    "vars": {"gpu": "t4", "names": ["a", "b"], "on": True, "none": None, "items": [1], "map": {"x": 1}}
}


def test_values_are_written_as_yaml():
    """Booleans, null, lists and mappings come out as YAML reads them, not as Python prints them."""
    text = "{{ vars.gpu }} {{ vars.on }} {{ vars.none }} {{ vars.names }} {{ vars.map }} {{ vars.items }} {{ 1.5 }}\n"
    assert render(text, "f", CONTEXT) == 't4 true null ["a", "b"] {"x": 1} [1] 1.5\n'


def test_jinja_works():
    """Loops, macros, filters, tests, defaults, raw blocks and inline conditions are Jinja2's own."""
    text = (
        "{% macro m(x) %}<{{ x|upper }}>{% endmacro %}{% for n in vars.names %}{{ loop.index }}/{{ loop.length }}"
        "{{ m(n) }}{{ ',' if not loop.last }}{% endfor %} {{ vars.x|default('d') }} {{ vars.x is defined }}"
        "{% raw %}{{ y }}{% endraw %} {{ 'a' ~ 1 }} {{ '%s' % 2 }} {{ 'x' * 3 }} {{ 2 ** 3 }}"
    )
    assert render(text, "f", CONTEXT) == "1/2<A>,2/2<B> d false{{ y }} a1 2 xxx 8"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a\n{{ vars.gpuu }}", "f:2:1: template: vars has no 'gpuu' (did you mean 'gpu'?)"),
        ("{{ varz.gpu }}", "f:1:1: template: 'varz' is not defined (did you mean 'vars'?)"),
        ("\n\n{% if vars.zzzzzz %}{% endif %}", "f:3:1: template: vars has no 'zzzzzz' (it has: gpu, names"),
        (
            "{% for x in vars.namez %}{% endfor %}",
            "f:1:1: template: vars has no 'namez' (did you mean 'names'?)",
        ),
        ("{{ env.HOME }}", "f:1:1: template: 'env' is not defined"),
        ("a\n{% if %}", "f:2:1: template: Expected an expression"),
        ("{% for x in %}", "f:1:1: template: "),
        ("\n{{ 1 / 0 }}", "f:2:1: template: division by zero"),
        ("{{ vars.gpu.upper }}", "f:1:1: template: a function stands here without its call"),
        ("{{ 'a' + 1 }}", "f:1:1: template: can only concatenate str"),
        ("{{ ''.__class__.__mro__ }}", "f:1:1: template: not allowed: access to attribute '__class__'"),
        ("{{ vars.names.append(1) }}", "f:1:1: template: not allowed: "),
        ("\n{% include 'x' %}", "f:2:1: template: other templates cannot be included"),
        ("{% extends 'x' %}", "f:1:1: template: other templates cannot be included"),
        ("{% import 'x' as x %}", "f:1:1: template: other templates cannot be included"),
        ("{{ [1, 2]|random }}", "f:1:1: template: No filter named 'random'"),
        ("{{ lipsum() }}", "f:1:1: template: 'lipsum' is not defined"),
        ("\n\ufdd0", "f:2:1: the character U+FDD0 is not allowed in a template"),
    ],
)
def test_errors_have_a_line_and_a_way_out(text, problem):
    """Undefined names, syntax, failing operators, and what the sandbox does not have."""
    said = render(text, "f", CONTEXT)
    assert isinstance(said, Problem)
    assert str(said).startswith(problem)


@pytest.mark.parametrize(
    "text",
    [
        "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
        "{% for i in range(99999) %}{% for j in range(99999) %}xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx{% endfor %}{% endfor %}",
        "{% macro f() %}{{ f() }}{{ f() }}{% endmacro %}{{ f() }}",
        "{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(60) }}",
        "{{ range(10 ** 12)|list }}",
        "{{ 'x' * 10 ** 9 }}",
        "{{ 10 ** 9 * [1] }}",
        "{{ 9 ** (9 ** 9) }}",
        "{{ 'x'.ljust(10 ** 9) }}",
        "{{ 'x'|center(10 ** 9) }}",
        "{{ '%999999999d' % 1 }}",
        "{{ '%999999999d'|format(1) }}",
        "{{ '{:>999999999}'.format(1) }}",
        "{% set n = namespace(x='xx') %}{% for i in range(99) %}{% set n.x = n.x ~ n.x %}{% endfor %}",
        "{% set n = namespace(x='xx') %}{% for i in range(99) %}{% set n.x = n.x + n.x %}{% endfor %}",
        "{{ " + "(" * 10_000,
        "{% if 1 %}" * 2_000,
    ],
)
def test_endless_templates_are_stopped(text):
    """Loops, recursion and growth end in a problem, soon."""
    started = time.monotonic()
    assert isinstance(render(text, "f", CONTEXT), Problem)
    assert time.monotonic() - started < 10


def test_the_result_has_a_limit():
    """Just below it is fine, above it is a problem."""
    text = "{% for i in range(N) %}" + "x" * 1023 + "\n{% endfor %}"
    fits = render(text.replace("N", str(MAX_OUTPUT // 1024 - 100)), "f", {})
    assert isinstance(fits, str)
    assert "larger than 5 MB" in str(render(text.replace("N", str(MAX_OUTPUT // 1024 + 1)), "f", {}))


def test_rendering_leaves_the_context_alone():
    """Nothing carries over from one rendering to the next."""
    render("{% set vars = 1 %}{% set x = 2 %}", "f", CONTEXT)
    assert "'x' is not defined" in str(render("{{ x }}", "f", CONTEXT))
    assert CONTEXT["vars"]["names"] == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a\nb\nc", (1, 2, 3)),
        ("{% for n in vars.names %}\n- {{ n }}\n{% endfor %}\nz", (1, 2, 1, 2, 3, 4)),
        ("{% for n in vars.names -%}\n- {{ n }}\n{% endfor %}z", (2, 2, 3)),
        (
            "{% if vars.on %}\n{% set y %}q\nq{% endset %}\na\n{% endif %}\nb: {{ y }}\nc",
            (1, 3, 4, 5, 6, 6, 7),
        ),
        ("{# c\nc #}a\nb", (2, 3)),
        ("{% macro m() %}\nx\n{% endmacro %}\n{{ m() }}\nz", (3, 4, 4, 4, 5)),
        ("a\r\nb\r\nc", (1, 2, 3)),
    ],
)
def test_every_line_is_traced(text, lines):
    """A rendered line knows the template's line it was written by; what a value brings along, its use."""
    rendered = render_traced(text, "f", CONTEXT)
    assert isinstance(rendered, Rendered)
    assert rendered.text.count("\n") + 1 == len(rendered.lines)
    visible = [(i, t) for i, t in enumerate(rendered.text.split("\n")) if t.strip()]
    assert [rendered.lines[i] for i, _ in visible] == [lines[i] for i, _ in visible]


@pytest.mark.parametrize(
    "expression",
    [
        "('a' * 3000000)|wordwrap(10)|length",
        "'x'|center(5000000)|wordwrap(1)|length",
        "('%*d' % (10**9, 1))|length",
        "('%.*f' % (10**9, 1.0))|length",
        "('a' * 100000)|replace('a', 'b' * 100000)|length",
        "('a' * 100000).replace('a', 'b' * 100000)|length",
        "(('a' * 100000).replace('', 'b' * 100000))|length",
        "('a' * 4000000).join([1] * 4000000)|length",
        "([1] * 4000000)|join('a' * 4000000)|length",
        "([1] * 4000000)|join(d='a' * 4000000)|length",
        "('a' * 100000)|replace(old='a', new='b' * 100000)|length",
    ],
)
def test_no_filter_and_no_method_makes_much_out_of_little(expression: str) -> None:
    """Nor takes minutes for it: a template may come from anybody."""
    assert "{{" not in str(render("{{ " + expression + " }}", "f", {}))
    assert isinstance(render("{{ " + expression + " }}", "f", {}), Problem)


def test_ordinary_texts_are_replaced_joined_and_wrapped() -> None:
    """The limits are far away from what a manifest needs."""
    text = "{{ 'a-b'.replace('-', '_') }} {{ 'a-b'|replace('-', '+') }} {{ ', '.join(['x', 'y']) }} {{ ['x', 'y']|join('/') }} {{ 'one two'|wordwrap(4) }}"
    assert render(text, "f", {}) == "a_b a+b x, y x/y one\ntwo"
