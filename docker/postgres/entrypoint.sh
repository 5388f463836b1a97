#!/bin/sh
# Makes the database at the first start, sets the superuser's password to what POSTGRES_PASSWORD_FILE holds at every
# start, and becomes the server. Arguments are further flags of the server. With TLS_FILE, which holds its key and
# certificate, it takes connections over TLS alone.
set -eu
cd /var/lib/postgresql

# An interrupted one is done again: the data appears whole or not at all.
make_database() {
	rm -rf data.new
	initdb -D data.new -U postgres --encoding=UTF8 --locale=C.UTF-8 --lc-collate=C
	echo 'CREATE DATABASE terukur' | postgres --single -D data.new postgres >/dev/null
	mv data.new data
}

# Each PostgreSQL reads what one of its own number has made, and no other.
check_version() {
	ours=$(postgres -V | sed 's/.*) \([0-9]*\).*/\1/')
	theirs=$(cat data/PG_VERSION)
	[ "$theirs" = "$ours" ] && return
	echo "the data in this volume was made by PostgreSQL $theirs, and this is PostgreSQL $ours, which cannot read it:" \
		"dump it with an image of before and restore it with this one, as README.md says under Docker Compose" >&2
	exit 100
}

password() {
	password=$(cat "$POSTGRES_PASSWORD_FILE")
	case $password in
	'' | *[!0-9A-Za-z]*) echo "$POSTGRES_PASSWORD_FILE: letters and digits only" >&2; exit 100 ;;
	esac
	echo "ALTER ROLE postgres PASSWORD '$password'"
}

[ -d data ] || make_database
check_version
statement=$(password)
echo "$statement" | postgres --single -D data terukur >/dev/null
hba=/etc/postgresql/pg_hba.conf
if [ -n "${TLS_FILE:-}" ]; then
	# The server wants a key to be its own, and pg_hba.conf has one way in.
	(umask 077 && cat "$TLS_FILE" >/run/postgresql/tls.pem && sed 's/^host /hostssl /' $hba >/run/postgresql/pg_hba.conf)
	hba=/run/postgresql/pg_hba.conf
	set -- -c ssl=on -c ssl_cert_file=/run/postgresql/tls.pem -c ssl_key_file=/run/postgresql/tls.pem "$@"
fi
exec postgres -D data \
	-c config_file=/etc/postgresql/postgresql.conf -c hba_file=$hba \
	-c listen_addresses='*' -c unix_socket_directories=/run/postgresql "$@"
