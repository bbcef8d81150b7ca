# shellcheck shell=bash
# Archives, and the files through which others install them. To be sourced by scripts/release.

# Lays out the files as they are in an archive, in $work/evenkeel-VERSION-TARGET.
stage() { # TARGET
  local tree=$work/evenkeel-$version-$1 built=$dir/build/target/$1/${profile/dev/debug} tool
  if [[ $1 = *-windows-* ]]; then
    # The entry point is a bash script for Unix; under WSL that is the archive for Linux.
    mkdir -p "$tree/bin"
    for tool in "${programs[@]}"; do cp "$built/$tool.exe" "$tree/bin"; done
  else
    make -s -C "$dir$source" install-files BIN="$built" DESTDIR="$tree" PREFIX=
  fi
  cp "$dir$source"/{LICENSE-APACHE,LICENSE-MIT,README.md,CHANGELOG.md} "$tree"
  set_times "$tree"
}

# The order of files, their times, owners and modes are what makes archives of the same files differ.
set_times() { find "$1" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +; }

# How hard to compress: programs without optimisation are big, and nobody downloads them.
level() { if [ "$profile" = dist ]; then echo 9; else echo 1; fi; }

archive() { # TARGET
  local name=evenkeel-$version-$1
  if [[ $1 = *-windows-* ]]; then
    (cd "$work" && find "$name" -type f | LC_ALL=C sort | TZ=UTC zip -qX"$(level)" "$out/$name.zip" -@)
  else
    tar --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX -C "$work" -c "$name" |
      gzip -n"$(level)" >"$out/$name.tar.gz"
  fi
}

# fill FILE: a template with this release's version and address.
fill() { sed -e "s|@VERSION@|$version|g" -e "s|@REPOSITORY@|$repository|g" "$1"; }

write_installer() {
  fill packaging/evenkeel-install.sh >"$out/evenkeel-install.sh"
  chmod 755 "$out/evenkeel-install.sh"
}

write_formula() {
  local sum
  sum=$(sha256sum <"$out/evenkeel-$version-source.tar.gz")
  fill packaging/homebrew.rb | sed "s|@SHA256@|${sum%% *}|" >"$out/evenkeel.rb"
}
