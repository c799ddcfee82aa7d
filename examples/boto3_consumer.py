"""With boto3, in a function that refresher.grantRead(fn) gives access."""

import json
import os
import time
import urllib.request

import boto3

ssm = boto3.client("ssm")
cached = {"expires_at": 0, "read_at": 0}

# Seconds. After an early refresh, such as a rotation, the function uses the previous token for at most this long.
MAX_AGE = 300
# Seconds of validity that a call may need.
MINIMUM_VALIDITY = 60


def read_token():
    global cached
    now = time.time()
    if now - cached["read_at"] > MAX_AGE or cached["expires_at"] - now < MINIMUM_VALIDITY:
        name = os.environ.get("TOKEN_PARAMETER_NAME", "/spotnana/access-token")
        answer = ssm.get_parameter(Name=name, WithDecryption=True)
        cached = {**json.loads(answer["Parameter"]["Value"]), "read_at": now}
    return cached["access_token"]


def handler(event, context):
    request = urllib.request.Request(
        f"{os.environ['API_URL']}/trips",
        headers={"Authorization": f"Bearer {read_token()}"},
    )
    with urllib.request.urlopen(request, timeout=10) as response:
        return json.load(response)
