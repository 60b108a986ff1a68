//! The data folder: `bus.ini`, `instances/IntuneConnector_N.ini`, `secret.key`, `logs/`; the store keeps its own files
//! beside them. Every file that is written here is the old or the new one, whenever the process dies.
//!
//! A secret in clear, or named by a `*_file` key, is sealed when it is first read, and its line alone is rewritten. If
//! the process dies before the rename, the line is sealed at the next reading; the secret is never lost and never
//! half-written. The lock on the folder is the store's business.

mod settings_text;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use zeroize::Zeroizing;

use super::bus_keys::BUS_TABLE;
use super::draft::InstanceDraft;
use super::error::{InvalidSetting, SettingsError};
use super::line_edits::{self, LineEdit};
use super::lost_key::{KeyUser, require_key};
pub(super) use settings_text::{combine_errors, file_error, first_error, read_settings_text};
use settings_text::{is_within, path_exists, sort_by_table};

use super::instance_keys::INSTANCE_TABLE;
use super::seal_lines::{draft_edits, has_clear_secrets, reseal_lines, seal_lines};
use super::secret_key::{InstanceSeal, SecretKey};
use super::setting_values::SettingValues;
use super::{BusSettings, InstanceSettings, TARGETS_OUTPUT, reference};
use crate::files::{self, RestrictError};
use crate::model::InstanceName;

/// More instances than this are not listed.
pub(crate) const MAX_INSTANCES: usize = 10_000;

/// Clones share one lock for writing.
#[derive(Debug, Clone)]
pub struct DataFolder {
    path: PathBuf,
    key: SecretKey,
    write_lock: Arc<Mutex<()>>,
    /// What was put right when it was opened; sentences.
    permission_fixes: Arc<[String]>,
}

