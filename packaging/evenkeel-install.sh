#!/bin/sh
# Installs evenkeel @VERSION@ for the user who runs it: downloads the archive for this machine, verifies its checksum, and
# copies it under a prefix. Nothing else is changed, and nothing is sent.
set -eu
version='@VERSION@'
base=${EVENKEEL_BASE_URL:-'@REPOSITORY@/releases/download/v@VERSION@'}
prefix=${PREFIX:-$HOME/.local}

usage() {
  cat <<USAGE
Install evenkeel $version

Usage: sh evenkeel-install.sh [--prefix DIR]

Options:
  --prefix DIR  Where to install [default: PREFIX, or ~/.local]

Environment:
  EVENKEEL_BASE_URL  Where the archives and SHA256SUMS are

Exit status: 0 done; 2 bad arguments; 3 cannot download, verify or install.
USAGE
}

fail() { # MESSAGE HINT
  printf 'evenkeel-install: %s\nhint: %s\n' "$1" "$2" >&2
  exit 3
}

have() { command -v "$1" >/dev/null 2>&1; }

# Prints the target whose archive runs here.
find_target() {
  case $(uname -s) in
  Linux) ;;
  *) fail "cannot install on $(uname -s): there is an archive for Linux only" "build from source, or see $base" ;;
  esac
  case $(uname -m) in
  x86_64 | amd64) echo x86_64-unknown-linux-musl ;;
  aarch64 | arm64) echo aarch64-unknown-linux-musl ;;
  *) fail "cannot install on $(uname -m): there is an archive for x86_64 and aarch64 only" "build from source" ;;
  esac
}

download() { # NAME
  if have curl; then
    curl -fsSL --retry 3 -o "$work/$1" "$base/$1"
  elif have wget; then
    wget -q -O "$work/$1" "$base/$1"
  else
    fail "cannot download: there is neither curl nor wget" "install one of them"
  fi || fail "cannot download $base/$1" "check the network and the version"
}

# Exactly one line of SHA256SUMS is about the archive.
verify() { # NAME
  stated=$(awk -v name="$1" '$2 == name { print $1 }' "$work/SHA256SUMS")
  if have sha256sum; then
    found=$(sha256sum "$work/$1")
  else
    found=$(shasum -a 256 "$work/$1")
  fi
  if [ "${found%% *}" != "$stated" ]; then
    fail "cannot trust $1: its SHA-256 is ${found%% *}, SHA256SUMS says ${stated:-nothing}" "download it again"
  fi
}

install_files() {
  tar -xzf "$work/$archive" -C "$work" || fail "cannot unpack $archive" "check the space in ${TMPDIR:-/tmp}"
  from=$work/evenkeel-$version-$target
  # A step of an earlier version must not be left among the others.
  rm -rf "$prefix/lib/evenkeel"
  for tool in "$from"/lib/evenkeel/cron/*; do
    sed "s|/usr/local/bin/|$prefix/bin/|" "$tool" >"$work/edited"
    cat "$work/edited" >"$tool"
  done
  mkdir -p "$prefix" || fail "cannot write to $prefix" "name another directory with --prefix"
  # What is running is replaced, not written into.
  for tool in "$from"/bin/*; do rm -f "$prefix/bin/${tool##*/}"; done
  (cd "$from" && tar -cf - bin lib share) | (cd "$prefix" && tar -xf -) ||
    fail "cannot write to $prefix" "name another directory with --prefix"
}

main() {
  while [ $# -gt 0 ]; do
    case $1 in
    -h | --help) usage && exit 0 ;;
    --prefix) prefix=${2:-} && shift ;;
    --prefix=*) prefix=${1#*=} ;;
    *) usage >&2 && exit 2 ;;
    esac
    shift || { usage >&2 && exit 2; }
  done
  case $prefix in
  /*) ;;
  *) prefix=$PWD/$prefix ;;
  esac
  # It gets into a crontab and systemd units, where other characters have a meaning.
  case $prefix in
  *[!A-Za-z0-9._/@+-]*) fail "cannot install in $prefix: it has other characters than letters, digits and ._/@+-" "name another directory with --prefix" ;;
  esac
  target=$(find_target)
  archive=evenkeel-$version-$target.tar.gz
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  download SHA256SUMS
  download "$archive"
  verify "$archive"
  install_files
  "$prefix/bin/evenkeel" --version
  printf 'evenkeel-install: installed in %s\n' "$prefix" >&2
  case :$PATH: in
  *:"$prefix/bin":*) ;;
  *) printf 'hint: add %s/bin to PATH\n' "$prefix" >&2 ;;
  esac
  printf 'hint: locks are those of this user; sudo %s/bin/evenkeel-setup makes them those of the machine\n' "$prefix" >&2
}

# At the end, so that a script that was cut off does nothing.
main "$@"
