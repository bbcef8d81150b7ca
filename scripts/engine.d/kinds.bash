# shellcheck shell=bash disable=SC2153,SC2154  # dir, socket, name, kind and DOCKERD are those of scripts/engine
# The kinds of engines that scripts/engine can start. To be sourced, not run.

check_kind() {
  [[ $kind =~ ^(podman-[a-z]+|[a-z]+(-29)?)$ ]] ||
    fail 2 "cannot start an engine '$kind': no such kind" "name docker, podman or a Debian suite"
}

is_podman() { [[ $kind = podman* ]]; }

# Installs or downloads what the kind needs beside the machine's own programs.
install_kind() {
  case $kind in
  docker | podman) ;;
  podman-*) fetch_podman "${kind#podman-}" ;;
  *) fetch_docker "${kind%-29}" ;;
  esac
}

# Prints the directory of a suite's dockerd and containerd. Their runc stays the machine's: a newer one needs a newer libc.
programs_of() { # SUITE
  printf '%s\n' "$cache/engines/$1/bin"
}

# Prints 'sid', where its dockerd can be had and is of a version that the tests are known to pass on, or 'docker': sid
# changes every day, and a test must not fail for that. Other versions are tried by scripts/platforms/test-engines.
newest_kind() {
  local version=''
  if can_be_private && is_debian debian && "$root/scripts/engine" -e sid install >&2; then
    # One that needs a newer libc does not even say its version.
    version=$("$(programs_of sid)/dockerd" --version) || :
  fi
  case $version in
  'Docker version 28.'*) echo sid ;;
  *) echo docker ;;
  esac
}

# Makes a root file system with a suite's Podman, once: it needs the suite's libc.
fetch_podman() { # SUITE
  local suite=$1 into=$cache/engines/podman-$1 work
  [ ! -d "$into" ] || return 0
  is_debian debian || fail 3 "cannot get the Podman of Debian $suite: this is not Debian"
  have debootstrap || apt_install debootstrap
  say "making a root file system with the Podman of Debian $suite (a minute)"
  mkdir -p "$cache/engines"
  work=$(mktemp -d "$cache/engines/podman-$suite.XXXXXX")
  chmod 755 "$work"
  debootstrap --variant=minbase --include=podman,crun,netavark,aardvark-dns,nftables,iptables "$suite" "$work" \
    "$(debian_mirror)" >"$cache/podman.log" 2>&1 ||
    fail 3 "cannot make a root with Podman: $(tail -n 1 "$cache/podman.log")" "see $cache/podman.log"
  mv "$work" "$into"
}

# Downloads and unpacks a suite's dockerd and containerd, once.
fetch_docker() { # SUITE
  local suite=$1 into=$cache/engines/$1 work deb program
  [ ! -d "$(programs_of "$suite")" ] || return 0
  is_debian debian || fail 3 "cannot get the engine of Debian $suite: this is not Debian" "set DOCKERD to its dockerd"
  say "downloading the engine of Debian $suite"
  mkdir -p "$cache/engines"
  work=$(mktemp -d "$cache/engines/$suite.XXXXXX")
  apt_from "$suite" "$work" docker.io containerd
  for deb in "$work"/*.deb; do dpkg-deb -x "$deb" "$work/root"; done
  mkdir "$work/bin"
  for program in sbin/dockerd sbin/docker-proxy bin/containerd bin/containerd-shim-runc-v2; do
    ln -s "../root/usr/$program" "$work/bin/"
  done
  rm -rf "$into" "$work"/*.deb
  mv "$work" "$into"
}

# What dockerd is configured with. It refuses an empty file.
docker_config() {
  case $kind in
  *-29) echo '{ "features": { "containerd-snapshotter": true } }' ;;
  *) echo '{}' ;;
  esac
}

# Writes the script that starts dockerd, so that the machine's configuration is not read.
write_docker_start() {
  local dockerd proxy path=$PATH
  [ "$kind" = docker ] || path=$(programs_of "${kind%-29}"):$PATH
  dockerd=$(PATH=$path command -v "$DOCKERD")
  proxy=$(dirname "$dockerd")/docker-proxy
  docker_config >"$dir/daemon.json"
  cat >"$dir/start" <<START
#!/bin/sh
export PATH="$path"
$([[ $kind != *-29 ]] || echo export DOCKER_MIN_API_VERSION=1.44)
exec "$dockerd" --config-file "$dir/daemon.json" --data-root "$dir/data" --exec-root "$dir/exec" \
  --pidfile "$dir/docker.pid" -H "unix://$socket" --group "$(id -gn)" --cgroup-parent "/$name" \
  --containerd-namespace "$name" --containerd-plugins-namespace "$name-p" --log-level warn \
  $([ ! -x "$proxy" ] || echo "--userland-proxy-path=$proxy") >>"$dir/dockerd.log" 2>&1 </dev/null
START
}

# Writes the script that starts Podman's service. Its state is below DIR, its locks in the /dev/shm of the namespaces.
write_podman_start() {
  [ "$kind" = podman ] || write_enter "$cache/engines/$kind"
  cat >"$dir/start" <<START
#!/bin/sh
export PODMAN_IGNORE_CGROUPSV1_WARNING=1 TMPDIR="$dir/tmp"
mkdir -p "$dir/tmp"
echo \$\$ >"$dir/docker.pid"
exec podman --root "$dir/data" --runroot "$dir/exec" --tmpdir "$dir/exec/tmp" --network-config-dir "$dir/networks" \
  --cgroup-manager cgroupfs --events-backend file --log-level warn \
  system service --time 0 "unix://$socket" >>"$dir/dockerd.log" 2>&1 </dev/null
START
}

# Writes the script that makes a root file system that of the engine's mount namespace, for good: with a mere chroot, what
# is run in a container later would see the machine's files.
write_enter() { # ROOT
  cat >"$dir/enter" <<ENTER
set -e
# Its crun refuses cgroup v1 with v2 mounted beside it.
umount /sys/fs/cgroup/unified 2>/dev/null || :
mount --bind "$1" "$1"
for path in /proc /sys /dev /run "$dir"; do
  mkdir -p "$1\$path"
  mount --rbind "\$path" "$1\$path"
done
cd "$1"
mkdir -p .old
pivot_root . .old
cd /
umount -l /.old
ENTER
}

# Prints the cgroups of the engine's containers and programs. Podman's have a parent that all of its services share.
engine_cgroups() {
  find /sys/fs/cgroup -maxdepth 2 -type d '(' -name "$name" -o -name "$name-programs" ')' 2>/dev/null || :
  local container
  for container in "$dir"/data/*-containers/*/; do
    container=$(basename "$container")
    [ ${#container} != 64 ] || find /sys/fs/cgroup -maxdepth 3 -type d -name "libpod-*$container*" 2>/dev/null || :
  done
}
