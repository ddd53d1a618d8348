#!/usr/bin/env bash
# Lets real callers (boto3, the AWS CLI, the JavaScript SDK) resolve a profile through both builds.
# Ends with one line: N passed, N failed[, N skipped].
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

requirements=tests/callers/requirements.txt
venv=build/venv
log=build/venv.log

bounded() { if command -v timeout > /dev/null; then timeout "$@"; else shift; "$@"; fi; }

# Prints why there is no Python with the packages wanted; nothing when there is.
prepare_python() {
  if ! command -v python3 > /dev/null; then
    echo 'there is no python3'
    return
  fi
  if [[ -x $venv/bin/python ]] && cmp -s "$requirements" "$venv/requirements.txt"; then return; fi
  rm -rf "$venv"
  if ! bounded 120 python3 -m venv "$venv" > "$log" 2>&1; then
    echo "python3 makes no virtual environment, see $log"
  elif ! bounded 600 "$venv/bin/python" -m pip install --quiet --no-input \
    --disable-pip-version-check --requirement "$requirements" > "$log" 2>&1; then
    echo "pip cannot install $requirements, see $log"
  else
    cp "$requirements" "$venv/requirements.txt"
  fi
}

npm run --silent build
npm run --silent build:executable -- --if-possible > /dev/null
without_python=$(prepare_python)
if [[ -n $without_python ]]; then
  node build/scripts/test-callers.js --without-python "$without_python"
else
  node build/scripts/test-callers.js --python "$venv/bin/python"
fi
