#!/bin/sh
# Fetches newer peers for the benchmark as Debian packages and unpacks them into target/peers, without
# installing anything: valkey-server from bookworm-backports, redis-server 8 from trixie. The machine's apt
# configuration is read (mirror and key) and never written; apt's lists, cache and status live in
# target/peers/apt. What cannot be had is said in one sentence, and the benchmark goes on without it.
#
# The -tools packages are the ones that hold the server's program.
#
# Result: target/peers/bin/valkey-server and target/peers/bin/redis-server-8, small wrappers that start the
# unpacked program with the unpacked libraries.
set -u

root=$(cd "$(dirname "$0")/../.." && pwd)
peers=$root/target/peers
sources=/etc/apt/sources.list.d/debian.sources

give_up() {
    echo "peers: $*" >&2
    exit 0
}

for tool in apt-get apt-cache dpkg dpkg-deb; do
    command -v $tool >/dev/null || give_up "$tool is missing, so there are no newer peers; the benchmark goes on without them."
done
[ -r "$sources" ] || give_up "$sources is missing, so no Debian mirror is known; the benchmark goes on without newer peers."
mirror=$(awk '$1 == "URIs:" { print $2; exit }' "$sources")
key=$(awk '$1 == "Signed-By:" { print $2; exit }' "$sources")
[ -n "$mirror" ] || give_up "$sources names no mirror; the benchmark goes on without newer peers."
arch=$(dpkg --print-architecture)

# apt for one suite: own sources, lists, cache and an empty status file, so that the answer does not depend
# on what is installed here.
apt_in() {
    tool=$1
    state=$2
    shift 2
    $tool -q -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$state/sources" \
        -o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null \
        -o Dir::State="$state" -o Dir::State::lists="$state/lists" -o Dir::State::status="$state/status" \
        -o Dir::Cache="$state/cache" -o APT::Sandbox::User= -o Acquire::Retries=2 "$@"
}

# fetch PACKAGES SUITE PROGRAM NAME: the packages from SUITE with the libraries they depend on, unpacked, and
# a wrapper NAME.
fetch() {
    packages=$1 suite=$2 program=$3 name=$4
    state=$peers/apt/$suite
    tree=$peers/$name
    if [ -x "$peers/bin/$name" ] && "$peers/bin/$name" --version >/dev/null 2>&1; then
        echo "peers: $name is there already: $("$peers/bin/$name" --version)"
        return 0
    fi
    mkdir -p "$state/sources" "$state/lists/partial" "$state/cache/archives/partial" "$state/debs" "$peers/bin"
    : >"$state/status"
    {
        echo "Types: deb"
        echo "URIs: $mirror"
        echo "Suites: $suite"
        echo "Components: main"
        [ -z "$key" ] || echo "Signed-By: $key"
    } >"$state/sources/peers.sources"
    apt_in apt-get "$state" update >"$state/log" 2>&1 || return 1

    # A backport takes its libraries from its release, which is the machine's own only sometimes: so that
    # release is asked as well.
    case $suite in
    *-backports)
        sed -i "s/^Suites: .*/Suites: $suite ${suite%-backports}/" "$state/sources/peers.sources"
        apt_in apt-get "$state" update >>"$state/log" 2>&1 || return 1
        ;;
    esac
    # shellcheck disable=SC2086 # lists of package names are meant to be split
    libraries=$(apt_in apt-cache "$state" depends --recurse --no-recommends --no-suggests --no-conflicts \
        --no-breaks --no-replaces --no-enhances $packages 2>>"$state/log" | wanted_libraries)
    # shellcheck disable=SC2086
    (cd "$state/debs" && rm -f ./*.deb && apt_in apt-get "$state" download -t "$suite" $packages >>../log 2>&1) || return 1
    # shellcheck disable=SC2086
    (cd "$state/debs" && apt_in apt-get "$state" download $libraries >>../log 2>&1) || return 1
    rm -rf "$tree"
    mkdir -p "$tree"
    for deb in "$state"/debs/*.deb; do
        dpkg-deb -x "$deb" "$tree" || return 1
    done
    write_wrapper "$tree" "$program" "$peers/bin/$name" || return 1
    "$peers/bin/$name" --version >>"$state/log" 2>&1 || return 1
    echo "peers: $name: $("$peers/bin/$name" --version)"
}

# Real packages that hold libraries, without those that only maintainer scripts lead to.
wanted_libraries() {
    grep -E '^(lib|lua|zlib)[a-z0-9.+-]*$' | sort -u | grep -v -E -e '-perl$' \
        -e '^lib(perl|text|locale|debconf|debian|apt|pam|semanage|sepol|selinux|pcre|elogind|newt|slang|db5|gdbm|bz2|au|acl1|attr1|md0|bsd)'
}

# The program's own dynamic loader and libraries, wherever the packages put them (/lib or /usr/lib).
write_wrapper() {
    tree=$1 program=$2 wrapper=$3
    binary=$(find "$tree" -path "*/bin/$program" | head -n 1)
    [ -e "$binary" ] || return 1
    loader=$(find "$tree" \( -name 'ld-linux*.so*' -o -name 'ld64.so*' \) | head -n 1)
    path=$(find "$tree" -path '*/lib*' ! -path '*/share/*' -name '*.so.*' -exec dirname {} \; | sort -u | paste -s -d :)
    {
        echo '#!/bin/sh'
        if [ -n "$loader" ]; then
            echo "exec '$loader' --library-path '$path' '$binary' \"\$@\""
        else
            echo "LD_LIBRARY_PATH='$path' exec '$binary' \"\$@\""
        fi
    } >"$wrapper"
    chmod +x "$wrapper"
}

missing() {
    echo "peers: $1 could not be had for $arch (see $peers/apt/$2/log); the benchmark goes on without it." >&2
}

fetch "valkey-server valkey-tools" bookworm-backports valkey-server valkey-server || missing valkey-server bookworm-backports
fetch "redis-server redis-tools" trixie redis-server redis-server-8 || missing redis-server-8 trixie
exit 0
