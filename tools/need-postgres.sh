#!/usr/bin/env bash
# The store's tests start a PostgreSQL of their own. Debian's package is installed when its programs are not there.
set -euo pipefail
if command -v pg_config >/dev/null && [ -x "$(pg_config --bindir)/initdb" ]; then exit 0; fi
for folder in /usr/lib/postgresql/*/bin; do
  if [ -x "$folder/initdb" ]; then exit 0; fi
done
if [ "$(id -u)" != 0 ]; then
  echo "The store's tests need PostgreSQL's programs. Install them (as root): apt-get install postgresql" >&2
  exit 1
fi
echo "Installing Debian's postgresql for the store's tests …"
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql >/dev/null
