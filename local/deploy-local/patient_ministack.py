"""Runs MiniStack with longer timeouts for the log lines of a function.

By default, it waits only a few milliseconds for the last lines of a run. On a busy machine they arrive later, and would
be logged with the next run.
"""

import runpy

from ministack.core.lambda_runtime import Worker

# Seconds: until the first line, after each further line, and in total.
Worker._drain_stderr_bounded.__defaults__ = (0.5, 0.1, 3.0)
runpy.run_module("ministack", run_name="__main__", alter_sys=True)
