"""A registry of data rights: signed by the holder, attested by a registrar, verifiable by anyone."""

__version__ = "0.1.0"
