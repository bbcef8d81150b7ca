# shellcheck shell=bash
# .deb and .rpm, with the tools of the distributions, from the same files as the archives. To be sourced by scripts/release.

# Lays out the files as a package has them. Both kinds have the same, but for man pages, which rpm's users expect gzipped too.
stage_package() { # TARGET DIRECTORY
  make -s -C "$dir$source" install-files BIN="$dir/build/target/$1/${profile/dev/debug}" DESTDIR="$2" PREFIX=/usr
  gzip -n9 "$2"/usr/share/man/man1/*.1
  # Units of users, off until one enables them: systemctl --user enable --now evenkeel-tidy.timer
  install -D -m 644 -t "$2/usr/lib/systemd/user" "$2"/usr/lib/evenkeel/cron/evenkeel-tidy.*
  local documents=$2/usr/share/doc/evenkeel
  install -D -m 644 -t "$documents" "$dir$source"/{LICENSE-APACHE,LICENSE-MIT,README.md}
  gzip -n9 <"$dir$source/CHANGELOG.md" >"$documents/changelog.gz"
}

build_deb() { # TARGET
  local tree=$work/deb-$1 architecture=amd64 script
  [[ $1 != aarch64-* ]] || architecture=arm64
  stage_package "$1" "$tree"
  # Debian's completions of zsh are elsewhere.
  mv "$tree/usr/share/zsh/site-functions" "$tree/usr/share/zsh/vendor-completions"
  cp packaging/deb/copyright "$tree/usr/share/doc/evenkeel/"
  mkdir "$tree/DEBIAN"
  for script in postinst postrm; do install -m 755 "packaging/deb/$script" "$tree/DEBIAN"; done
  (cd "$tree" && find usr -type f | LC_ALL=C sort | xargs md5sum >DEBIAN/md5sums)
  fill packaging/deb/control |
    sed -e "s|@ARCHITECTURE@|$architecture|" -e "s|@SIZE@|$(du -sk --apparent-size "$tree/usr" | cut -f1)|" >"$tree/DEBIAN/control"
  set_times "$tree"
  # xz with one thread: with more, its output depends on their number.
  dpkg-deb --root-owner-group -Zxz -z"$(($(level) * 2 / 3))" --threads-max=1 --build "$tree" "$out/evenkeel_${version}_$architecture.deb" >/dev/null
}

build_rpm() { # TARGET
  local architecture=${1%%-*} tree=$dir/build/rpm/tree
  rm -rf "$dir/build/rpm"
  mkdir -p "$tree"
  stage_package "$1" "$tree"
  set_times "$tree"
  fill packaging/evenkeel.spec >"$dir/build/rpm/evenkeel.spec"
  in_source rpmbuild -bb --quiet --target "$architecture-linux" -D '_topdir /build/rpm' -D 'tree /build/rpm/tree' -D "_binary_payload w$(level).gzdio" /build/rpm/evenkeel.spec >&2 ||
    fail 3 "cannot build the .rpm for $1" "see above"
  cp "$dir/build/rpm/RPMS/$architecture/"*.rpm "$out"
}
