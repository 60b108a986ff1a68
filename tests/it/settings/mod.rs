//! Settings files, right and wrong: what is refused, with which line, key and advice; what is sealed, and how the file
//! looks afterwards.

mod doctor;
mod drafts;
mod form;
mod instances;
mod properties;
mod refused;
mod sealing;

use std::fs;
use std::path::{Path, PathBuf};

use intune_connector::config::{CredentialKind, DataFolder, SettingsError};
use intune_connector::model::InstanceName;
use secrecy::ExposeSecret;

use crate::support::canary;

const TENANT: &str = "tenant_id = 11111111-2222-3333-4444-555555555555";
const CLIENT: &str = "client_id = 66666666-7777-8888-9999-000000000000";

struct House {
    dir: tempfile::TempDir,
    folder: DataFolder,
}

impl House {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let folder = DataFolder::open(dir.path().join("data")).unwrap();
        House { dir, folder }
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.dir.path().join(name);
        fs::write(&path, content).unwrap();
        path
    }

    /// Writes an instance's file by hand.
    fn instance(&self, text: &str) -> InstanceName {
        let name: InstanceName = "IntuneConnector_1".parse().unwrap();
        fs::write(self.folder.instance_ini_path(&name), text).unwrap();
        name
    }

    fn text(&self, name: &InstanceName) -> String {
        fs::read_to_string(self.folder.instance_ini_path(name)).unwrap()
    }
}

fn good() -> String {
    format!("{TENANT}\n{CLIENT}\nsecret = {}\n", canary::SECRET)
}

fn pairs(secret_file: &Path) -> Vec<(String, String)> {
    vec![
        ("tenant_id".into(), "contoso.onmicrosoft.com".into()),
        ("client_id".into(), "66666666-7777-8888-9999-000000000000".into()),
        ("secret_file".into(), secret_file.display().to_string()),
    ]
}

fn secret_of(kind: &CredentialKind) -> &str {
    match kind {
        CredentialKind::Secret(secret) => secret.expose_secret(),
        other => panic!("a secret was wanted, not {other:?}"),
    }
}

/// line (0: none), key, part of the problem, part of the advice
type Expected = (u32, &'static str, &'static str, &'static str);

fn assert_complaint(error: &SettingsError, file: &str, text: &str, (line, key, problem, advice): Expected) {
    let context = format!("{text}\n→ {error}");
    assert!(error.file.ends_with(file), "file: {context}");
    assert_eq!(error.line.unwrap_or(0), line, "line: {context}");
    assert_eq!(error.key, key, "key: {context}");
    assert!(error.problem.contains(problem), "problem {problem:?}: {context}");
    assert!(error.advice.contains(advice), "advice {advice:?}: {context}");
    let shown = error.to_string();
    assert!(!shown.contains('\n'), "one line: {context}");
    assert!(
        shown.contains(&error.advice) && shown.contains(file),
        "all of it: {context}"
    );
    canary::assert_no_canary(&shown);
}
