#!/bin/sh
# Runs Redis' own test suite (7.0, in Tcl) with hyla-server in redis-server's place. Usage:
#   tests/redis-suite.sh HYLA_SERVER [UNIT ...]
# The source comes from Debian (apt-get source redis: needs a deb-src line and tclsh) or, where REDIS_SOURCE names
# a directory, from there. It is unpacked under target/ and is no part of this repository. One line of figures a unit;
# the whole output of each is beside them.
set -eu
server=$(realpath "$1")
shift
root=$(dirname "$(dirname "$(realpath "$0")")")
work=$root/target/redis-suite
mkdir -p "$work/log"
if [ -z "${REDIS_SOURCE:-}" ]; then
    if ! ls -d "$work"/redis-7.*/ >/dev/null 2>&1; then
        (cd "$work" && apt-get source --quiet redis)
    fi
    REDIS_SOURCE=$(ls -d "$work"/redis-7.*/ | head -n 1)
fi
cd "$REDIS_SOURCE"
# The suite waits for a line with the process's number, and takes the server for one that listens then. Its tests count on requests of different connections running in
# the order in which they were sent: one I/O thread.
rm -f src/redis-server
cat >src/redis-server <<WRAPPER
#!/bin/sh
(sleep 0.2; echo " PID: \$\$") &
exec '$server' "\$@" --io-threads 1
WRAPPER
chmod +x src/redis-server
for tool in redis-cli redis-benchmark; do
    [ -e "src/$tool" ] || ln -s "$(command -v $tool)" "src/$tool"
done
for tool in redis-check-aof redis-check-rdb; do
    ln -sf "$server" "src/$tool"
done
if [ $# -eq 0 ]; then
    set -- type/string type/incr type/list type/list-2 type/list-3 type/set type/zset type/hash type/stream \
        type/stream-cgroups keyspace scan info info-command dump auth protocol sort expire other multi quit \
        latency-monitor pubsub pubsubshard slowlog introspection introspection-2 limits obuf-limits bitops bitfield \
        geo memefficiency hyperloglog lazyfree wait pause querybuf tracking scripting functions aofrw shutdown \
        networking replybufsize pendingquerybuf integration/aof integration/aof-multi-part integration/aof-race \
        integration/rdb integration/convert-ziplist-hash-on-load integration/convert-ziplist-zset-on-load \
        integration/convert-zipmap-hash-on-load integration/logging integration/shutdown integration/corrupt-dump \
        integration/redis-cli integration/redis-benchmark integration/dismiss-mem
fi
for unit in "$@"; do
    log=$work/log/$(echo "$unit" | tr / _).log
    case $unit in
    integration/*) path=$unit ;;
    *) path=unit/$unit ;;
    esac
    # Encodings are those of 7.2, which the suite of 7.0 does not know.
    timeout "${SUITE_SECONDS:-600}" tclsh tests/test_helper.tcl --single "$path" --durable --clients 1 \
        --baseport "${SUITE_PORT:-21111}" --ignore-encoding --timeout 120 2>&1 | sed 's/\x1b\[[0-9;]*m//g' >"$log" || true
    passed=$(grep -ac '^\[ok\]' "$log" || true)
    failed=$(grep -ac '^\[err\]' "$log" || true)
    printf '%-20s passed %3d  failed %3d\n' "$unit" "$passed" "$failed"
done
