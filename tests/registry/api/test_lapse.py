"""What becomes of a right whose time is over, over HTTP

- while its renewal is pending it stands, on the chain and in every answer; the others have lapsed
"""

from registry.keys import Key
from registry.rules.profiles import Kind
from registry.rules.rights import Right
from tests.registry.api.desk import Desk
from tests.registry.api.life import DAY, Life


def test_a_pending_renewal_keeps_alive_what_it_names(desk: Desk, applicant: Key) -> None:
    life = Life.begin(desk, applicant)
    id = life.apply(Kind.RENEWAL, life.renewal("HOLD"))
    assert life.entry()["renewal"] == id
    desk.sandbox.node.request("evm_increaseTime", [61 * DAY])
    desk.sandbox.node.request("evm_mine")
    moment = desk.now()
    while desk.http.get("/v1/registrations?limit=1").json()["as_of"]["time"] < moment:
        pass
    found = life.entry()
    assert (found["rights"], found["standing"]) == (["HOLD", "USE", "OPERATE"], ["HOLD"])
    asked = desk.sandbox.chain.ask(
        "Rights",
        desk.house.deployment.contracts["Rights"],
        "standing",
        bytes.fromhex(life.right[2:]),
        moment,
    )
    assert asked == int(Right.HOLD)
