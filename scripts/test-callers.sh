#!/usr/bin/env bash
# Lets real callers (the AWS SDKs of nine languages and the AWS CLI) resolve profiles through both builds, and
# moto's STS judge what they send. What they need is installed below build, but for Debian's packages.
# Ends with one line: N passed, N failed[, N skipped].
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

npm run --silent build
npm run --silent build:executable -- --if-possible > /dev/null
node build/scripts/test-callers.js "$@"
