"""With Powertools for AWS Lambda (Python), in a function with refresher.grantRead(fn)."""

import json
import os
import urllib.request

from aws_lambda_powertools.utilities import parameters

# Seconds. Every read finds a token that is valid for some 25 minutes or more, so one that has been kept for 5 is good for
# 20 more. It must stay well below that, since Powertools does not know when the token expires.
MAX_AGE = 300


def read_token():
    name = os.environ.get("TOKEN_PARAMETER_NAME", "/spotnana/access-token")
    record = parameters.get_parameter(name, decrypt=True, transform="json", max_age=MAX_AGE)
    return record["access_token"]


def handler(event, context):
    request = urllib.request.Request(
        f"{os.environ['API_URL']}/trips",
        headers={"Authorization": f"Bearer {read_token()}"},
    )
    with urllib.request.urlopen(request, timeout=10) as response:
        return json.load(response)
