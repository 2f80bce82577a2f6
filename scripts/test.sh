#!/bin/sh
# Everything: set-up, checks, the suites on SQLite and on PostgreSQL, the SDKs, the browser journeys.
set -u
cd "$(dirname "$0")/.."
sh scripts/setup.sh || exit 1
VESTIBULE_TEST_NODE=$(cat .venv/.node)
export VESTIBULE_TEST_NODE
OUT=$(mktemp -d)
trap 'rm -rf "$OUT"' EXIT

part() { # part NAME COMMAND…: run, keep the output and the result
    name=$1
    shift
    "$@" >"$OUT/$name.log" 2>&1
    echo $? >"$OUT/$name.code"
}

tests() { # tests STORES ARGUMENTS…: run tests on these stores; those of the architecture are among the checks
    stores=$1
    shift
    VESTIBULE_TEST_STORES=$stores "$PYTHON" -m pytest -p no:cacheprovider --ignore=tests/test_architecture.py "$@"
}

# Two rows side by side, of about the same length, so that both of two cores are busy up to the end. What has servers
# of its own, browsers and timing of people comes last in each: then only one thing runs beside it.
SUITES="--ignore=tests/journeys --ignore=tests/clients --ignore=tests/cli"
(
    part checks sh scripts/check.sh
    part sqlite tests sqlite $SUITES
    part commands tests sqlite,postgresql tests/cli tests/clients
) &
(
    part postgresql tests postgresql $SUITES
    part journeys tests sqlite,postgresql tests/journeys
) &
wait

failed=0
for name in checks sqlite postgresql commands journeys; do
    echo "== $name"
    cat "$OUT/$name.log"
    # A part that was ended before it could say how it went has failed, too.
    [ "$(cat "$OUT/$name.code" 2>/dev/null)" = 0 ] || { failed=1; echo "== $name FAILED"; }
done
exit $failed
