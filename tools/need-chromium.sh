#!/usr/bin/env bash
# The browser tests need a Chromium. Debian's package is installed when none is there.
set -euo pipefail
for name in chromium chromium-browser google-chrome; do
  if command -v "$name" >/dev/null; then exit 0; fi
done
if [ "$(id -u)" != 0 ]; then
  echo "The browser tests need Chromium. Install it (as root): apt-get install chromium" >&2
  exit 1
fi
echo "Installing Debian's chromium for the browser tests …"
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null
