"""All commands in one list, and the one place where an error becomes words and an exit code."""

import sys

import typer

from registry import __version__
from registry.cli import bridging, building, checking, desk, filing, leaving, running, told
from registry.errors import RegistryError

app = typer.Typer(
    name="registry",
    help="Registers rights in data: filed by the holder's signature, attested by a registrar, "
    "verifiable by anyone.\n\nExit codes: 0 done, 1 other, 2 usage, 3 not found, 5 conflict, "
    "6 pending, 7 mismatch.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

for command in (
    running.up,
    running.demo,
    filing.key,
    filing.fingerprint,
    filing.file,
    filing.sign,
    filing.status,
    desk.due,
    desk.casework,
    desk.erase,
    checking.verify,
    checking.audit,
    checking.rebuild,
    building.deploy,
    running.serve,
    running.follow,
    running.relay,
):
    app.command()(command)
app.add_typer(leaving.app, name="handover")
app.add_typer(bridging.app, name="bridge")


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    version: bool = typer.Option(False, "--version", help="Print the version."),
) -> None:
    if version:
        typer.echo(__version__)
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main() -> None:
    """The entry point of the command."""
    try:
        app()
    except RegistryError as e:
        sys.exit(told.refusal(e, as_json="--json" in sys.argv))
    except KeyboardInterrupt:
        sys.exit(130)
