//! Ways to sign in, rights, and what a check says of them.

use std::time::Duration;

use intune_connector::config::InventorySignIn;
use intune_connector::contract::{CheckStep, CheckStepState};
use secrecy::SecretString;
use serde_json::json;

use super::rig::{GlpiRig, SERIAL, Update};
use crate::support::glpi::SignInMode;

fn failed(steps: &[CheckStep]) -> Vec<(&str, Option<&str>)> {
    let failed = steps.iter().filter(|step| step.state == CheckStepState::Failed);
    failed.map(|step| (step.step.as_str(), step.field.as_deref())).collect()
}

#[tokio::test]
async fn each_of_the_three_ways_lets_inventories_in_and_the_wrong_one_is_refused() {
    let ways = [
        (SignInMode::Nothing, InventorySignIn::Nothing),
        (SignInMode::Basic, InventorySignIn::Basic),
        (SignInMode::OauthClient, InventorySignIn::OauthClient),
    ];
    for (asked, _) in ways {
        for (_, used) in ways {
            let rig = GlpiRig::with(|options| options.sign_in = asked, |own| own.inventory_sign_in = used).await;
            let made = rig
                .create(1, json!({"hardware.name": "PC-1", "bios.ssn": SERIAL}))
                .await;
            let is_right = asked == SignInMode::Nothing || ways.contains(&(asked, used));
            match made {
                Ok(_) => assert!(is_right, "{asked:?} {used:?}"),
                Err(fault) => {
                    assert_eq!((fault.code(), is_right), ("signIn", false), "{asked:?} {used:?}");
                    let steps = rig.verify().await;
                    assert_eq!(failed(&steps), [("inventory", Some("inventory_sign_in"))], "{steps:?}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_password_that_is_wrong_is_tried_once_and_told_without_being_shown() {
    let wrong = |text: &str| Some(SecretString::from(text.to_owned()));
    let rig = GlpiRig::with(|_| (), |own| own.password = wrong("canary-password")).await;
    let fault = rig
        .create(1, json!({"hardware.name": "PC-1", "bios.ssn": SERIAL}))
        .await
        .unwrap_err();
    assert_eq!((fault.code(), rig.server.count("POST token")), ("signIn", 1));
    assert!(!format!("{fault:?} {fault}").contains("canary"), "{fault:?}");
    assert_eq!(rig.count_inventories(), 0);
    let steps = rig.verify().await;
    assert_eq!(failed(&steps), [("signIn", Some("password"))]);
    assert!(!format!("{steps:?}").contains("canary"));
}

#[tokio::test]
async fn a_token_that_ends_or_is_withdrawn_is_fetched_anew() {
    // One that ends within a minute is used once: the two requests of a look fetch one each.
    for (lasts, more) in [(Duration::from_secs(30), 2), (Duration::from_secs(3_600), 1)] {
        let rig = GlpiRig::with(|options| options.token_lasts = lasts, |_| ()).await;
        let record = rig
            .create(1, json!({"hardware.name": "PC-1", "bios.ssn": SERIAL}))
            .await
            .unwrap();
        let fetched = rig.server.count("POST token");
        // It knows its tokens no more.
        rig.server.with_state(|state| state.tokens.clear());
        assert!(rig.adapter.read_record(&record).await.unwrap().is_some());
        assert_eq!(rig.server.count("POST token"), fetched + more);
    }
}

#[tokio::test]
async fn inventories_that_are_switched_off_are_told_with_where_to_switch_them_on() {
    let rig = GlpiRig::with(|options| options.takes_inventories = false, |_| ()).await;
    let fault = rig
        .create(1, json!({"hardware.name": "PC-1", "bios.ssn": SERIAL}))
        .await
        .unwrap_err();
    assert_eq!(fault.code(), "misconfigured");
    assert!(
        fault.advice().contains("Administration, Inventory"),
        "{}",
        fault.advice()
    );
    assert_eq!(failed(&rig.verify().await), [("inventory", Some("url"))]);
}

#[tokio::test]
async fn a_check_finds_a_missing_right_and_writes_nothing() {
    let rig = GlpiRig::new().await;
    let steps = rig.verify().await;
    assert!(failed(&steps).is_empty(), "{steps:?}");
    let noted: Vec<&str> = steps
        .iter()
        .filter(|step| step.state == CheckStepState::Note)
        .map(|step| step.step.as_str())
        .collect();
    assert_eq!(noted, ["state"], "it is made when it is needed");
    for kind in ["GET Assets/Computer", "GET Administration/User", "GET Inventory/Agent"] {
        rig.server
            .with_state(|state| state.options.denied = vec![kind.to_owned()]);
        assert_eq!(failed(&rig.verify().await), [("right", Some("user"))], "{kind}");
    }
    assert!(rig.server.list_items().is_empty());
    assert!(
        rig.server
            .with_state(|state| state.tables.agents.is_empty() && state.tables.states.is_empty())
    );
}

#[tokio::test]
async fn a_right_to_change_that_is_missing_stops_all_and_is_named() {
    let rig = GlpiRig::new().await;
    let record = rig
        .create(1, json!({"hardware.name": "PC-1", "bios.ssn": SERIAL}))
        .await
        .unwrap();
    rig.server
        .with_state(|state| state.options.denied = vec!["PATCH Assets/Computer/{id}".to_owned()]);
    let update = Update {
        restore: true,
        ..Update::of(1, &record, json!({}))
    };
    let fault = rig.update(update).await.unwrap_err();
    assert_eq!(fault.code(), "misconfigured");
    assert!(fault.to_string().contains("PATCH Assets/Computer"), "{fault}");
}
