//! Over a real store in a real folder. The host is one that keeps what it made in files, so that it outlives the
//! process; the process dies by having its work dropped in the middle.

mod deaths;
mod kept_and_told;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::BoxFuture;
use serde_json::{Map, Value};
use tokio::sync::{Notify, mpsc};
use zeroize::Zeroizing;

use super::*;
use crate::bus::{CheckedSettings, DesiredSettings, HostError, InstallationHost, Manifest, ProductMember};
use crate::config::SecretKey;
use crate::contract::CheckStep;
use crate::model::{ConfirmableEffect, EffectConfirmation};
use crate::model::{InstallationState, MemberState};
use crate::observe::Clock;
use crate::store::Store;

const MANIFEST: &str = r#"
[product]
id = "greeter"
version = "1.2.0"
bus = ">=0.1.0"
template = "templates/t.xml"
[product.name]
en = "Greeter"
de = "Grüßer"
[product.summary]
en = "Greets"
de = "Grüßt"
[[microservice]]
name = "Engine"
kind = "workflow-engine"
[[workflow]]
name = "Hello"
file = "workflows/Hello.xml"
engine = "Engine"
[[workflow]]
name = "Goodbye"
file = "workflows/Goodbye.xml"
engine = "Engine"
"#;

const TEMPLATE: &str = r#"<template version="1"><title en="Greeter" de="Grüßer"/>
<page name="a"><title en="a" de="a"/><field name="word" type="text" setting="word" part="Hello"><label en="w" de="w"/></field><field name="pin" type="secret" setting="pin"><label en="p" de="p"/></field></page>
<page name="i" kind="installation"><title en="i" de="i"/></page><page name="f" kind="finish"><title en="f" de="f"/></page>
<install><part name="Engine"><label en="e" de="e"/></part><part name="Hello"><label en="h" de="h"/></part>
<part name="Goodbye"><label en="g" de="g"/></part></install></template>"#;

/// Where the process dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dies {
    Never,
    /// Before the effect of this call of the host.
    Before(usize),
    /// Behind it, before the journal knows.
    Behind(usize),
}

/// Makes a file for each part.
struct Files {
    folder: PathBuf,
    dies: Dies,
    /// This part can't be made.
    fails: Option<&'static str>,
    calls: AtomicUsize,
    /// The process is about to die here.
    dying: Notify,
}

impl Files {
    fn new(folder: &Path, dies: Dies, fails: Option<&'static str>) -> Arc<Files> {
        Arc::new(Files {
            folder: folder.join("made"),
            dies,
            fails,
            calls: AtomicUsize::new(0),
            dying: Notify::new(),
        })
    }

    fn path(&self, number: i64, member: &ProductMember) -> PathBuf {
        self.folder.join(member.installed_name(number))
    }

    /// Never comes back where the process dies.
    async fn point(&self, here: Dies) {
        if self.dies == here {
            self.dying.notify_one();
            std::future::pending::<()>().await;
        }
    }

    fn next(&self) -> usize {
        self.calls.fetch_add(1, Ordering::SeqCst)
    }
}

