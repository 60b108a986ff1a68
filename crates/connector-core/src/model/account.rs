//! Changes of accounts and roles as values: what is asked for, kept while it waits for a second person, and made in one
//! piece (A9).

use serde::{Deserialize, Serialize};

use super::{OperatorId, Right, RightScope, RoleName, Timestamp};

/// Account of the commands on the bus's own machine; made and renewed at each start. It stands for the data folder, so
/// it is nobody's and ties nobody.
pub const LOCAL_OPERATOR: &str = "local";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum OperatorKind {
    Person,
    Server,
}

/// A hash of a secret: kept, never shown.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SecretHash(String);

impl SecretHash {
    /// argon2 in PHC form for a password, SHA-256 as hexadecimal digits for a token.
    pub fn new(text: String) -> Self {
        SecretHash(text)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeptHash")
    }
}

/// One change of an account or a role. Where it names an account, `name` is what it was called when it was asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    tag = "what",
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum AccountChange {
    Add {
        name: String,
        account: OperatorKind,
        password: Option<SecretHash>,
        /// The owner has to set another one at the first sign-in.
        given: bool,
        rights: Vec<Right>,
        scope: RightScope,
    },
    /// `None` leaves a thing as it is.
    Change {
        operator: OperatorId,
        name: String,
        password: Option<SecretHash>,
        /// Of the password, as in `AddOperatorArgs`.
        given: bool,
        rights: Option<Vec<Right>>,
        scope: Option<RightScope>,
        disabled: Option<bool>,
    },
    Remove {
        operator: OperatorId,
        name: String,
    },
    GiveRole {
        operator: OperatorId,
        name: String,
        role: RoleName,
        scope: RightScope,
    },
    TakeRole {
        operator: OperatorId,
        name: String,
        role: RoleName,
    },
    ChangeRole {
        role: RoleName,
        rights: Option<Vec<Right>>,
        summary: Option<String>,
    },
    RemoveRole {
        role: RoleName,
    },
    AddToken {
        operator: OperatorId,
        name: String,
        /// What it is for.
        label: String,
        sha256: SecretHash,
        scope: RightScope,
        expires_at: Option<Timestamp>,
    },
    /// Its owner signs in with the password alone, until they set up another one.
    ResetSecondFactor {
        operator: OperatorId,
        name: String,
    },
}

impl AccountChange {
    /// The account that is changed, where one is.
    pub fn operator_id(&self) -> Option<OperatorId> {
        match self {
            AccountChange::Change { operator, .. }
            | AccountChange::Remove { operator, .. }
            | AccountChange::GiveRole { operator, .. }
            | AccountChange::TakeRole { operator, .. }
            | AccountChange::AddToken { operator, .. }
            | AccountChange::ResetSecondFactor { operator, .. } => Some(*operator),
            AccountChange::Add { .. } | AccountChange::ChangeRole { .. } | AccountChange::RemoveRole { .. } => None,
        }
    }

    /// The role that is given, taken or changed, where one is.
    pub fn role_name(&self) -> Option<&RoleName> {
        match self {
            AccountChange::GiveRole { role, .. }
            | AccountChange::TakeRole { role, .. }
            | AccountChange::ChangeRole { role, .. }
            | AccountChange::RemoveRole { role } => Some(role),
            AccountChange::Add { .. }
            | AccountChange::Change { .. }
            | AccountChange::Remove { .. }
            | AccountChange::AddToken { .. }
            | AccountChange::ResetSecondFactor { .. } => None,
        }
    }

    /// What it is about, so that two of the same can be told: `add.NAME`, `change.NUMBER` …
    pub fn subject_key(&self) -> String {
        match self {
            AccountChange::Add { name, .. } => format!("add.{}", name.to_ascii_lowercase()),
            AccountChange::Change { operator, .. } => format!("change.{operator}"),
            AccountChange::Remove { operator, .. } => format!("remove.{operator}"),
            AccountChange::GiveRole { operator, role, .. } | AccountChange::TakeRole { operator, role, .. } => {
                format!("role.{operator}.{}", role.as_str().to_ascii_lowercase())
            }
            AccountChange::ChangeRole { role, .. } | AccountChange::RemoveRole { role } => {
                format!("role.{}", role.as_str().to_ascii_lowercase())
            }
            AccountChange::AddToken { operator, label, .. } => format!("token.{operator}.{label}"),
            AccountChange::ResetSecondFactor { operator, .. } => format!("secondFactor.{operator}"),
        }
    }

