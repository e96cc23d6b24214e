"""Keys on disk: encrypted keystores in the form that wallets read (version 3, scrypt).

An installation's own keys open without a person: their password is itself a file beside them. That
protects a keystore that travels alone (a stray copy, a backup of one file); it protects nothing
from who can read the folder. Keys that matter beyond a sandbox get a password that a person or a
secret store hands in, by a file or at a prompt. Knows neither HTTP nor RPC.
"""

import json
import os
import secrets
import stat
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from coincurve import PrivateKey

from registry.errors import Conflict, Forbidden, Malformed, NotFound
from registry.signatures import address_of_key, sign

# Opening at the default strength (n = 2^18) takes half a second; a sandbox's keys guard nothing.
SANDBOX_SCRYPT = 2**14
PASSWORD_FILE = "password"


@dataclass(frozen=True)
class Key:
    """A key with its checksummed address; the secret does not show when printed or logged."""

    address: str
    secret: bytes = field(repr=False, compare=False)

    @staticmethod
    def of(secret: bytes) -> "Key":
        """Raises: Malformed when the bytes are no secp256k1 key."""
        try:
            return Key(address_of_key(PrivateKey(secret).public_key), secret)
        except ValueError as e:
            raise Malformed("expected 32 bytes below the order of secp256k1") from e

    @staticmethod
    def fresh() -> "Key":
        """A new key that exists in memory only."""
        return Key.of(PrivateKey().secret)

    def sign(self, digest: str) -> str:
        """The canonical signature of a digest in `0x` text."""
        return sign(digest, self.secret)


def generate(path: Path, password: str, *, sandbox: bool) -> Key:
    """A new key, on the disk before it is answered; its file is for its owner alone.

    Raises: Conflict when the file exists: a key is never overwritten; Forbidden when its folder is
    open to others.
    """
    from eth_keyfile.keyfile import create_keyfile_json  # late: it takes half a second

    key = Key.fresh()
    strength = SANDBOX_SCRYPT if sandbox else None
    keystore = create_keyfile_json(
        key.secret, password.encode(), version=3, kdf="scrypt", iterations=strength
    )
    _write_new(path, json.dumps(keystore).encode())
    return key


def load(path: Path, password: str) -> Key:
    """Opens a keystore.

    Raises: NotFound; Forbidden when the password is wrong or others may read the file; Malformed.
    """
    from eth_keyfile.keyfile import decode_keyfile_json

    text = _read_private(path)
    try:
        keystore = json.loads(text)
        claimed = str(keystore["address"]).lower().removeprefix("0x")
        secret = decode_keyfile_json(keystore, password.encode())
    except ValueError as e:
        if "MAC mismatch" in str(e):
            raise Forbidden(f"the password does not open {path}") from e
        raise Malformed(f"{path} is no keystore of version 3: {e}") from e
    except (KeyError, TypeError, NotImplementedError) as e:
        raise Malformed(f"{path} is no keystore of version 3: {type(e).__name__} {e}") from e
    key = Key.of(secret)
    if key.address.lower() != f"0x{claimed}":
        raise Malformed(f"{path} claims the address 0x{claimed} and holds {key.address}")
    return key


def own(folder: Path, name: str, *, sandbox: bool = True) -> Key:
    """One of the installation's own keys, made at the first call (see the module's docstring)."""
    password = own_password(folder)
    path = folder / f"{name}.json"
    if not path.exists():
        with suppress(Conflict):  # another process made it meanwhile
            return generate(path, password, sandbox=sandbox)
    return load(path, password)


def own_password(folder: Path) -> str:
    """The generated password of the installation's own keys, made at the first call."""
    path = folder / PASSWORD_FILE
    if not path.exists():
        with suppress(Conflict):  # another process made it meanwhile
            _write_new(path, secrets.token_hex(32).encode())
    return read_password(path)


def read_password(path: Path) -> str:
    """The password in a file that only its owner may read, without the newline that ends it.

    Raises: NotFound, Forbidden, Malformed.
    """
    try:
        password = _read_private(path).decode()
    except UnicodeDecodeError as e:
        raise Malformed(f"{path}: a password is UTF-8 text") from e
    password = password.removesuffix("\n").removesuffix("\r")
    if not password:
        raise Malformed(f"{path} is empty: expected a password")
    return password


def _read_private(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            if os.name == "posix" and mode & 0o077:
                raise Forbidden(f"{path} has mode {mode:04o}, expected 0600: others may read it")
            return file.read()
    except FileNotFoundError as e:
        raise NotFound(f"no file at {path}") from e
    except OSError as e:
        raise Forbidden(f"{path} cannot be read: {e.strerror}") from e


def _write_new(path: Path, content: bytes) -> None:
    """All of it or nothing, never over something, durable on return."""
    _make_private(path.parent)
    beside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    file = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(file, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        # A link, unlike a renaming, fails when the name is taken.
        os.link(beside, path)
    except FileExistsError as e:
        raise Conflict(f"{path} exists and is left as it is") from e
    finally:
        beside.unlink()
    sync_folder(path.parent)


def _make_private(folder: Path) -> None:
    made = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for each in made:
        sync_folder(each.parent)
    # Not made private here when it was there before: it may hold what others have a use for.
    mode = stat.S_IMODE(folder.stat().st_mode)
    if os.name == "posix" and mode & 0o077:
        raise Forbidden(f"{folder} has mode {mode:04o}, expected 0700: others may look into it")


def sync_folder(folder: Path) -> None:
    """Makes the names in a folder durable, as fsync of a file does not."""
    if os.name == "nt":  # folders cannot be opened there
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
