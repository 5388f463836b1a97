#!/bin/sh
# Tables, topics, who may read and write those, and a password for each role that logs in. Harmless when all is there.
set -eu
admin migrate --expand # those of before may run yet
admin topics create
admin registry publish # what a migration asks to be looked at again
[ -z "${KAFKA_SASL_USERNAME:-}" ] || admin topics acl --apply
for file in /run/secrets/terukur_*.password; do
	role=${file##*/}
	admin role password "${role%.password}" <"$file"
done
