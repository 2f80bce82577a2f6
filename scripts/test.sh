#!/bin/sh
# Everything: set-up, checks, the suites on SQLite and on PostgreSQL, the SDKs, the browser journeys.
set -u
cd "$(dirname "$0")/.."
sh scripts/setup.sh || exit 1
VESTIBULE_TEST_NODE=$(cat .venv/.node)
export VESTIBULE_TEST_NODE
OUT=$(mktemp -d)
trap 'rm -rf "$OUT"' EXIT

part() { # part NAME COMMAND…: run in the background, keep the output and the result
    name=$1
    shift
    ("$@" >"$OUT/$name.log" 2>&1; echo $? >"$OUT/$name.code") &
}

LIVE="--ignore=tests/journeys --ignore=tests/clients --ignore=tests/cli"
part 1-checks sh scripts/check.sh
part 2-sqlite env VESTIBULE_TEST_STORES=sqlite "$PYTHON" -m pytest -p no:cacheprovider $LIVE
part 3-postgresql env VESTIBULE_TEST_STORES=postgresql "$PYTHON" -m pytest -p no:cacheprovider $LIVE
wait
# Servers of their own, browsers and timing of people: after the suites, so that nothing starves.
live=""
for folder in tests/cli tests/clients tests/journeys; do [ -d "$folder" ] && live="$live $folder"; done
[ -z "$live" ] || { part 4-live "$PYTHON" -m pytest -p no:cacheprovider $live; wait; }

failed=0
for log in "$OUT"/*.log; do
    name=$(basename "$log" .log)
    echo "== ${name#*-}"
    cat "$log"
    # A part that was ended before it could say how it went has failed, too.
    [ "$(cat "$OUT/$name.code" 2>/dev/null)" = 0 ] || { failed=1; echo "== ${name#*-} FAILED"; }
done
exit $failed
