use serde_json::json;

use super::*;

fn label(kind: &str) -> LabelRow {
    LabelRow {
        id: 1,
        name: "x".to_owned(),
        kind: kind.to_owned(),
    }
}

fn step() -> OpenStep {
    OpenStep::new("statusLabel", "x")
}

#[test]
fn a_version_that_is_too_old_fails_and_one_that_is_not_told_is_noted() {
    for (version, state) in [
        (Some("v8.1.4"), CheckStepState::Ok),
        (Some("8.8.0"), CheckStepState::Ok),
        (Some("v7.0.13"), CheckStepState::Ok),
        (Some("v6.4.2"), CheckStepState::Failed),
        (Some("develop"), CheckStepState::Note),
        (None, CheckStepState::Note),
    ] {
        assert_eq!(judge_version(version).state, state, "{version:?}");
    }
}

#[test]
fn a_label_has_to_be_of_its_type() {
    assert_eq!(
        judge_status_label(step(), Some(&label("deployable"))).state,
        CheckStepState::Ok
    );
    for wrong in [Some(label("archived")), Some(label("pending")), None] {
        let step = judge_status_label(step(), wrong.as_ref());
        assert_eq!(
            (step.state, step.field.as_deref()),
            (CheckStepState::Failed, Some("status_label"))
        );
    }
    assert_eq!(
        judge_gone_label(step(), Some(&label("archived"))).state,
        CheckStepState::Ok
    );
    assert_eq!(
        judge_gone_label(step(), Some(&label("deployable"))).state,
        CheckStepState::Failed
    );
    assert_eq!(judge_gone_label(step(), None).state, CheckStepState::Note, "it is made");
}

#[test]
fn an_asset_that_may_not_be_changed_fails_the_right() {
    let list = |update: bool| json!({"total": 1, "rows": [{"id": 1, "available_actions": {"update": update}}]});
    let judge = |list: Value| judge_right(OpenStep::new("right", "hardware"), "hardware", "assets", list);
    assert_eq!(judge(list(true)).state, CheckStepState::Ok);
    let missing = judge(list(false));
    assert_eq!(
        (missing.state, missing.cause.as_deref()),
        (CheckStepState::Failed, Some("rightMissing"))
    );
    assert_eq!(judge(json!({"total": 0, "rows": []})).state, CheckStepState::Ok);
    assert_eq!(judge(json!("sign in")).state, CheckStepState::Failed);
}

#[test]
fn clocks_that_differ_are_noted_whichever_is_behind() {
    let now = SystemTime::now();
    let later = now + Duration::from_secs(3_600);
    assert_eq!(judge_time(Some(now), now).state, CheckStepState::Ok);
    assert_eq!(judge_time(None, now).state, CheckStepState::Ok);
    for (theirs, ours) in [(later, now), (now, later)] {
        let step = judge_time(Some(theirs), ours);
        assert_eq!(step.state, CheckStepState::Note);
        assert!(step.detail.contains("3600 s"), "{}", step.detail);
    }
}

#[test]
fn a_step_that_failed_has_a_cause_and_a_cure() {
    let fault = TargetFault::SignIn {
        problem: "no".to_owned(),
        advice: "make a new token".to_owned(),
    };
    let step = OpenStep::new("signIn", "token").fail_by(&fault, Some("token"));
    assert_eq!(
        (step.cause.as_deref(), step.cure.as_deref()),
        (Some("signIn"), Some("make a new token"))
    );
    assert_eq!(step.field.as_deref(), Some("token"));
}
