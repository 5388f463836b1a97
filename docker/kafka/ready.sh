#!/bin/bash
# Whether the broker answers a request, the smallest there is: which versions of the protocol it knows. That a port
# takes connections would say less. With SECRETS also whether it knows everybody.
set -eu
if [ -z "${SECRETS:-}" ]; then
	exec 3<>/dev/tcp/127.0.0.1/9092 4<&3
else
	[ -e /tmp/told ]
	coproc openssl s_client -quiet -verify_return_error -CAfile "$SECRETS/ca.pem" -verify_hostname kafka \
		-connect 127.0.0.1:9092 2>/dev/null
	client=$COPROC_PID
	exec 3>&"${COPROC[1]}" 4<&"${COPROC[0]}"
	trap 'kill "$client"' EXIT
fi
# length 10, ApiVersions (18) in version 0, correlation 1, no client id
printf '\0\0\0\12\0\22\0\0\0\0\0\1\377\377' >&3
read -r -t 2 -N 1 <&4
