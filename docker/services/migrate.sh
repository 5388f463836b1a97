#!/bin/sh
# Tables, topics, who may read and write those, and a password for each role that logs in. Harmless when all is there. Waits
# for PostgreSQL and Kafka.
set -eu
patiently() {
	until "$@"; do
		[ $? = 111 ] || exit 1
		sleep 1
	done
}
patiently admin migrate --expand # those of before may run yet
patiently admin topics create
patiently admin registry publish # what a migration asks to be looked at again
[ -z "${KAFKA_SASL_USERNAME:-}" ] || patiently admin topics acl --apply
for file in "${SECRETS:-/run/secrets}"/*terukur_*.password; do
	role=${file##*terukur_}
	admin role password "terukur_${role%.password}" <"$file"
done
