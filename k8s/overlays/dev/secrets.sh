#!/bin/sh
# Makes the Secret `database`, at random and once: a password and an address for each role of PostgreSQL. One that is
# there stays: the power to make Secrets is all that this has here, it can neither read nor change one.
set -eu
cd /var/run/secrets/api
secrets=https://kubernetes.default.svc/api/v1/namespaces/$(cat namespace)/secrets

random() {
	head -c 24 /dev/urandom | od -An -v -tx1 | tr -d ' \n'
}

secret() {
	echo '{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "database", "labels": {'
	echo '"app.kubernetes.io/name": "database", "app.kubernetes.io/part-of": "terukur"}}, "stringData": {'
	for role; do
		password=$(random)
		echo "\"$role.password\": \"$password\", \"$role.url\": \"postgresql://$role:$password@postgres/terukur\","
	done
	echo "\"life\": \"$(date -u +%Y%m%dT%H%M%S)\"}}" # in whose folder the data are: gone with the Secret, begun anew with another
}

answer=$(secret "$@" | curl -sS --retry 30 --retry-all-errors --retry-delay 1 --max-time 10 \
	--cacert ca.crt --oauth2-bearer "$(cat token)" -H 'Content-Type: application/json' \
	--data-binary @- -o /dev/null -w '%{http_code}' "$secrets")
case $answer in
201) echo 'made' ;;
409) echo 'there already' ;;
*) echo "Kubernetes answered $answer" >&2; exit 1 ;;
esac
