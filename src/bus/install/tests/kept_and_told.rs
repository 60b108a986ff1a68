//! What an installation keeps, takes away and says.

use super::*;
use crate::config::SEALED_PREFIX;
use crate::store::NewInstance;

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
