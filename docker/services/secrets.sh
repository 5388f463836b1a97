#!/bin/sh
# Makes passwords for PostgreSQL's roles, each at random and once, in /run/secrets:
#
#   secrets.sh ROLE=GROUP…
#
#   ROLE.password    for its owner, who gives the roles their passwords
#   ROLE.url         for the group besides, which is how the role's program finds the database
#
# To have a new password, remove its file and bring everything up again.
set -eu
cd /run/secrets

# file, group, text: appears whole
put() {
	rm -f ".$1"
	(umask 0377 && echo "$3" >".$1")
	chgrp "$2" ".$1"
	chmod 0440 ".$1"
	mv ".$1" "$1"
}

for pair; do
	role=${pair%=*} group=${pair#*=}
	[ -s "$role.password" ] || put "$role.password" "$group" "$(head -c 24 /dev/urandom | od -An -v -tx1 | tr -d ' \n')"
	put "$role.url" "$group" "postgresql://$role:$(cat "$role.password")@postgres/terukur"
done
