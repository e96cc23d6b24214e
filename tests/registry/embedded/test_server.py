"""The door of the embedded chain: batches, notifications, malformed requests, foreign hosts and content types"""

import http.client
import json
from collections.abc import Iterator
from typing import Any

import pytest
from web3 import HTTPProvider, Web3
from web3.exceptions import ContractCustomError

from registry.embedded import EmbeddedChain, serve
from tests.registry.embedded.signer import ECHO, Signer, initcode, refusal


@pytest.fixture
def url(chain: EmbeddedChain) -> Iterator[str]:
    with serve(chain) as address:
        yield address


def post(url: str, body: bytes, **headers: str) -> tuple[int, Any]:
    host = url.removeprefix("http://")
    connection = http.client.HTTPConnection(host, timeout=20)
    sent = {"Content-Type": "application/json", "Host": host} | headers
    connection.request("POST", "/", body, sent)
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    is_json = (answer.getheader("content-type") or "").startswith("application/json")
    return answer.status, json.loads(text) if is_json else text


class TestDoor:
    def test_serves_web3(self, chain: EmbeddedChain, url: str, holder: Signer) -> None:
        web3 = Web3(HTTPProvider(url))
        assert web3.eth.chain_id == chain.chain_id
        sender = holder.account.address
        fields: Any = {"from": sender, "data": initcode(ECHO)}
        gas = web3.eth.estimate_gas(fields)
        raw = holder.sign(to=None, data=initcode(ECHO), gas=gas)
        receipt = web3.eth.wait_for_transaction_receipt(web3.eth.send_raw_transaction(raw))  # type: ignore[arg-type]
        assert receipt["status"] == 1
        echo = receipt["contractAddress"]
        with pytest.raises(ContractCustomError) as caught:
            web3.eth.call({"to": echo, "data": "0xdeadbeef"})  # type: ignore[typeddict-item]
        assert caught.value.data == "0xdeadbeef"
        assert web3.eth.get_block("latest")["hash"] == receipt["blockHash"]
        assert web3.eth.get_block("pending")["number"] == receipt["blockNumber"] + 1
        assert web3.eth.fee_history(2, "latest", [10])["oldestBlock"] == 0
        assert web3.client_version.startswith("registry-embedded")

    def test_answers_batches_in_order_and_notifications_not_at_all(self, url: str) -> None:
        batch = [
            {"jsonrpc": "2.0", "id": 1, "method": "eth_blockNumber", "params": []},
            {"jsonrpc": "2.0", "id": "two", "method": "eth_nonsense"},
            {"jsonrpc": "2.0", "method": "eth_blockNumber"},
            "nonsense",
            {"jsonrpc": "2.0", "id": None, "method": "eth_getCode", "params": ["0x1"]},
        ]
        status, answers = post(url, json.dumps(batch).encode())
        assert status == 200
        assert [answer["id"] for answer in answers] == [1, "two", None, None]
        assert answers[0]["result"] == "0x0"
        assert [answer["error"]["code"] for answer in answers[1:]] == [-32601, -32600, -32602]
        notification = json.dumps({"jsonrpc": "2.0", "method": "eth_blockNumber"})
        assert post(url, notification.encode())[0] == 204

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            (b"", -32700),
            (b"{", -32700),
            (b"[" * 100_000, -32700),
            (b"\xff\xfe", -32700),
            (b"[]", -32600),
            (b"7", -32600),
            (b'{"id": 1, "method": 5}', -32600),
            (b'{"id": 1, "method": "eth_call", "params": {"a": 1}}', -32600),
            (b"[" + b"1," * 1000 + b"1]", -32600),
        ],
    )
    def test_refuses_malformed_requests(self, url: str, body: bytes, code: int) -> None:
        status, answer = post(url, body)
        assert status in (200, 400)
        assert answer["error"]["code"] == code

    def test_refuses_what_a_browser_may_send_from_a_foreign_page(self, url: str) -> None:
        body = b'{"id": 1, "method": "evm_mine"}'
        assert post(url, body, **{"Content-Type": "text/plain"})[0] == 415
        assert post(url, body, Host="rebound.example")[0] == 400
        assert post(url, b'{"id": 1, "method": "eth_blockNumber"}')[1]["result"] == "0x0"

    def test_refuses_a_body_beyond_its_limit(self, url: str) -> None:
        status, answer = post(url, b" " * (32 * 1024 * 1024 + 1))
        assert status == 413
        assert answer["error"]["code"] == -32600

    def test_refuses_all_when_closed(self, chain: EmbeddedChain) -> None:
        chain.close()
        chain.close()
        assert refusal(chain, "eth_blockNumber").message == "the chain is closed"
