use std::sync::Arc;

use chrono::TimeDelta;

use super::*;
use crate::bus::answers::FieldAnswer;
use crate::bus::template::{PageKind, WizardTemplate};
use crate::model::{OperatorId, Timestamp};

const SHIPPED: &str = include_str!("../../../templates/intune-connector.xml");
const GUID: &str = "00000000-1111-4222-8333-444444444444";

fn template() -> Arc<WizardTemplate> {
    Arc::new(WizardTemplate::read(SHIPPED.as_bytes()).expect("it has no findings"))
}

fn answer(wizard: &mut Wizard, field: &str, text: &str) -> Result<(), WizardError> {
    let template = wizard.template().clone();
    let known = template.find_field(field).expect("a field of the template");
    let answer = FieldAnswer::from_text(known, text).expect("it fits");
    let field = field.to_owned();
    wizard.apply_event(WizardEvent::Answered { field, answer })
}

fn turn(wizard: &mut Wizard, to: &str) {
    while wizard.current_page().name != to {
        wizard.apply_event(WizardEvent::Next).expect("nothing is in the way");
    }
}

/// At the page on which the connection is verified, everything before it answered.
fn at_verify() -> Wizard {
    let mut wizard = Wizard::new(template());
    turn(&mut wizard, "intune");
    answer(&mut wizard, "tenant_id", GUID).expect("asked");
    answer(&mut wizard, "client_id", GUID).expect("asked");
    answer(&mut wizard, "secret", "s3cret").expect("asked");
    wizard.apply_event(WizardEvent::Next).expect("the page is answered");
    assert_eq!(wizard.current_page().name, "verify");
    wizard
}

fn judge(wizard: &mut Wizard, passed: bool) {
    let about = wizard.action_digest("verify").expect("there is such an action");
    let action = "verify".to_owned();
    wizard
        .apply_event(WizardEvent::Judged { action, about, passed })
        .expect("known");
}

