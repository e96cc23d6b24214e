"""Opening the databases: what SQLite must be told so that a commit is a promise."""

from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry


def open_sqlite(path: Path, *, durable: bool) -> Engine:
    """An engine on a SQLite file, made with mode 0600 in a folder of mode 0700.

    `durable`: a commit is on the disk before it returns (synchronous=FULL); else a power cut may take
    the last commits, never the file's consistency. Foreign keys are enforced.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600)
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 30})

    @event.listens_for(engine, "connect")
    def prepare(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    return engine


def open_read_model(path: Path) -> Engine:
    """The read model's engine: each connection's first question opens one snapshot for all that follow."""
    engine = open_sqlite(path, durable=False)

    @event.listens_for(engine, "connect")
    def by_hand(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        # sqlite3 by itself opens no transaction for a SELECT: two answers could be of two moments.
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    return engine
