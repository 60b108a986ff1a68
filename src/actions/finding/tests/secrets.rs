//! Secrets in what Intune answers stay out of findings (E1).

use secrecy::ExposeSecret;

use super::*;

fn secret_device(started: i64) -> Value {
    let mut lock = entry("remoteLock", "done", started);
    lock["unlockPin"] = "765432".into();
    let mut passcode = entry("resetPasscode", "done", started);
    passcode["passcode"] = "canary-code".into();
    let mut position = entry("locateDevice", "done", started);
    position["deviceLocation"] = json!({"latitude": 51.5765432, "longitude": 8.1});
    let mut device = device(&[lock, passcode, position]);
    device["activationLockBypassCode"] = "canary-bypass".into();
    device
}

#[test]
fn e1_secrets_come_apart_from_the_finding_and_from_the_baseline() {
    let now = secret_device(5);
    for (verb, kind, expected) in [
        (ActionKind::RemoteLock, SecretKind::UnlockPin, "765432"),
        (ActionKind::ResetPasscode, SecretKind::Passcode, "canary-code"),
        (ActionKind::Locate, SecretKind::Position, "51.5765432"),
    ] {
        let spec = ActionSpec::for_action(verb);
        let found = extract_secrets(spec, &nothing_before(), &now);
        assert_eq!(found.len(), 1, "{verb}");
        assert_eq!(found[0].kind, kind);
        assert!(found[0].value.expose_secret().contains(expected), "{verb}");
        let finding = look(verb, &nothing_before(), Some(&now), &[]);
        let baseline = Baseline::from_device(&now, at(0));
        let written = serde_json::to_string(&(&finding, &baseline)).expect("plain data");
        let printed = format!("{found:?} {finding:?} {baseline:?} {written}");
        for canary in ["765432", "canary"] {
            assert!(!printed.contains(canary), "{verb}: {printed}");
        }
    }
}

#[test]
fn e1_secrets_of_others_and_the_bypass_code_are_never_read() {
    let now = secret_device(5);
    for verb in ActionKind::ALL {
        let is_one = matches!(
            verb,
            ActionKind::RemoteLock | ActionKind::ResetPasscode | ActionKind::Locate
        );
        assert_eq!(
            extract_secrets(ActionSpec::for_action(*verb), &nothing_before(), &now).len(),
            usize::from(is_one),
            "{verb}"
        );
        let before = Baseline::from_device(&now, at(10));
        assert!(
            extract_secrets(ActionSpec::for_action(*verb), &before, &now).is_empty(),
            "{verb}: they were there before"
        );
    }
    let pending = device(&[entry("remoteLock", "pending", 5)]);
    assert!(
        extract_secrets(
            ActionSpec::for_action(ActionKind::RemoteLock),
            &nothing_before(),
            &pending
        )
        .is_empty()
    );
}
