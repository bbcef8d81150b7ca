# shellcheck shell=bash
# status: all environments of the machine, whose they are, what they use, how to end them.

status() {
  envlock status
  printf '\n'
  dockwatch
}
