"""The record of a deployment: survives being saved"""

from pathlib import Path

from registry.deployment import Deployment
from tests.registry.sandbox import Sandbox


class TestDeployment:
    def test_survives_being_saved(self, deployed: Sandbox, tmp_path: Path) -> None:
        deployed.deployment.save(tmp_path / "deployment.json")
        assert Deployment.load(tmp_path / "deployment.json") == deployed.deployment
