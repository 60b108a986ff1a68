//! The data folder: `bus.ini`, `instances/IntuneConnector_N.ini`, `secret.key`, `logs/`; the store keeps its own files
//! beside them. Every file that is written here is the old or the new one, whenever the process dies.
//!
//! A secret in clear, or named by a `*_file` key, is sealed when it is first read, and its line alone is rewritten. If
//! the process dies before the rename, the line is sealed at the next reading; the secret is never lost and never
//! half-written. The lock on the folder is the store's business.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use zeroize::Zeroizing;

use super::bus_keys::BUS_TABLE;
use super::draft::InstanceDraft;
use super::edit::{self, Edit};
use super::error::{Complaint, SettingsError};

use super::instance_keys::INSTANCE_TABLE;
use super::seal_lines::{edits_of, holds_clear_secrets, seal_lines, seal_lines_anew};
use super::secret_key::{InstanceSeal, SecretKey};
use super::values::Values;
use super::{BusSettings, InstanceSettings, reference};
use crate::files;
use crate::model::InstanceName;

/// More instances than this are not listed.
pub const MAX_INSTANCES: usize = 10_000;

/// Clones share one lock for writing.
#[derive(Debug, Clone)]
pub struct Folder {
    path: PathBuf,
    key: SecretKey,
    writing: Arc<Mutex<()>>,
    /// What was put right when it was opened; sentences.
    told: Arc<[String]>,
}

