//! What the wizard makes of the shipped template: the way that most people go, and the ways back.

use std::sync::Arc;

use super::*;
use crate::bus::template::{FieldKind, PageKind, WizardTemplate};

const SHIPPED: &str = include_str!("../../../templates/intune-connector.xml");
const GUID: &str = "00000000-1111-4222-8333-444444444444";
/// Questions of the default path, the last one ("Install now?") included.
const PROMPTS_MAX: usize = 12;

fn template() -> Arc<WizardTemplate> {
    Arc::new(WizardTemplate::read(SHIPPED.as_bytes()).expect("it has no findings"))
}

fn answers(given: &[(&str, &str)]) -> WizardAnswers {
    let template = template();
    let mut answers = WizardAnswers::default();
    let identity = [("tenant_id", GUID), ("client_id", GUID), ("secret", "s3cret")];
    for (name, text) in identity.iter().chain(given) {
        let field = template.find_field(name).expect("a field");
        let answer = match field.kind {
            FieldKind::File { .. } => FieldAnswer::File(text.as_bytes().to_vec().into()),
            _ => FieldAnswer::from_text(field, text)
                .expect("it fits")
                .expect("an answer"),
        };
        answers.set_answer(*name, answer);
    }
    answers
}

/// With the connection verified.
fn verified(given: &[(&str, &str)]) -> Wizard {
    let mut wizard = Wizard::new(template()).with_answers(answers(given));
    judge(&mut wizard, "verify", true);
    wizard
}

fn judge(wizard: &mut Wizard, action: &str, passed: bool) {
    let about = wizard.action_digest(action).expect("there is such an action");
    let action = action.to_owned();
    wizard
        .apply_event(WizardEvent::Judged { action, about, passed })
        .expect("known");
}

fn turn(wizard: &mut Wizard, to: &str) {
    while wizard.current_page().name != to {
        wizard.apply_event(WizardEvent::Next).expect("nothing is in the way");
    }
}

fn asked(wizard: &Wizard) -> Vec<String> {
    let pages = wizard.current_state().pages;
    pages.into_iter().flat_map(|page| page.asked_fields).collect()
}

fn findings(wizard: &Wizard) -> Vec<FieldFinding> {
    match wizard.check_complete() {
        Err(WizardError::Findings(findings)) => findings,
        _ => Vec::new(),
    }
}

#[test]
fn b3_the_default_path_asks_at_most_twelve_questions() {
    let asked = asked(&verified(&[]));
    assert!(asked.len() < PROMPTS_MAX, "{asked:?}");
    for wanted in [
        "profile",
        "servers",
        "tenant_id",
        "client_id",
        "secret",
        "zone",
        "verbs",
    ] {
        assert!(asked.iter().any(|name| name == wanted), "{wanted}: {asked:?}");
    }
    for rare in ["definition", "cloud", "network", "filter", "limit_per_job"] {
        assert!(!asked.iter().any(|name| name == rare), "{rare}: {asked:?}");
    }
}

#[test]
fn b3_a_blamed_field_is_corrected_where_it_is_asked_or_where_it_is_shown() {
    let mut wizard = verified(&[]);
    turn(&mut wizard, "verify");
    let intune = wizard.template().page_index_of("tenant_id").expect("a page");
    let place = |wizard: &Wizard, field: &str| {
        let place = wizard.find_correction(field)?;
        Some((place.page, place.fields.join(" ")))
    };
    for (field, fields) in [
        ("secret", "secret"),
        // Two questions stand before it; the first of them is asked.
        ("ca", "connection_more"),
        ("proxy_password", "connection_more"),
        ("pfx", "sign_in"),
        ("secret_expires_on", "sign_in connection_more"),
    ] {
        assert_eq!(place(&wizard, field), Some((intune, fields.to_owned())), "{field}");
    }
    wizard = wizard.with_answers(answers(&[
        ("network", "addresses"),
        ("login_url", "http://a"),
        ("graph_url", "http://a"),
    ]));
    assert_eq!(place(&wizard, "ca"), Some((intune, "network".to_owned())));
    assert_eq!(place(&wizard, "nothing"), None);
}

#[test]
fn b3_a_page_with_an_answer_that_is_no_longer_asked_can_be_left() {
    let mut wizard = verified(&[("network", "proxy"), ("proxy", "http://p:3128")]);
    turn(&mut wizard, "intune");
    let answer = None;
    let field = "network".to_owned();
    wizard
        .apply_event(WizardEvent::Answered { field, answer })
        .expect("asked");
    assert!(wizard.apply_event(WizardEvent::Next).is_err());
    assert_eq!(wizard.drop_unasked_answers(), ["proxy"]);
    wizard.apply_event(WizardEvent::Next).expect("nothing is in the way");
}

#[test]
fn b3_actions_that_a_check_locks_again_are_taken_away_rather_than_holding_the_wizard() {
    let mut wizard = verified(&[("verbs", "sync")]);
    judge(&mut wizard, "verify", false);
    let action = "verify".to_owned();
    wizard.apply_event(WizardEvent::Anyway { action }).expect("known");
    turn(&mut wizard, "actions");
    assert!(wizard.apply_event(WizardEvent::Next).is_err());
    assert_eq!(wizard.drop_unasked_answers(), ["verbs"]);
    wizard.apply_event(WizardEvent::Next).expect("nothing is in the way");
}

