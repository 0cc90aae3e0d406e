#!/usr/bin/env bash
# Exit 0 when GET PATH on this machine's PORT is answered with 200: healthcheck.sh PORT PATH
# For the image, which has bash and no HTTP client.
set -euo pipefail

exec 3<>"/dev/tcp/127.0.0.1/$1"
printf 'GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' "$2" >&3
read -r -t 3 _ status _ <&3
[ "$status" = 200 ]
