//! Replacing a file as a whole: a reader sees the old content or the new one, never a part.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::Path;

use crate::error::Error;

/// Replaces a file, or creates it. The content is written beside it, synced and renamed into place.
///
/// Links are followed, an existing file keeps its permissions (and its owner, where this user may give files away).
/// What is not a plain file, such as a pipe or `/dev/stderr`, is written to instead. Fails with [`crate::Exit::Failed`].
pub fn replace(path: &Path, content: impl AsRef<[u8]>) -> Result<(), Error> {
    try_replace(path, content.as_ref())
        .map_err(|cause| Error::failed(format!("write {}", path.display()), cause))
}

fn try_replace(path: &Path, content: &[u8]) -> io::Result<()> {
    match path.metadata() {
        Ok(facts) if !facts.is_file() || is_stream(path) => {
            OpenOptions::new().append(true).open(path)?.write_all(content)
        }
        Ok(facts) => rename_into(&path.canonicalize()?, content, Some(&facts)),
        Err(e) if e.kind() == ErrorKind::NotFound => match path.read_link() {
            // A link to a file that does not exist yet: that file is created.
            Ok(target) => try_replace(&path.parent().unwrap_or(path).join(target), content),
            Err(_) => rename_into(path, content, None),
        },
        Err(e) => Err(e),
    }
}

/// A descriptor of this process: where it is a file, others write to that file too, and a rename would lose their
/// output.
fn is_stream(path: &Path) -> bool {
    ["/dev/stdout", "/dev/stderr", "/dev/fd", "/proc/self/fd"].iter().any(|stream| path.starts_with(stream))
}

fn rename_into(path: &Path, content: &[u8], replaced: Option<&Metadata>) -> io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let mut builder = tempfile::Builder::new();
    builder.prefix(".").suffix(".tmp");
    #[cfg(unix)]
    // As for any new file, the umask takes its share: tempfile would keep others from reading it.
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut new = builder.tempfile_in(directory.unwrap_or(Path::new(".")))?;
    if let Some(facts) = replaced {
        keep_owner(new.as_file(), facts);
        new.as_file().set_permissions(facts.permissions())?;
    }
    new.write_all(content)?;
    new.as_file().sync_all()?;
    new.persist(path).map(drop).map_err(|failed| failed.error)
}

/// Root edits the files of others and must not take them away. Anybody else may not give files away, and need not.
#[cfg(unix)]
fn keep_owner(new: &File, replaced: &Metadata) {
    use std::os::unix::fs::MetadataExt;
    let _ = std::os::unix::fs::fchown(new, Some(replaced.uid()), Some(replaced.gid()));
}

#[cfg(not(unix))]
fn keep_owner(_: &File, _: &Metadata) {}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(dir: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(dir).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn creates_and_replaces_and_leaves_nothing_beside() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("report.json");
        for content in ["long content\n", "short\n"] {
            replace(&path, content).unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), content);
        }
        assert_eq!(names(dir.path()), ["report.json"]);
    }

    #[test]
    fn a_failure_leaves_the_old_file_and_names_the_path() {
        let dir = tempfile::tempdir().unwrap();
        let missing = dir.path().join("missing/report.json");
        let error = replace(&missing, "x").unwrap_err();
        assert!(error.to_string().starts_with(&format!("cannot write {}: ", missing.display())), "{error}");
        assert!(replace(dir.path(), "x").is_err());
        assert!(names(dir.path()).is_empty());
    }

    #[cfg(unix)]
    mod unix {
        use std::os::unix::fs::{PermissionsExt, symlink};

        use super::*;

        #[test]
        fn a_reader_that_has_it_open_keeps_the_old_content() {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("a");
            std::fs::write(&path, "old").unwrap();
            let open = File::open(&path).unwrap();
            replace(&path, "new content").unwrap();
            assert_eq!(io::read_to_string(open).unwrap(), "old");
        }

        #[test]
        fn permissions_and_links_stay() {
            let dir = tempfile::tempdir().unwrap();
            let (file, link, dangling) =
                (dir.path().join("file"), dir.path().join("link"), dir.path().join("dangling"));
            std::fs::write(&file, "old").unwrap();
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
            symlink("file", &link).unwrap();
            symlink("new", &dangling).unwrap();
            replace(&link, "new").unwrap();
            replace(&dangling, "created").unwrap();
            assert_eq!(std::fs::read_to_string(&file).unwrap(), "new");
            assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o640);
            assert_eq!(std::fs::read_to_string(dir.path().join("new")).unwrap(), "created");
            assert_eq!(names(dir.path()), ["dangling", "file", "link", "new"]);
        }

        #[test]
        fn what_is_no_plain_file_is_written_to() {
            let (mut reader, writer) = io::pipe().unwrap();
            let path = format!("/dev/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&writer));
            replace(Path::new(&path), "piped").unwrap();
            drop(writer);
            let mut text = String::new();
            io::Read::read_to_string(&mut reader, &mut text).unwrap();
            assert_eq!(text, "piped");
        }

        #[test]
        fn a_stream_that_is_a_file_is_appended_to() {
            let dir = tempfile::tempdir().unwrap();
            let log = dir.path().join("log");
            let mut file = File::create(&log).unwrap();
            file.write_all(b"before\n").unwrap();
            let path = format!("/dev/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&file));
            replace(Path::new(&path), "report\n").unwrap();
            assert_eq!(std::fs::read_to_string(&log).unwrap(), "before\nreport\n");
        }
    }
}
