//! The one way by which a file is read that somebody else may have made: a path in a settings file, a certificate, what
//! lies in the data folder. It is a regular file of bounded size, or it is not read (E6): no device without end, no pipe
//! that nobody fills, no folder.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::path::Path;

use zeroize::Zeroizing;

/// Certificates, keys and authorities, bytes: the authorities of a whole system have a quarter of it.
pub const CERTIFICATE_MAX: u64 = 1 << 20;
/// Settings, answers and other text that people write, bytes.
pub const TEXT_MAX: u64 = 4 << 20;

/// Why a file was not read; reads after its path.
#[derive(Debug, thiserror::Error)]
pub enum FileReadError {
    #[error("cannot be read: {0}")]
    Io(#[from] io::Error),
    #[error("is {0}, not a regular file")]
    Irregular(&'static str),
    #[error("is larger than {0} bytes")]
    TooLarge(u64),
}

impl FileReadError {
    pub fn is_missing(&self) -> bool {
        matches!(self, FileReadError::Io(error) if error.kind() == io::ErrorKind::NotFound)
    }

    /// What to do, where no caller knows better.
    pub fn advice(&self) -> &'static str {
        match self {
            FileReadError::Io(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                "check that the account of the bus may read the file"
            }
            FileReadError::Io(_) => "check the path and who may read the file",
            FileReadError::Irregular(_) => "name a file, or a link to one",
            FileReadError::TooLarge(_) => "check that it is the right file",
        }
    }
}

impl From<FileReadError> for io::Error {
    fn from(error: FileReadError) -> Self {
        match error {
            FileReadError::Io(error) => error,
            other => io::Error::new(io::ErrorKind::InvalidInput, format!("it {other}")),
        }
    }
}

/// The whole file at `path`, of at most `max_bytes` bytes. Links are followed: platforms hand files out by them.
pub fn read_file(path: &Path, max_bytes: u64) -> Result<Zeroizing<Vec<u8>>, FileReadError> {
    let (mut file, length) = open_file(path, max_bytes)?;
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(length).unwrap_or_default() + 1));
    // It may grow meanwhile, and the files of some file systems say that they are empty.
    Read::by_ref(&mut file).take(max_bytes + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > max_bytes {
        Err(FileReadError::TooLarge(max_bytes))
    } else {
        Ok(bytes)
    }
}

/// The same, as text.
pub fn read_text(path: &Path, max_bytes: u64) -> Result<Zeroizing<String>, FileReadError> {
    let bytes = read_file(path, max_bytes)?;
    let wrong = |what: &str| io::Error::new(io::ErrorKind::InvalidData, format!("it is {what}: save it as UTF-8"));
    super::decode_text(&bytes).map_err(|what| wrong(what).into())
}

/// The file opened, and its length. Opening waits for nobody: a pipe would wait for whoever writes into it.
pub fn open_file(path: &Path, max_bytes: u64) -> Result<(File, u64), FileReadError> {
    // Looked at first: some devices do something as soon as they are opened.
    check_metadata(&fs::metadata(path)?, max_bytes)?;
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::CLOEXEC | rustix::fs::OFlags::NOCTTY;
        options.custom_flags(flags.bits().cast_signed());
    }
    let file = options.open(path)?;
    let metadata = file.metadata()?;
    check_metadata(&metadata, max_bytes)?;
    Ok((file, metadata.len()))
}

fn check_metadata(metadata: &fs::Metadata, max_bytes: u64) -> Result<(), FileReadError> {
    let kind = metadata.file_type();
    match () {
        () if kind.is_dir() => Err(FileReadError::Irregular("a folder")),
        () if !kind.is_file() => Err(FileReadError::Irregular("a device, a pipe or a socket")),
        () if metadata.len() > max_bytes => Err(FileReadError::TooLarge(max_bytes)),
        () => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e6_only_a_regular_file_of_bounded_size_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a");
        fs::write(&file, "12345").unwrap();
        assert_eq!(read_file(&file, 5).unwrap().as_slice(), b"12345");
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&file, &link).unwrap();
        assert_eq!(read_text(&link, 5).unwrap().as_str(), "12345");
        let refused = |path: &Path, most| read_file(path, most).unwrap_err().to_string();
        assert_eq!(refused(&file, 4), "is larger than 4 bytes");
        assert_eq!(refused(folder.path(), 9), "is a folder, not a regular file");
        assert_eq!(
            refused(Path::new("/dev/zero"), 9),
            "is a device, a pipe or a socket, not a regular file"
        );
        assert!(refused(&folder.path().join("none"), 9).contains("No such file"));
        fs::write(&file, [0xff]).unwrap();
        assert!(read_text(&file, 9).unwrap_err().to_string().contains("UTF-8"));
    }

    #[test]
    fn e6_a_pipe_that_nobody_fills_and_a_file_without_a_length_hold_nobody_up() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        let refused = read_file(&pipe, 9).unwrap_err();
        assert!(matches!(refused, FileReadError::Irregular(_)), "{refused}");
        // It says that it is empty, and is not.
        let status = read_file(Path::new("/proc/self/status"), 16);
        assert!(matches!(status, Err(FileReadError::TooLarge(16))), "{status:?}");
    }
}
