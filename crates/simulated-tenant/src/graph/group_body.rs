//! The bodies of groups: which properties an app may write, and what is wrong with the rest.

use serde_json::{Map, Value};
use uuid::Uuid;

use super::device::plain_guid;
use super::strict_json;
use crate::objects::{GroupKind, NewGroup};

/// References in one request, at most.
const MAX_REFERENCES: usize = 20;
const MAX_NAME: usize = 256;
const MAX_NICKNAME: usize = 64;
const MAX_DESCRIPTION: usize = 1024;
/// Characters that a mail nickname can't have.
const FORBIDDEN: &[char] = &['@', '(', ')', '\\', '[', ']', '"', ';', ':', '<', '>', ',', ' '];

/// What a body asks for; what it does not name is `None`.
#[derive(Debug, Default)]
pub(super) struct GroupBody {
    pub display_name: Option<String>,
    pub mail_nickname: Option<String>,
    pub description: Option<Option<String>>,
    pub mail_enabled: Option<bool>,
    pub security_enabled: Option<bool>,
    pub role_assignable: bool,
    pub kinds: Vec<String>,
    pub rule: Option<String>,
    /// Object ids to be added, as they were linked.
    pub members: Vec<Uuid>,
}

impl GroupBody {
    pub(super) fn parse(body: &[u8]) -> Result<GroupBody, String> {
        let Value::Object(given) = strict_json::parse(body)? else {
            return Err("The body is not an object.".to_owned());
        };
        let mut read = GroupBody::default();
        for (name, value) in given {
            read.take(&name, value)?;
        }
        Ok(read)
    }

    fn take(&mut self, name: &str, value: Value) -> Result<(), String> {
        match (name, value) {
            ("@odata.type", Value::String(_)) => {}
            ("displayName", Value::String(text)) => {
                self.display_name = Some(checked(name, text, MAX_NAME)?);
            }
            ("mailNickname", Value::String(text)) => {
                let text = checked(name, text, MAX_NICKNAME)?;
                if !text.is_ascii() || text.contains(FORBIDDEN) {
                    return Err(invalid(name));
                }
                self.mail_nickname = Some(text);
            }
            ("description", Value::Null) => self.description = Some(None),
            ("description", Value::String(text)) => {
                self.description = Some(Some(checked(name, text, MAX_DESCRIPTION)?));
            }
            ("mailEnabled", Value::Bool(flag)) => self.mail_enabled = Some(flag),
            ("securityEnabled", Value::Bool(flag)) => self.security_enabled = Some(flag),
            ("isAssignableToRole", Value::Bool(flag)) => self.role_assignable = flag,
            ("membershipRule", Value::String(text)) => self.rule = Some(text),
            ("membershipRuleProcessingState", Value::String(_)) => {}
            ("groupTypes", Value::Array(kinds)) => {
                let kinds = kinds.iter().map(|kind| kind.as_str().map(str::to_owned));
                self.kinds = kinds.collect::<Option<_>>().ok_or_else(|| invalid(name))?;
            }
            ("members@odata.bind", Value::Array(links)) => self.members = references(&links)?,
            (
                "displayName" | "mailNickname" | "description" | "mailEnabled" | "securityEnabled"
                | "isAssignableToRole" | "membershipRule" | "groupTypes" | "members@odata.bind",
                _,
            ) => return Err(invalid(name)),
            _ => {
                return Err(format!(
                    "Invalid property '{name}'. The property '{name}' does not exist on type 'microsoft.graph.group'."
                ));
            }
        }
        Ok(())
    }

    /// What a new group needs, or what is missing.
    pub(super) fn into_new(self, made_by: &str) -> Result<NewGroup, String> {
        let required = |name: &str| format!("A value is required for property '{name}' of resource 'Group'.");
        let mail_enabled = self.mail_enabled.ok_or_else(|| required("mailEnabled"))?;
        let security_enabled = self.security_enabled.ok_or_else(|| required("securityEnabled"))?;
        let is_unified = self.kinds.iter().any(|kind| kind == "Unified");
        let is_dynamic = self.kinds.iter().any(|kind| kind == "DynamicMembership");
        if mail_enabled != is_unified {
            return Err(
                "The service does not currently support writes of mail-enabled groups. Please ensure that \
                        the mail-enablement property is unset and the security-enablement property is set."
                    .to_owned(),
            );
        }
        if !mail_enabled && !security_enabled {
            return Err("A group is mail-enabled, security-enabled, or both.".to_owned());
        }
        if is_dynamic != self.rule.is_some() {
            return Err("A dynamic group, and no other, has a membership rule.".to_owned());
        }
        Ok(NewGroup {
            display_name: self.display_name.ok_or_else(|| required("displayName"))?,
            description: self.description.flatten(),
            mail_nickname: self.mail_nickname.ok_or_else(|| required("mailNickname"))?,
            kind: if self.role_assignable {
                GroupKind::RoleAssignable
            } else if is_dynamic {
                GroupKind::Dynamic
            } else if is_unified {
                GroupKind::Unified
            } else {
                GroupKind::Security
            },
            made_by: Some(made_by.to_owned()),
        })
    }
}

