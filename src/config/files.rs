//! Files that are either the old or the new one, whenever the process dies: temporary file in the same folder, fsync,
//! rename, fsync of the folder. A leftover temporary file begins with a dot and is never read.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use openssl::rand::rand_bytes;

/// Temporary files begin with a dot, so no listing takes them for settings.
fn temporary_beside(path: &Path) -> io::Result<PathBuf> {
    let mut random = [0u8; 6];
    rand_bytes(&mut random).map_err(io::Error::other)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    Ok(path.with_file_name(format!(".{name}.{}.tmp", hex::encode(random))))
}

fn write_temporary(path: &Path, content: &[u8]) -> io::Result<PathBuf> {
    let temporary = temporary_beside(path)?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&temporary).and_then(|mut file| {
        file.write_all(content)?;
        file.sync_all()
    });
    match written {
        Ok(()) => Ok(temporary),
        Err(error) => {
            let _ = fs::remove_file(&temporary);
            Err(error)
        }
    }
}

fn sync_folder_of(path: &Path) -> io::Result<()> {
    if cfg!(unix) {
        // A bare name lies in the working folder; its parent is an empty path.
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    }
    Ok(())
}

/// Replaces `path` (or makes it) with mode 0600.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let temporary = write_temporary(path, content)?;
    let renamed = fs::rename(&temporary, path);
    if renamed.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    renamed?;
    sync_folder_of(path)
}

/// Makes `path` with mode 0600; fails with `AlreadyExists` where there is one.
pub fn create_new(path: &Path, content: &[u8]) -> io::Result<()> {
    let temporary = write_temporary(path, content)?;
    let linked = fs::hard_link(&temporary, path);
    let placed = match &linked {
        // Some file systems know no hard links; there a check and a rename must do.
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists && !path.exists() => fs::rename(&temporary, path),
        _ => linked,
    };
    let _ = fs::remove_file(&temporary);
    placed?;
    sync_folder_of(path)
}

/// Makes a folder that only its owner enters; leaves an existing one as it is.
pub fn create_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// The mode of a file that group or others have rights on, else `None`.
pub fn open_to_others(path: &Path) -> io::Result<Option<u32>> {
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(path)?.permissions()) & 0o777;
        Ok(Some(mode).filter(|mode| mode & 0o077 != 0))
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        Ok(None)
    }
}
