#!/bin/sh
# Tells kcat and psql what admin is told by its environment, so that they need no options, and becomes the command:
#
#   KAFKA_BROKERS, KAFKA_…         kcat's settings, in the file that KCAT_CONFIG names; …_FILE is read from that file
#   DATABASE_PASSWORD_FILE         psql's password, in the file that PGPASSFILE names; PGHOST, PGUSER … are its own
set -eu
umask 077

kcat_settings() {
	echo "bootstrap.servers=$KAFKA_BROKERS"
	env | sed -n 's/^KAFKA_\([A-Z_]*\)=.*/\1/p' | while read -r name; do
		value=$(printenv "KAFKA_$name")
		case $name in
		BROKERS | SERVICE_* | PORT | PORT_*) continue ;; # what Kubernetes says of a service named kafka
		*_FILE) name=${name%_FILE} value=$(cat "$value") ;;
		esac
		echo "$(echo "$name" | tr A-Z_ a-z.)=$value"
	done
}

[ -z "${KAFKA_BROKERS:-}" ] || kcat_settings >"$KCAT_CONFIG"
[ -z "${DATABASE_PASSWORD_FILE:-}" ] || echo "*:*:*:*:$(cat "$DATABASE_PASSWORD_FILE")" >"$PGPASSFILE"
exec "$@"
