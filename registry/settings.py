"""All settings in one place; the only module that reads the environment (`REGISTRY_...`)."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """How one installation runs. Every member can be set by `REGISTRY_<NAME>` in the environment."""

    model_config = SettingsConfigDict(env_prefix="REGISTRY_", extra="ignore", frozen=True)

    data: Path = Field(
        default=Path(".registry"), description="Folder of all that this installation keeps."
    )
    host: str = Field(default="127.0.0.1", description="Address that the service listens on.")
    port: int = Field(default=8000, description="Port of the service; 0 for any free one.")
    rpc_url: str | None = Field(
        default=None, description="A node's JSON-RPC; none for the embedded chain."
    )
    rpc_port: int = Field(
        default=0, description="Port of the embedded chain's JSON-RPC; 0 for any free one."
    )
    finality: int = Field(
        default=0,
        ge=0,
        description="Blocks on top of one before it counts as final; 0 where none is undone.",
    )
    # The law's own is `rules.profiles.DEFAULT`; an installation enacts the demo's until told otherwise.
    profile: str = Field(default="SANDBOX", description="Rule profile that filings default to.")
    batch_acts: int = Field(default=100, ge=1, description="Acts in one transaction at most.")
    batch_bytes: int = Field(
        default=100_000, ge=1000, description="Bytes of one transaction at most."
    )
    batch_gas: int = Field(
        default=15_000_000, ge=1_000_000, description="Gas of one transaction at most."
    )
    body_bytes: int = Field(
        default=1_048_576, ge=1024, description="Bytes of one request body at most."
    )
    document_bytes: int = Field(
        default=16 * 1_048_576, description="Bytes of one document at most."
    )
    reserved_bytes: int = Field(
        default=512 * 1_048_576,
        ge=0,
        description="Free bytes that documents must leave on the disk for the outbox and the chain.",
    )
    longest_deadline: int = Field(
        default=7 * 86400, description="Seconds that a signed act may stay executable at most."
    )

    receipt_keys: tuple[str, ...] = Field(
        default=(),
        description="Ed25519 keys of the national service, `0x` text; none where it signs no receipt.",
    )
    bridge_patience: int = Field(
        default=86_400,
        ge=0,
        description="Seconds that we or the national service may be behind the other, unreported.",
    )

    @property
    def chain_db(self) -> Path:
        return self.data / "chain" / "chain.db"

    @property
    def read_db(self) -> Path:
        """The read model: disposable."""
        return self.data / "read.db"

    @property
    def outbox_db(self) -> Path:
        """Submissions, attempts, checkpoints: precious."""
        return self.data / "outbox.db"

    @property
    def checkpoints_db(self) -> Path:
        """Checkpoints that we signed: precious, for they prove what the chain once was."""
        return self.data / "checkpoints.db"

    @property
    def documents(self) -> Path:
        """Forms, papers, salts and their keys: precious."""
        return self.data / "documents"

    @property
    def keys(self) -> Path:
        """Keystores of this installation's own keys: precious and secret."""
        return self.data / "keys"

    @property
    def deployment(self) -> Path:
        """Where the contracts are: addresses, start block, genesis and code hashes."""
        return self.data / "deployment.json"