fn invalid(name: &str) -> String {
    format!("Invalid value specified for property '{name}' of resource 'Group'.")
}

fn checked(name: &str, text: String, longest: usize) -> Result<String, String> {
    let is_good = !text.trim().is_empty() || name == "description";
    if is_good && text.chars().count() <= longest {
        Ok(text)
    } else {
        Err(invalid(name))
    }
}

fn references(links: &[Value]) -> Result<Vec<Uuid>, String> {
    if links.is_empty() || links.len() > MAX_REFERENCES {
        return Err(format!(
            "The number of references must be between 1 and {MAX_REFERENCES}."
        ));
    }
    let ids = links.iter().map(|link| link.as_str().and_then(linked));
    ids.collect::<Option<_>>()
        .ok_or_else(|| "Invalid URL format specified in @odata.bind for members".to_owned())
}

/// The body `{"@odata.id": "https://…/directoryObjects/{id}"}` of one reference.
pub(super) fn reference(body: &[u8]) -> Result<Uuid, String> {
    let Value::Object(given) = strict_json::parse(body)? else {
        return Err("The body is not an object.".to_owned());
    };
    let given: Map<String, Value> = given;
    let link = given.get("@odata.id").and_then(Value::as_str);
    let link = link.ok_or("The property '@odata.id' is required.")?;
    if let Some(other) = given.keys().find(|name| *name != "@odata.id") {
        return Err(format!("Invalid property '{other}'."));
    }
    linked(link).ok_or_else(|| format!("Invalid entity reference: '{link}'."))
}

/// The id at the end of a link to a directory object.
fn linked(link: &str) -> Option<Uuid> {
    let link = link.strip_prefix("https://").or_else(|| link.strip_prefix("http://"))?;
    let (head, key) = match link.strip_suffix("')") {
        Some(link) => link.rsplit_once("('")?,
        None => link.rsplit_once('/')?,
    };
    let set = head.rsplit('/').next()?;
    let is_known = ["directoryObjects", "users", "devices", "groups"]
        .iter()
        .any(|known| known.eq_ignore_ascii_case(set));
    plain_guid(key).filter(|_| is_known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_a_link_to_a_directory_object() {
        const ID: &str = "5515d4ef-2551-456f-a975-e772ffefe6a0";
        for good in [
            format!("https://graph.microsoft.com/v1.0/directoryObjects/{ID}"),
            format!("https://graph.microsoft.com/beta/users('{ID}')"),
            format!("http://127.0.0.1:8080/v1.0/devices/{ID}"),
        ] {
            assert_eq!(linked(&good).unwrap().to_string(), ID, "{good}");
        }
        for wrong in [
            ID.to_owned(),
            format!("https://graph.microsoft.com/v1.0/deviceManagement/managedDevices/{ID}"),
            "https://graph.microsoft.com/v1.0/directoryObjects/7".to_owned(),
        ] {
            assert_eq!(linked(&wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_new_group_names_all_that_entra_wants() {
        let full = br#"{"displayName":"A","mailEnabled":false,"mailNickname":"a","securityEnabled":true}"#;
        let new = GroupBody::parse(full).unwrap().into_new("app").unwrap();
        assert_eq!((new.display_name.as_str(), new.kind), ("A", GroupKind::Security));
        for (wrong, named) in [
            (
                r#"{"displayName":"A","mailEnabled":false,"securityEnabled":true}"#,
                "mailNickname",
            ),
            (
                r#"{"displayName":"A","mailNickname":"a","securityEnabled":true}"#,
                "mailEnabled",
            ),
        ] {
            let refused = GroupBody::parse(wrong.as_bytes()).unwrap().into_new("app").unwrap_err();
            assert!(refused.contains(named), "{refused}");
        }
        for wrong in [
            r#"{"colour":"red"}"#,
            r#"{"displayName":""}"#,
            r#"{"mailNickname":"a b"}"#,
            "[]",
        ] {
            assert!(GroupBody::parse(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
