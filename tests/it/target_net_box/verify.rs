//! The check of a connection finds what is missing, and writes nothing.

use intune_connector::contract::{CheckStep, CheckStepState};
use intune_connector::model::parse_time;
use intune_connector::targets::SignInEnd;

use super::rig::{NetBoxRig, VERSIONS, own_settings};
use crate::support::net_box::{NetBoxOptions, NetBoxVersion};

fn find<'a>(steps: &'a [CheckStep], name: &str, subject: &str) -> &'a CheckStep {
    let found = steps.iter().find(|step| step.step == name && step.subject == subject);
    found.unwrap_or_else(|| panic!("no step {name} {subject}: {steps:?}"))
}

#[tokio::test]
async fn a_good_connection_passes_and_is_only_read() {
    for version in VERSIONS {
        let rig = NetBoxRig::new(version).await;
        let steps = rig.verify().await;
        assert!(
            steps.iter().all(|step| step.state != CheckStepState::Failed),
            "{steps:?}"
        );
        assert_eq!(find(&steps, "version", "NetBox").state, CheckStepState::Ok);
        let missing = find(&steps, "customField", "intune_id");
        assert_eq!(missing.state, CheckStepState::Note, "{missing:?}");
        let writes = rig.server.with_state(|state| {
            let kinds = state.counts.keys();
            kinds.filter(|kind| !kind.starts_with("GET ")).count()
        });
        assert_eq!(writes, 0);
        rig.create_many(1..=1).await;
        let steps = rig.verify().await;
        for (step, subject) in [("customField", "intune_id"), ("site", "Intune"), ("tag", "Intune")] {
            assert_eq!(find(&steps, step, subject).state, CheckStepState::Ok, "{step}");
        }
    }
}

#[tokio::test]
async fn a_right_that_is_missing_is_found_by_its_list() {
    let mut options = NetBoxOptions::of_version(NetBoxVersion::V46);
    options.denied = vec!["GET dcim/sites".to_owned()];
    let rig = NetBoxRig::with(options, |_| ()).await;
    let steps = rig.verify().await;
    let sites = find(&steps, "right", "dcim/sites");
    assert_eq!(sites.state, CheckStepState::Failed);
    assert_eq!(sites.cause.as_deref(), Some("misconfigured"));
    assert!(
        sites.detail.contains("GET dcim/sites") && sites.cure.is_some(),
        "{sites:?}"
    );
    assert_eq!(find(&steps, "right", "dcim/devices").state, CheckStepState::Ok);
    assert_eq!(find(&steps, "site", "Intune").state, CheckStepState::Skipped);
}

#[tokio::test]
async fn a_bad_token_fails_the_sign_in_and_an_absent_server_the_reach() {
    let options = NetBoxOptions::of_version(NetBoxVersion::V46);
    let mut rig = NetBoxRig::with(options, |own| own.token = own_settings("nbt_other.token").token).await;
    let steps = rig.verify().await;
    let sign_in = find(&steps, "signIn", "token");
    assert_eq!(
        (sign_in.state, sign_in.field.as_deref()),
        (CheckStepState::Failed, Some("token"))
    );
    assert_eq!(find(&steps, "version", "NetBox").state, CheckStepState::Skipped);
    assert!(!format!("{steps:?}").contains("nbt_other"));
    rig.server.kill().await;
    let steps = rig.verify().await;
    let reach = &steps[0];
    assert_eq!(
        (reach.step.as_str(), reach.state, reach.field.as_deref()),
        ("reach", CheckStepState::Failed, Some("url"))
    );
}

#[tokio::test]
async fn a_token_of_the_first_version_is_told_to_end() {
    let mut options = NetBoxOptions::of_version(NetBoxVersion::V46);
    options.token = "0123456789abcdef0123456789abcdef01234567".to_owned();
    let rig = NetBoxRig::with(options, |_| ()).await;
    let steps = rig.verify().await;
    let version = find(&steps, "version", "NetBox");
    assert_eq!(version.state, CheckStepState::Note);
    assert!(version.detail.contains("version 1"), "{version:?}");
}

#[tokio::test]
async fn the_end_of_a_token_of_each_version_is_one_request_and_so_is_that_it_is_not_told() {
    let first = "0123456789abcdef0123456789abcdef01234567";
    for (version, token) in [
        (NetBoxVersion::V42, None),
        (NetBoxVersion::V46, None),
        (NetBoxVersion::V46, Some(first)),
    ] {
        let mut options = NetBoxOptions::of_version(version);
        options.token = token.map_or(options.token, str::to_owned);
        options.token_expires = Some("2027-03-31T12:00:00+02:00".to_owned());
        let mut rig = NetBoxRig::with(options, |_| ()).await;
        let end = SignInEnd::At(parse_time("2027-03-31T10:00:00Z").unwrap());
        assert_eq!(rig.adapter.read_sign_in_end().await, end, "{version:?} {token:?}");
        rig.server.with_state(|state| state.options.token_expires = None);
        assert_eq!(rig.adapter.read_sign_in_end().await, SignInEnd::Never);
        rig.server.forget_counts();
        let denied = "GET users/tokens".to_owned();
        rig.server.with_state(|state| state.options.denied.push(denied));
        assert_eq!(rig.adapter.read_sign_in_end().await, SignInEnd::Untold);
        assert_eq!(rig.server.count_all(), 1, "nothing else is asked");
        rig.server.kill().await;
        assert_eq!(rig.adapter.read_sign_in_end().await, SignInEnd::Untold);
    }
}