impl InstallationHost for Files {
    fn microservice_kinds(&self) -> &'static [&'static str] {
        &["workflow-engine"]
    }

    fn action_names(&self) -> &'static [&'static str] {
        &[]
    }

    fn check_settings<'a>(&'a self, _: &'a DesiredSettings, _: Option<i64>) -> BoxFuture<'a, CheckedSettings> {
        Box::pin(async { CheckedSettings::default() })
    }

    fn run_action<'a>(
        &'a self,
        _: &'a str,
        _: DesiredSettings,
        _: Option<i64>,
    ) -> BoxFuture<'a, Result<mpsc::Receiver<CheckStep>, HostError>> {
        Box::pin(async { Err(HostError::default()) })
    }

    fn install_member<'a>(
        &'a self,
        number: i64,
        member: &'a ProductMember,
        wanted: &'a DesiredSettings,
    ) -> BoxFuture<'a, Result<(), HostError>> {
        Box::pin(async move {
            let call = self.next();
            self.point(Dies::Before(call)).await;
            let word = wanted
                .part_settings(&member.name)
                .get("word")
                .map(|word| word.to_string());
            std::fs::create_dir_all(&self.folder).expect("a folder");
            std::fs::write(self.path(number, member), word.unwrap_or_default()).expect("written");
            self.point(Dies::Behind(call)).await;
            if self.fails == Some(member.name.as_str()) {
                Err(HostError::new("odd", "it does not work", "try something else"))
            } else {
                Ok(())
            }
        })
    }

    fn remove_member<'a>(&'a self, number: i64, member: &'a ProductMember) -> BoxFuture<'a, Result<(), HostError>> {
        Box::pin(async move {
            let call = self.next();
            self.point(Dies::Before(call)).await;
            let _ = std::fs::remove_file(self.path(number, member));
            self.point(Dies::Behind(call)).await;
            Ok(())
        })
    }

    fn confirm_removal(
        &self,
        number: i64,
        confirm: Option<EffectConfirmation>,
    ) -> BoxFuture<'_, Result<(), HostError>> {
        Box::pin(async move {
            let effect = ConfirmableEffect::from_content("greetings end".to_owned(), 3, &number);
            if effect.is_confirmed(confirm.as_ref()) {
                return Ok(());
            }
            Err(HostError {
                effect: Some(effect),
                ..HostError::new("confirmationNeeded", "greetings end", "")
            })
        })
    }

    fn current_settings(&self, _: i64) -> BoxFuture<'_, Result<Map<String, Value>, HostError>> {
        Box::pin(async { Ok(Map::new()) })
    }

    fn change_settings<'a>(
        &'a self,
        _: i64,
        _: &'a DesiredSettings,
        _: Option<EffectConfirmation>,
    ) -> BoxFuture<'a, Result<(), HostError>> {
        Box::pin(async { Ok(()) })
    }
}

fn installer(folder: &Path, host: &Arc<Files>) -> (Store, Installer) {
    let store = Store::open(folder, Clock::system(), [0; 32]).expect("a store");
    let key = SecretKey::load_or_create(folder).expect("a key");
    let installer = Installer::new(store.clone(), host.clone(), key);
    (store, installer)
}

fn offer(host: &Arc<Files>) -> InstallableProduct {
    let manifest = Manifest::read(MANIFEST).unwrap_or_else(|findings| panic!("{findings:?}"));
    let file = |name: &str| (name == "templates/t.xml").then_some(TEMPLATE.as_bytes());
    InstallableProduct::from_manifest(manifest, file, host.as_ref()).expect("it fits")
}

fn wanted() -> DesiredSettings {
    let word = BTreeMap::from([("word".to_owned(), Zeroizing::new("Servus".to_owned()))]);
    DesiredSettings {
        product: "greeter".into(),
        profile: "Home".into(),
        settings: BTreeMap::from([("Hello".to_owned(), word)]),
        ..DesiredSettings::default()
    }
}

fn made(folder: &Path) -> Vec<(String, String)> {
    let Ok(files) = std::fs::read_dir(folder.join("made")) else {
        return Vec::new();
    };
    let mut made: Vec<_> = files
        .map(|file| file.expect("a file").path())
        .map(|path| {
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name, std::fs::read_to_string(&path).expect("read"))
        })
        .collect();
    made.sort();
    made
}

/// Everything of an installation, but for times.
async fn end(folder: &Path, store: &Store) -> (InstallationState, Vec<MemberState>, bool, Vec<(String, String)>) {
    let row = store.load_installation(1).await.expect("it is there");
    let members = store.list_members(Some(1)).await.expect("they are there");
    let states = members.iter().map(|member| member.state).collect();
    (row.state, states, row.sealed.is_some(), made(folder))
}
