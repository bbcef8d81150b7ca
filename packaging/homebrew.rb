# Homebrew formula: scripts/release fills in the version, the address and the checksum of the sources.
class Evenkeel < Formula
  desc "Small tools that keep Docker test environments from crashing"
  homepage "@REPOSITORY@"
  url "@REPOSITORY@/releases/download/v@VERSION@/evenkeel-@VERSION@-source.tar.gz"
  sha256 "@SHA256@"
  license any_of: ["MIT", "Apache-2.0"]

  depends_on "rust" => :build
  depends_on "bash"

  def install
    system "make", "install", "DESTDIR=", "PREFIX=#{prefix}"
  end

  test do
    assert_match "evenkeel #{version}", shell_output("#{bin}/evenkeel --version")
    system bin/"composecheck", "explain", "CC101"
  end
end
