#!/bin/bash
# Whether the broker answers a request, the smallest there is: which versions of the protocol it knows. That a port
# takes connections would say less.
set -eu
exec 3<>/dev/tcp/127.0.0.1/9092
# length 10, ApiVersions (18) in version 0, correlation 1, no client id
printf '\0\0\0\12\0\22\0\0\0\0\0\1\377\377' >&3
read -r -t 2 -N 1 <&3
