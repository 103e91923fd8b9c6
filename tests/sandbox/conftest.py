"""The judge of the sandbox is the official client, with everything off that would leave the machine or sleep."""

from __future__ import annotations

import os

os.environ.update(
    HF_HUB_DISABLE_XET="1",
    HF_HUB_DISABLE_TELEMETRY="1",
    HF_HUB_DISABLE_PROGRESS_BARS="1",
    HF_HUB_DISABLE_IMPLICIT_TOKEN="1",
    HF_HUB_DISABLE_UPDATE_CHECK="1",
)

import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from huggingface_hub import HfApi
from huggingface_hub.utils import close_session

from hfops.sandbox.server import Sandbox

_SPEC = importlib.util.spec_from_file_location("contract", Path(__file__).parent.parent / "contract.py")
assert _SPEC and _SPEC.loader
contract = importlib.util.module_from_spec(_SPEC)
