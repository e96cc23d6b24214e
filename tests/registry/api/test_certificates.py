"""Finding what is published, by id, by code, by a Chinese word of two characters; its certificate and bundle"""

import json
import time

from registry.keys import Key
from tests.registry.api.desk import Desk, spoilt


class TestCertificates:
    def test_what_is_published_can_be_found_and_what_is_not_cannot(
        self, desk: Desk, applicant: Key
    ) -> None:
        word = "潮汐闸门"
        form = spoilt("data/name", f"2026年{word}启闭数据")
        id = desk.file(applicant, form=form)
        assert desk.http.get("/v1/search", params={"q": "闸门"}).json()["hits"] == []
        assert desk.http.get(f"/v1/registrations/{id}").json()["registration"]["notice"] is None
        desk.accept(id)
        desk.publish(id)
        deadline = time.monotonic() + 10
        while not (hits := desk.http.get("/v1/search", params={"q": "闸门"}).json()["hits"]):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert [(hit["id"], hit["why"]) for hit in hits] == [(id, "name")]
        notice = desk.http.get(f"/v1/registrations/{id}").json()["registration"]["notice"]
        assert word in notice["name"]
        assert "0755" not in json.dumps(notice)

    def test_an_attested_registration_has_a_code_a_right_and_a_bundle(
        self, desk: Desk, applicant: Key
    ) -> None:
        id = desk.attested(applicant)
        found = desk.http.get(f"/v1/registrations/{id}").json()["registration"]
        assert found["code"].startswith("XX990")
        rights = desk.http.get("/v1/rights", params={"registration": id}).json()["rights"]
        assert rights[0]["standing"] == ["HOLD", "USE", "OPERATE"]
        hit = desk.http.get("/v1/search", params={"q": found["code"].lower()}).json()["hits"][0]
        assert (hit["id"], hit["why"]) == (id, "code")
        certificate = desk.http.get(f"/v1/certificates/{found['code']}.json").json()
        assert certificate["certificate"]["code"] == found["code"]
        bundle = desk.http.get(f"/v1/certificates/{found['code']}/bundle")
        assert bundle.status_code == 200, bundle.text
        assert "潮汐" not in bundle.text
