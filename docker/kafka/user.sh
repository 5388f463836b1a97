#!/bin/sh
# Gives a user of Kafka a password, by the broker's own tool and with the broker's own certificate:
#
#   user.sh NAME            one at random, and prints it
#   user.sh NAME FILE       the one in the file
#   user.sh --remove NAME   takes it away: nobody comes in as NAME any more
set -eu
umask 077
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

configure() {
	cat >"$folder/connection" <<-END
		security.protocol=SSL
		ssl.keystore.type=PEM
		ssl.keystore.location=$SECRETS/kafka.pem
		ssl.truststore.type=PEM
		ssl.truststore.location=$SECRETS/ca.pem
	END
	/opt/java/bin/java -Xmx64m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 \
		-Dlog4j2.configurationFile=/opt/kafka/log4j2.properties -cp '/opt/kafka/libs/*' \
		kafka.admin.ConfigCommand --bootstrap-server 127.0.0.1:9094 --command-config "$folder/connection" \
		--alter --entity-type users --entity-name "$@" >&2
}

if [ "$1" = --remove ]; then
	configure "$2" --delete-config SCRAM-SHA-512
	exit
fi
password=$(cat "${2:-/dev/null}")
[ -n "$password" ] || password=$(head -c 24 /dev/urandom | od -An -v -tx1 | tr -d ' \n')
echo "SCRAM-SHA-512=password=$password" >"$folder/password"
configure "$1" --add-config-file "$folder/password"
[ -n "${2:-}" ] || echo "$password"
