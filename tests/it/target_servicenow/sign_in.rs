//! In whose name: a user, an OAuth client alone, or both; tokens that end, and sign-ins that are refused.

use intune_connector::config::ServiceNowSettings;
use secrecy::SecretString;

use super::rig::ServiceNowRig;
use crate::support::servicenow::ServiceNowOptions;

const TOKENS: &str = "POST oauth_token.do";

fn with_client(own: &mut ServiceNowSettings) {
    let options = ServiceNowOptions::default();
    own.client_id = Some(options.client_id);
    own.client_secret = Some(SecretString::from(options.client_secret));
}

fn with_client_alone(own: &mut ServiceNowSettings) {
    with_client(own);
    (own.user, own.password) = (None, None);
}

#[tokio::test]
async fn a_client_signs_in_alone_or_with_a_user_and_its_token_is_used_again() {
    for change in [with_client as fn(&mut ServiceNowSettings), with_client_alone] {
        let rig = ServiceNowRig::with(ServiceNowOptions::default(), change).await;
        for _ in 0..3 {
            rig.adapter.list_records(None).await.unwrap();
        }
        assert_eq!(rig.server.count(TOKENS), 1);
        // Somebody over there has ended it: it is asked for anew, once.
        rig.server.with_state(|state| state.tokens.clear());
        rig.adapter.list_records(None).await.unwrap();
        assert_eq!(rig.server.count(TOKENS), 2);
    }
}

type SettingsChange = fn(&mut ServiceNowSettings);

#[tokio::test]
async fn a_refused_sign_in_is_told_without_its_secret_and_is_not_tried_again() {
    let wrong_password = |own: &mut ServiceNowSettings| own.password = Some(SecretString::from("canary-secret"));
    let wrong_client = |own: &mut ServiceNowSettings| {
        with_client_alone(own);
        own.client_secret = Some(SecretString::from("canary-secret"));
    };
    let changes: [(SettingsChange, usize); 2] = [(wrong_password, 1), (wrong_client, 1)];
    for (change, requests) in changes {
        let rig = ServiceNowRig::with(ServiceNowOptions::default(), change).await;
        let fault = rig.adapter.list_records(None).await.unwrap_err();
        assert_eq!(fault.code(), "signIn", "{fault}");
        assert!(
            !format!("{fault:?} {fault} {}", fault.advice()).contains("canary"),
            "{fault:?}"
        );
        assert_eq!(rig.server.count_all(), requests);
        let steps = rig.verify().await;
        assert!(!format!("{steps:?}").contains("canary"), "{steps:?}");
    }
}

#[tokio::test]
async fn a_grant_that_the_instance_does_not_allow_is_a_refused_sign_in() {
    let options = ServiceNowOptions {
        client_credentials: false,
        ..ServiceNowOptions::default()
    };
    let rig = ServiceNowRig::with(options, with_client_alone).await;
    assert_eq!(rig.adapter.list_records(None).await.unwrap_err().code(), "signIn");
}
