use super::*;

#[test]
fn what_was_kept_before_there_was_a_version_is_read_as_what_it_was() {
    let rows = [
        (
            "bus",
            json!({"key": "killSwitch", "tenant": "*", "from": true, "to": false, "sentence": "off", "loosens": true}),
            PolicyRelaxation::KillSwitchOff {
                tenant: "*".into(),
                sentence: "off".into(),
            },
        ),
        (
            "bus",
            json!({"key": "suspension", "operator": 4, "from": true, "to": false, "sentence": "back", "loosens": true}),
            PolicyRelaxation::SuspensionLift {
                operator: OperatorId(4),
                sentence: "back".into(),
            },
        ),
        (
            "instance:3",
            json!({"key": "workflow.Retire_3", "workflow": 7, "hash": "ab", "from": null, "to": "ab",
                "sentence": "runs", "loosens": true}),
            PolicyRelaxation::WorkflowChange {
                instance: InstanceId(3),
                workflow: 7,
                name: "Retire_3".into(),
                from: None,
                hash: "ab".into(),
                sentence: "runs".into(),
            },
        ),
        (
            "instance:3",
            json!({"key": "verbs.wipe", "from": false, "to": true, "sentence": "on", "loosens": true}),
            PolicyRelaxation::PolicyChange {
                scope: GuardScope::Instance(InstanceId(3)),
                change: PolicyChange {
                    key: "verbs.wipe".into(),
                    from: false.into(),
                    to: true.into(),
                    sentence: "on".into(),
                    loosens: true,
                },
            },
        ),
    ];
    for (scope, text, expected) in rows {
        assert_eq!(
            PolicyRelaxation::from_stored_text(scope, &text.to_string()),
            Some(expected.clone())
        );
        assert_eq!(
            PolicyRelaxation::from_stored_text(scope, &expected.to_stored_text()),
            Some(expected.clone())
        );
        assert_eq!(
            expected.to_public_json()["key"],
            text["key"],
            "what is shown keeps its keys"
        );
    }
}

#[test]
fn a7_the_approval_of_an_application_is_kept_as_it_was_asked_for() {
    let asked = |application: &str| PolicyRelaxation::ApplicationChange {
        instance: InstanceId(3),
        application: application.into(),
        from: json!({"approval": "operator"}),
        to: json!({"approval": "none"}),
        sentence: "nobody".into(),
    };
    let zip = asked("7-zip");
    assert_eq!(
        PolicyRelaxation::from_stored_text("bus", &zip.to_stored_text()),
        Some(zip.clone())
    );
    assert_eq!(zip.to_public_json()["key"], "application.7-zip");
    assert!(zip.has_same_subject(&asked("7-zip")) && !zip.has_same_subject(&asked("zoom")));
}

#[test]
fn a9_an_operation_that_loosens_nothing_by_its_row_asks_for_nothing_looser() {
    let by = OperatorId(7);
    assert_eq!(RelaxationRequester::from_operation(by, RelaxationRule::Never), None);
    for loosens in [RelaxationRule::ByPower, RelaxationRule::ByContent] {
        assert_eq!(
            RelaxationRequester::from_operation(by, loosens).map(RelaxationRequester::id),
            Some(by)
        );
    }
}

#[test]
fn what_a_later_version_kept_is_not_guessed_at() {
    for text in [
        "",
        "{}",
        r#"{"version":2,"loosening":{}}"#,
        r#"{"version":1,"loosening":{"kind":"other"}}"#,
    ] {
        assert_eq!(PolicyRelaxation::from_stored_text("bus", text), None, "{text}");
    }
}
