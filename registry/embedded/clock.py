"""What time the next block will bear."""

import time


class Clock:
    """Wall clock plus an offset in seconds that only tests move."""

    def __init__(self, offset: int = 0) -> None:
        self.offset = offset

    def stamp(self, parent: int) -> int:
        """Unix seconds for a block made now on a parent of that time."""
        return max(int(time.time()) + self.offset, parent + 1)
