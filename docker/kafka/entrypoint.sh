#!/bin/sh
# Formats the storage at the first start and becomes the broker. Containers come in by kafka:9092; clients outside by
# port 19092, which they are told to find at EXTERNAL_ADDRESS.
#
# With SECRETS, a directory that holds kafka.pem, ca.pem and kafka/USER, each user's password: everybody shows who they
# are, and may what the ACLs say. But while there is no SECRETS/secure, port 19092 is open to whoever reaches it.
set -eu
umask 077
cd /var/lib/kafka
settings=/tmp/server.properties
secrets=${SECRETS:-}
address=${EXTERNAL_ADDRESS:-127.0.0.1:19092}

write_settings() {
	cat /opt/kafka/server.properties - >$settings <<-END
		listeners=INSIDE://:9092,OUTSIDE://:19092,LOCAL://127.0.0.1:9094,CONTROLLER://127.0.0.1:9093
		advertised.listeners=INSIDE://kafka:9092,OUTSIDE://$address,LOCAL://127.0.0.1:9094
		inter.broker.listener.name=LOCAL
		listener.security.protocol.map=INSIDE:PLAINTEXT,OUTSIDE:PLAINTEXT,LOCAL:PLAINTEXT,CONTROLLER:PLAINTEXT
		controller.quorum.voters=1@127.0.0.1:9093
		log.dirs=/var/lib/kafka/$1
	END
	[ -n "$secrets" ] || return 0
	cat /opt/kafka/secure.properties - >>$settings <<-END
		ssl.keystore.location=$secrets/kafka.pem
		ssl.truststore.location=$secrets/ca.pem
	END
	! is_open || cat >>$settings <<-END
		listener.security.protocol.map=INSIDE:SASL_SSL,OUTSIDE:PLAINTEXT,LOCAL:SSL,CONTROLLER:SSL
		super.users=User:kafka;User:ANONYMOUS
	END
}

is_open() {
	[ ! -e "$secrets/secure" ]
}

# A cluster's id is 22 letters of base64url.
cluster_id() {
	printf 't%.21s' "$(head -c 16 /dev/urandom | base64 | tr +/ -_)"
}

# What the storage knows already is noted in users/, by its digest.
is_told() {
	sha256sum <"$1" | cmp -s - "users/${1##*/}"
}

note() {
	sha256sum <"$1" >"users/${1##*/}"
}

# The arguments that say who there is; by a file, which nobody else can list as they can a command line.
users_at_first() {
	for file in "$secrets"/kafka/*; do
		printf -- '--add-scram\nSCRAM-SHA-512=[name=%s,password=%s]\n' "${file##*/}" "$(cat "$file")"
		note "$file"
	done
}

# An interrupted one is done again: the storage appears whole or not at all.
format() {
	rm -rf data.new users
	mkdir users
	write_settings data.new
	set -- format -t "$(cluster_id)" -c $settings
	if [ -n "$secrets" ]; then
		users_at_first >/tmp/users
		set -- "$@" @/tmp/users
	fi
	# What it says is who there is, and by what the broker knows them.
	/opt/java/bin/java -cp '/opt/kafka/libs/*' kafka.tools.StorageTool "$@" >/dev/null
	rm -f /tmp/users
	mv data.new data
}

# Passwords that are new since then; the tool waits for the broker.
tell_users() {
	for file in "$secrets"/kafka/*; do
		is_told "$file" && continue
		until user.sh "${file##*/}" "$file"; do sleep 1; done
		note "$file"
	done
	touch /tmp/told
}

# An open broker that hears that it must not be ends, and is started anew.
wait_for_secure() {
	while is_open; do sleep 2; done
	kill $$
}

if [ -n "$secrets" ] && is_open; then
	case $address in
	127.0.0.1:* | localhost:*) ;;
	*) echo "at $address anybody could read and write: docker compose --profile secure up" >&2; exit 100 ;;
	esac
fi
[ -d data ] || format
mkdir -p users
write_settings data
if [ -n "$secrets" ]; then
	tell_users &
	! is_open || wait_for_secure &
fi
exec /opt/java/bin/java -Xmx512m -XX:MaxDirectMemorySize=64m -XX:+ExitOnOutOfMemoryError \
	-Dlog4j2.configurationFile=/opt/kafka/log4j2.properties -cp '/opt/kafka/libs/*' kafka.Kafka $settings