impl DataFolder {
    /// Opens the data folder; makes it (0700), its subfolders and `secret.key` (0600) where they are missing. What others
    /// may enter is closed to them, which [`Self::permission_fixes`] says. A key that is missing beside a store is not
    /// made.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, SettingsError> {
        Self::open_for(path.as_ref(), KeyUser::Store)
    }

    /// The same for a backup that is to be put back: its key is there already, whatever store is.
    pub fn open_for_backup(path: impl AsRef<Path>) -> Result<Self, SettingsError> {
        Self::open_for(path.as_ref(), KeyUser::Backup)
    }

    fn open_for(path: &Path, user: KeyUser) -> Result<Self, SettingsError> {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        files::create_private_folder(&path).map_err(|error| file_error("create", &path, &error))?;
        let told = secure_folders(&path)?;
        require_key(&path, user)?;
        let key = SecretKey::load_or_create(&path).map_err(|error| {
            // It names its file itself.
            InvalidSetting::new(format!("failed to {error}"), error.advice()).with_location("", None, "")
        })?;
        Ok(DataFolder {
            path,
            key,
            write_lock: Arc::default(),
            permission_fixes: told.into(),
        })
    }

    /// What was put right when it was opened: folders that others could enter, a sentence for each.
    pub fn permission_fixes(&self) -> &[String] {
        &self.permission_fixes
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn secret_key(&self) -> &SecretKey {
        &self.key
    }

    /// What seals and opens the secrets of one instance.
    pub fn instance_seal<'a>(&'a self, name: &'a InstanceName) -> InstanceSeal<'a> {
        InstanceSeal::new(&self.key, name)
    }

    pub fn bus_ini_path(&self) -> PathBuf {
        self.path.join("bus.ini")
    }

    pub fn store_file(&self) -> PathBuf {
        self.path.join("bus.db")
    }

    pub fn log_folder(&self) -> PathBuf {
        self.path.join("logs")
    }

    pub fn instance_ini_path(&self, name: &InstanceName) -> PathBuf {
        self.path.join("instances").join(format!("{name}.ini"))
    }

    /// What `bus.ini` says; the defaults where there is none.
    pub fn read_bus_settings(&self) -> Result<BusSettings, SettingsError> {
        read_bus_settings(&self.bus_ini_path())
    }

    /// Where the settings have the store's second mark lie; see [`mark_file`].
    pub fn mark_file(&self) -> Result<Option<PathBuf>, SettingsError> {
        mark_file(&self.path)
    }

    /// Writes a commented `bus.ini` unless there is one; says whether it did.
    pub fn write_default_bus_ini(&self) -> Result<bool, SettingsError> {
        let path = self.bus_ini_path();
        match files::create_data_file(&path, reference::default_file_text(&BUS_TABLE).as_bytes()) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(file_error("write", &path, &error)),
        }
    }

    /// Names of the instances that have a file, by number. Files that are no instance's are passed over.
    pub fn list_instances(&self) -> Result<Vec<InstanceName>, SettingsError> {
        let folder = self.path.join("instances");
        instance_names(&folder).map_err(|error| file_error("list", &folder, &error))
    }

    /// What an instance's file says; seals what stands in it in clear. Fails with the first complaint.
    pub fn read_instance(&self, name: &InstanceName) -> Result<InstanceSettings, SettingsError> {
        let draft = self.read_instance_draft(name)?;
        draft.build_settings_with(Some(self.instance_seal(name)))
    }

    /// The pairs of an instance's file, secrets sealed.
    pub fn read_instance_draft(&self, name: &InstanceName) -> Result<InstanceDraft, SettingsError> {
        let write_guard = self.lock_writes();
        let (path, text) = self.read_sealed_text(name, &write_guard)?;
        let values = SettingValues::from_ini(&INSTANCE_TABLE, &path, &text).map_err(first_error)?;
        Ok(InstanceDraft { values })
    }

    /// Path and text of an instance's file after sealing. What does not fit together is left as it stands, so that its
    /// author finds it again.
    fn read_sealed_text(
        &self,
        name: &InstanceName,
        _write_guard: &MutexGuard<'_, ()>,
    ) -> Result<(PathBuf, Zeroizing<String>), SettingsError> {
        let path = self.instance_ini_path(name);
        let text = read_settings_text(&path)?;
        let values = SettingValues::from_ini(&INSTANCE_TABLE, &path, &text).map_err(first_error)?;
        if !has_clear_secrets(&values) {
            return Ok((path, text));
        }
        self.check_text(name, &path, &text)?;
        let sealed = seal_lines(&values, &text, self.instance_seal(name))?;
        files::replace_data_file(&path, sealed.as_bytes())
            .map_err(|error| file_error("seal the secrets in", &path, &error))?;
        // A path that stood there is not read again: its owner should know.
        for entry in values
            .entries
            .iter()
            .filter(|entry| values.content_key(entry.key).is_some())
        {
            let file = values.absolute_path(&entry.name).unwrap_or_default();
            tracing::info!(
                instance.name = %name,
                key = entry.name,
                path = %file.display(),
                "read the file and stored its content sealed in the settings; the file is not read again"
            );
        }
        Ok((path, sealed))
    }

    /// Every complaint about an instance's file, without sealing anything.
    pub fn check_instance(&self, name: &InstanceName) -> Vec<SettingsError> {
        let path = self.instance_ini_path(name);
        let read = read_settings_text(&path).map_err(|error| vec![error]);
        let built = read.and_then(|text| {
            let values = SettingValues::from_ini(&INSTANCE_TABLE, &path, &text)?;
            super::build::build_instance(
                &values,
                super::build_credential::SecretOpener {
                    seal: Some(self.instance_seal(name)),
                },
            )
        });
        built.err().unwrap_or_default()
    }

    /// Keeps a new instance, secrets sealed. Refused where the name is taken or the settings don't fit together.
    pub fn write_instance(
        &self,
        name: &InstanceName,
        draft: &InstanceDraft,
    ) -> Result<InstanceSettings, SettingsError> {
        let _write_guard = self.lock_writes();
        let path = self.instance_ini_path(name);
        draft.build_settings_with(Some(self.instance_seal(name)))?;
        let edits = draft_edits(&draft.values, self.instance_seal(name))?;
        let header = reference::instance_header(name.as_str());
        let text = line_edits::apply_edits(&INSTANCE_TABLE, &header, &sort_by_table(edits));
        let settings = self.check_text(name, &path, &text)?;
        files::create_data_file(&path, text.as_bytes()).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => InvalidSetting::new(
                "an instance with this name already exists",
                "choose another name, or change that instance",
            )
            .with_location(&path.display().to_string(), None, ""),
            _ => file_error("write", &path, &error),
        })?;
        Ok(settings)
    }

    /// Seals anew what an earlier version sealed in an instance's file: how many secrets that were, and what can't be
    /// opened, which stays as it is. Fails where the file can't be read or written; nothing is lost then.
    pub fn reseal_instance(&self, name: &InstanceName) -> Result<(usize, Vec<SettingsError>), SettingsError> {
        let _write_guard = self.lock_writes();
        let path = self.instance_ini_path(name);
        let text = read_settings_text(&path)?;
        let label = path.display().to_string();
        let (sealed, count, errors) = reseal_lines(&label, &text, self.instance_seal(name))?;
        if count > 0 {
            files::replace_data_file(&path, sealed.as_bytes())
                .map_err(|error| file_error("seal the secrets in", &path, &error))?;
        }
        Ok((count, errors))
    }

    /// Changes the keys that `draft` gives or takes away, line by line. The tenant can't be changed (F7), and whoever
    /// changes where a kept secret goes gives it anew (E7).
    pub fn change_instance(
        &self,
        name: &InstanceName,
        draft: &InstanceDraft,
    ) -> Result<InstanceSettings, SettingsError> {
        let write_guard = self.lock_writes();
        let (path, changed, settings) = self.apply_draft(name, draft, &write_guard)?;
        files::replace_data_file(&path, changed.as_bytes()).map_err(|error| file_error("write", &path, &error))?;
        Ok(settings)
    }

    /// What [`Self::change_instance`] would make of the settings; keeps nothing.
    pub fn preview_change(
        &self,
        name: &InstanceName,
        draft: &InstanceDraft,
    ) -> Result<InstanceSettings, SettingsError> {
        let write_guard = self.lock_writes();
        let (_, _, mut settings) = self.apply_draft(name, draft, &write_guard)?;
        draft.keep_secret_places(&mut settings);
        Ok(settings)
    }

    fn apply_draft(
        &self,
        name: &InstanceName,
        draft: &InstanceDraft,
        write_guard: &MutexGuard<'_, ()>,
    ) -> Result<(PathBuf, String, InstanceSettings), SettingsError> {
        let (path, text) = self.read_sealed_text(name, write_guard)?;
        let values = SettingValues::from_ini(&INSTANCE_TABLE, &path, &text).map_err(first_error)?;
        super::change_rules::check_change(&values, draft)?;
        let displaced = draft.displaced_keys(|name| values.given_text(name).is_some());
        let mut edits: Vec<LineEdit> = displaced.into_iter().map(|name| LineEdit::Remove { name }).collect();
        edits.extend(sort_by_table(draft_edits(&draft.values, self.instance_seal(name))?));
        let changed = line_edits::apply_edits(&INSTANCE_TABLE, &text, &edits);
        let settings = self.check_text(name, &path, &changed)?;
        Ok((path, changed, settings))
    }

    /// The next credential, proven to work, takes the place of the present one.
    pub fn promote_next_credential(&self, name: &InstanceName) -> Result<InstanceSettings, SettingsError> {
        let write_guard = self.lock_writes();
        let (path, text) = self.read_sealed_text(name, &write_guard)?;
        let values = SettingValues::from_ini(&INSTANCE_TABLE, &path, &text).map_err(first_error)?;
        let edits = super::change_rules::promotion_edits(&values, self.instance_seal(name))?;
        let changed = line_edits::apply_edits(&INSTANCE_TABLE, &text, &edits);
        let settings = self.check_text(name, &path, &changed)?;
        files::replace_data_file(&path, changed.as_bytes()).map_err(|error| file_error("write", &path, &error))?;
        Ok(settings)
    }

    pub fn remove_instance(&self, name: &InstanceName) -> Result<(), SettingsError> {
        let _write_guard = self.lock_writes();
        let path = self.instance_ini_path(name);
        fs::remove_file(&path).map_err(|error| file_error("remove", &path, &error))
    }

    fn lock_writes(&self) -> MutexGuard<'_, ()> {
        // The lock guards no value that a panic could leave half-changed.
        self.write_lock.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn check_text(&self, name: &InstanceName, path: &Path, text: &str) -> Result<InstanceSettings, SettingsError> {
        let values = SettingValues::from_ini(&INSTANCE_TABLE, path, text).map_err(first_error)?;
        InstanceDraft { values }.build_settings_with(Some(self.instance_seal(name)))
    }
}

