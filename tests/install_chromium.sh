#!/bin/sh
# The browser tests drive Debian's chromium. Installs it when it is missing and we may; otherwise says
# so, and pytest skips those tests.
command -v chromium >/dev/null && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends chromium && exit 0
fi
echo "chromium is not installed and cannot be installed from here (not root, or no apt): the browser tests will be skipped. To run them: sudo apt install chromium"
