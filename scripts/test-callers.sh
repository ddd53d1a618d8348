#!/usr/bin/env bash
# Lets real callers (boto3, the AWS CLI, the JavaScript SDK) resolve profiles through both builds, and
# moto's STS judge what they send.
# Ends with one line: N passed, N failed[, N skipped].
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

requirements=tests/callers/requirements.txt
moto_requirements=tests/callers/moto-requirements.txt
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

# Prints why there is no moto; nothing when there is.
prepare_moto() {
  if cmp -s "$moto_requirements" "$venv/moto-requirements.txt"; then return; fi
  if ! bounded 600 "$venv/bin/python" -m pip install --quiet --no-input \
    --disable-pip-version-check --requirement "$moto_requirements" > "$log" 2>&1; then
    echo "pip cannot install $moto_requirements, see $log"
  else
    cp "$moto_requirements" "$venv/moto-requirements.txt"
  fi
}

npm run --silent build
npm run --silent build:executable -- --if-possible > /dev/null
without_python=$(prepare_python)
if [[ -n $without_python ]]; then
  node build/scripts/test-callers.js --without-python "$without_python"
else
  without_moto=$(prepare_moto)
  node build/scripts/test-callers.js --python "$venv/bin/python" \
    ${without_moto:+--without-moto "$without_moto"}
fi
