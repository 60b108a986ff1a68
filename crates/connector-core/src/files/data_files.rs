//! What is made in a data folder belongs to whom the folder belongs, whoever makes it. Root may change settings, restore
//! or recover while the bus is stopped, and the account of the bus can read and write all of it afterwards.
//!
//! Only what this process has just made is given away, and by its open file, never by its name: whoever owns the folder
//! could put something else under that name meanwhile. A process that is not root has nothing to give: it could not
//! have written into somebody else's folder.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;

use super::private;

/// How often a file may be taken away between two looks at it.
const OPEN_ATTEMPTS: usize = 3;

/// Replaces `path` (or makes it) with mode 0600, for the owner of its folder.
pub fn replace_data_file(path: &Path, content: &[u8]) -> io::Result<()> {
    private::replace_file(path, content, &|file| {
        give_to_folder_owner(file, private::folder_of(path))
    })
}

/// The same with content that `write` makes piece by piece. What was there stays until all of it is on the disk; where
/// `write` fails, it stays.
pub fn replace_data_file_with(path: &Path, mut write: impl FnMut(&mut File) -> io::Result<()>) -> io::Result<()> {
    private::replace_file_with(path, &mut write, &|file| {
        give_to_folder_owner(file, private::folder_of(path))
    })
}

/// The same for a file that lies elsewhere, where a setting says, and that the group of its folder may read (mode 0640): it
/// is made for the owner of `folder`.
pub fn replace_shared_file_with(
    path: &Path,
    folder: &Path,
    mut write: impl FnMut(&mut File) -> io::Result<()>,
) -> io::Result<()> {
    private::replace_file_with(path, &mut write, &|file| share_with_group(file, folder))
}

/// Makes `path` with mode 0600, for the owner of its folder; fails with `AlreadyExists` where there is one.
pub fn create_data_file(path: &Path, content: &[u8]) -> io::Result<()> {
    private::create_file(path, content, &|file| {
        give_to_folder_owner(file, private::folder_of(path))
    })
}

/// Opens `path` as `options` say (to write or to append). Where it is missing it is made with mode 0600, for the owner
/// of its folder. A link is refused: the owner of the folder could lay one to a file of root's.
pub fn open_data_file(path: &Path, options: &OpenOptions) -> io::Result<File> {
    let mut existing = options.clone();
    #[cfg(unix)]
    {
        let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::CLOEXEC;
        std::os::unix::fs::OpenOptionsExt::custom_flags(&mut existing, flags.bits().cast_signed());
    }
    open_or_make(path, options, existing, private::folder_of(path))
}

/// The same for a file that lies elsewhere and is a data folder's all the same, where a setting says: it is made for the
/// owner of `folder`.
pub fn open_file_for_owner(path: &Path, options: &OpenOptions, folder: &Path) -> io::Result<File> {
    open_or_make(path, options, options.clone(), folder)
}

fn open_or_make(path: &Path, options: &OpenOptions, mut existing: OpenOptions, folder: &Path) -> io::Result<File> {
    let mut new = options.clone();
    new.create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut new, 0o600);
    existing.create(false).create_new(false);
    let mut attempts = 0;
    loop {
        attempts += 1;
        match new.open(path) {
            Ok(file) => {
                give_to_folder_owner(&file, folder)?;
                return Ok(file);
            }
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            Err(_) => (),
        }
        match existing.open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && attempts < OPEN_ATTEMPTS => (),
            opened => return opened,
        }
    }
}

/// Makes a new file, for the owner of its folder, with what `from` holds.
pub fn copy_data_file(from: &Path, to: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true);
    let mut target = open_data_file(to, &options)?;
    io::copy(&mut File::open(from)?, &mut target).map(drop)
}

/// Makes a folder that only its owner enters, and those above it that are missing, each for the owner of the folder
/// above it; leaves an existing one as it is.
pub fn create_data_folder(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let above = private::folder_of(path);
    create_data_folder(above)?;
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(path) {
        Ok(()) => give_to_folder_owner(&open_folder(path)?, above),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        Err(error) => Err(error),
    }
}

/// The folder itself, not what a link of its name leads to.
fn open_folder(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        let flags = rustix::fs::OFlags::DIRECTORY | rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::CLOEXEC;
        options.custom_flags(flags.bits().cast_signed());
    }
    options.open(path)
}

/// Its group stays: that of this process, or of its folder where that hands its own on (`chmod g+s`).
fn share_with_group(made: &File, folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
        let (owner, own) = (fs::metadata(folder)?, made.metadata()?);
        if owner.uid() != own.uid()
            && let Err(error) = fchown(made, Some(owner.uid()), None)
            && error.kind() != io::ErrorKind::PermissionDenied
        {
            return Err(error);
        }
        made.set_permissions(fs::Permissions::from_mode(0o640))?;
    }
    #[cfg(not(unix))]
    let _ = (made, folder);
    Ok(())
}

/// Some file systems have one owner for all files; there is nothing to give there.
fn give_to_folder_owner(made: &File, folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let (owner, own) = (fs::metadata(folder)?, made.metadata()?);
        if owner.uid() != own.uid()
            && let Err(error) = std::os::unix::fs::fchown(made, Some(owner.uid()), Some(owner.gid()))
            && error.kind() != io::ErrorKind::PermissionDenied
        {
            return Err(error);
        }
    }
    #[cfg(not(unix))]
    let _ = (made, folder);
    Ok(())
}

#[cfg(test)]
#[path = "data_files_tests.rs"]
mod tests;
