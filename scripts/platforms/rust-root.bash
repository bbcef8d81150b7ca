# shellcheck shell=bash
# A Debian root with Rust, its sources and what else is named, apart from the machine's own toolchain. std is built from
# the sources, so any target can be built for. To be sourced after lib.bash.

# Ubuntu has the keys of Debian in a package of their own.
need_debootstrap() {
  have debootstrap && [ -e /usr/share/keyrings/debian-archive-keyring.gpg ] || apt_install debootstrap debian-archive-keyring
}

# make_root DIR PACKAGE...: the file that is written last says that the root is complete, and with which packages.
make_root() {
  local dir=$1 mirror log=$cache/rust-root.log
  shift
  [ "$(cat "$dir/.evenkeel-whole" 2>/dev/null)" != "$*" ] || return 0
  [ "$(id -u)" = 0 ] || fail 3 "cannot make a Debian root: only root can" "run it with sudo"
  mkdir -p "$cache"
  need_debootstrap
  mirror=$(sed -n 's/^URIs: *//p' /etc/apt/sources.list.d/debian.sources 2>/dev/null | head -n 1)
  say "making a Debian root with Rust in $dir (two minutes)"
  {
    [ -x "$dir/usr/bin/apt-get" ] || debootstrap --variant=minbase --include=ca-certificates sid "$dir" ${mirror:+"$mirror"}
    cp /etc/resolv.conf "$dir/etc/"
    cp /etc/ssl/certs/ca-certificates.crt "$dir/etc/ssl/certs/"
    # A mirror whose lists are a week old is good enough for a root that only builds.
    inside "$dir" sh -c 'apt-get -o Acquire::Check-Valid-Until=false update -qq &&
      DEBIAN_FRONTEND=noninteractive exec apt-get install -y -qq --no-install-recommends "$@"' sh rustc cargo rust-src gcc "$@"
  } >"$log" 2>&1 || fail 3 "cannot make the root: $(tail -n 1 "$log")" "see $log"
  printf '%s\n' "$*" >"$dir/.evenkeel-whole"
}

# inside DIR COMMAND...: runs a command in the root, this checkout at /src, in namespaces of its own: its mounts and all
# processes that it starts end with it. NAME=VALUE words before the command are its variables.
inside() {
  local dir=$1
  shift
  mkdir -p "$dir/src" "$dir/build"
  # shellcheck disable=SC2016  # for the inner shell
  unshare --mount --pid --fork --kill-child sh -c '
    dir=$1 && root=$2 && shift 2
    mount -t proc none "$dir/proc" && mount --bind /dev "$dir/dev" && mount --bind "$root" "$dir/src" || exit 3
    exec chroot "$dir" "$@"
  ' sh "$dir" "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/build RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR=/build/target \
    ${CARGO_BUILD_JOBS:+CARGO_BUILD_JOBS="$CARGO_BUILD_JOBS"} "$@"
}
