//! Settings that the bus keeps for a part, as long as the installation stands: what may be shown in the open, and what a
//! microservice needs of secrets, each sealed for its member and its key. Whoever starts the part opens them again.

use std::collections::BTreeMap;

use secrecy::ExposeSecret;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::bus::{DesiredSettings, PartSettings};
use crate::config::{SealContext, SealError, SecretKey};
use crate::store::MemberRow;

/// Everything that a part has, secrets opened.
pub fn open_member_settings(row: &MemberRow, key: &SecretKey) -> Result<PartSettings, SealError> {
    let plain = row.settings.iter().filter_map(|(name, value)| {
        let text = value.as_str()?.to_owned();
        Some((name.clone(), Zeroizing::new(text)))
    });
    let mut settings: PartSettings = plain.collect();
    for (name, sealed) in &row.secrets {
        settings.insert(name.clone(), open_secret(row, name, sealed, key)?);
    }
    Ok(settings)
}

/// What a part will have after a change, secrets opened: as it was answered, with the secrets that it keeps.
pub fn settings_after_change(
    row: &MemberRow,
    wanted: &DesiredSettings,
    key: &SecretKey,
) -> Result<PartSettings, SealError> {
    let mut settings = wanted.part_settings(&row.part);
    for (name, sealed) in kept_secrets(row, wanted) {
        settings.insert(name.clone(), open_secret(row, name, sealed, key)?);
    }
    settings.retain(|_, value| !value.is_empty());
    Ok(settings)
}

/// Sealed, what was given of secrets: everything of the part that is not kept in the open.
pub(super) fn seal_given_secrets(
    member: &str,
    given: &PartSettings,
    plain: &Map<String, Value>,
    key: &SecretKey,
) -> Result<BTreeMap<String, String>, SealError> {
    let mut secrets = BTreeMap::new();
    for (name, value) in given {
        if value.is_empty() || plain.contains_key(name) {
            continue;
        }
        let context = SealContext::MemberSetting { member, key: name };
        secrets.insert(name.clone(), key.seal_secret(context, value.as_bytes())?);
    }
    Ok(secrets)
}

/// Those that a change neither gives anew nor takes away.
pub(super) fn kept_secrets<'a>(
    row: &'a MemberRow,
    wanted: &'a DesiredSettings,
) -> impl Iterator<Item = (&'a String, &'a String)> {
    let given = wanted.settings.get(&row.part);
    let unasked = wanted.unasked_secrets.get(&row.part);
    row.secrets.iter().filter(move |(name, _)| {
        let is_given = given.is_some_and(|given| given.contains_key(*name));
        let is_unasked = unasked.is_some_and(|unasked| unasked.contains(*name));
        !is_given && !is_unasked
    })
}

fn open_secret(row: &MemberRow, name: &str, sealed: &str, key: &SecretKey) -> Result<Zeroizing<String>, SealError> {
    let context = SealContext::MemberSetting {
        member: &row.name,
        key: name,
    };
    let bytes = key.open_sealed(context, sealed)?;
    // Settings are text.
    Ok(Zeroizing::new(
        String::from_utf8_lossy(bytes.expose_secret()).into_owned(),
    ))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::model::{MemberState, StartType};

    fn pairs(pairs: &[(&str, &str)]) -> PartSettings {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), Zeroizing::new((*value).to_owned()));
        pairs.iter().map(owned).collect()
    }

    fn row(key: &SecretKey) -> MemberRow {
        let plain = Map::from_iter([("word".to_owned(), Value::from("Servus"))]);
        let given = pairs(&[("word", "Servus"), ("pin", "1234"), ("seal", "wax"), ("none", "")]);
        MemberRow {
            installation: 3,
            position: 1,
            name: "Greeter_3".to_owned(),
            part: "Greeter".to_owned(),
            kind: "greeter".to_owned(),
            engine: None,
            file: None,
            secrets: seal_given_secrets("Greeter_3", &given, &plain, key).expect("sealed"),
            settings: plain,
            state: MemberState::Applied,
            problem: None,
            start_type: StartType::Automatic,
        }
    }

    #[test]
    fn e1_secrets_are_kept_sealed_for_their_member_and_open_there_alone() {
        let key = SecretKey::generate_ephemeral().expect("a key");
        let row = row(&key);
        let names: Vec<&String> = row.secrets.keys().collect();
        assert_eq!(names, ["pin", "seal"]);
        assert!(!format!("{row:?}").contains("1234"));
        let opened = open_member_settings(&row, &key).expect("opened");
        assert_eq!(opened, pairs(&[("word", "Servus"), ("pin", "1234"), ("seal", "wax")]));
        let moved = MemberRow {
            name: "Greeter_4".to_owned(),
            ..row
        };
        assert!(open_member_settings(&moved, &key).is_err());
    }

    #[test]
    fn a_change_keeps_the_secrets_that_it_does_not_touch() {
        let key = SecretKey::generate_ephemeral().expect("a key");
        let row = row(&key);
        let wanted = DesiredSettings {
            settings: BTreeMap::from([("Greeter".to_owned(), pairs(&[("word", ""), ("pin", "5678")]))]),
            ..DesiredSettings::default()
        };
        let after = settings_after_change(&row, &wanted, &key).expect("opened");
        assert_eq!(after, pairs(&[("pin", "5678"), ("seal", "wax")]));
        let unasked = DesiredSettings {
            unasked_secrets: BTreeMap::from([("Greeter".to_owned(), BTreeSet::from(["seal".to_owned()]))]),
            ..wanted
        };
        let after = settings_after_change(&row, &unasked, &key).expect("opened");
        assert_eq!(after, pairs(&[("pin", "5678")]));
    }
}
