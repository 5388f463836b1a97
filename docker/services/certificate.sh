#!/bin/sh
# Prints a key and its certificate by the authority in this directory, ca.pem and ca.key, which is made unless it is
# there:
#
#   certificate.sh NAME serverAuth[,clientAuth] DNS:host,IP:address…
set -eu
umask 077

# They are in .key and .pem then.
make() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -config /dev/null \
		-keyout .key -out .pem "$@" 2>.log || { cat .log >&2; exit 1; }
}

if [ ! -e ca.pem ]; then
	make -subj /CN=Terukur -days 3650 \
		-addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign
	mv .key ca.key
	chmod 0644 .pem
	mv .pem ca.pem
fi
make -CA ca.pem -CAkey ca.key -subj "/CN=$1" -days 825 \
	-addext basicConstraints=critical,CA:FALSE -addext "extendedKeyUsage=$2" -addext "subjectAltName=$3"
cat .key .pem
rm -f .key .pem .log
