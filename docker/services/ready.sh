#!/bin/bash
# Whether the service in this container says on its ops port that it is ready.
set -eu
exec 3<>"/dev/tcp/127.0.0.1/${OPS_LISTEN##*:}"
printf 'GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3
read -r -t 2 _ status _ <&3
[ "$status" = 200 ]