/// Folders that the data folder has from the beginning, and those that come later.
const FIRST_FOLDERS: [&str; 2] = ["instances", "logs"];
const LATER_FOLDERS: [&str; 6] = [
    "products",
    "workflows",
    "workflows-output",
    "follow",
    "reports",
    TARGETS_OUTPUT,
];

/// Makes what is missing and closes what is open to others.
fn secure_folders(path: &Path) -> Result<Vec<String>, SettingsError> {
    let permission_fix = |folder: &Path, mode: u32| {
        let folder = folder.display();
        format!("{folder} was open to other users of this machine (mode {mode:o}); now only its owner has access (700)")
    };
    let closed = files::restrict_data_folder(path).map_err(|error| {
        let advice = match &error {
            RestrictError::Foreign { .. } | RestrictError::Shared { .. } => {
                "name a new or an empty folder: --data DIR; it is created if it does not exist"
            }
            RestrictError::Unreadable(_) | RestrictError::Io { .. } => {
                "run the command as the owner of the folder, or name another one: --data DIR"
            }
        };
        InvalidSetting::new(error.to_string(), advice).with_location(&path.display().to_string(), None, "")
    })?;
    let mut all: Vec<String> = closed.into_iter().map(|mode| permission_fix(path, mode)).collect();
    for folder in FIRST_FOLDERS.map(|name| path.join(name)) {
        if !path_exists(&folder)? {
            files::create_data_folder(&folder).map_err(|error| file_error("create", &folder, &error))?;
        }
    }
    for folder in FIRST_FOLDERS.iter().chain(&LATER_FOLDERS).map(|name| path.join(name)) {
        if folder.is_dir() {
            let closed = files::restrict_subfolder(&folder).map_err(|error| file_error("restrict", &folder, &error))?;
            all.extend(closed.map(|mode| permission_fix(&folder, mode)));
        }
    }
    Ok(all)
}