#[test]
fn b3_what_was_told_of_a_field_that_is_not_asked_holds_nobody_up() {
    let mut wizard = verified(&[]);
    turn(&mut wizard, "intune");
    let words = || crate::bus::LocalizedText::untranslated("not trusted");
    let finding = |field: &str| FieldFinding {
        field: field.into(),
        code: "tlsUntrusted".into(),
        problem: words(),
        advice: words(),
    };
    let told = WizardEvent::Told(vec![finding("ca"), finding("secret")]);
    wizard.apply_event(told).expect("it is taken");
    assert!(wizard.apply_event(WizardEvent::Next).is_err());
    let field = "secret".to_owned();
    wizard.apply_event(WizardEvent::Kept { field }).expect("it is taken");
    wizard.apply_event(WizardEvent::Next).expect("ca is not asked");
}

#[test]
fn b3_one_returns_to_pages_before_and_to_no_other() {
    let mut wizard = verified(&[]);
    turn(&mut wizard, "scanner");
    let here = wizard.page_number();
    assert_eq!(
        wizard.apply_event(WizardEvent::Return { page: here + 1 }),
        Err(WizardError::NoPage)
    );
    wizard
        .apply_event(WizardEvent::Return { page: 1 })
        .expect("a page before");
    assert_eq!(wizard.current_page().name, "profile");
}

#[test]
fn mi_2_chosen_actions_are_installed_only_behind_the_check_of_their_rights_or_on_record() {
    let mut wizard = verified(&[("verbs", "wipe, sync")]);
    assert_eq!(wizard.check_complete(), Err(WizardError::NotPassed("rights".into())));
    let verbs = |settings: &crate::bus::DesiredSettings| {
        let settings = settings.part_settings("IntuneConnector");
        settings.get("verbs").map(|verbs| verbs.to_string())
    };
    assert_eq!(
        verbs(&wizard.settings_for_action("rights")).as_deref(),
        Some("sync, wipe")
    );
    assert_eq!(
        verbs(&wizard.settings_for_action("verify")),
        None,
        "it is about its own page"
    );
    judge(&mut wizard, "rights", true);
    wizard.check_complete().expect("nothing is in the way");
    let more = verified(&[("verbs", "wipe, sync, notify")]);
    assert_eq!(more.check_complete(), Err(WizardError::NotPassed("rights".into())));
    let mut anyway = more;
    let action = "rights".to_owned();
    anyway.apply_event(WizardEvent::Anyway { action }).expect("known");
    anyway.check_complete().expect("somebody goes on");
    assert_eq!(anyway.skipped_actions(), ["rights"]);
    verified(&[])
        .check_complete()
        .expect("without actions nobody asks for rights");
}

#[test]
fn mi_9_the_preview_comes_before_the_installation() {
    let kinds: Vec<PageKind> = template().pages.iter().map(|page| page.kind).collect();
    let place = |kind| kinds.iter().position(|known| *known == kind).expect("a page");
    assert!(place(PageKind::Preview) < place(PageKind::Installation));
}

#[test]
fn m28_an_answer_that_does_not_apply_names_what_it_depends_on() {
    let pem = "-----BEGIN CERTIFICATE-----";
    let wizard = Wizard::new(template()).with_answers(answers(&[("ca", pem)]));
    let findings = findings(&wizard);
    let advice = &findings[0].advice;
    assert_eq!((findings.len(), findings[0].code.as_str()), (1, "notAsked"));
    assert_eq!(
        advice.en,
        "remove it, or change network: it applies only if 'inspected' in network"
    );
    assert!(advice.de.contains("'inspected' in network"), "{}", advice.de);
}

#[test]
fn an_answer_behind_advanced_settings_answers_that_question_too() {
    let given = [
        ("cloud", "china"),
        ("full", "0 4 * * *"),
        ("personal", "left_out"),
        ("verbs", "wipe"),
        ("limit_per_job", "5"),
    ];
    let wizard = verified(&given);
    for (gate, text) in [
        ("connection_more", "yes"),
        ("rhythm", "own"),
        ("devices", "own"),
        ("actions_more", "yes"),
    ] {
        assert_eq!(wizard.answers().text_of(gate), Some(text), "{gate}");
    }
    assert!(findings(&wizard).is_empty());
    let settings = wizard.desired_settings().part_settings("IntuneConnector");
    for (key, text) in [("cloud", "china"), ("personal", "left_out"), ("limit_per_job", "5")] {
        assert_eq!(settings[key].as_str(), text);
    }
    // Who says no means it.
    let refused = verified(&[("cloud", "china"), ("connection_more", "no")]);
    assert_eq!(findings(&refused).len(), 1);
    // Limits belong to actions that destroy.
    let harmless = verified(&[("verbs", "sync"), ("limit_per_job", "5")]);
    assert_eq!(findings(&harmless).len(), 1);
}