impl Folder {
    /// Opens the data folder; makes it (0700), its subfolders and `secret.key` (0600) where they are missing. What others
    /// may enter is closed to them, which [`Self::told`] says.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, SettingsError> {
        let path = std::path::absolute(path.as_ref()).unwrap_or_else(|_| path.as_ref().to_owned());
        files::create_folder(&path).map_err(|error| cannot("make", &path, &error))?;
        let told = close(&path)?;
        let key_is_new = !path.join(super::secret_key::KEY_FILE).exists();
        let key = SecretKey::load_or_create(&path).map_err(|error| {
            Complaint::new(error.to_string(), error.advice()).at(&path.display().to_string(), None, "")
        })?;
        if key_is_new {
            files::give_to_owner_of(&path, &path.join(super::secret_key::KEY_FILE));
        }
        Ok(Folder {
            path,
            key,
            writing: Arc::default(),
            told: told.into(),
        })
    }

    /// What was put right when it was opened: folders that others could enter, a sentence for each.
    pub fn told(&self) -> &[String] {
        &self.told
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn key(&self) -> &SecretKey {
        &self.key
    }

    /// What seals and opens the secrets of one instance.
    pub fn seal_of<'a>(&'a self, name: &'a InstanceName) -> InstanceSeal<'a> {
        InstanceSeal::new(&self.key, name)
    }

    pub fn bus_ini(&self) -> PathBuf {
        self.path.join("bus.ini")
    }

    pub fn store_file(&self) -> PathBuf {
        self.path.join("bus.db")
    }

    pub fn logs(&self) -> PathBuf {
        self.path.join("logs")
    }

    pub fn instance_ini(&self, name: &InstanceName) -> PathBuf {
        self.path.join("instances").join(format!("{name}.ini"))
    }

    /// What `bus.ini` says; the defaults where there is none.
    pub fn bus_settings(&self) -> Result<BusSettings, SettingsError> {
        bus_settings(&self.bus_ini())
    }

    /// Where the settings have the store's second mark lie; see [`mark_file`].
    pub fn mark_file(&self) -> Result<Option<PathBuf>, SettingsError> {
        mark_file(&self.path)
    }

    /// Writes a commented `bus.ini` unless there is one; says whether it did.
    pub fn write_default_bus_ini(&self) -> Result<bool, SettingsError> {
        let path = self.bus_ini();
        match files::create_private_file(&path, reference::default_file(&BUS_TABLE).as_bytes()) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(cannot("write", &path, &error)),
        }
    }

    /// Names of the instances that have a file, by number. Files that are no instance's are passed over.
    pub fn instances(&self) -> Result<Vec<InstanceName>, SettingsError> {
        let folder = self.path.join("instances");
        instance_names(&folder).map_err(|error| cannot("list", &folder, &error))
    }

    /// What an instance's file says; seals what stands in it in clear. Fails with the first complaint.
    pub fn instance(&self, name: &InstanceName) -> Result<InstanceSettings, SettingsError> {
        let draft = self.instance_draft(name)?;
        draft.settings_with(Some(self.seal_of(name)))
    }

    /// The pairs of an instance's file, secrets sealed.
    pub fn instance_draft(&self, name: &InstanceName) -> Result<InstanceDraft, SettingsError> {
        let writing = self.lock();
        let (path, text) = self.sealed_text(name, &writing)?;
        let values = Values::from_ini(&INSTANCE_TABLE, &path, &text).map_err(first)?;
        Ok(InstanceDraft { values })
    }

    /// Path and text of an instance's file after sealing. What does not fit together is left as it stands, so that its
    /// author finds it again.
    fn sealed_text(
        &self,
        name: &InstanceName,
        _writing: &MutexGuard<'_, ()>,
    ) -> Result<(PathBuf, Zeroizing<String>), SettingsError> {
        let path = self.instance_ini(name);
        let text = read_text(&path)?;
        let values = Values::from_ini(&INSTANCE_TABLE, &path, &text).map_err(first)?;
        if !holds_clear_secrets(&values) {
            return Ok((path, text));
        }
        self.checked(name, &path, &text)?;
        let sealed = seal_lines(&values, &text, self.seal_of(name))?;
        files::replace_private_file(&path, sealed.as_bytes())
            .map_err(|error| cannot("seal the secrets in", &path, &error))?;
        // A path that stood there is not read again: its owner should know.
        for entry in values
            .entries
            .iter()
            .filter(|entry| values.content_of(entry.key).is_some())
        {
            let file = values.path(&entry.name).unwrap_or_default();
            tracing::info!(
                instance.name = %name,
                key = entry.name,
                path = %file.display(),
                "the file was read, and its content is kept sealed in the settings; the file itself is not read again"
            );
        }
        Ok((path, sealed))
    }

    /// Every complaint about an instance's file, without sealing anything.
    pub fn check_instance(&self, name: &InstanceName) -> Vec<SettingsError> {
        let path = self.instance_ini(name);
        let read = read_text(&path).map_err(|error| vec![error]);
        let built = read.and_then(|text| {
            let values = Values::from_ini(&INSTANCE_TABLE, &path, &text)?;
            super::build::build_instance(
                &values,
                super::build_credential::Opener {
                    seal: Some(self.seal_of(name)),
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
        let _writing = self.lock();
        let path = self.instance_ini(name);
        draft.settings_with(Some(self.seal_of(name)))?;
        let edits = edits_of(&draft.values, self.seal_of(name))?;
        let head = reference::instance_head(name.as_str());
        let text = edit::apply(&INSTANCE_TABLE, &head, &in_table_order(edits));
        let settings = self.checked(name, &path, &text)?;
        files::create_private_file(&path, text.as_bytes()).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => Complaint::new(
                "there is such an instance already",
                "choose another name, or change that instance",
            )
            .at(&path.display().to_string(), None, ""),
            _ => cannot("write", &path, &error),
        })?;
        Ok(settings)
    }

    /// Seals anew what an earlier version sealed in an instance's file: how many secrets that were, and what can't be
    /// opened, which stays as it is. Fails where the file can't be read or written; nothing is lost then.
    pub fn seal_instance_anew(&self, name: &InstanceName) -> Result<(usize, Vec<SettingsError>), SettingsError> {
        let _writing = self.lock();
        let path = self.instance_ini(name);
        let text = read_text(&path)?;
        let label = path.display().to_string();
        let (sealed, count, complaints) = seal_lines_anew(&label, &text, self.seal_of(name))?;
        if count > 0 {
            files::replace_private_file(&path, sealed.as_bytes())
                .map_err(|error| cannot("seal the secrets in", &path, &error))?;
        }
        Ok((count, complaints))
    }

    /// Changes the keys that `draft` gives or takes away, line by line. The tenant can't be changed (F7), and whoever
    /// changes where a kept secret goes gives it anew (E7).
    pub fn change_instance(
        &self,
        name: &InstanceName,
        draft: &InstanceDraft,
    ) -> Result<InstanceSettings, SettingsError> {
        let writing = self.lock();
        let (path, changed, settings) = self.changed(name, draft, &writing)?;
        files::replace_private_file(&path, changed.as_bytes()).map_err(|error| cannot("write", &path, &error))?;
        Ok(settings)
    }

    /// What [`Self::change_instance`] would make of the settings; keeps nothing.
    pub fn try_change(&self, name: &InstanceName, draft: &InstanceDraft) -> Result<InstanceSettings, SettingsError> {
        let writing = self.lock();
        self.changed(name, draft, &writing).map(|(_, _, settings)| settings)
    }

    fn changed(
        &self,
        name: &InstanceName,
        draft: &InstanceDraft,
        writing: &MutexGuard<'_, ()>,
    ) -> Result<(PathBuf, String, InstanceSettings), SettingsError> {
        let (path, text) = self.sealed_text(name, writing)?;
        let values = Values::from_ini(&INSTANCE_TABLE, &path, &text).map_err(first)?;
        super::guard::may_change(&values, draft)?;
        let gone = draft.displaced(|name| values.given(name).is_some());
        let mut edits: Vec<Edit> = gone.into_iter().map(|name| Edit::Remove { name }).collect();
        edits.extend(in_table_order(edits_of(&draft.values, self.seal_of(name))?));
        let changed = edit::apply(&INSTANCE_TABLE, &text, &edits);
        let settings = self.checked(name, &path, &changed)?;
        Ok((path, changed, settings))
    }

    /// The next credential, proven to work, takes the place of the present one.
    pub fn promote_next_credential(&self, name: &InstanceName) -> Result<InstanceSettings, SettingsError> {
        let writing = self.lock();
        let (path, text) = self.sealed_text(name, &writing)?;
        let values = Values::from_ini(&INSTANCE_TABLE, &path, &text).map_err(first)?;
        let edits = super::guard::promotion(&values, self.seal_of(name))?;
        let changed = edit::apply(&INSTANCE_TABLE, &text, &edits);
        let settings = self.checked(name, &path, &changed)?;
        files::replace_private_file(&path, changed.as_bytes()).map_err(|error| cannot("write", &path, &error))?;
        Ok(settings)
    }

    pub fn remove_instance(&self, name: &InstanceName) -> Result<(), SettingsError> {
        let _writing = self.lock();
        let path = self.instance_ini(name);
        fs::remove_file(&path).map_err(|error| cannot("remove", &path, &error))
    }

    fn lock(&self) -> MutexGuard<'_, ()> {
        // The lock guards no value that a panic could leave half-changed.
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn checked(&self, name: &InstanceName, path: &Path, text: &str) -> Result<InstanceSettings, SettingsError> {
        let values = Values::from_ini(&INSTANCE_TABLE, path, text).map_err(first)?;
        InstanceDraft { values }.settings_with(Some(self.seal_of(name)))
    }
}

/// Folders that the data folder has from the beginning, and those that come later.
const FIRST_FOLDERS: [&str; 2] = ["instances", "logs"];
const LATER_FOLDERS: [&str; 3] = ["products", "workflows", "workflows-output"];

/// Makes what is missing and closes what is open to others.
fn close(path: &Path) -> Result<Vec<String>, SettingsError> {
    let told = |folder: &Path, mode: u32| {
        let folder = folder.display();
        format!("{folder} was open to other users of this machine (mode {mode:o}); it is its owner's alone now (700)")
    };
    let closed = files::close_folder(path).map_err(|error| {
        let advice =
            "run chmod 700 on it as its owner, or name a folder of its own: one inside it is made as it should be";
        Complaint::new(error.to_string(), advice).at(&path.display().to_string(), None, "")
    })?;
    let mut all: Vec<String> = closed.into_iter().map(|mode| told(path, mode)).collect();
    for folder in FIRST_FOLDERS.map(|name| path.join(name)) {
        if !exists(&folder)? {
            files::create_folder(&folder).map_err(|error| cannot("make", &folder, &error))?;
            files::give_to_owner_of(path, &folder);
        }
    }
    for folder in FIRST_FOLDERS.iter().chain(&LATER_FOLDERS).map(|name| path.join(name)) {
        if folder.is_dir() {
            let closed = files::close_subfolder(&folder).map_err(|error| cannot("close", &folder, &error))?;
            all.extend(closed.map(|mode| told(&folder, mode)));
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

/// New lines in the order of the table; replaced ones stay where they are anyway.
fn in_table_order(mut edits: Vec<Edit>) -> Vec<Edit> {
    edits.sort_by_cached_key(|edit| match edit {
        Edit::Set { name, .. } => {
            let row = INSTANCE_TABLE.find(name).map(|key| key.name);
            (
                INSTANCE_TABLE.keys.iter().position(|key| Some(key.name) == row),
                name.len(),
                name.clone(),
            )
        }
        Edit::Remove { name } | Edit::Replace { from: name, .. } => (None, 0, name.clone()),
    });
    edits
}

fn exists(path: &Path) -> Result<bool, SettingsError> {
    path.try_exists().map_err(|error| cannot("look for", path, &error))
}

pub(super) fn cannot(what: &str, path: &Path, error: &io::Error) -> SettingsError {
    let advice = match error.kind() {
        io::ErrorKind::NotFound => "check the path",
        io::ErrorKind::PermissionDenied => "check who owns the folder and who this process runs as",
        io::ErrorKind::StorageFull => "make room on the disk",
        _ => "see that the data folder can be read and written",
    };
    Complaint::new(format!("failed to {what} it: {error}"), advice).at(&path.display().to_string(), None, "")
}

/// The text of a settings file; with the line where it is no UTF-8.
pub(super) fn read_text(path: &Path) -> Result<Zeroizing<String>, SettingsError> {
    let bytes = files::read_file(path, files::TEXT_MAX).map_err(|error| cannot("read", path, &error.into()))?;
    match std::str::from_utf8(&bytes) {
        Ok(text) => Ok(Zeroizing::new(text.to_owned())),
        Err(error) => {
            let before = &bytes[..error.valid_up_to()];
            let line = u32::try_from(before.iter().filter(|byte| **byte == b'\n').count() + 1).ok();
            let complaint = Complaint::new("the file is not UTF-8 text", "save it as UTF-8");
            Err(complaint.at(&path.display().to_string(), line, ""))
        }
    }
}

/// Where one complaint has to stand for all.
pub(super) fn first(errors: Vec<SettingsError>) -> SettingsError {
    errors
        .into_iter()
        .next()
        .expect("whoever fails has complained at least once")
}
fn bus_settings(path: &Path) -> Result<BusSettings, SettingsError> {
    if !exists(path)? {
        return Ok(BusSettings::default());
    }
    let text = read_text(path)?;
    BusSettings::from_ini(path, &text).map_err(first)
}

/// Where the settings of a data folder have the store's second mark lie; `None`: nowhere. Refused within the folder
/// itself: it would go back together with the store. The folder is only looked at.
pub fn mark_file(folder: &Path) -> Result<Option<PathBuf>, SettingsError> {
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let file = folder.join("bus.ini");
    let mark = bus_settings(&file)?.store.mark_file;
    let Some(inside) = mark.as_ref().filter(|mark| mark.starts_with(&folder)) else {
        return Ok(mark);
    };
    Err(SettingsError {
        file: file.display().to_string(),
        line: None,
        key: "mark_file".to_owned(),
        problem: format!(
            "{} lies in the data folder, and would go back with it",
            inside.display()
        ),
        advice: "name a place outside of it, best on another disk or machine, or take the line out".to_owned(),
    })
}
