"""Runs a Python module as `python -m` does, and kills its process group when the parent process ends, even by SIGKILL.

Usage: until-parent-ends.py MODULE [ARGUMENT…], as the leader of a process group, with a pipe as standard input.
"""

import os
import runpy
import signal
import sys
import threading


def end_with_parent() -> None:
    while os.read(0, 4096):
        pass
    os.killpg(0, signal.SIGKILL)


threading.Thread(target=end_with_parent, daemon=True).start()
sys.argv = sys.argv[1:]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
