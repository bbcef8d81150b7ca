# shellcheck shell=bash
# status: the environments of the machine that are up or in use, whose they are, what they use, how to end them.

status() {
  # Locks that are free and have no environment say nothing more.
  envlock status | awk '
    /^ / { if (name != "") print name; name = ""; print; next }
    { if (name != "" && name !~ /: free$/) print name; name = $0 }
    END { if (name != "" && name !~ /: free$/) print name }'
  printf '\n'
  dockwatch --label evenkeel.env
  printf '\nto enter one, run in its project: evenkeel -- CMD\n'
}
