"""Keystores

A generated key
├── opens again with its password, and signs as it did
├── is for its owner alone, in a folder for its owner alone
├── is as strong as wallets expect, or lighter in a sandbox
├── is one that a wallet opens
├── shows no secret when printed
├── never replaces another
└── is not written into a folder that others may look into
An existing one is refused
├── with a wrong password
├── when others may read it
├── when it is damaged, or claims another's address
└── when it is not there
The installation's own keys
├── are made once
├── and are one key, when two processes make it at once
A password: a file's text without its last newline; refused when empty, or open to others
"""

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from registry.errors import Conflict, Forbidden, Malformed, NotFound
from registry.hashes import keccak, to_hex
from registry.keys import Key, generate, load, own, own_password, read_password
from registry.signatures import recover

PASSWORD = "示范 password"
DIGEST = to_hex(keccak(b"a digest"))


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "officer.json"


class TestGenerate:
    def test_opens_again_and_signs_as_it_did(self, path: Path) -> None:
        made = generate(path, PASSWORD, sandbox=True)
        opened = load(path, PASSWORD)
        assert opened == made
        assert opened.sign(DIGEST) == made.sign(DIGEST)
        assert recover(DIGEST, opened.sign(DIGEST)) == made.address

    def test_is_for_its_owner_alone(self, path: Path) -> None:
        generate(path, PASSWORD, sandbox=True)
        assert mode(path) == 0o600
        assert mode(path.parent) == 0o700

    @pytest.mark.parametrize(("sandbox", "n"), [(True, 2**14), (False, 2**18)])
    def test_is_as_strong_as_asked(self, path: Path, sandbox: bool, n: int) -> None:
        generate(path, PASSWORD, sandbox=sandbox)
        crypto = json.loads(path.read_text())["crypto"]
        assert (crypto["kdf"], crypto["kdfparams"]["n"]) == ("scrypt", n)

    def test_opens_in_a_wallet(self, path: Path) -> None:
        from eth_account import Account

        made = generate(path, PASSWORD, sandbox=True)
        assert bytes(Account.decrypt(path.read_text(), PASSWORD)) == made.secret

    def test_shows_no_secret_when_printed(self) -> None:
        key = Key.fresh()
        assert key.secret.hex() not in f"{key!r} {key} {[key]}"
        assert str(key.secret) not in repr(key)

    def test_never_replaces_another(self, path: Path) -> None:
        made = generate(path, PASSWORD, sandbox=True)
        with pytest.raises(Conflict, match="exists"):
            generate(path, PASSWORD, sandbox=True)
        assert load(path, PASSWORD) == made
        assert list(path.parent.iterdir()) == [path]

    def test_refuses_a_folder_that_others_may_look_into(self, path: Path) -> None:
        path.parent.mkdir(mode=0o755)
        with pytest.raises(Forbidden, match="mode 0755, expected 0700"):
            generate(path, PASSWORD, sandbox=True)
        assert list(path.parent.iterdir()) == []
        assert mode(path.parent) == 0o755


class TestLoad:
    def test_refuses_a_wrong_password(self, path: Path) -> None:
        generate(path, PASSWORD, sandbox=True)
        with pytest.raises(Forbidden, match="password does not open"):
            load(path, PASSWORD + " ")

    def test_refuses_what_others_may_read(self, path: Path) -> None:
        generate(path, PASSWORD, sandbox=True)
        path.chmod(0o640)
        with pytest.raises(Forbidden, match="mode 0640, expected 0600"):
            load(path, PASSWORD)

    @pytest.mark.parametrize(
        "content", ["", "{", "[]", "{}", '{"version": 9, "address": "00", "crypto": {}}']
    )
    def test_refuses_a_damaged_one(self, path: Path, content: str) -> None:
        path.parent.mkdir()
        path.write_text(content)
        path.chmod(0o600)
        with pytest.raises(Malformed, match="no keystore"):
            load(path, PASSWORD)

    def test_refuses_one_that_claims_anothers_address(self, path: Path) -> None:
        generate(path, PASSWORD, sandbox=True)
        keystore = json.loads(path.read_text())
        keystore["address"] = Key.fresh().address
        path.write_text(json.dumps(keystore))
        with pytest.raises(Malformed, match="claims the address"):
            load(path, PASSWORD)

    def test_says_when_there_is_none(self, path: Path) -> None:
        with pytest.raises(NotFound):
            load(path, PASSWORD)

    def test_refuses_bytes_that_are_no_key(self) -> None:
        with pytest.raises(Malformed):
            Key.of(bytes(32))


class TestOwn:
    def test_is_made_once(self, tmp_path: Path) -> None:
        first = own(tmp_path / "keys", "relayer")
        assert own(tmp_path / "keys", "relayer") == first
        assert own(tmp_path / "keys", "checkpoint") != first
        assert mode(tmp_path / "keys" / "password") == 0o600

    def test_is_one_key_when_many_make_it_at_once(self, tmp_path: Path) -> None:
        with ThreadPoolExecutor(4) as pool:
            made = list(pool.map(lambda _: own(tmp_path / "keys", "relayer"), range(8)))
        assert len({key.address for key in made}) == 1

    def test_has_a_password_that_nobody_chose(self, tmp_path: Path) -> None:
        assert own_password(tmp_path / "a") != own_password(tmp_path / "b")
        assert len(own_password(tmp_path / "a")) == 64


class TestPassword:
    @pytest.mark.parametrize("text", ["secret", "secret\n", "secret\r\n"])
    def test_is_the_text_without_its_last_newline(self, tmp_path: Path, text: str) -> None:
        assert read_password(self.file(tmp_path, text.encode())) == "secret"

    @pytest.mark.parametrize("content", [b"", b"\n", b"\xff"])
    def test_refuses_what_is_none(self, tmp_path: Path, content: bytes) -> None:
        with pytest.raises(Malformed):
            read_password(self.file(tmp_path, content))

    def test_refuses_a_file_that_others_may_read(self, tmp_path: Path) -> None:
        path = self.file(tmp_path, b"secret")
        path.chmod(0o604)
        with pytest.raises(Forbidden, match="0604"):
            read_password(path)

    def file(self, folder: Path, content: bytes) -> Path:
        path = folder / "password"
        path.touch(0o600)
        path.write_bytes(content)
        return path
