"""Where the log goes: to stderr, and never in the way of what it tells about."""

import logging
import sys
from typing import Any

import structlog


class _Stderr:
    """Whatever stderr is at the moment; that nobody reads it any more must stop no relay."""

    def write(self, text: str) -> int:
        try:
            return sys.stderr.write(text)
        except (OSError, ValueError):
            return len(text)

    def flush(self) -> None:
        try:
            sys.stderr.flush()
        except (OSError, ValueError):
            return


def to_stderr(*, verbose: bool) -> None:
    """Warnings and worse; with `verbose` also what goes well."""

    def logger(*_: Any) -> structlog.PrintLogger:
        return structlog.PrintLogger(_Stderr())  # type: ignore[arg-type]

    structlog.configure(
        logger_factory=logger,
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.INFO if verbose else logging.WARNING
        ),
    )
