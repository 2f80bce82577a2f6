#!/bin/sh
# Make the virtual environment: scripts/venv.sh PYTHON FOLDER. Says what is missing on systems that split Python up.
set -eu
python=$1
folder=$2
[ -n "$python" ] || { echo "Vestibule needs Python 3.11 or newer; PYTHON=/path/to/python make … names one." >&2; exit 1; }

if "$python" -m venv "$folder" >"$folder.log" 2>&1; then
    rm -f "$folder.log"
    exit 0
fi
rm -rf "$folder"
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing python3-venv, without which this Python makes no environment …"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv >/dev/null
    exec "$python" -m venv "$folder"
fi
cat "$folder.log" >&2
exit 1
