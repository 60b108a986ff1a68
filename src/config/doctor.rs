//! Finds problems of a data folder without changing it: for `doctor`, and to see why the bus does not start.

use std::fs;
use std::path::{Path, PathBuf};

use super::BusSettings;
use super::data_folder::{mark_file, read_settings_text};
use super::doctor_certificate::examine_certificate;
use super::doctor_finding::error_findings;
pub use super::doctor_finding::{DoctorFinding, FindingLevel, InstanceFault, InstanceJudge};
use super::doctor_instances::examine_instances;
use super::doctor_owners::examine_owners;
use super::lost_key::{KeyUser, require_key};
use super::secret_key::{KEY_FILE, SecretKey};
use crate::files::{is_data_folder, mode_open_to_others, shell_word};
use crate::observe::Clock;

/// Folders of a data folder, and files in it that nobody else reads.
const FOLDERS: [&str; 8] = [
    "instances",
    "logs",
    "products",
    "workflows",
    "workflows-output",
    "follow",
    "reports",
    super::TARGETS_OUTPUT,
];
const OWNERS_OWN: [&str; 7] = [
    "bus.ini",
    "bus.db",
    "bus.db-wal",
    "bus.db-shm",
    "bus.mark",
    "bus.lock",
    "tls.pem",
];

/// Looks at the folder, its key, `bus.ini`, every instance and the room on the disk.
pub fn examine_data_folder(folder: &Path) -> Vec<DoctorFinding> {
    examine_and_judge(folder, &|_| Vec::new())
}

/// The same, and whether its instances can run with their settings.
pub fn examine_and_judge(folder: &Path, judge: &InstanceJudge<'_>) -> Vec<DoctorFinding> {
    let mut findings = examine_folder(folder);
    // Of a folder that can't be looked into there is nothing more to say.
    if findings.iter().all(|finding| finding.level == FindingLevel::Failure) {
        return findings;
    }
    let (key, of_key) = examine_key(folder);
    findings.push(of_key);
    let (bus, of_bus) = examine_bus_settings(&folder.join("bus.ini"));
    findings.extend(of_bus);
    findings.extend(examine_certificate(folder, &bus, Clock::system().now()));
    // Of bus.ini itself everything is told by now.
    let of_mark = mark_file(folder).err().filter(|error| error.key == "mark_file");
    findings.extend(error_findings(&folder.join("bus.ini"), of_mark.into_iter().collect()));
    findings.extend(examine_disk_space(folder, &bus));
    findings.extend(find_missing_folders(&folder.join("bus.ini"), &bus));
    findings.extend(examine_instances(folder, key.as_ref(), judge));
    findings.extend(find_leftovers(folder));
    findings
}

fn examine_folder(folder: &Path) -> Vec<DoctorFinding> {
    let metadata = match fs::metadata(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let advice = "`intune-connector run --data FOLDER` creates it";
            return vec![DoctorFinding::new(
                FindingLevel::Failure,
                folder,
                "there is no such folder",
                advice,
            )];
        }
        Err(error) => {
            let advice = "check who owns it and which account you are using";
            return vec![DoctorFinding::new(
                FindingLevel::Failure,
                folder,
                format!("cannot be examined: {error}"),
                advice,
            )];
        }
        Ok(metadata) => metadata,
    };
    if !metadata.is_dir() {
        return vec![DoctorFinding::new(
            FindingLevel::Failure,
            folder,
            "is not a folder",
            "name the data folder itself",
        )];
    }
    // Without permission nothing is found in it, and nothing that is there is missing.
    if let Err(error) = fs::read_dir(folder) {
        return vec![DoctorFinding::new(
            FindingLevel::Failure,
            folder,
            format!("cannot be read: {error}"),
            "run the command as the owner of the folder",
        )];
    }
    if !is_data_folder(folder) {
        let text = "is no data folder: there is no bus.db, bus.ini or secret.key in it";
        let advice = format!(
            "check the path; to begin here: intune-connector run --data {}",
            shell_word(folder)
        );
        return vec![DoctorFinding::new(FindingLevel::Failure, folder, text, &advice)];
    }
    let mut findings = vec![DoctorFinding::good_finding(folder, "exists")];
    let inside = |names: &[&str]| -> Vec<PathBuf> { names.iter().map(|name| folder.join(name)).collect() };
    findings.extend(inside(&FOLDERS).iter().filter_map(|part| find_other_kind(part, true)));
    // `bus.ini` is read below, and says it itself.
    let files = inside(&OWNERS_OWN)
        .into_iter()
        .filter(|part| !part.ends_with("bus.ini"));
    findings.extend(files.filter_map(|part| find_other_kind(&part, false)));
    for part in std::iter::once(folder.to_owned()).chain(inside(&FOLDERS)) {
        if let Ok(Some(mode)) = mode_open_to_others(&part) {
            let text = format!("other users can look inside (mode {mode:o})");
            findings.push(DoctorFinding::new(
                FindingLevel::Warning,
                &part,
                text,
                "run chmod 700 on it",
            ));
        }
    }
    for part in inside(&OWNERS_OWN).into_iter().filter(|part| part.is_file()) {
        if let Ok(Some(mode)) = mode_open_to_others(&part) {
            let text = format!("other users can read or write it (mode {mode:o})");
            findings.push(DoctorFinding::new(
                FindingLevel::Warning,
                &part,
                text,
                "run chmod 600 on it",
            ));
        }
    }
    findings.extend(examine_owners(folder));
    findings.extend(find_refused_restores(folder));
    findings
}