#[test]
fn what_stands_of_an_installation_is_opened_by_what_is_changed() {
    let installed = answers(&[("devices", "usual"), ("rhythm", "usual")]);
    let wizard = Wizard::from_answers(template(), WizardMode::Change, installed.clone());
    let mut changed = installed;
    let field = wizard.template().find_field("filter").expect("a field").clone();
    let filter = FieldAnswer::from_text(&field, "model == 'X'")
        .expect("it fits")
        .expect("an answer");
    changed.set_answer("filter", filter);
    let wizard = wizard.with_answers(changed);
    assert_eq!(wizard.answers().text_of("devices"), Some("own"));
    assert_eq!(wizard.answers().text_of("rhythm"), Some("usual"));
}

#[test]
fn personal_devices_are_reduced_unless_somebody_says_otherwise() {
    let settings = |given: &[(&str, &str)]| verified(given).desired_settings().part_settings("IntuneConnector");
    let usual = settings(&[]);
    assert_eq!(usual["personal"].as_str(), "reduced");
    assert_eq!(usual["fields"].as_str(), "all");
    assert_eq!(settings(&[("devices", "own")])["personal"].as_str(), "reduced");
    assert_eq!(settings(&[("personal", "full")])["personal"].as_str(), "full");
}

#[test]
fn a_registration_stands_in_place_of_every_other_credential() {
    let template = template();
    let mut answers = WizardAnswers::default();
    for (name, text) in [("tenant_id", GUID), ("client_id", GUID), ("registration", GUID)] {
        answers.set_answer(name, FieldAnswer::Text(text.to_owned()));
    }
    let wizard = Wizard::new(template).with_answers(answers);
    assert_eq!(wizard.answers().text_of("sign_in"), Some("registration"));
    assert!(findings(&wizard).is_empty(), "{:?}", findings(&wizard));
    let settings = wizard.desired_settings().part_settings("IntuneConnector");
    assert_eq!(settings["registration"].as_str(), GUID);
    for other in ["secret", "pfx", "cert"] {
        assert!(!wizard.current_state().asks_field(other), "{other}");
    }
    // Who it is for is asked when it is known which application there is.
    let page = wizard.template().page_index_of("registration").expect("a page");
    let names: Vec<&str> = wizard.template().pages[page]
        .fields
        .iter()
        .map(|field| field.name.as_str())
        .collect();
    let place = |name: &str| names.iter().position(|known| *known == name);
    assert!(place("cloud") < place("registration") && place("registration") < place("client_id"));
}

#[test]
fn with_open_pages_the_actions_count_that_a_check_still_locks() {
    let locked = Wizard::new(template()).with_answers(answers(&[("verbs", "sync")]));
    let verbs = |wizard: &Wizard| {
        let settings = wizard.desired_settings().part_settings("IntuneConnector");
        settings.get("verbs").map(|verbs| verbs.to_string())
    };
    assert_eq!(verbs(&locked), None);
    assert_eq!(verbs(&locked.with_open_pages()).as_deref(), Some("sync"));
}

#[test]
fn what_is_recommended_is_the_default() {
    for field in template().fields() {
        let FieldKind::Choice { choices, .. } = &field.kind else {
            continue;
        };
        let recommended = choices.iter().filter(|choice| choice.label.en.contains("recommended"));
        for choice in recommended {
            assert_eq!(field.default.as_deref(), Some(choice.value.as_str()), "{}", field.name);
        }
    }
}

#[test]
fn m11_authorities_are_certificates_and_nothing_else() {
    let template = template();
    let certificate = include_bytes!("../../../tests/fixtures/certs/cert.pem");
    for name in ["ca", "cert"] {
        let field = template.find_field(name).expect("a field");
        let read = |bytes: &[u8]| FieldAnswer::from_file(field, bytes.to_vec());
        assert!(read(certificate).is_ok(), "{name}");
        let broken = String::from_utf8_lossy(certificate).replace("MII", "!!!");
        for wrong in [&b"hunter2"[..], b"-----BEGIN CERTIFICATE-----", broken.as_bytes()] {
            let finding = read(wrong).expect_err("no certificate");
            assert_eq!((finding.field.as_str(), finding.code.as_str()), (name, "noCertificate"));
            assert!(!finding.problem.en.contains("hunter2"));
        }
    }
}

#[test]
fn of_a_secret_its_length_is_shown_and_nothing_of_a_short_one() {
    use crate::model::Language;
    let template = template();
    let field = template.find_field("secret").expect("a field");
    let shown = |text: &str, language| {
        let answer = FieldAnswer::from_text(field, text)
            .expect("it fits")
            .expect("an answer");
        answer.display_text(field, language)
    };
    let long = "abcdefghijklmnopqrstuvwxyz";
    assert_eq!(shown(long, Language::En), "… (26 characters)");
    assert_eq!(shown(long, Language::De), "… (26 Zeichen)");
    assert_eq!(shown("abc", Language::En), "… (set)");
}
