"""Runs MiniStack with more patience for what a function logs.

It waits for the last lines of a run for some milliseconds only. On a busy machine they come later than that, and would
be taken for lines of the function's next run.
"""

import runpy

from ministack.core.lambda_runtime import Worker

# Seconds: for the first line, after the latest line, and in all.
Worker._drain_stderr_bounded.__defaults__ = (0.5, 0.1, 3.0)
runpy.run_module("ministack", run_name="__main__", alter_sys=True)
