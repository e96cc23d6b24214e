"""Operating over HTTP

- alive, ready, measured
- the OpenAPI document says what body every POST takes, and each of its references leads somewhere
- the OpenAPI document holds against whatever a fuzzer makes of it
"""

from typing import Any

import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import CHECKS

from registry.keys import Key
from tests.registry.api.desk import Desk


class TestOperating:
    def test_is_alive_ready_and_measured(self, desk: Desk) -> None:
        assert desk.http.get("/livez").json() == {"alive": True}
        ready = desk.http.get("/readyz")
        assert (ready.status_code, ready.json()["faults"]) == (200, {})
        assert "registry_ready 1.0" in desk.http.get("/metrics").text

    def test_hands_out_checkpoint_and_trust(self, desk: Desk, applicant: Key) -> None:
        desk.file(applicant)
        assert desk.http.get("/v1/checkpoints/latest").json()["number"] > 0
        assert desk.http.get("/v1/trust").json()["chain_id"] == desk.house.deployment.chain_id


class TestOpenApi:
    def test_says_what_body_every_post_takes(self, desk: Desk) -> None:
        paths = desk.http.get("/openapi.json").json()["paths"]
        posts = {path: each["post"] for path, each in paths.items() if "post" in each}
        assert len(posts) >= 7
        for path, post in posts.items():
            assert post["requestBody"]["required"], path
            for media, body in post["requestBody"]["content"].items():
                assert body["schema"]["type"], (path, media)

    def test_has_no_reference_that_leads_nowhere(self, desk: Desk) -> None:
        whole = desk.http.get("/openapi.json").json()
        found = 0

        def follow(value: Any) -> None:
            nonlocal found
            if isinstance(value, list):
                for each in value:
                    follow(each)
            elif isinstance(value, dict):
                for name, each in value.items():
                    if name == "$ref":
                        part = whole
                        for step in each.removeprefix("#/").split("/"):
                            part = part[step]
                        found += 1
                    else:
                        follow(each)

        follow(whole)
        assert found > 15


@schemathesis.serializer("application/x-ndjson")
def lines_of(_: Any, value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode(errors="replace")


def test_the_open_api_holds_against_a_fuzzer(desk: Desk) -> None:
    schema = schemathesis.openapi.from_asgi("/openapi.json", desk.http.app)
    operations: list[Any] = [each.ok() for each in schema.get_all_operations()]  # type: ignore[union-attr]
    assert len(operations) > 15

    for operation in operations:
        if operation.path.endswith("/events"):
            continue  # an endless stream; TestMessages reads it

        @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy())
        def holds(case: Any) -> None:
            # That a body has its shape does not make it lawful, signed and in time.
            case.call_and_validate(
                excluded_checks=[CHECKS.get_by_names(["positive_data_acceptance"])[0]]
            )

        holds()
