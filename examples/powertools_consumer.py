"""With Powertools for AWS Lambda (Python), in a function that refresher.grantRead(fn) gives access."""

import json
import os
import urllib.request

from aws_lambda_powertools.utilities import parameters

# Seconds. Powertools does not know when the token expires, so stay well below the 29 minutes of validity that a stored
# token has left, with the default settings and one-hour tokens.
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