    /// For the audit trail: action and subject.
    pub fn audit_entry(&self) -> (&'static str, String) {
        match self {
            AccountChange::Add { name, .. } => ("operator.added", name.clone()),
            AccountChange::Change { name, .. } => ("operator.changed", name.clone()),
            AccountChange::Remove { name, .. } => ("operator.removed", name.clone()),
            AccountChange::GiveRole { name, .. } => ("role.given", name.clone()),
            AccountChange::TakeRole { name, .. } => ("role.taken", name.clone()),
            AccountChange::ChangeRole { role, .. } => ("role.changed", role.to_string()),
            AccountChange::RemoveRole { role } => ("role.removed", role.to_string()),
            AccountChange::AddToken { name, .. } => ("token.added", name.clone()),
            AccountChange::ResetSecondFactor { name, .. } => ("secondFactor.reset", name.clone()),
        }
    }

    /// For the person who is asked to agree.
    pub fn approval_text(&self) -> String {
        match self {
            AccountChange::Add {
                name,
                account,
                rights,
                scope,
                ..
            } => {
                let kind = match account {
                    OperatorKind::Person => "a person",
                    OperatorKind::Server => "a management server",
                };
                format!(
                    "account {name} is created, {kind} with the rights {}{}",
                    join_rights(rights),
                    describe_scope(scope)
                )
            }
            AccountChange::Change {
                name,
                password,
                rights,
                scope,
                disabled,
                ..
            } => {
                let mut parts = Vec::new();
                if password.is_some() {
                    parts.push("gets a new password".to_owned());
                }
                if let Some(rights) = rights {
                    parts.push(format!("has the rights {}", join_rights(rights)));
                }
                if let Some(scope) = scope {
                    let scope_text = describe_scope(scope);
                    parts.push(format!(
                        "has its rights{}",
                        if scope_text.is_empty() {
                            " everywhere"
                        } else {
                            &scope_text
                        }
                    ));
                }
                match disabled {
                    Some(true) => parts.push("can no longer sign in".to_owned()),
                    Some(false) => parts.push("can sign in again".to_owned()),
                    None => (),
                }
                format!("account {name} {}", parts.join(", "))
            }
            AccountChange::Remove { name, .. } => format!("account {name} is removed"),
            AccountChange::GiveRole { name, role, scope, .. } => {
                format!("account {name} gets the role {role}{}", describe_scope(scope))
            }
            AccountChange::TakeRole { name, role, .. } => format!("the role {role} is removed from account {name}"),
            AccountChange::ChangeRole { role, rights, .. } => match rights {
                Some(rights) => format!("the role {role} has the rights {}", join_rights(rights)),
                None => format!("the role {role} gets a new summary"),
            },
            AccountChange::RemoveRole { role } => {
                format!("the role {role} is removed, also from all accounts that have it")
            }
            AccountChange::AddToken { name, label, scope, .. } => {
                format!("account {name} gets a token ({label}){}", describe_scope(scope))
            }
            AccountChange::ResetSecondFactor { name, .. } => {
                format!("account {name} loses its second factor: from then on its password alone signs it in")
            }
        }
    }
}

fn join_rights(rights: &[Right]) -> String {
    let names: Vec<&str> = rights.iter().map(Right::as_str).collect();
    if names.is_empty() {
        "(none)".to_owned()
    } else {
        names.join(", ")
    }
}

fn describe_scope(scope: &RightScope) -> String {
    let mut text = String::new();
    if let Some(instances) = &scope.instances {
        let names: Vec<&str> = instances.iter().map(|name| name.as_str()).collect();
        text.push_str(&format!(" for the instances {}", names.join(", ")));
    }
    if let Some(servers) = &scope.servers {
        let names: Vec<String> = servers.iter().map(ToString::to_string).collect();
        text.push_str(&format!(" for the management servers {}", names.join(", ")));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e1_a_hash_that_waits_is_in_no_sentence_and_no_debug_print() {
        let change = AccountChange::Change {
            operator: OperatorId(3),
            name: "bob".into(),
            password: Some(SecretHash::new("$argon2id$canary".into())),
            given: true,
            rights: Some(Vec::new()),
            scope: None,
            disabled: Some(false),
        };
        assert_eq!(
            change.approval_text(),
            "account bob gets a new password, has the rights (none), can sign in again"
        );
        assert!(!format!("{change:?}").contains("canary"));
        let kept = serde_json::to_string(&change).unwrap();
        assert_eq!(serde_json::from_str::<AccountChange>(&kept).unwrap(), change);
    }
}
