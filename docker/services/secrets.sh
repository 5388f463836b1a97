#!/bin/sh
# Makes what is secret, at random and once, in /run/secrets, or in the directory SECRETS:
#
#   secrets.sh NAME=GROUP…
#
#   terukur_x    a role of PostgreSQL, and the user terukur-x of Kafka:
#       NAME.password    the role's
#       NAME.url         how the role's program finds the database
#       NAME.sasl        the user's password
#   postgres     the superuser: NAME.password, NAME.url; and NAME.pem, the server's key and certificate
#   kafka        the superuser: NAME.sasl; and NAME.pem, the broker's key and certificate
#   smtp         NAME.password, empty: the mail server's, for the operator to fill in
#
# and besides ca.pem, which vouches for the certificates, and kafka/USER, the passwords for the broker to know. Who
# listens to clients outside is known to them as KAFKA_HOST.
#
# Without kafka and postgres among the names they are elsewhere, and have no certificates and users of ours; POSTGRES_HOST is
# where the roles find the database then.
#
# All are read by their owner, who gives roles and users their passwords, and by GROUP. To have a new password, remove
# its file and bring everything down and up again. Certificates are new at every start.
set -eu
cd "${SECRETS:-/run/secrets}"

# file, group, text: appears whole
put() {
	fresh=${1%/*}
	[ "$fresh" != "$1" ] || fresh=.
	fresh=$fresh/.${1##*/}
	rm -f "$fresh"
	(umask 0177 && echo "$3" >"$fresh")
	chgrp "$2" "$fresh"
	chmod 0640 "$fresh"
	mv "$fresh" "$1"
}

# file, group: unless it is there
random() {
	[ -s "$1" ] || put "$1" "$2" "$(head -c 24 /dev/urandom | od -An -v -tx1 | tr -d ' \n')"
}

role() {
	random "$name.password" "$group"
	put "$name.url" "$group" \
		"postgresql://$name:$(cat "$name.password")@${POSTGRES_HOST:-postgres}/terukur$verified"
}

# name of the user
user() {
	random "$name.sasl" "$group"
	put "kafka/$1" "$kafka" "$(cat "$name.sasl")"
}

certificate() {
	text=$(certificate.sh "$name" "$1" "$2")
	put "$name.pem" "$group" "$text"
}

host=${KAFKA_HOST:-127.0.0.1}
case $host in
*[!0-9.]*) outside=DNS:$host ;;
*) outside=IP:$host ;;
esac

kafka='' verified=''
for pair; do
	case $pair in
	kafka=*) kafka=${pair#*=} ;;
	postgres=*) verified="?sslmode=verify-full&sslrootcert=$PWD/ca.pem" ;;
	esac
done
if [ -n "$kafka" ]; then
	mkdir -p kafka
	chgrp "$kafka" kafka
	chmod 0750 kafka
fi

for pair; do
	name=${pair%=*} group=${pair#*=}
	case $name in
	smtp) [ -e smtp.password ] || put smtp.password "$group" '' ;;
	kafka)
		certificate serverAuth,clientAuth "DNS:kafka,DNS:localhost,IP:127.0.0.1,$outside"
		user kafka
		;;
	postgres)
		certificate serverAuth DNS:postgres
		role
		;;
	*)
		role
		[ -z "$kafka" ] || user "terukur-${name#terukur_}"
		;;
	esac
done
