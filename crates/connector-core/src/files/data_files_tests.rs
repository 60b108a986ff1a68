use std::os::unix::fs::{MetadataExt, chown};

use super::*;
use std::io::Write as _;

/// An account that the machine need not have.
const OTHER: u32 = 4_242;

fn owner(path: &Path) -> (u32, u32) {
    let facts = fs::symlink_metadata(path).unwrap();
    (facts.uid(), facts.mode() & 0o777)
}

/// A folder of another account; `None`, and told, where this process is not root and cannot make one.
fn folder_of_another() -> Option<tempfile::TempDir> {
    let folder = tempfile::tempdir().unwrap();
    match chown(folder.path(), Some(OTHER), Some(OTHER)) {
        Ok(()) => Some(folder),
        Err(error) => {
            assert_eq!(error.kind(), std::io::ErrorKind::PermissionDenied, "{error}");
            writeln!(std::io::stderr(), "SKIPPED without root: a folder of another account").unwrap();
            None
        }
    }
}

#[test]
fn b4_whatever_root_makes_in_a_data_folder_belongs_to_the_folders_owner() {
    let Some(folder) = folder_of_another() else { return };
    let at = |name: &str| folder.path().join(name);
    let (mut write, mut append) = (OpenOptions::new(), OpenOptions::new());
    write.write(true);
    append.append(true);
    create_data_file(&at("created"), b"1").unwrap();
    replace_data_file(&at("replaced"), b"1").unwrap();
    open_data_file(&at("written"), &write).unwrap();
    open_data_file(&at("appended"), &append).unwrap();
    copy_data_file(&at("created"), &at("copied")).unwrap();
    for name in ["created", "replaced", "written", "appended", "copied"] {
        assert_eq!(owner(&at(name)), (OTHER, 0o600), "{name}");
    }
    create_data_folder(&at("logs/IntuneConnector_1")).unwrap();
    for name in ["logs", "logs/IntuneConnector_1"] {
        assert_eq!(owner(&at(name)), (OTHER, 0o700), "{name}");
    }
    let elsewhere = tempfile::tempdir().unwrap();
    let mark = elsewhere.path().join("mark");
    open_file_for_owner(&mark, &write, folder.path()).unwrap();
    assert_eq!(owner(&mark), (OTHER, 0o600));
}

#[test]
fn b4_a_shared_file_belongs_to_the_owner_of_the_data_folder_and_its_group_may_read_it() {
    let elsewhere = tempfile::tempdir().unwrap();
    let file = elsewhere.path().join("devices.csv");
    let write = |folder: &Path| replace_shared_file_with(&file, folder, |file| file.write_all(b"new"));
    fs::write(&file, "old").unwrap();
    write(elsewhere.path()).unwrap();
    assert_eq!((owner(&file).1, fs::read(&file).unwrap()), (0o640, b"new".to_vec()));
    // What fails leaves what was there.
    let broken = replace_shared_file_with(&file, elsewhere.path(), |_| Err(io::ErrorKind::StorageFull.into()));
    assert_eq!(broken.unwrap_err().kind(), io::ErrorKind::StorageFull);
    assert_eq!(fs::read(&file).unwrap(), b"new");
    assert_eq!(
        fs::read_dir(elsewhere.path()).unwrap().count(),
        1,
        "nothing is left beside it"
    );
    let Some(folder) = folder_of_another() else { return };
    write(folder.path()).unwrap();
    assert_eq!(owner(&file), (OTHER, 0o640));
}

#[test]
fn b4_a_file_that_root_had_taken_over_is_the_owners_again_when_it_is_replaced() {
    let Some(folder) = folder_of_another() else { return };
    let file = folder.path().join("IntuneConnector_1.ini");
    fs::write(&file, "old").unwrap();
    replace_data_file(&file, b"new").unwrap();
    assert_eq!((owner(&file).0, fs::read(&file).unwrap()), (OTHER, b"new".to_vec()));
}

#[test]
fn b4_what_was_there_before_is_not_given_away() {
    let Some(folder) = folder_of_another() else { return };
    let file = folder.path().join("of-root");
    fs::write(&file, "x").unwrap();
    let mut options = OpenOptions::new();
    options.append(true);
    open_data_file(&file, &options).unwrap();
    assert_ne!(owner(&file).0, OTHER);
    // A link that the owner of the folder lays leads to nothing that is made or given away.
    let target = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(target.path(), folder.path().join("logs")).unwrap();
    create_data_folder(&folder.path().join("logs")).unwrap();
    assert_ne!(owner(target.path()).0, OTHER);
}

#[test]
fn a_file_that_is_written_in_pieces_is_the_old_or_the_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("table.csv");
    let names = || {
        let entries = fs::read_dir(folder.path()).unwrap();
        entries.map(|entry| entry.unwrap().file_name()).collect::<Vec<_>>()
    };
    replace_data_file_with(&file, |file| {
        file.write_all(b"old ")?;
        file.write_all(b"table")
    })
    .unwrap();
    assert_eq!(fs::read(&file).unwrap(), b"old table");
    assert_eq!(owner(&file).1, 0o600);
    let failed = replace_data_file_with(&file, |file| {
        file.write_all(b"half of the new")?;
        Err(io::Error::other("no more"))
    });
    assert_eq!(failed.unwrap_err().to_string(), "no more");
    assert_eq!(fs::read(&file).unwrap(), b"old table");
    assert_eq!(names(), ["table.csv"], "nothing is left behind");
    replace_data_file_with(&file, |file| file.write_all(b"new")).unwrap();
    assert_eq!(fs::read(&file).unwrap(), b"new");
}

#[test]
fn an_existing_file_keeps_its_content_and_a_missing_folder_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a");
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    open_data_file(&file, &options).unwrap();
    fs::write(&file, "kept").unwrap();
    open_data_file(&file, &options).unwrap();
    assert_eq!(fs::read(&file).unwrap(), b"kept");
    let taken = create_data_file(&file, b"other").unwrap_err();
    assert_eq!(taken.kind(), io::ErrorKind::AlreadyExists);
    assert!(open_data_file(&folder.path().join("none/a"), &options).is_err());
}

#[test]
fn b4_a_link_in_the_data_folder_leads_to_no_file_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = folder.path().join("elsewhere");
    std::fs::write(&elsewhere, "untouched").unwrap();
    let link = folder.path().join("bus.mark");
    std::os::unix::fs::symlink(&elsewhere, &link).unwrap();
    let mut options = OpenOptions::new();
    options.write(true);
    assert!(open_data_file(&link, &options).is_err());
    assert_eq!(std::fs::read_to_string(&elsewhere).unwrap(), "untouched");
}
