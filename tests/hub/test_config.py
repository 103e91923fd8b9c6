from __future__ import annotations

import pytest

from hfops.hub.config import Settings, truthy
from hfops.model.problem import HfopsError


def test_the_defaults():
    """The Hub and the Endpoints API, online, quiet."""
    assert Settings.from_env({}) == Settings(
        endpoint="https://huggingface.co", endpoints_api="https://api.endpoints.huggingface.cloud/v2"
    )


@pytest.mark.parametrize("value", ["1", "on", "ON", "Yes", "true", "TRUE"])
def test_true_words(value):
    """1, on, yes and true, in any case."""
    assert truthy(value)


@pytest.mark.parametrize("value", [None, "", "0", "off", "no", "false", "2", "y", "enabled", " 1"])
def test_all_else_is_false(value):
    """Also what looks like a yes in other tools."""
    assert not truthy(value)


@pytest.mark.parametrize(
    ("environ", "field", "value"),
    [
        ({"HF_ENDPOINT": "https://hub.example//"}, "endpoint", "https://hub.example"),
        ({"HF_ENDPOINT": " https://proxy.example/hf/ "}, "endpoint", "https://proxy.example/hf"),
        ({"HF_ENDPOINT": ""}, "endpoint", "https://huggingface.co"),
        ({"HUGGINGFACE_CO_STAGING": "1"}, "endpoint", "https://hub-ci.huggingface.co"),
        (
            {"HF_ENDPOINT": "https://x.example", "HUGGINGFACE_CO_STAGING": "yes"},
            "endpoint",
            "https://hub-ci.huggingface.co",
        ),
        (
            {"HF_INFERENCE_ENDPOINTS_ENDPOINT": "http://127.0.0.1:1/v2/"},
            "endpoints_api",
            "http://127.0.0.1:1/v2",
        ),
        ({"HF_HUB_OFFLINE": "1"}, "offline", True),
        ({"TRANSFORMERS_OFFLINE": "1"}, "offline", True),
        ({"HF_HUB_OFFLINE": "0", "TRANSFORMERS_OFFLINE": "1"}, "offline", False),
        ({"HF_DEBUG": "true"}, "debug", True),
        ({"HF_HUB_DISABLE_PROGRESS_BARS": "1"}, "no_progress", True),
        ({"NO_COLOR": "0"}, "no_color", True),
        ({"NO_COLOR": ""}, "no_color", False),
    ],
)
def test_each_variable(environ, field, value):
    """As the Hub's own client reads it."""
    assert getattr(Settings.from_env(environ), field) == value


@pytest.mark.parametrize("name", ["HF_ENDPOINT", "HF_INFERENCE_ENDPOINTS_ENDPOINT"])
@pytest.mark.parametrize(
    "url",
    [
        "huggingface.co",
        "ftp://h",
        "https://",
        "https://h?x=1",
        "https://h#x",
        "https://h h",
        "https://user:hunter2@h",
    ],
)
def test_an_address_that_is_none(name, url):
    """The error names the variable and shows an example, and never a password."""
    with pytest.raises(
        HfopsError, match=f"^{name}: .*expected an address such as https://huggingface.co"
    ) as caught:
        Settings.from_env({name: url})
    assert "hunter2" not in str(caught.value)
