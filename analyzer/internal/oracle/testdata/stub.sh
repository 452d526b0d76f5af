#!/bin/sh
# Stands in for a package manager or a download. What it leaves behind depends on its
# arguments, without their order and their flags, and on what a real one would
# read: the index for a package of Debian, the manifests for an install, all files for
# anything else, which is also what a compiler makes. A download is an empty archive.
set -e
tool=$(basename "$0")
what=$tool
for a in "$@"; do
  case $a in
  -*) ;;
  *) what=$what-$(echo "$a" | tr -c 'a-zA-Z0-9.\n' '_') ;;
  esac
done
mkdir -p /opt/stub
case $what in
apt-get-update* | apt-update* | apk-update*)
  mkdir -p /var/lib/index
  echo "index of $tool" > /var/lib/index/list
  ;;
apt-get-clean* | apk-cache-clean*) ;;
apt-get-* | apt-*)
  cat /var/lib/index/list > "/opt/stub/$what"
  ;;
apk-* | dnf-* | microdnf-* | tdnf-* | yum-* | zypper-*)
  echo "$what" > "/opt/stub/$what"
  ;;
curl-* | wget-*)
  while [ $# -gt 0 ]; do
    case $1 in
    -*o | -O)
      mkdir -p /tmp/stub-empty
      tar -czf "$2" -C /tmp/stub-empty .
      rmdir /tmp/stub-empty
      ;;
    esac
    shift
  done
  ;;
*-install* | *-ci* | *-download* | *-fetch* | *-restore* | *-sync* | *-add* | *-go-offline* | *-deps*)
  sleep 0.3 # what a rebuild spares
  for f in package*.json *.lock *lock.yaml requirements*.txt Pipfile* pyproject.toml go.mod go.sum Cargo.toml pom.xml Gemfile* composer.*; do
    if [ -f "$f" ]; then cat "$f" >> "/opt/stub/$what"; fi
  done
  echo "$PWD" >> "/opt/stub/$what"
  ;;
*)
  if [ "$PWD" != / ]; then find . -type f | sort | xargs sha256sum > "/opt/stub/$what"; fi
  while [ $# -gt 0 ]; do
    case $1 in
    -o) cp "/opt/stub/$what" "$2" ;;
    esac
    shift
  done
  ;;
esac
