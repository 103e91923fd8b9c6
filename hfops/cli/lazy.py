"""Groups of commands that import a command's module when the command runs: ``--help`` of a group imports none."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import click


class LazyGroup(click.Group):
    """``about`` says what each is for, in the order of their use; ``modules`` where each one's ``command`` is."""

    def __init__(self, *args: Any, about: Mapping[str, str], modules: Mapping[str, str], **more: Any) -> None:
        super().__init__(*args, **more)
        self._about, self._modules = about, modules

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All commands."""
        del ctx
        return list(self._about)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, from its own module."""
        del ctx
        if cmd_name not in self._about:
            return None
        command = getattr(importlib.import_module(self._modules[cmd_name]), "command")  # noqa: B009 - by contract
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, without importing them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(self._about.items()))
