//! Files that are either the old or the new one, whenever the process dies: temporary file in the same folder, fsync,
//! rename, fsync of the folder. A leftover temporary file begins with a dot and is never read.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use openssl::rand::rand_bytes;

/// Temporary files begin with a dot, so no listing takes them for settings.
fn temporary_path(path: &Path) -> io::Result<PathBuf> {
    let mut random = [0u8; 6];
    rand_bytes(&mut random).map_err(io::Error::other)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    Ok(path.with_file_name(format!(".{name}.{}.tmp", hex::encode(random))))
}

/// What is done with a new file before it has its name.
type NewFileHook<'a> = &'a dyn Fn(&File) -> io::Result<()>;
/// Writes the content of a new file, once.
type ContentWriter<'a> = &'a mut dyn FnMut(&mut File) -> io::Result<()>;

fn write_temporary_file(path: &Path, write: ContentWriter<'_>, prepare: NewFileHook<'_>) -> io::Result<PathBuf> {
    let temporary = temporary_path(path)?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&temporary).and_then(|mut file| {
        prepare(&file)?;
        write(&mut file)?;
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

/// A bare name lies in the working folder; its parent is an empty path.
pub(super) fn folder_of(path: &Path) -> &Path {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new("."))
}

fn sync_parent_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(folder_of(path))?.sync_all()?;
    }
    Ok(())
}

/// Replaces `path` (or makes it) with mode 0600.
pub fn replace_private_file(path: &Path, content: &[u8]) -> io::Result<()> {
    replace_file(path, content, &|_| Ok(()))
}

/// Makes `path` with mode 0600; fails with `AlreadyExists` where there is one.
pub fn create_private_file(path: &Path, content: &[u8]) -> io::Result<()> {
    create_file(path, content, &|_| Ok(()))
}

pub(super) fn replace_file(path: &Path, content: &[u8], prepare: NewFileHook<'_>) -> io::Result<()> {
    replace_file_with(path, &mut |file: &mut File| file.write_all(content), prepare)
}

/// The same with content that is written piece by piece.
pub(super) fn replace_file_with(path: &Path, write: ContentWriter<'_>, prepare: NewFileHook<'_>) -> io::Result<()> {
    let temporary = write_temporary_file(path, write, prepare)?;
    let renamed = fs::rename(&temporary, path);
    if renamed.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    renamed?;
    sync_parent_folder(path)
}

pub(super) fn create_file(path: &Path, content: &[u8], prepare: NewFileHook<'_>) -> io::Result<()> {
    let temporary = write_temporary_file(path, &mut |file: &mut File| file.write_all(content), prepare)?;
    let linked = fs::hard_link(&temporary, path);
    let placed = match &linked {
        // Some file systems know no hard links; there a check and a rename must do.
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists && !path.exists() => fs::rename(&temporary, path),
        _ => linked,
    };
    let _ = fs::remove_file(&temporary);
    placed?;
    sync_parent_folder(path)
}

/// Makes a folder that only its owner enters; leaves an existing one as it is.
pub fn create_private_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Files by which a data folder is told from any other.
const OF_A_DATA_FOLDER: [&str; 5] = ["bus.ini", "bus.db", "secret.key", "instances", "products"];

/// What may lie in a data folder before anything else of it: definitions of workflows, what earlier versions left, and
/// what a file system puts into each of its roots.
const BEFORE_THE_FIRST_START: [&str; 5] = ["logs", "workflows", "workflows-output", "follow", "lost+found"];

/// Whether something of a data folder lies in this folder.
pub fn is_data_folder(path: &Path) -> bool {
    OF_A_DATA_FOLDER.iter().any(|name| path.join(name).exists())
}

/// Something in a folder by which it belongs to somebody else; `None`: it is empty, or a data folder.
fn find_foreign_content(path: &Path) -> io::Result<Option<String>> {
    if is_data_folder(path) {
        return Ok(None);
    }
    for entry in fs::read_dir(path)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        // `bus.lock`, `bus.mark` and the like.
        let is_ours = name.starts_with("bus.") || BEFORE_THE_FIRST_START.contains(&name.as_str());
        if !is_ours {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

/// Why a folder does not become a data folder that is its owner's alone; reads behind its path.
#[derive(Debug, thiserror::Error)]
pub enum RestrictError {
    #[error("is not a data folder and not empty: it contains {found}")]
    Foreign { found: String },
    #[error("is not a data folder and is shared by users on purpose (mode {mode:o})")]
    Shared { mode: u32 },
    #[error("cannot be read: {0}")]
    Unreadable(io::Error),
    #[error("is open to other users (mode {mode:o}), and access cannot be restricted: {source}")]
    Io { mode: u32, source: io::Error },
}

/// Takes everybody else's rights on a data folder, or on one in it, away; the mode that it had, where there was something
/// to take. A folder with somebody else's content (a home), and one that is shared on purpose (`/tmp`), is left as it is:
/// nothing is begun in it.
pub fn restrict_data_folder(path: &Path) -> Result<Option<u32>, RestrictError> {
    if let Some(found) = find_foreign_content(path).map_err(RestrictError::Unreadable)? {
        return Err(RestrictError::Foreign { found });
    }
    let Some(mode) = mode_open_to_others(path).map_err(RestrictError::Unreadable)? else {
        return Ok(None);
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let io = |source| RestrictError::Io { mode, source };
        let facts = fs::metadata(path).map_err(io)?;
        if facts.permissions().mode() & 0o1000 != 0 {
            return Err(RestrictError::Shared { mode });
        }
        fs::set_permissions(path, fs::Permissions::from_mode(mode & 0o700)).map_err(io)?;
    }
    Ok(Some(mode))
}

/// The same for a folder inside the data folder: nobody else's.
pub fn restrict_subfolder(path: &Path) -> io::Result<Option<u32>> {
    let mode = mode_open_to_others(path)?;
    #[cfg(unix)]
    if let Some(mode) = mode {
        fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode & 0o700))?;
    }
    Ok(mode)
}

/// The mode of a file that group or others have rights on, else `None`.
pub fn mode_open_to_others(path: &Path) -> io::Result<Option<u32>> {
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