/// Names of the instances that have a file in `folder`, by number.
pub(super) fn instance_names(folder: &Path) -> io::Result<Vec<InstanceName>> {
    let mut names: Vec<InstanceName> = Vec::new();
    for entry in fs::read_dir(folder)? {
        let file = entry?.file_name();
        let stem = file.to_str().and_then(|name| name.strip_suffix(".ini"));
        names.extend(stem.and_then(|stem| stem.parse::<InstanceName>().ok()));
        if names.len() >= MAX_INSTANCES {
            break;
        }
    }
    names.sort_by_cached_key(|name| {
        let text = name.as_str();
        let stem = text.trim_end_matches(|c: char| c.is_ascii_digit());
        (stem.to_owned(), text[stem.len()..].parse::<u64>().unwrap_or(0))
    });
    Ok(names)
}

pub(super) fn read_bus_settings(path: &Path) -> Result<BusSettings, SettingsError> {
    if !path_exists(path)? {
        return Ok(BusSettings::default());
    }
    let text = read_settings_text(path)?;
    BusSettings::from_ini(path, &text).map_err(combine_errors)
}

/// Where the settings of a data folder have the store's second mark lie; `None`: nowhere. Refused within the folder
/// itself: it would go back together with the store. The folder is only looked at.
pub fn mark_file(folder: &Path) -> Result<Option<PathBuf>, SettingsError> {
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let file = folder.join("bus.ini");
    let mark = read_bus_settings(&file)?.store.mark_file;
    let Some(inside) = mark.as_ref().filter(|mark| is_within(mark, &folder)) else {
        return Ok(mark);
    };
    Err(SettingsError {
        file: file.display().to_string(),
        line: None,
        key: "mark_file".to_owned(),
        problem: format!(
            "{} is in the data folder and would be restored together with it",
            inside.display()
        ),
        advice: "choose a path outside the data folder, ideally on another disk or machine, or remove the line"
            .to_owned(),
    })
}
