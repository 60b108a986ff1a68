//! Finds problems of a data folder without changing it: for `doctor`, and to see why the bus does not start.

use std::fs;
use std::path::{Path, PathBuf};

use super::build::build_instance;
use super::build_credential::SecretOpener;

use super::data_folder::{instance_names, read_settings_text};
use super::doctor_owners::examine_owners;
use super::instance_keys::INSTANCE_TABLE;
use super::seal_lines::has_clear_secrets;
use super::secret_key::{InstanceSeal, KEY_FILE, OLD_PREFIX, SecretKey};
use super::setting_values::SettingValues;
use super::{BusSettings, Credential, CredentialKind, CredentialUse};
use crate::files::{CERTIFICATE_MAX, is_data_folder, mode_open_to_others, open_file, shell_word};
use crate::model::InstanceName;

/// Folders of a data folder, and files in it that nobody else reads.
const FOLDERS: [&str; 7] = [
    "instances",
    "logs",
    "products",
    "workflows",
    "workflows-output",
    "follow",
    "reports",
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FindingLevel {
    Good,
    /// Works, and should be looked at.
    Warning,
    /// The bus or an instance will not start.
    Failure,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DoctorFinding {
    pub level: FindingLevel,
    /// What was looked at: a path, mostly.
    pub subject: String,
    pub text: String,
    /// Empty where all is well.
    pub advice: String,
}

impl DoctorFinding {
    fn good_finding(subject: &Path, text: impl Into<String>) -> Self {
        Self::new(FindingLevel::Good, subject, text, "")
    }

    fn new(level: FindingLevel, subject: &Path, text: impl Into<String>, advice: &str) -> Self {
        DoctorFinding {
            level,
            subject: subject.display().to_string(),
            text: text.into(),
            advice: advice.to_owned(),
        }
    }
}

/// Looks at the folder, its key, `bus.ini`, every instance and the room on the disk.
pub fn examine_data_folder(folder: &Path) -> Vec<DoctorFinding> {
    let mut findings = examine_folder(folder);
    if findings.iter().any(|finding| finding.level == FindingLevel::Failure) {
        return findings;
    }
    let (key, of_key) = examine_key(folder);
    findings.push(of_key);
    let (bus, of_bus) = examine_bus_settings(&folder.join("bus.ini"));
    findings.extend(of_bus);
    findings.extend(examine_disk_space(folder, &bus));
    findings.extend(examine_instances(folder, key.as_ref()));
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
    for part in inside(&OWNERS_OWN) {
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
        Ok(bus) => {
            let mut findings = vec![DoctorFinding::good_finding(path, "is valid")];
            for file in [&bus.tls.certificate_file, &bus.tls.key_file].into_iter().flatten() {
                findings.extend(unreadable_finding(file));
            }
            (bus, findings)
        }
    }
}

fn error_findings(path: &Path, errors: Vec<super::SettingsError>) -> Vec<DoctorFinding> {
    let finding = |error: super::SettingsError| {
        let line = error.line.map(|line| format!("line {line}: ")).unwrap_or_default();
        let key = if error.key.is_empty() {
            String::new()
        } else {
            format!("{}: ", error.key)
        };
        DoctorFinding::new(
            FindingLevel::Failure,
            path,
            format!("{line}{key}{}", error.problem),
            &error.advice,
        )
    };
    errors.into_iter().map(finding).collect()
}

/// A complaint where a file that the settings name can't be read.
fn unreadable_finding(path: &Path) -> Option<DoctorFinding> {
    let error = open_file(path, CERTIFICATE_MAX).err()?;
    Some(DoctorFinding::new(
        FindingLevel::Failure,
        path,
        error.to_string(),
        error.advice(),
    ))
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

fn examine_instances(folder: &Path, key: Option<&SecretKey>) -> Vec<DoctorFinding> {
    let names = match instance_names(&folder.join("instances")) {
        Ok(names) => names,
        Err(_) => {
            return vec![DoctorFinding::good_finding(
                &folder.join("instances"),
                "there are no instances yet",
            )];
        }
    };
    let mut findings = Vec::new();
    for name in names {
        let path = folder.join("instances").join(format!("{name}.ini"));
        findings.extend(examine_instance(&path, &name, key));
    }
    findings
}

fn examine_instance(path: &Path, name: &InstanceName, key: Option<&SecretKey>) -> Vec<DoctorFinding> {
    let seal = key.map(|key| InstanceSeal::new(key, name).with_old_form());
    let read = read_settings_text(path).map_err(|error| vec![error]);
    let values = match read.and_then(|text| SettingValues::from_ini(&INSTANCE_TABLE, path, &text)) {
        Ok(values) => values,
        Err(errors) => return error_findings(path, errors),
    };
    let settings = match build_instance(&values, SecretOpener { seal }) {
        Ok(settings) => settings,
        Err(errors) => return error_findings(path, errors),
    };
    let mut findings = vec![DoctorFinding::good_finding(
        path,
        format!("is valid, tenant {}", settings.tenant_id),
    )];
    if has_clear_secrets(&values) {
        let text = "a secret is in plain text, or in a file of its own";
        findings.push(DoctorFinding::new(
            FindingLevel::Warning,
            path,
            text,
            "it is sealed at the next start of the bus",
        ));
        if let Ok(Some(mode)) = mode_open_to_others(path) {
            let text = format!("other users can read it (mode {mode:o})");
            findings.push(DoctorFinding::new(
                FindingLevel::Warning,
                path,
                text,
                "run chmod 600 on it",
            ));
        }
    }
    findings.extend(
        settings
            .all_credentials()
            .filter_map(|(of, credential)| token_file_finding(path, of, credential)),
    );
    if let Some((name, line)) = values.retired.first() {
        let text = format!("line {line}: {name}: is no longer used, nor are keys like it");
        let advice = INSTANCE_TABLE.find_retired(name).map_or("", |keys| keys.advice);
        findings.push(DoctorFinding::new(FindingLevel::Warning, path, text, advice));
    }
    if values.entries.iter().any(|entry| entry.value.starts_with(OLD_PREFIX)) {
        let text = "a secret was sealed by an earlier version, without an instance or key";
        let advice = "the first start of this version seals it again; after that it must be given again";
        findings.push(DoctorFinding::new(FindingLevel::Warning, path, text, advice));
    }
    for node in settings.nodes.iter().filter(|node| node.password_grant.is_some()) {
        let text = format!(
            "node {} signs in as a user with a password: this has no second factor, and Microsoft advises against it",
            node.name
        );
        let advice = "remove password_grant, so that the app registration of the instance signs in";
        findings.push(DoctorFinding::new(FindingLevel::Warning, path, text, advice));
    }
    findings
}

/// A path that is read again and again stands in the settings: its owner sees which.
fn token_file_finding(path: &Path, of: CredentialUse, credential: &Credential) -> Option<DoctorFinding> {
    let CredentialKind::TokenFile(file) = &credential.kind else {
        return None;
    };
    let of = of.name();
    Some(match open_file(file, CERTIFICATE_MAX) {
        Ok(_) => DoctorFinding::good_finding(
            path,
            format!("the {of} credential reads {} for each token", file.display()),
        ),
        Err(error) => {
            let text = format!("the {of} credential reads {}, which {error}", file.display());
            DoctorFinding::new(
                FindingLevel::Warning,
                path,
                text,
                "check that the platform writes it, and that the bus may read it",
            )
        }
    })
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
