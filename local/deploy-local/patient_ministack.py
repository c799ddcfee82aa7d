"""Runs MiniStack with longer timeouts for the log lines of a function, the client context of an invocation, and alarms that
look only at their own metric.

By default, it waits only a few milliseconds for the last lines of a run. On a busy machine they arrive later, and would
be logged with the next run. It also drops the client context, by which a function knows that its caller waits, and evaluates an
alarm with the metrics of every other refresher, because it ignores the dimensions.
"""

import base64
import contextvars
import json
import runpy
import types

from ministack.core import lambda_runtime
from ministack.services import cloudwatch, lambda_svc

# Seconds: until the first line, after each further line, and in total.
lambda_runtime.Worker._drain_stderr_bounded.__defaults__ = (0.5, 0.1, 3.0)

client_context = contextvars.ContextVar("client_context", default=None)
invoke = lambda_svc._invoke
values_of_run = lambda_svc._durable_env_overlay


async def invoke_with_context(name, event, headers, *rest):
    header = {key.lower(): value for key, value in headers.items()}.get("x-amz-client-context")
    client_context.set(header)
    return await invoke(name, event, headers, *rest)


def values_with_context():
    header = client_context.get()
    if header is None:
        return values_of_run()
    return {**values_of_run(), "client_context": json.loads(base64.b64decode(header))}


lambda_svc._invoke = invoke_with_context
lambda_svc._durable_env_overlay = values_with_context
# The bootstrap of Node.js functions receives these values beside the event.
for name, value in list(vars(lambda_runtime).items()):
    if isinstance(value, str) and "clientContext: null," in value:
        setattr(
            lambda_runtime,
            name,
            value.replace("clientContext: null,", "clientContext: (ctx.durable || {}).client_context ?? null,"),
        )

evaluate_alarm = cloudwatch._evaluate_alarm


def evaluate_own_metric(alarm):
    own = cloudwatch._dims_key(cloudwatch._dims_from_list(alarm.get("Dimensions") or []))
    metrics = {key: points for key, points in cloudwatch._metrics.items() if key[2] == own}
    # The same function, but these are all metrics that it sees.
    types.FunctionType(evaluate_alarm.__code__, {**vars(cloudwatch), "_metrics": metrics})(alarm)


cloudwatch._evaluate_alarm = evaluate_own_metric

runpy.run_module("ministack", run_name="__main__", alter_sys=True)
