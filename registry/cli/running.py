"""Commands that run something until they are told to stop, and the demonstration."""

from contextlib import nullcontext
from typing import Annotated, Any

import typer

from registry.cli import told

Verbose = Annotated[bool, typer.Option("--verbose", help="Log what happens, to stderr.")]
Host = Annotated[str | None, typer.Option(help="Address to listen on (REGISTRY_HOST).")]
Port = Annotated[int | None, typer.Option(help="Port to listen on, 0 for any (REGISTRY_PORT).")]


def up(
    data: told.Data = None,
    host: Host = None,
    port: Port = None,
    rpc_url: told.RpcUrl = None,
    demo: Annotated[bool, typer.Option("--demo", help="Play the story first.")] = False,
    json: told.Json = False,
    verbose: Verbose = False,
) -> None:
    """Run everything in one process: chain, relay, index and service. Safe to kill at any time."""
    from registry import logs

    logs.to_stderr(verbose=verbose)
    chosen = told.settings(data, host=host, port=port, rpc_url=rpc_url)
    from registry.up import REGISTRAR, until_told
    from registry.up import up as running

    told.aside(f"registry: starting on {chosen.data} (the first start builds the sandbox)")
    with running(chosen) as registry:
        about = {
            "url": registry.url,
            "rpc_url": registry.house.chain.url,
            "data": str(chosen.data),
            "chain_id": registry.house.deployment.chain_id,
            "registrar": REGISTRAR,
        }
        if demo:
            from registry.demo import run

            about["story"] = run(registry.url, chosen.data, tell=told.aside).as_json()
        told.data(about, as_json=json, text=registry.url)
        told.aside("registry: answering there (/v1, /openapi.json, /readyz); Ctrl-C stops it")
        until_told()
    told.aside("registry: stopped")


def demo(
    data: told.Data = None,
    url: told.Url = None,
    json: told.Json = False,
    verbose: Verbose = False,
) -> None:
    """Play the whole story on real data with fictitious parties; then say what to look at."""
    from registry import logs

    logs.to_stderr(verbose=verbose)
    from registry.demo import run
    from registry.tenancy import who_lives_in

    chosen = told.settings(data, port=0)
    note = None if url else who_lives_in(chosen.data)
    answering = url or (note.url if note else None)
    context: Any
    if answering is not None:
        context = nullcontext()
    else:
        from registry.up import up as running

        told.aside(f"registry: starting on {chosen.data} (the first start builds the sandbox)")
        context = running(chosen)
    with context as registry:
        story = run(answering or registry.url, chosen.data, tell=told.aside)
    first = story.registrations[0]
    look = (
        f"registry verify {first['bundle']} --trust {story.trust} "
        f"--data {story.verification['data']}"
    )
    told.data(story.as_json(), as_json=json, text=f"{look}\nregistry up --data {chosen.data}")


def serve(
    data: told.Data = None,
    host: Host = None,
    port: Port = None,
    rpc_url: told.RpcUrl = None,
    json: told.Json = False,
) -> None:
    """Run the HTTP service alone; `follow` and `relay` run beside it, on the same folder."""
    from registry import logs

    logs.to_stderr(verbose=True)
    from registry.house import House
    from registry.up import answering, until_told

    chosen = _on_a_node(told.settings(data, host=host, port=port, rpc_url=rpc_url))
    house = House.open(chosen, chosen.rpc_url)
    try:
        with answering(house) as url:
            told.data({"url": url}, as_json=json, text=url)
            until_told()
    finally:
        house.close()


def follow(data: told.Data = None, rpc_url: told.RpcUrl = None, json: told.Json = False) -> None:
    """Run the indexer alone: follow the chain into the read model, and sign checkpoints."""
    from registry import logs

    logs.to_stderr(verbose=True)
    from registry.house import House
    from registry.up import Staff, until_told

    chosen = _on_a_node(told.settings(data, rpc_url=rpc_url))
    key = Staff.of(chosen).checkpointer.secret
    house = House.open(chosen, chosen.rpc_url, checkpoint_key=key)
    try:
        house.start()
        told.data({"follows": chosen.rpc_url}, as_json=json, text=chosen.rpc_url)
        until_told()
    finally:
        house.close()


def relay(data: told.Data = None, rpc_url: told.RpcUrl = None, json: told.Json = False) -> None:
    """Run the relay alone: bring received acts to the chain."""
    from registry import logs

    logs.to_stderr(verbose=True)
    import threading

    from registry.chain import Chain
    from registry.deployment import Deployment
    from registry.outbox import Outbox
    from registry.relay import Relay
    from registry.up import Staff, until_told

    chosen = _on_a_node(told.settings(data, rpc_url=rpc_url))
    outbox = Outbox.open(chosen.outbox_db)
    deployment, stop = Deployment.load(chosen.deployment), threading.Event()
    sending = Relay(
        Chain(chosen.rpc_url), deployment, outbox, Staff.of(chosen).relayer.secret, chosen
    )
    thread = threading.Thread(target=sending.run, args=(stop,), name="relay")
    thread.start()
    try:
        told.data({"relayer": sending.sender}, as_json=json, text=sending.sender)
        until_told()
    finally:
        stop.set()
        thread.join()
        outbox.close()


def _on_a_node(chosen: Any) -> Any:
    if chosen.rpc_url is None:
        raise typer.BadParameter(
            "give --rpc-url or REGISTRY_RPC_URL: the embedded chain lives inside `registry up`"
        )
    return chosen
