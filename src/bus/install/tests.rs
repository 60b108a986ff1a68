//! Over a real store in a real folder. The host is one that keeps what it made in files, so that it outlives the
//! process; the process dies by having its work dropped in the middle.

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
use crate::config::{SEALED_PREFIX, SecretKey};
use crate::contract::CheckStep;
use crate::model::{ConfirmableEffect, EffectConfirmation};
use crate::model::{InstallationState, MemberState};
use crate::observe::Clock;
use crate::store::{NewInstance, Store};

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

/// Installs, dying once; a second process goes on.
async fn with_death(
    dies: Dies,
    fails: Option<&'static str>,
) -> (InstallationState, Vec<MemberState>, bool, Vec<(String, String)>) {
    let folder = tempfile::tempdir().expect("a folder");
    let host = Files::new(folder.path(), dies, fails);
    {
        let (store, installer) = installer(folder.path(), &host);
        let number = installer
            .plan_installation(&offer(&host), &wanted(), Vec::new(), |_| None)
            .await
            .expect("planned");
        tokio::select! {
            ended = installer.run_installation(number) => {
                ended.expect("it ends");
                assert_eq!(dies, Dies::Never);
                return end(folder.path(), &store).await;
            }
            () = host.dying.notified() => (),
        }
    }
    let host = Files::new(folder.path(), Dies::Never, fails);
    let (store, installer) = installer(folder.path(), &host);
    installer.resume_unfinished().await.expect("it goes on");
    end(folder.path(), &store).await
}

#[tokio::test]
async fn an_installation_that_dies_anywhere_ends_as_without_it() {
    let alive = with_death(Dies::Never, None).await;
    let texts = [("Engine_1", ""), ("Goodbye_1", ""), ("Hello_1", "Servus")];
    let texts = texts.map(|(name, text)| (name.to_owned(), text.to_owned()));
    let expected = (
        InstallationState::Installed,
        vec![MemberState::Applied; 3],
        false,
        texts.to_vec(),
    );
    assert_eq!(alive, expected);
    for call in 0..3 {
        for dies in [Dies::Before(call), Dies::Behind(call)] {
            assert_eq!(with_death(dies, None).await, expected, "{dies:?}");
        }
    }
}

#[tokio::test]
async fn an_installation_that_fails_leaves_nothing_wherever_it_dies() {
    use MemberState::{Planned, Undone};
    let expected = (
        InstallationState::Failed,
        vec![Undone, Undone, Planned],
        false,
        Vec::new(),
    );
    assert_eq!(with_death(Dies::Never, Some("Hello")).await, expected);
    // Two parts are made, two are taken back.
    for call in 0..4 {
        for dies in [Dies::Before(call), Dies::Behind(call)] {
            assert_eq!(with_death(dies, Some("Hello")).await, expected, "{dies:?}");
        }
    }
}

#[tokio::test]
async fn the_last_lines_of_the_journal_may_be_lost_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let host = Files::new(folder.path(), Dies::Never, None);
    let (store, installer) = installer(folder.path(), &host);
    let number = installer
        .plan_installation(&offer(&host), &wanted(), Vec::new(), |_| None)
        .await
        .expect("planned");
    for place in 1..=3 {
        let applied = store.set_member_state(number, place, MemberState::Applied, None).await;
        applied.expect("written");
    }
    installer.resume_unfinished().await.expect("it goes on");
    let row = store.load_installation(number).await.expect("it is there");
    assert_eq!(row.state, InstallationState::Installed);
    assert_eq!(host.calls.load(Ordering::SeqCst), 0, "what is noted is not made again");
}

#[tokio::test]
async fn a_plan_that_was_never_carried_out_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let host = Files::new(folder.path(), Dies::Never, None);
    let (store, installer) = installer(folder.path(), &host);
    installer
        .plan_installation(&offer(&host), &wanted(), vec!["verify".into()], |_| None)
        .await
        .expect("planned");
    assert!(made(folder.path()).is_empty(), "a plan makes nothing");
    installer.resume_unfinished().await.expect("it goes on");
    let row = store.load_installation(1).await.expect("it is there");
    assert_eq!(
        (row.state, row.overridden_checks),
        (InstallationState::Installed, vec!["verify".to_owned()])
    );
}

#[tokio::test]
async fn why_it_failed_is_told_with_its_part_and_its_cure() {
    let folder = tempfile::tempdir().expect("a folder");
    let host = Files::new(folder.path(), Dies::Never, Some("Goodbye"));
    let (store, installer) = installer(folder.path(), &host);
    let number = installer
        .plan_installation(&offer(&host), &wanted(), Vec::new(), |_| None)
        .await
        .expect("planned");
    let row = installer.run_installation(number).await.expect("it ends");
    let told = row.problem.expect("there is one");
    assert_eq!(
        (told.code.as_deref(), told.advice.as_str()),
        (Some("odd"), "try something else")
    );
    let members = store.list_members(Some(number)).await.expect("they are there");
    let with: Vec<_> = members
        .iter()
        .filter(|member| member.problem.is_some())
        .map(|member| &member.name)
        .collect();
    assert_eq!(with, ["Goodbye_1"]);
}

