//! An application is registered: the bus makes the key, somebody does the rest in Entra (here by the control API of the
//! simulated tenant), and the check tells what is still missing.

mod api;
mod commands;
mod wizard;

use std::path::Path;

use serde_json::{Value, json};
use simulated_tenant::Running;

const READ: &str = "DeviceManagementManagedDevices.Read.All";
const ACT: &str = "DeviceManagementManagedDevices.PrivilegedOperations.All";
/// What a private key has as PEM, and no certificate: its first line, and how it begins as PKCS #8.
const KEY_MARKS: [&str; 2] = ["BEGIN PRIVATE KEY", "ADANBgkqhkiG9w0BAQEFAASC"];

/// Somebody who may register applications in the simulated tenant.
#[derive(Clone)]
struct Administrator {
    http: reqwest::Client,
    /// Of the tenant's applications.
    url: String,
}

impl Administrator {
    fn of(sim: &Running) -> Administrator {
        Administrator {
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            url: format!("{}/simulator/apps/{}", sim.base, sim.registration.tenant_id),
        }
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let request = self.http.post(format!("{}{path}", self.url)).json(&body);
        let answer = request.send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// Answers its client id.
    async fn register(&self) -> String {
        let made = self.post("", json!({"displayName": "intune-connector"})).await;
        made["clientId"].as_str().unwrap().to_owned()
    }

    async fn upload(&self, client: &str, certificate: &str) {
        let body = json!({"certificate": certificate});
        self.post(&format!("/{client}/certificates"), body).await;
    }

    async fn request(&self, client: &str, permission: &str) {
        let body = json!({"permission": permission});
        self.post(&format!("/{client}/permissions"), body).await;
    }

    async fn consent(&self, client: &str) {
        self.post(&format!("/{client}/consent"), json!({})).await;
    }
}

/// Neither a text nor a file below the folder has a private key in it.
#[track_caller]
fn require_no_key(text: &str, folder: &Path) {
    let known = std::fs::read_to_string(super::install::fixture("key.pem")).unwrap();
    let mut folders = vec![folder.to_owned()];
    let mut read = 0;
    for mark in KEY_MARKS {
        assert!(known.contains(mark), "{mark} is no mark of a key");
        assert!(!text.contains(mark), "{mark}: {text}");
    }
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            // The wizard shows how a key begins.
            if path.ends_with("templates/intune-connector.xml") {
                continue;
            }
            // A running bus has files that come and go.
            let Ok(bytes) = std::fs::read(&path) else {
                continue;
            };
            let content = String::from_utf8_lossy(&bytes);
            let found = KEY_MARKS.iter().find(|mark| content.contains(**mark));
            assert_eq!(found, None, "{}", path.display());
            read += 1;
        }
    }
    assert!(read >= 3, "{read} files");
}

/// What bash finds wrong with a script that it only reads.
fn find_bash_error(script: &Path) -> Option<String> {
    let read = std::process::Command::new("bash")
        .arg("-n")
        .arg(script)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&read.stderr).into_owned();
    Some(said).filter(|said| !read.status.success() || !said.is_empty())
}
