#!/bin/sh
# Installs the system on one machine without containers, for systemd: `make install` calls it. Settings that are there already
# stay as they are.
#
#   DESTDIR  a folder that stands for /         PREFIX  /usr/local, or /usr for a package
#   BUILD    where the programs are             $@      the services: the first column of the table
set -eu
cd "$(dirname "$0")/.."
programs=$PREFIX/lib/terukur
doc=$PREFIX/share/doc/terukur
units=$PREFIX/lib/systemd/system
settings=/etc/terukur

units_of() {
	for name; do printf 'terukur@%s.service ' "$name"; done
}
roles_of() {
	for name; do printf 'terukur_%s=root ' "$name"; done
}

# Writes a file with what is not the same on every machine: mode, from, to.
put() {
	install -d "$DESTDIR$(dirname "$3")"
	sed -e '/@SANDBOX@/{' -e 'r systemd/sandbox.conf' -e 'd' -e '}' \
		-e "s|@PROGRAMS@|$programs|g; s|@DOC@|$doc|g; s|@UNITS@|$wanted|; s|@ROLES@|$roles|" "$2" >"$DESTDIR$3.new"
	chmod "$1" "$DESTDIR$3.new"
	mv "$DESTDIR$3.new" "$DESTDIR$3"
}

# Settings of a program, and as comments all that it knows; only where there are none.
settle() {
	[ ! -e "$DESTDIR$settings/$1.env" ] || return 0
	{
		[ ! -e "systemd/settings/$1.env" ] || cat "systemd/settings/$1.env"
		[ ! -x "$BUILD/$1" ] || "$BUILD/$1" --help | sed -n '/^Settings/,/^$/s/^/# /p'
	} >"$DESTDIR$settings/$1.env.new"
	chmod 0640 "$DESTDIR$settings/$1.env.new"
	mv "$DESTDIR$settings/$1.env.new" "$DESTDIR$settings/$1.env"
}

wanted=$(units_of "$@")
roles="$(roles_of "$@" admin)smtp=root"
install -d "$DESTDIR$programs" "$DESTDIR$units"
for name in "$@" admin; do install -m 0755 "$BUILD/$name" "$DESTDIR$programs/$name"; done
for script in docker/services/secrets.sh docker/services/migrate.sh; do
	install -m 0755 "$script" "$DESTDIR$programs/"
done
put 0755 systemd/terukur-admin "$PREFIX/bin/terukur-admin"
for unit in systemd/*.target systemd/*.service; do put 0644 "$unit" "$units/${unit#systemd/}"; done
for more in systemd/*.service.d/*.conf; do put 0644 "$more" "$units/${more#systemd/}"; done
install -d -m 0755 "$DESTDIR$doc"
install -m 0644 LICENSE README.md SECURITY.md docs/*.md "$DESTDIR$doc/"
install -d -m 0750 "$DESTDIR$settings"
install -d -m 0700 "$DESTDIR$settings/secrets"
for name in terukur migrate "$@"; do settle "$name"; done
