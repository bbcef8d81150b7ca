# shellcheck shell=bash
# shim: puts the wrapper for docker into a directory.

shim() {
  [ -n "$operand" ] || bad "cannot set up the wrapper: no directory given"
  local tool
  mkdir -p "$operand"
  for tool in docker docker-compose; do ln -sfn "${self%/*}/docker-shim/$tool" "$operand/$tool"; done
  printf 'PATH=%q:$PATH\n' "$(cd "$operand" && pwd)"
}
