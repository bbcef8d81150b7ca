# shellcheck shell=bash
# shim: puts the wrapper for docker into a directory.

shim() {
  local tool target
  for tool in docker docker-compose; do
    target=$directory/$tool
    if [ -e "$target" ] && [[ $(realpath "$target") != */docker-shim/docker ]]; then
      fail 1 "cannot write $target: something else is there" "name an empty directory"
    fi
  done
  run_forwarding_signals mkdir -p "$directory"
  for tool in docker docker-compose; do
    run_forwarding_signals ln -sfn "${self%/*}/docker-shim/$tool" "$directory/$tool"
  done
  # The wrapper calls the tools.
  target=$(command -v envlock)
  quote "$(realpath -m "$directory"):${target%/*}"
  printf 'PATH=%s:$PATH\n' "$quoted"
}
