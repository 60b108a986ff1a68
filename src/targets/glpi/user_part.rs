//! Who gets a record of GLPI, as a planned write has it: pure.

use serde_json::{Map, Value, json};

use crate::targets::UserChange;

/// Who gets a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum UserPart {
    Nothing,
    /// By the high-level API; 0: nobody.
    Number(u64),
    /// Within the inventory.
    Login(String),
}

impl UserPart {
    pub(super) fn login(&self) -> Option<&str> {
        match self {
            UserPart::Login(login) => Some(login),
            UserPart::Nothing | UserPart::Number(_) => None,
        }
    }

    /// What the high-level API has to be told.
    pub(super) fn body(&self) -> Map<String, Value> {
        match self {
            UserPart::Number(number) => Map::from_iter([("user".to_owned(), json!({ "id": number }))]),
            UserPart::Nothing | UserPart::Login(_) => Map::new(),
        }
    }
}

/// A user that was looked for has a number; one that nobody could be asked about, a login name.
pub(super) fn plan_user(change: &UserChange) -> UserPart {
    match change {
        UserChange::Keep => UserPart::Nothing,
        UserChange::Clear => UserPart::Number(0),
        UserChange::Assign(user) => match user.parse::<u64>() {
            Ok(number) => UserPart::Number(number),
            Err(_) => UserPart::Login(user.clone()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_goes_by_number_or_by_login_name() {
        let assign = |user: &str| plan_user(&UserChange::Assign(user.to_owned()));
        assert_eq!(assign("17"), UserPart::Number(17));
        assert_eq!(assign("anna@example.com").login(), Some("anna@example.com"));
        assert_eq!(plan_user(&UserChange::Clear), UserPart::Number(0));
        assert!(plan_user(&UserChange::Keep).body().is_empty());
        assert_eq!(Value::Object(assign("17").body()), json!({"user": {"id": 17}}));
    }
}
