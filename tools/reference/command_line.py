"""The reference page of the command line, from its click commands."""

from __future__ import annotations

from collections.abc import Iterator

import click

from npo_pipeline import errors
from npo_pipeline.cli.main import npo
from tools.reference.markdown import code, document, first_sentence, table

_INTRO = """Every command takes `--home PATH`, the folder that holds all state (default `npo-home`; or the
environment variable `NPO_HOME`), and `--json`, which makes stdout one JSON document. Results go to stdout;
progress and messages to stderr. What other programs may rely on is in the
[contract](contract.md#1-commands)."""

_OTHER_STATUSES = (
    (0, "Done; also when nothing was left to do."),
    (1, "A fault of the program itself."),
    (2, "Wrong usage: an unknown command or option, or a value that cannot be read."),
    (6, "`npo status --check`, `npo doctor`: somebody should look."),
    (7, "`npo status --check`, `npo doctor`: somebody must act now."),
    (130, "Stopped by the operator (Ctrl-C); nothing half done was published."),
)


_COMMON = ("home", "as_json")


def page() -> str:
    """Return the page: exit statuses, then a section per command."""
    return document("Command line", _INTRO, [_exit_statuses(), *(_section(*one) for one in _commands(npo, "npo"))])


def _exit_statuses() -> str:
    refusals = [(one.exit_status, first_sentence(one.__doc__)) for one in errors.NpoError.__subclasses__()]
    rows = [(code(status), meaning) for status, meaning in sorted([*_OTHER_STATUSES, *refusals])]
    return f"## Exit statuses\n\n{table(['status', 'meaning'], rows)}"


def _commands(group: click.Group, path: str) -> Iterator[tuple[click.Command, str]]:
    context = click.Context(group, info_name=path)
    for name in sorted(group.list_commands(context)):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from _commands(command, f"{path} {name}")
        elif command is not None:
            yield command, f"{path} {name}"


def _section(command: click.Command, path: str) -> str:
    context = click.Context(command, info_name=path)
    usage = " ".join([path, *command.collect_usage_pieces(context)])
    options = [one for one in command.params if isinstance(one, click.Option) and one.name not in _COMMON]
    parts = [f"## {path}", command.help or "", f"    {usage}"]
    if options:
        parts.append(table(["option", "default", "what it does"], [_option(one, context) for one in options]))
    return "\n\n".join(parts)


def _option(option: click.Option, context: click.Context) -> tuple[str, str, str]:
    value = "" if option.is_flag else f" {option.make_metavar(context)}"
    default = "required" if option.required else code(option.default) if option.show_default else ""
    repeated = (
        " (may be given more than once)" if option.multiple and "more than once" not in str(option.help) else ""
    )
    return code(", ".join(option.opts) + value), default, f"{option.help or ''}{repeated}"