fn codes(refused: Result<(), WizardError>) -> Vec<(String, String)> {
    match refused {
        Err(WizardError::Findings(findings)) => findings.into_iter().map(|found| (found.field, found.code)).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_page_with_missing_answers_is_not_left() {
    let mut wizard = Wizard::new(template());
    turn(&mut wizard, "intune");
    let missing = |name: &str| (name.to_owned(), "missing".to_owned());
    assert_eq!(
        codes(wizard.apply_event(WizardEvent::Next)),
        [missing("tenant_id"), missing("client_id"), missing("secret")]
    );
    assert_eq!(wizard.current_page().name, "intune");
}

#[test]
fn fields_are_asked_by_the_other_answers() {
    let mut wizard = Wizard::new(template());
    turn(&mut wizard, "intune");
    assert!(
        wizard.current_state().asks_field("secret")
            && !wizard.current_state().asks_field("pfx")
            && !wizard.current_state().asks_field("proxy")
    );
    answer(&mut wizard, "sign_in", "pfx").expect("asked");
    answer(&mut wizard, "connection_more", "yes").expect("asked");
    answer(&mut wizard, "network", "proxy").expect("asked");
    let look = wizard.current_state();
    assert!(
        look.asks_field("pfx")
            && look.asks_field("pfx_password")
            && look.asks_field("proxy")
            && !look.asks_field("secret")
    );
    assert!(!look.asks_field("proxy_password"));
    answer(&mut wizard, "proxy_user", "me").expect("asked");
    assert!(wizard.current_state().asks_field("proxy_password"));
    let refused = answer(&mut wizard, "secret", "x");
    assert_eq!(refused, Err(WizardError::NotAsked("secret".into())));
}

#[test]
fn next_opens_only_when_the_connection_was_verified() {
    let mut wizard = at_verify();
    assert_eq!(
        wizard.apply_event(WizardEvent::Next),
        Err(WizardError::NotPassed("verify".into()))
    );
    judge(&mut wizard, false);
    assert_eq!(
        wizard.apply_event(WizardEvent::Next),
        Err(WizardError::NotPassed("verify".into()))
    );
    judge(&mut wizard, true);
    wizard.apply_event(WizardEvent::Next).expect("it has passed");
    assert_eq!(wizard.current_page().name, "scanner");
    assert!(wizard.skipped_actions().is_empty());
}

#[test]
fn who_goes_on_anyway_is_recorded_and_gets_no_actions() {
    let mut wizard = at_verify();
    let action = "verify".to_owned();
    wizard
        .apply_event(WizardEvent::Anyway { action })
        .expect("it may be said");
    assert_eq!(wizard.skipped_actions(), ["verify"]);
    turn(&mut wizard, "actions");
    let look = wizard.current_state();
    assert_eq!(look.pages[wizard.page_number()].locked_by.as_deref(), Some("verify"));
    assert_eq!(
        answer(&mut wizard, "verbs", "sync"),
        Err(WizardError::NotAsked("verbs".into()))
    );
    wizard.check_complete().expect("nothing else is missing");
    assert_eq!(
        wizard.desired_settings().part_settings("IntuneConnector").get("verbs"),
        None
    );
}

#[test]
fn a_verdict_counts_for_the_answers_it_was_given_on_and_no_others() {
    let mut wizard = at_verify();
    judge(&mut wizard, true);
    wizard.apply_event(WizardEvent::Back).expect("there is a page before");
    answer(&mut wizard, "secret", "another").expect("asked");
    assert!(!wizard.has_passed("verify"));
    wizard.apply_event(WizardEvent::Next).expect("the page is answered");
    assert_eq!(
        wizard.apply_event(WizardEvent::Next),
        Err(WizardError::NotPassed("verify".into()))
    );
    wizard.apply_event(WizardEvent::Back).expect("there is a page before");
    answer(&mut wizard, "secret", "s3cret").expect("asked");
    assert!(
        wizard.has_passed("verify"),
        "these are the answers that it was given on"
    );
}

#[test]
fn answers_behind_the_check_leave_its_verdict_alone() {
    let mut wizard = at_verify();
    judge(&mut wizard, true);
    wizard.apply_event(WizardEvent::Next).expect("it has passed");
    answer(&mut wizard, "rhythm", "calm").expect("asked");
    assert!(wizard.has_passed("verify"));
    turn(&mut wizard, "actions");
    answer(&mut wizard, "verbs", "wipe, sync").expect("asked");
    let settings = wizard.desired_settings().part_settings("IntuneConnector");
    assert_eq!(settings["verbs"].as_str(), "sync, wipe");
    assert_eq!(settings["full"].as_str(), "0 3 * * *");
    assert_eq!(settings["secret"].as_str(), "s3cret");
    assert_eq!(settings.get("sign_in"), None);
}

#[test]
fn an_answer_to_what_is_not_asked_is_told_rather_than_lost() {
    assert_eq!(
        codes(with_superfluous_proxy().check_complete()),
        [("proxy".to_owned(), "notAsked".to_owned())]
    );
}

#[test]
fn m28_an_answer_that_does_not_apply_names_the_answers_on_which_it_depends() {
    let wizard = with_superfluous_proxy();
    let Err(WizardError::Findings(findings)) = wizard.check_complete() else {
        panic!("it is superfluous");
    };
    let advice = &findings[0].advice;
    assert_eq!(
        advice.en,
        "remove it, or change network: it applies only if 'proxy' in network"
    );
    assert!(
        advice.de.contains("network ändern") && advice.de.contains("'proxy' in network"),
        "{advice:?}"
    );
}

/// All that is needed, and a proxy although the network needs none.
fn with_superfluous_proxy() -> Wizard {
    let mut answers = WizardAnswers::default();
    let template = template();
    for (field, text) in [
        ("tenant_id", GUID),
        ("client_id", GUID),
        ("secret", "x"),
        ("proxy", "http://p:1"),
    ] {
        let answer = FieldAnswer::from_text(template.find_field(field).expect("a field"), text).expect("it fits");
        answers.set_answer(field, answer.expect("not empty"));
    }
    Wizard::new(template).with_answers(answers)
}

#[test]
fn what_the_host_found_is_told_until_the_field_is_answered_anew() {
    let mut wizard = at_verify();
    wizard.apply_event(WizardEvent::Back).expect("there is a page before");
    let words = || crate::bus::LocalizedText::untranslated("the password is wrong");
    let finding = FieldFinding {
        field: "secret".into(),
        code: "AADSTS7000215".into(),
        problem: words(),
        advice: words(),
    };
    wizard
        .apply_event(WizardEvent::Told(vec![finding]))
        .expect("it is taken");
    assert_eq!(
        codes(wizard.apply_event(WizardEvent::Next)),
        [("secret".to_owned(), "AADSTS7000215".to_owned())]
    );
    answer(&mut wizard, "secret", "better").expect("asked");
    wizard.apply_event(WizardEvent::Next).expect("it was answered anew");
}

#[test]
fn the_tenant_of_an_installation_stays_and_secrets_need_not_be_given_again() {
    let mut present = WizardAnswers::default();
    present.set_answer("tenant_id", FieldAnswer::Text(GUID.into()));
    present.set_answer("client_id", FieldAnswer::Text(GUID.into()));
    let mut wizard = Wizard::from_answers(template(), WizardMode::Change, present.clone());
    turn(&mut wizard, "intune");
    assert_eq!(
        answer(&mut wizard, "tenant_id", "contoso.example"),
        Err(WizardError::Fixed("tenant_id".into()))
    );
    wizard
        .apply_event(WizardEvent::Next)
        .expect("the secret stays as it is");
    let mut others = present.clone();
    others.set_answer("tenant_id", FieldAnswer::Text("contoso.example".into()));
    let wizard = Wizard::from_answers(template(), WizardMode::Change, present.clone()).with_answers(others);
    assert_eq!(
        codes(wizard.check_complete()),
        [("tenant_id".to_owned(), "fixed".to_owned())]
    );
    let renewed = Wizard::from_answers(template(), WizardMode::SignIn, present);
    assert_eq!(
        codes(renewed.check_complete()),
        [("secret".to_owned(), "missing".to_owned())]
    );
}

#[test]
fn n8_what_was_wrong_before_is_a_warning_and_what_is_made_wrong_holds_the_change_up() {
    let text = || FieldAnswer::Text(GUID.into());
    let mut present = WizardAnswers::default();
    present.set_answer("tenant_id", text());
    let mut wizard = Wizard::from_answers(template(), WizardMode::Change, present.clone());
    let state = wizard.current_state();
    let warned: Vec<(&str, &str)> = state
        .all_warnings()
        .map(|found| (found.field.as_str(), found.code.as_str()))
        .collect();
    assert_eq!(warned, [("client_id", "missing")]);
    turn(&mut wizard, "intune");
    wizard.apply_event(WizardEvent::Next).expect("it was missing before");

    let mut whole = present;
    whole.set_answer("client_id", text());
    let mut cleared = whole.clone();
    cleared.remove_answer("client_id");
    let wizard = Wizard::from_answers(template(), WizardMode::Change, whole).with_answers(cleared);
    assert_eq!(
        codes(wizard.check_complete()),
        [("client_id".to_owned(), "missing".to_owned())]
    );
}

#[test]
fn n8_a_kept_secret_that_is_not_of_the_sign_in_need_not_be_given_to_renew_it() {
    let mut present = WizardAnswers::default();
    for (field, text) in [
        ("tenant_id", GUID),
        ("client_id", GUID),
        ("network", "proxy"),
        ("proxy", "http://proxy.example:3128"),
        ("proxy_user", "me"),
    ] {
        present.set_answer(field, FieldAnswer::Text(text.into()));
    }
    let wizard = Wizard::from_answers(template(), WizardMode::SignIn, present);
    assert!(wizard.current_state().asks_field("proxy_password"));
    assert_eq!(
        codes(wizard.check_complete()),
        [("secret".to_owned(), "missing".to_owned())]
    );
}

#[test]
fn pages_come_in_order_to_the_end_and_back() {
    let mut wizard = at_verify();
    judge(&mut wizard, true);
    while wizard.current_page().kind != PageKind::Finish {
        wizard.apply_event(WizardEvent::Next).expect("nothing is in the way");
    }
    assert_eq!(wizard.apply_event(WizardEvent::Next), Err(WizardError::NoPage));
    let mut back = 0;
    while wizard.apply_event(WizardEvent::Back).is_ok() {
        back += 1;
    }
    assert_eq!(back, wizard.template().pages.len() - 1);
}

#[test]
fn e1_nothing_shows_a_secret() {
    let wizard = at_verify();
    assert!(
        !format!(
            "{wizard:?} {:?} {:?}",
            wizard.desired_settings(),
            wizard.current_state()
        )
        .contains("s3cret")
    );
}

#[test]
fn proofs_end_with_their_hour_and_belong_to_who_asked() {
    let wizard = at_verify();
    let about = wizard.action_digest("verify").expect("an action");
    let (me, you) = (OperatorId(1), OperatorId(2));
    let now = Timestamp::UNIX_EPOCH + TimeDelta::days(20_000);
    let proofs = PassedChecks::default();
    assert!(!proofs.has_passed(me, about, now));
    proofs.record_pass(me, about, now);
    assert!(proofs.has_passed(me, about, now + TimeDelta::minutes(59)));
    assert!(!proofs.has_passed(you, about, now));
    assert!(!proofs.has_passed(me, about, now + PROOF_LIFE));
    assert!(!proofs.has_passed(me, about, now - PROOF_LIFE));
}
