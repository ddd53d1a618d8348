#!/usr/bin/env bash
# Lets both builds reach AWS through proxies as they are really run: tinyproxy and squid, from Debian.
# Where they are missing and root may install packages, they are installed; else what they would show is
# skipped, and said so.
# Ends with one line: N passed, N failed[, N skipped].
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

log=build/proxies.log

bounded() { if command -v timeout > /dev/null; then timeout "$@"; else shift; "$@"; fi; }

# The one that can open TLS has another package than the one that cannot.
has_squid() { command -v squid > /dev/null && squid -v | grep -q with-openssl; }

missing=()
command -v tinyproxy > /dev/null || missing+=(tinyproxy)
has_squid || missing+=(squid-openssl)
mkdir -p build
if ((${#missing[@]} > 0 && EUID == 0)) && command -v apt-get > /dev/null; then
  for package in "${missing[@]}"; do
    bounded 300 sh -c "apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y \
      --no-install-recommends $package" > "$log" 2>&1 || true
  done
fi

arguments=()
command -v tinyproxy > /dev/null ||
  arguments+=(--without-tinyproxy "tinyproxy is not here and cannot be installed, see $log")
has_squid || arguments+=(--without-squid "squid-openssl is not here and cannot be installed, see $log")

npm run --silent build
npm run --silent build:executable -- --if-possible > /dev/null
node build/scripts/test-proxies.js ${arguments[@]+"${arguments[@]}"}
