#!/usr/bin/env bash
# With the AWS CLI, jq and curl. curl reads the header from its standard input: other processes can see its arguments.
set -euo pipefail

aws ssm get-parameter \
  --name "${TOKEN_PARAMETER_NAME:-/spotnana/access-token}" \
  --with-decryption \
  --query Parameter.Value \
  --output text |
  jq --raw-output '"Authorization: Bearer " + .access_token' |
  curl --silent --show-error --fail --header @- "$API_URL/trips"
