#!/bin/sh
# Runs a command while nobody else does in this checkout what it must not meet:
#
#   alone.sh WHAT COMMAND…             alone: what builds, starts, stops, or removes
#   alone.sh --using WHAT COMMAND…     beside others of its kind: what uses what is built, which nobody may remove meanwhile
#   alone.sh --removing WHAT COMMAND…  alone, and when nobody uses what is built
#
# Who comes second says for whom it waits. A lock ends with whoever holds it, however it ends: nothing stays behind.
set -eu
umask 077
how=alone
case ${1-} in --using | --removing) how=${1#--}; shift ;; esac
[ $# -ge 2 ] || { sed -n '4,6s/^# *//p' "$0" >&2; exit 2; }
what=$1
shift
mkdir -p .run
[ -w .run ] || { echo "$what: $PWD/.run belongs to $(stat -c %U .run): go on as that user" >&2; exit 1; }

# file descriptor, file, flags of flock: takes the lock, and says who has it first if that takes long
take() {
	flock -n $3 "$1" && return
	echo "$what: waiting for $(cat "$2.by" 2>/dev/null || echo another), in this directory" >&2
	flock $3 "$1"
}

hold() {
	echo "\`$what\`, process $$, since $(date +%H:%M:%S)" >"$1.by"
}

if [ $how != using ]; then
	exec 9>>.run/make.lock
	take 9 .run/make.lock -x
	hold .run/make.lock
fi
if [ $how != alone ]; then
	exec 8>>.run/build.lock
	take 8 .run/build.lock "$([ $how = using ] && echo -s || echo -x)"
	hold .run/build.lock
fi
exec "$@"
