#!/bin/sh
# Enrols the container's device at its first start, then runs the agent. BREEZE_SERVER and BREEZE_ENROLLMENT_KEY are needed until it is enrolled.
set -eu
if [ ! -f /data/identity.json ]; then
    dotnet /app/Breeze.Agent.dll enroll --data /data \
        --server "${BREEZE_SERVER:?set BREEZE_SERVER}" --key "${BREEZE_ENROLLMENT_KEY:?set BREEZE_ENROLLMENT_KEY}"
fi
unset BREEZE_ENROLLMENT_KEY
exec dotnet /app/Breeze.Agent.dll run --data /data
