"""The command that builds a registry on a chain: plan, deploy, verify."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from registry.cli import told


def deploy(
    rpc_url: Annotated[str, typer.Option(help="The node's JSON-RPC.")],
    keystore: Annotated[Path | None, typer.Option(help="The deployer's keystore.")] = None,
    password_file: Annotated[Path | None, typer.Option(help="Its password.")] = None,
    owner: Annotated[str | None, typer.Option(help="Address that owns it afterwards.")] = None,
    grant_delay: Annotated[int, typer.Option(help="Seconds that every grant waits.")] = 0,
    plan: Annotated[
        bool, typer.Option("--plan", help="Say what would be done; send nothing.")
    ] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="Compare what stands with the sources.")
    ] = False,
    data: told.Data = None,
    json: told.Json = False,
) -> None:
    """Build a registry on any chain; run it again to resume. The sandbox's officers are its registrar 990."""
    from registry import logs

    logs.to_stderr(verbose=False)
    chosen = told.settings(data, rpc_url=rpc_url)
    from registry.chain import Chain
    from registry.deployment import Deployment
    from registry.deployment import verify as findings

    chain = Chain(rpc_url)
    if verify:
        found = findings(chain, Deployment.load(chosen.deployment))
        text = "\n".join(
            f"{each.subject}: expected {each.expected}, got {each.got}" for each in found
        )
        told.data(
            {"findings": [asdict(each) for each in found]},
            as_json=json,
            text=text or "as the sources say",
        )
        raise typer.Exit(7 if found else 0)
    if keystore is None:
        raise typer.BadParameter("give the deployer's keystore", param_hint="--keystore")
    from registry.deployment.building import deploy as build
    from registry.keys import load
    from registry.up import Staff

    key = load(keystore, told.password_for(keystore, password_file))
    steps = Staff.of(chosen).plan(key, owner=owner, grant_delay=grant_delay)
    if plan:
        told.data({"steps": steps.steps()}, as_json=json, text="\n".join(steps.steps()))
        return
    for step in steps.steps():
        told.aside(f"  {step}")
    made = build(chain, key, steps, chosen.data / "deployment.journal")
    made.save(chosen.deployment)
    told.data(asdict(made), as_json=json, text=str(chosen.deployment))
