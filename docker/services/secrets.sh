#!/bin/sh
# Makes what is secret, at random and once, in /run/secrets, or in the directory SECRETS:
#
#   secrets.sh ROLE=GROUP… [smtp=GROUP]
#
#   ROLE.password    of a role of PostgreSQL
#   ROLE.url         how the role's program finds the database
#   smtp.password    empty: the mail server's, for the operator to fill in
#
# All are read by their owner, who gives the roles their passwords, and by GROUP. To have a new password, remove its
# file and bring everything down and up again.
set -eu
cd "${SECRETS:-/run/secrets}"

# file, group, text: appears whole
put() {
	rm -f ".$1"
	(umask 0177 && echo "$3" >".$1")
	chgrp "$2" ".$1"
	chmod 0640 ".$1"
	mv ".$1" "$1"
}

random() {
	head -c 24 /dev/urandom | od -An -v -tx1 | tr -d ' \n'
}

for pair; do
	name=${pair%=*} group=${pair#*=}
	if [ "$name" = smtp ]; then
		[ -e smtp.password ] || put smtp.password "$group" ''
		continue
	fi
	[ -s "$name.password" ] || put "$name.password" "$group" "$(random)"
	put "$name.url" "$group" "postgresql://$name:$(cat "$name.password")@${POSTGRES_HOST:-postgres}/terukur"
done
