use std::fs;

use serde_json::json;

use super::super::record_file::read_record_file;
use super::super::record_table::{FileState, RecordTable};
use super::*;
use crate::targets::samples_for_tests::{device_id, field_values};

/// A data folder, and a folder that its owner listed.
struct Disk {
    data: tempfile::TempDir,
    share: tempfile::TempDir,
}

impl Disk {
    fn new() -> Disk {
        Disk {
            data: tempfile::tempdir().unwrap(),
            share: tempfile::tempdir().unwrap(),
        }
    }

    fn own(&self) -> OutputPlace {
        let own_folder = self.data.path().join("targets-output/IntuneTargetFile_2");
        OutputPlace {
            folder: own_folder.clone(),
            own_folder,
            data_folder: self.data.path().to_owned(),
        }
    }

    fn shared(&self) -> OutputPlace {
        OutputPlace {
            folder: self.share.path().to_owned(),
            ..self.own()
        }
    }
}

fn settings() -> FileSettings {
    FileSettings {
        place: None,
        file_name: "devices".to_owned(),
        format: FileFormat::Ndjson,
        columns: vec!["record".to_owned(), "deviceName".to_owned()],
        gone_devices: GoneDevices::List,
        output: None,
    }
}

/// Device 1 is there, device 2 has gone.
fn two(name: &str) -> KeptRecords {
    let mut kept = KeptRecords::default();
    for (number, state) in [(1, FileState::Active), (2, FileState::Retired)] {
        kept.table.push(FileRecord {
            id: format!("r{number}"),
            device: device_id(number),
            instance: "IntuneConnector_1".to_owned(),
            state,
            gone_at: None,
            gone_reason: None,
            values: field_values(json!({ "deviceName": name })),
        });
    }
    kept
}

fn publish(
    settings: &FileSettings,
    place: &OutputPlace,
    before: &KeptRecords,
    next: KeptRecords,
) -> Result<KeptRecords, TargetFault> {
    let outputs = list_outputs(settings, place);
    publish_files(settings, place, &outputs, before, next)
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn what_is_there_and_what_has_gone_stand_in_files_of_their_own_or_in_one() {
    let (disk, mut settings) = (Disk::new(), settings());
    let place = disk.own();
    publish(&settings, &place, &KeptRecords::default(), two("PC")).unwrap();
    let read = |name: &str| fs::read_to_string(place.folder.join(name)).unwrap();
    assert_eq!(read("devices.ndjson"), "{\"record\":\"r1\",\"deviceName\":\"PC\"}\n");
    assert!(read("devices-gone.ndjson").starts_with("{\"record\":\"r2\",\"deviceName\":\"PC\",\"state\":\"retired\""));
    settings.gone_devices = GoneDevices::Column;
    settings.file_name = "all".to_owned();
    let kept = read_record_file(&record_path(&place)).unwrap().unwrap();
    publish(&settings, &place, &kept, kept.clone()).unwrap();
    assert_eq!(read("all.ndjson").lines().count(), 2);
    let all = ["all.ndjson", "devices-gone.ndjson", "devices.ndjson", "records.ndjson"];
    assert_eq!(
        names(&place.folder),
        all,
        "nothing is left beside them, and old ones stay"
    );
}

#[test]
fn a_file_of_others_is_never_replaced_and_one_of_ours_is_whoever_changed_it() {
    let (disk, settings) = (Disk::new(), settings());
    let place = disk.shared();
    fs::write(place.folder.join("devices.ndjson"), "theirs").unwrap();
    let refused = publish(&settings, &place, &KeptRecords::default(), two("PC")).unwrap_err();
    assert!(
        refused.code() == "misconfigured" && refused.advice().contains("mv "),
        "{refused}"
    );
    assert_eq!(
        names(&place.folder),
        ["devices.ndjson"],
        "not even the other file was made"
    );
    assert_eq!(
        fs::read_to_string(place.folder.join("devices.ndjson")).unwrap(),
        "theirs"
    );
    fs::remove_file(place.folder.join("devices.ndjson")).unwrap();
    let kept = publish(&settings, &place, &KeptRecords::default(), two("PC")).unwrap();
    assert!(find_outdated(&settings, &place, &kept).is_empty());
    fs::write(place.folder.join("devices.ndjson"), "edited").unwrap();
    fs::remove_file(place.folder.join("devices-gone.ndjson")).unwrap();
    assert_eq!(find_outdated(&settings, &place, &kept).len(), 2);
    publish(&settings, &place, &kept, kept.clone()).unwrap();
    assert!(find_outdated(&settings, &place, &kept).is_empty());
    // The same name in a folder of the target is another file.
    assert_eq!(
        find_touched(&settings, &disk.own(), &kept, TouchedRows::default()).len(),
        2
    );
    assert!(find_touched(&settings, &place, &kept, TouchedRows::default()).is_empty());
}

#[test]
fn whatever_fails_leaves_whole_files_and_the_same_again_is_right() {
    let (disk, settings) = (Disk::new(), settings());
    let place = disk.shared();
    let kept = publish(&settings, &place, &KeptRecords::default(), two("OLD")).unwrap();
    // The process dies behind the files and before the record file: what is known is the old state.
    let next = KeptRecords {
        made: kept.made.clone(),
        ..two("NEW")
    };
    let outputs = list_outputs(&settings, &place);
    write_output(settings.format, &place, &outputs[1], &next).unwrap();
    let known = read_record_file(&record_path(&place)).unwrap().unwrap();
    assert_eq!(known, kept);
    publish(&settings, &place, &known, next.clone()).unwrap();
    assert_eq!(read_record_file(&record_path(&place)).unwrap().unwrap(), next);
    assert!(find_outdated(&settings, &place, &next).is_empty());
    // A folder in the place of a file; and no folder at all.
    fs::remove_file(place.folder.join("devices.ndjson")).unwrap();
    fs::create_dir(place.folder.join("devices.ndjson")).unwrap();
    assert_eq!(
        publish(&settings, &place, &next, two("X")).unwrap_err().code(),
        "misconfigured"
    );
    fs::remove_dir_all(&place.folder).unwrap();
    let gone = publish(&settings, &place, &next, two("X")).unwrap_err();
    assert!(
        gone.to_string().contains("does not exist") && gone.advice().contains("mkdir -p"),
        "{gone}"
    );
    assert_eq!(
        read_record_file(&record_path(&place)).unwrap().unwrap(),
        next,
        "nothing is lost"
    );
    assert!(!place.folder.exists(), "it may be a disk that is not mounted");
}

#[test]
fn files_of_the_data_folder_are_their_owners_alone_and_listed_ones_are_read_by_a_group() {
    use std::os::unix::fs::PermissionsExt;
    let (disk, settings) = (Disk::new(), settings());
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for (place, wanted) in [(disk.own(), 0o600), (disk.shared(), 0o640)] {
        publish(&settings, &place, &KeptRecords::default(), two("PC")).unwrap();
        assert_eq!(mode(&place.folder.join("devices.ndjson")), wanted);
        assert_eq!((mode(&record_path(&place)), mode(&place.own_folder)), (0o600, 0o700));
        fs::remove_dir_all(&place.own_folder).unwrap();
    }
    assert_eq!(KeptRecords::default().table, RecordTable::default());
}