/// A folder in the place of a file, or the other way round: no rights help.
fn find_other_kind(part: &Path, is_folder_meant: bool) -> Option<DoctorFinding> {
    let found = fs::metadata(part).ok()?;
    let (is_right, text) = if is_folder_meant {
        (found.is_dir(), "is not a folder, but has to be one")
    } else {
        (found.is_file(), "is not a regular file, but has to be one")
    };
    let advice = format!("move it away: mv {0} {0}.old", shell_word(part));
    (!is_right).then(|| DoctorFinding::new(FindingLevel::Failure, part, text, &advice))
}

/// What claimed to be a restored store and was none.
fn find_refused_restores(folder: &Path) -> Vec<DoctorFinding> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let is_refused = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.starts_with("bus.db.refused")
    };
    let finding = |path: PathBuf| {
        let text = "claimed to be a restored store, but no restore created it here; it was set aside unused";
        let advice = "find out who could write to the data folder, then move the file away";
        DoctorFinding::new(FindingLevel::Warning, &path, text, advice)
    };
    entries
        .map(|entry| entry.path())
        .filter(is_refused)
        .map(finding)
        .collect()
}

fn examine_key(folder: &Path) -> (Option<SecretKey>, DoctorFinding) {
    let path = folder.join(KEY_FILE);
    if let Err(lost) = require_key(folder, KeyUser::Store) {
        let finding = DoctorFinding::new(FindingLevel::Failure, &path, lost.problem, &lost.advice);
        return (None, finding);
    }
    if !path.exists() {
        let advice = "a new key is created at the next start; secrets sealed with another key must be given again";
        return (
            None,
            DoctorFinding::new(FindingLevel::Warning, &path, "is missing", advice),
        );
    }
    match SecretKey::load(&path) {
        Ok(key) => (
            Some(key),
            DoctorFinding::good_finding(&path, "is valid, and only its owner can read it"),
        ),
        Err(error) => {
            let advice = error.advice();
            (
                None,
                DoctorFinding::new(FindingLevel::Failure, &path, format!("failed to {error}"), advice),
            )
        }
    }
}

fn examine_bus_settings(path: &Path) -> (BusSettings, Vec<DoctorFinding>) {
    if !path.exists() {
        return (
            BusSettings::default(),
            vec![DoctorFinding::good_finding(path, "does not exist; the defaults apply")],
        );
    }
    let read = read_settings_text(path).map_err(|error| vec![error]);
    match read.and_then(|text| BusSettings::from_ini(path, &text)) {
        Err(errors) => (BusSettings::default(), error_findings(path, errors)),
        Ok(bus) => (bus, vec![DoctorFinding::good_finding(path, "is valid")]),
    }
}

/// Folders for targets that are not there: a target would find it out when it writes.
fn find_missing_folders(file: &Path, bus: &BusSettings) -> Vec<DoctorFinding> {
    let missing = bus.missing_target_folders().map(|folder| {
        let text = format!(
            "target_folders: {} ({}) does not exist, or is not a folder",
            folder.path.display(),
            folder.name
        );
        let advice = format!(
            "correct target_folders, or create it: mkdir -p {}",
            shell_word(&folder.path)
        );
        DoctorFinding::new(FindingLevel::Failure, file, text, &advice)
    });
    missing.collect()
}

fn examine_disk_space(folder: &Path, bus: &BusSettings) -> Option<DoctorFinding> {
    let free = crate::observe::free_bytes(folder).ok().flatten()?;
    let text = format!("{} MiB are free", free >> 20);
    if free >= bus.store.min_free_bytes {
        return Some(DoctorFinding::good_finding(folder, text));
    }
    let advice = "free up disk space; while the disk is full, nothing is read from Intune and nothing is lost";
    Some(DoctorFinding::new(FindingLevel::Failure, folder, text, advice))
}

/// Temporary files of writes that died. They are never read.
fn find_leftovers(folder: &Path) -> Vec<DoctorFinding> {
    let mut findings = Vec::new();
    for folder_path in [folder.to_owned(), folder.join("instances")] {
        let entries = fs::read_dir(&folder_path).into_iter().flatten().flatten();
        let paths = entries.map(|entry| entry.path()).filter(|path| is_leftover(path));
        findings.extend(paths.map(|path: PathBuf| {
            let text = "is left over from an interrupted write";
            DoctorFinding::new(FindingLevel::Warning, &path, text, "delete it; it is never read")
        }));
    }
    findings
}

fn is_leftover(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.starts_with('.') && name.ends_with(".tmp")
}