#[tokio::test]
async fn m23_a_number_is_never_used_again_by_installations_or_instances() {
    let folder = tempfile::tempdir().expect("a folder");
    let host = Files::new(folder.path(), Dies::Never, Some("Hello"));
    let (store, installer) = installer(folder.path(), &host);
    let instance = || NewInstance {
        prefix: "Thing".into(),
        tenant_id: "t".into(),
        client_id: "c".into(),
        audience: None,
    };
    let plan = async || {
        let number = installer
            .plan_installation(&offer(&host), &wanted(), Vec::new(), |_| None)
            .await
            .expect("planned");
        installer.run_installation(number).await.expect("it ends").number
    };
    assert_eq!(plan().await, 1);
    assert_eq!(store.add_instance(instance()).await.expect("added").id.0, 2);
    assert_eq!(plan().await, 3);
    assert_eq!(plan().await, 4);
    let added = store.add_instance(instance()).await.expect("added");
    assert_eq!(added.name.as_str(), "Thing_5");
    store.remove_instance(added.id).await.expect("removed");
    assert_eq!(plan().await, 6);
}

#[tokio::test]
async fn an_installation_is_taken_away_when_its_count_is_confirmed_and_last_part_first() {
    let folder = tempfile::tempdir().expect("a folder");
    let host = Files::new(folder.path(), Dies::Never, None);
    let (store, installer) = installer(folder.path(), &host);
    let number = installer
        .plan_installation(&offer(&host), &wanted(), Vec::new(), |_| None)
        .await
        .expect("planned");
    installer.run_installation(number).await.expect("it ends");
    let confirm = |text: &str| EffectConfirmation::try_from(text.to_owned()).ok();
    let refused = installer
        .uninstall(number, confirm("3"))
        .await
        .expect_err("a number alone");
    let InstallError::Fault(HostError {
        effect: Some(shown), ..
    }) = refused
    else {
        panic!("{refused:?}");
    };
    assert_eq!(shown.count, 3);
    let row = installer
        .uninstall(number, confirm(shown.confirmation_code()))
        .await
        .expect("it ends");
    assert_eq!(row.state, InstallationState::Removed);
    assert!(made(folder.path()).is_empty());
    let again = installer
        .uninstall(number, confirm(shown.confirmation_code()))
        .await
        .expect_err("it is gone");
    assert!(matches!(again, InstallError::Stands { .. }));
    let members = store.list_members(Some(number)).await.expect("they are there");
    assert!(members.iter().all(|member| member.state == MemberState::Undone));
}

#[tokio::test]
async fn e1_what_is_kept_for_going_on_is_sealed_and_erased_at_the_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let host = Files::new(folder.path(), Dies::Never, None);
    let (store, installer) = installer(folder.path(), &host);
    let mut wanted = wanted();
    let pin = BTreeMap::from([("pin".to_owned(), Zeroizing::new("hunter2".to_owned()))]);
    wanted.settings.insert("Engine".into(), pin);
    let number = installer
        .plan_installation(&offer(&host), &wanted, Vec::new(), |_| None)
        .await
        .expect("planned");
    let row = store.load_installation(number).await.expect("it is there");
    assert!(row.sealed.as_ref().is_some_and(|text| text.starts_with(SEALED_PREFIX)));
    let members = store.list_members(Some(number)).await.expect("they are there");
    assert!(!format!("{row:?} {members:?} {wanted:?}").contains("hunter2"));
    assert_eq!(members[1].settings["word"], "Servus");
    let row = installer.run_installation(number).await.expect("it ends");
    assert_eq!(row.sealed, None);
}

#[tokio::test]
async fn another_key_in_the_folder_ends_an_open_installation_with_its_cause() {
    let folder = tempfile::tempdir().expect("a folder");
    let host = Files::new(folder.path(), Dies::Never, None);
    let (store, before) = installer(folder.path(), &host);
    let number = before
        .plan_installation(&offer(&host), &wanted(), Vec::new(), |_| None)
        .await
        .expect("planned");
    let elsewhere = tempfile::tempdir().expect("a folder");
    let key = SecretKey::load_or_create(elsewhere.path()).expect("a key");
    let installer = Installer::new(store.clone(), host.clone(), key);
    let row = installer.run_installation(number).await.expect("it ends");
    assert_eq!(row.state, InstallationState::Failed);
    assert_eq!(row.problem.expect("there is one").code.as_deref(), Some("sealed"));
    assert!(made(folder.path()).is_empty());
}

#[test]
fn what_a_template_names_must_be_known_to_manifest_and_host() {
    let folder = tempfile::tempdir().expect("a folder");
    let host = Files::new(folder.path(), Dies::Never, None);
    let manifest = Manifest::read(MANIFEST).expect("it is right");
    let template = TEMPLATE
        .replace("<part name=\"Engine\">", "<part name=\"Motor\">")
        .replace(
            "</field></page>",
            "</field>\n<action name=\"fly\"><label en=\"f\" de=\"f\"/></action></page>",
        );
    let file = |_: &str| Some(template.as_bytes());
    let Err(ProductError::Findings { findings, .. }) =
        InstallableProduct::from_manifest(manifest.clone(), file, host.as_ref())
    else {
        panic!("it has findings");
    };
    let told: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "line 3, column 1: this bus has no action fly",
            "line 5, column 10: the first part is Motor, but the manifest's first microservice is Engine",
            "line 5, column 10: the manifest has no microservice or workflow Motor",
        ]
    );
    let missing = InstallableProduct::from_manifest(manifest, |_| None, host.as_ref()).expect_err("there is no file");
    assert_eq!(missing, ProductError::Missing("templates/t.xml".into()));
}
