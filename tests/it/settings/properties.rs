//! What holds for any file and any secret.

use std::fs;
use std::path::Path;

use intune_connector::config::{BusSettings, InstanceDraft};
use proptest::prelude::*;
use serde_json::json;

use super::{CLIENT, House, TENANT, secret_of};

/// A file with such a secret is refused, with advice: `wrong::` has it.
fn is_in_quotes(secret: &str) -> bool {
    ['"', '\'']
        .iter()
        .any(|quote| secret.len() > 1 && secret.starts_with(*quote) && secret.ends_with(*quote))
}

/// Lines that look like settings more often than random text would.
fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{0,40}",
        "\\PC{0,20}",
        "(listen|tls|log|level|keep_days|zone|=|:|\\[|\\]|#|;|\\\\| |on|off|1|\\t){0,8}",
        Just("[sics]".to_owned()),
        Just("tls = on".to_owned()),
        Just("keep_days = 7".to_owned()),
    ]
}

proptest! {
    #[test]
    fn any_file_is_read_or_refused_with_a_line_in_it(lines in proptest::collection::vec(line(), 0..12), end in "(\n|\r\n)") {
        let text = lines.join(&end);
        if let Err(errors) = BusSettings::from_ini(Path::new("bus.ini"), &text) {
            prop_assert!(!errors.is_empty());
            for error in errors {
                let last = u32::try_from(text.lines().count()).unwrap();
                prop_assert!(error.line.is_none_or(|line| (1..=last).contains(&line)), "{error}");
                prop_assert!(!error.advice.is_empty() && !error.to_string().contains('\n'), "{error}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_secret_survives_sealing_and_every_other_line_stays(
        secret in "[!-~][ -~\u{e4}\u{4e2d}]{0,60}[!-\\[\\]-~]",
        comments in proptest::collection::vec("[#;][ -~]{0,30}", 0..5),
    ) {
        prop_assume!(!secret.starts_with("sealed:"));
        let house = House::new();
        let mut lines = vec![TENANT.to_owned(), CLIENT.to_owned(), format!("secret = {secret}")];
        for (at, comment) in comments.into_iter().enumerate() {
            lines.insert((at * 2).min(lines.len()), comment);
        }
        let name = house.instance(&lines.join("\n"));
        let settings = house.folder.read_instance(&name).unwrap();
        prop_assert_eq!(secret_of(&settings.credential.kind), &secret);
        let again = house.folder.read_instance(&name).unwrap();
        prop_assert_eq!(secret_of(&again.credential.kind), &secret);
        for (old, new) in lines.iter().zip(house.text(&name).lines()) {
            prop_assert!(old == new || (old.starts_with("secret = ") && new.starts_with("secret = sealed:v2:")));
        }
    }

    #[test]
    fn any_secret_given_by_request_or_by_file_is_the_same_afterwards(secret in "[!-~][ -~]{0,60}[!-~]") {
        prop_assume!(!secret.starts_with("sealed:") && !is_in_quotes(&secret));
        let house = House::new();
        let name = house.instance(&format!("{TENANT}\n{CLIENT}\nsecret = first"));
        let by_request = InstanceDraft::from_json(&json!({ "secret": &secret })).unwrap();
        let settings = house.folder.change_instance(&name, &by_request).unwrap();
        prop_assert_eq!(secret_of(&settings.credential.kind), &secret);
        let file = house.file("s", format!("{secret}\n"));
        let by_file = InstanceDraft::from_pairs([("secret_file", file.display().to_string())]).unwrap();
        let settings = house.folder.change_instance(&name, &by_file).unwrap();
        prop_assert_eq!(secret_of(&settings.credential.kind), &secret);
        let text = fs::read_to_string(house.folder.instance_ini_path(&name)).unwrap();
        prop_assert_eq!(text.matches("secret").count(), 1);
    }
}
