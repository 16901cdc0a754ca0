"""What the bootstrap says, and how it stops."""

import sys

PREREQUISITE = 2  # exit code: something that only the user can install is missing
FAILED = 1  # exit code: a download or an unpacking failed


class Stop(Exception):
    """Ends the bootstrap with a message for the user."""

    def __init__(self, message: str, code: int = FAILED):
        super().__init__(message)
        self.code = code


def say(line: str) -> None:
    """Prints one progress line on standard error, so that standard output stays free for the caller."""
    print(f"bootstrap: {line}", file=sys.stderr, flush=True)
