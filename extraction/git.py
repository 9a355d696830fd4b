"""What git says of the repository."""

import subprocess
from pathlib import Path

from extraction.fault import Fault

SECONDS = 60
"""Of patience; each question takes a fraction of one."""


class GitFailed(Fault):
    """Git gave no answer; the message says why."""


def git(*words: str, folder: Path) -> str:
    """What `git WORDS` prints in a folder; raise GitFailed where git is not installed, refuses, or does not
    come to an end.
    """
    try:
        done = subprocess.run(
            ["git", *words], cwd=folder, capture_output=True, text=True, encoding="utf-8", timeout=SECONDS
        )
    except FileNotFoundError:
        raise GitFailed("git is not installed") from None
    except subprocess.TimeoutExpired:
        raise GitFailed(f"git {' '.join(words)} took longer than {SECONDS} s") from None
    if done.returncode:
        raise GitFailed(f"git {' '.join(words)} failed: {done.stderr.strip().rpartition('\n')[2]}")
    return done.stdout
