# shellcheck shell=bash
# The tools for each target. To be sourced by scripts/release.

prepare_root() {
  make_root "$dir" gcc-mingw-w64-x86-64 python3-pip rpm cargo-cyclonedx
  local triple libraries
  # rustc passes the start files of musl by their paths where it has its own; cargo-zigbuild leaves those out for zig's.
  for triple in x86_64-unknown-linux-musl aarch64-unknown-linux-musl; do
    libraries=$dir/usr/lib/rustlib/$triple/lib/self-contained
    mkdir -p "$libraries"
    touch "$libraries"/{crt1,crti,crtbegin,crtend,crtn}.o
  done
  cmp -s packaging/build-requirements.txt "$dir/opt/zig/requirements.txt" && return
  say "installing zig, which links for musl"
  inside "$dir" pip3 install -q --no-deps --target /opt/zig --upgrade -r /src/packaging/build-requirements.txt ||
    fail 3 "cannot install zig" "check the network"
  cp packaging/build-requirements.txt "$dir/opt/zig/requirements.txt"
}

# Always at the same path of the root, which gets into programs: the same bytes come out of any checkout.
export_source() {
  source=/build/evenkeel-$version
  rm -rf "${dir:?}$source"
  git archive --prefix="evenkeel-$version/" HEAD | gzip -n9 >"$out/evenkeel-$version-source.tar.gz"
  tar -xf "$out/evenkeel-$version-source.tar.gz" -C "$dir/build"
}

# in_source NAME=VALUE... COMMAND...
in_source() { inside "$dir" SOURCE_DATE_EPOCH="$SOURCE_DATE_EPOCH" env -C "$source" "$@"; }

build() { # TARGET
  local cargo=(cargo zigbuild) flags='-C relocation-model=static'
  # Debian's linker for Windows writes the time of linking into programs.
  [[ $1 != *-windows-* ]] || { cargo=(cargo build) && flags='-C link-arg=-Wl,--no-insert-timestamp'; }
  say "building for $1"
  in_source PATH=/opt/zig/bin:/usr/bin:/bin CARGO_ZIGBUILD_ZIG_PATH=/opt/zig/ziglang/zig RUSTFLAGS="$flags" \
    EVENKEEL_BUILD="$version ($(git rev-parse --short=12 HEAD))" \
    "${cargo[@]}" -Zbuild-std=std,panic_unwind --locked --profile "$profile" --target "$1" --bins "${programs[@]/#/--package=evenkeel-}" >&2 ||
    fail 3 "cannot build for $1" "see above"
}

# One for each tool: what its program is made of.
write_sbom() {
  in_source cargo cyclonedx -q --format json --target x86_64-unknown-linux-musl >&2 || fail 3 "cannot write the SBOM" "see above"
  local tool
  for tool in "${programs[@]}"; do
    cp "$dir$source/crates/$tool/evenkeel-$tool.cdx.json" "$out/$tool-$version.cdx.json"
  done
}

# Other versions of these make other programs.
write_build_info() {
  {
    printf 'commit %s\nSOURCE_DATE_EPOCH %s\n' "$(git rev-parse HEAD)" "$SOURCE_DATE_EPOCH"
    in_source rustc --version
    in_source dpkg-query -W rustc gcc-mingw-w64-x86-64 rpm cargo-cyclonedx
    grep -v '^[#-]' packaging/build-requirements.txt
  } >"$out/evenkeel-$version-build-info.txt"
}
