#!/usr/bin/env bash
# With the AWS CLI, jq and curl. The token is handed to curl on its standard input, as the arguments of a process can
# be seen by every other one on the machine.
set -euo pipefail

aws ssm get-parameter \
  --name "${TOKEN_PARAMETER_NAME:-/spotnana/access-token}" \
  --with-decryption \
  --query Parameter.Value \
  --output text |
  jq --raw-output '"Authorization: Bearer " + .access_token' |
  curl --silent --show-error --fail --header @- "$API_URL/trips"
