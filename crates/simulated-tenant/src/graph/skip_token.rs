//! The skip token: readable key-set paging, `LastDeviceName='…',LastDeviceId='…'`. A third part, `Round`, exists only
//! so that a fault can lead to the same place by a link that looks new.

use std::sync::Arc;

use uuid::Uuid;

use super::query::encode;
use crate::world::Key;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SkipToken {
    pub after: Key,
    pub round: u32,
}

impl SkipToken {
    pub(super) fn after(key: &Key) -> Self {
        SkipToken {
            after: key.clone(),
            round: 0,
        }
    }

    /// Before the first device.
    pub(super) fn start() -> Self {
        SkipToken {
            after: Key {
                name: Arc::from(""),
                id: Uuid::nil(),
            },
            round: 0,
        }
    }

    #[must_use]
    pub(super) fn another_round(&self) -> Self {
        SkipToken {
            after: self.after.clone(),
            round: self.round + 1,
        }
    }

    /// From the decoded value of `$skiptoken`.
    pub(super) fn parse(value: &str) -> Option<Self> {
        let rest = value.strip_prefix("LastDeviceName='")?;
        let with_round = rest.rsplit_once(",Round='").and_then(|(rest, round)| {
            let round: u32 = round.strip_suffix('\'')?.parse().ok()?;
            Some((rest, round))
        });
        let (rest, round) = with_round.unwrap_or((rest, 0));
        let (name, id) = rest.rsplit_once("',LastDeviceId='")?;
        let id = Uuid::parse_str(id.strip_suffix('\'')?).ok()?;
        let name = name.replace("''", "'");
        Some(SkipToken {
            after: Key { name: name.into(), id },
            round,
        })
    }

    /// Percent-encoded in lower case, as Intune does.
    pub(super) fn encoded(&self) -> String {
        let name = self.after.name.replace('\'', "''");
        let mut token = format!("LastDeviceName='{name}',LastDeviceId='{}'", self.after.id);
        if self.round > 0 {
            token.push_str(&format!(",Round='{}'", self.round));
        }
        encode(&token)
    }
}

#[cfg(test)]
mod tests {
    use super::super::query::decode;
    use super::*;

    #[test]
    fn a_token_leads_back_to_its_key_whatever_the_name() {
        for name in [
            "PSD200115-HS-22",
            "O'Brien",
            "',LastDeviceId='x",
            "50%,Round='",
            "名前",
            "",
        ] {
            let key = Key {
                name: name.into(),
                id: Uuid::from_u128(7),
            };
            let token = SkipToken::after(&key);
            assert_eq!(
                SkipToken::parse(&decode(&token.encoded()).unwrap()),
                Some(token.clone())
            );
            let again = token.another_round();
            assert_eq!(SkipToken::parse(&decode(&again.encoded()).unwrap()), Some(again));
        }
    }

    #[test]
    fn a_token_looks_as_intune_writes_it() {
        let id = Uuid::parse_str("5515d4ef-2551-456f-a975-e772ffefe6a0").unwrap();
        let token = SkipToken::after(&Key {
            name: "PSD200115-HS-22".into(),
            id,
        });
        let expected =
            "LastDeviceName%3d%27PSD200115-HS-22%27%2cLastDeviceId%3d%275515d4ef-2551-456f-a975-e772ffefe6a0%27";
        assert_eq!(token.encoded(), expected);
    }
}
