# shellcheck shell=bash
# What the scripts share: messages, the cache, packages of another Debian suite. To be sourced, not run.
set -euo pipefail

# shellcheck disable=SC2034  # used by the scripts that source this
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/evenkeel
me=${0##*/}
# shellcheck disable=SC2034  # used by the scripts that source this
programs=(envlock dockwatch dockprune restartgate composecheck)

# shellcheck source=SCRIPTDIR/evenkeel.d/common.bash
. "$root/scripts/evenkeel.d/common.bash"

is_debian() { (. /etc/os-release && [ "$ID" = "$1" ]) 2>/dev/null; }

# Installs packages without questions, and without starting their services: /usr/sbin/policy-rc.d forbids that meanwhile.
apt_install() {
  [ "$(id -u)" = 0 ] || fail 3 "cannot install $*: only root can" "run: sudo apt-get install -y --no-install-recommends $*"
  local policy=/usr/sbin/policy-rc.d lock ours=
  mkdir -p "$cache"
  # One at a time: the first to end would take away the policy that the others rely on.
  exec {lock}>"$cache/apt.lock"
  flock "$lock"
  if [ ! -e $policy ]; then
    ours=1
    printf '#!/bin/sh\nexit 101\n' >$policy
    chmod 755 $policy
  fi
  say "installing $* (a minute at most)"
  local code=0
  {
    apt-get -o Acquire::Retries=2 -o DPkg::Lock::Timeout=120 update -qq &&
      DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 install -y -qq --no-install-recommends "$@"
  } >"$cache/apt.log" 2>&1 || code=$?
  [ -z "$ours" ] || rm -f $policy
  exec {lock}>&-
  [ "$code" = 0 ] || fail 3 "cannot install $*: $(tail -n 1 "$cache/apt.log")" "see $cache/apt.log"
}

# Prints the URL of the Debian mirror that the machine uses.
debian_mirror() {
  local codename mirror
  codename=$(. /etc/os-release && printf %s "$VERSION_CODENAME")
  # shellcheck disable=SC2016  # apt's own variables
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' "Release: $codename" | sed -n 1p)
  printf '%s\n' "${mirror:-http://deb.debian.org/debian}"
}

# apt_from SUITE DIR PACKAGE...: downloads packages of a Debian suite into DIR; the system's package sources stay as they
# are.
apt_from() {
  local suite=$1 dir=$2
  shift 2
  local lists=$cache/apt/$suite turn
  mkdir -p "$lists/partial" "$dir"
  # apt-get fails where another one updates the same lists.
  exec {turn}>"$lists.lock"
  flock "$turn"
  # The plain suite alone: sid has neither updates nor security.
  printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s main\n' "$(debian_mirror)" "$suite" >"$lists.list"
  # As if nothing was installed: a version that is installed but not in the suite would count.
  : >"$lists.status"
  local options=(-qq -o "Dir::Etc::sourcelist=$lists.list" -o Dir::Etc::sourceparts=/dev/null -o "Dir::State::Lists=$lists"
    -o "Dir::State::status=$lists.status" -o APT::Sandbox::User=root -o Acquire::Retries=2)
  # A mirror whose lists are a week old is good enough for tests.
  options+=(-o Acquire::Check-Valid-Until=false)
  if [ -z "$(find "$lists" -maxdepth 1 -name '*Packages*' -mtime -1 -print -quit)" ]; then
    apt-get "${options[@]}" update || fail 3 "cannot read the package lists of Debian $suite" "check the network and /etc/apt"
  fi
  (cd "$dir" && apt-get "${options[@]}" download "$@") || fail 3 "cannot download $# packages from Debian $suite" "remove $lists and try again"
  exec {turn}>&-
}

# file_of PACKAGE FILE: prints the path of a file of a Debian package: the one that EVENKEEL_NAME names, or where it is
# installed, or where it is unpacked in the cache.
file_of() {
  local package=$1 file=$2 name=${2##*/} variable unpacked lock parts
  variable=${name%%.*}
  variable=EVENKEEL_${variable^^}
  unpacked=$cache/packages/$package/$name
  if [ -n "${!variable:-}" ]; then
    printf '%s\n' "${!variable}"
    return
  fi
  if have "$name"; then
    command -v "$name"
    return
  fi
  if [ -e "/$file" ]; then
    printf '%s\n' "/$file"
    return
  fi
  mkdir -p "$cache"
  # Tests ask for it at the same time.
  exec {lock}>"$cache/packages.lock"
  flock "$lock"
  if [ ! -e "$unpacked" ]; then
    { have apt-get && have dpkg-deb; } || fail 3 "cannot find $name" "install it, or set $variable"
    parts=$(mktemp -d)
    (cd "$parts" && apt-get -qq -o APT::Sandbox::User=root -o Acquire::Retries=2 download "$package") >&2 ||
      fail 3 "cannot download $package" "run apt-get update, or install it, or set $variable"
    dpkg-deb -x "$parts/$package"_*.deb "$parts/root"
    install -D -m 755 "$parts/root/$file" "$unpacked"
    rm -rf "$parts"
  fi
  exec {lock}>&-
  printf '%s\n' "$unpacked"
}

# Stops the private engine; for an exit trap, which must not be interrupted.
stop_engine() {
  trap '' HUP INT QUIT TERM
  "$root/scripts/engine" down
}

# Whether DOCKER_HOST is an engine of scripts/engine.
is_private_engine() {
  local path=${DOCKER_HOST:-}
  path=${path#unix://}
  [ -e "${path%/*}/.evenkeel-engine" ]
}

# Puts the tools of this checkout first in PATH.
use_built_tools() { use_tools "$root/scripts"; }
