//! The body of an assignment: what it may name, and whether app, group and settings go together.

use axum::http::StatusCode;
use serde_json::{Map, Value};

use super::device::plain_guid;
use super::{Answer, Call, Version, entra, strict_json};
use crate::objects::Objects;
use crate::software::{APP_TYPES, Intent, MobileApp, NewAssignment, Publishing, Target};

/// Why an assignment is none.
#[derive(Debug)]
pub(super) enum Refused {
    Bad(String),
    /// The group does not exist, or Intune does not know it yet.
    NoGroup(uuid::Uuid),
}

impl Refused {
    pub(super) fn answer(&self, call: &Call) -> Answer {
        match self {
            Refused::Bad(problem) => call.place.intune(StatusCode::BAD_REQUEST, "BadRequest", problem),
            Refused::NoGroup(id) => {
                let status = StatusCode::from_u16(call.tuning.software.unknown_group_status);
                let status = status.unwrap_or(StatusCode::BAD_REQUEST);
                let code = if status == StatusCode::NOT_FOUND {
                    "ResourceNotFound"
                } else {
                    "BadRequest"
                };
                call.place
                    .intune(status, code, &format!("The group '{id}' was not found."))
            }
        }
    }
}

fn bad(problem: impl Into<String>) -> Refused {
    Refused::Bad(problem.into())
}

/// One assignment, as the body of a POST.
pub(super) fn parse(call: &Call, body: &[u8]) -> Result<NewAssignment, Refused> {
    match strict_json::parse(body).map_err(bad)? {
        Value::Object(given) => read(call, &given),
        _ => Err(bad("The body is not an object.")),
    }
}

/// One assignment out of JSON. Members that say what cannot be chosen are taken where a client sends back what it read.
pub(super) fn read(call: &Call, given: &Map<String, Value>) -> Result<NewAssignment, Refused> {
    const KNOWN: &[&str] = &["@odata.type", "id", "intent", "target", "settings"];
    const KNOWN_TO_BETA: &[&str] = &["source", "sourceId"];
    let is_beta = call.asked.version == Version::Beta;
    let is_known = |name: &str| KNOWN.contains(&name) || (is_beta && KNOWN_TO_BETA.contains(&name));
    if let Some(name) = given.keys().find(|name| !is_known(name)) {
        return Err(bad(format!(
            "The property '{name}' does not exist on type 'microsoft.graph.mobileAppAssignment'."
        )));
    }
    let intent = given.get("intent").and_then(Value::as_str);
    let intent = intent.and_then(|name| Intent::ALL.into_iter().find(|intent| intent.name() == name));
    Ok(NewAssignment {
        intent: intent.ok_or_else(|| bad("The value of the property 'intent' is not valid."))?,
        target: target(is_beta, given.get("target"))?,
        settings: settings(is_beta, given.get("settings"))?,
    })
}

fn target(is_beta: bool, given: Option<&Value>) -> Result<Target, Refused> {
    const KNOWN: &[&str] = &["@odata.type", "groupId"];
    const KNOWN_TO_BETA: &[&str] = &[
        "deviceAndAppManagementAssignmentFilterId",
        "deviceAndAppManagementAssignmentFilterType",
    ];
    let given = given.and_then(Value::as_object);
    let given = given.ok_or_else(|| bad("The property 'target' is required."))?;
    let is_known = |name: &str| KNOWN.contains(&name) || (is_beta && KNOWN_TO_BETA.contains(&name));
    if let Some(name) = given.keys().find(|name| !is_known(name)) {
        return Err(bad(format!(
            "The property '{name}' does not exist on the type of the target."
        )));
    }
    let group = || {
        let id = given.get("groupId").and_then(Value::as_str).and_then(plain_guid);
        id.ok_or_else(|| bad("The value of the property 'groupId' is not valid."))
    };
    match type_of(given).unwrap_or_default() {
        "groupAssignmentTarget" => Ok(Target::Group(group()?)),
        "exclusionGroupAssignmentTarget" => Ok(Target::ExcludedGroup(group()?)),
        _ if given.contains_key("groupId") => Err(bad("This target has no group.")),
        "allDevicesAssignmentTarget" => Ok(Target::AllDevices),
        "allLicensedUsersAssignmentTarget" => Ok(Target::AllUsers),
        other => Err(bad(format!("The type '{other}' of the target is not known."))),
    }
}

/// Null, or an object of a type that this version has.
fn settings(is_beta: bool, given: Option<&Value>) -> Result<Value, Refused> {
    match given {
        None | Some(Value::Null) => Ok(Value::Null),
        Some(Value::Object(settings)) => {
            let name = type_of(settings).ok_or_else(|| bad("The settings need their '@odata.type'."))?;
            let mut kinds = APP_TYPES.iter().filter(|kind| is_beta || !kind.beta);
            if kinds.any(|kind| kind.settings == Some(name)) {
                Ok(Value::Object(settings.clone()))
            } else {
                Err(bad(format!("The type '{name}' of the settings is not known.")))
            }
        }
        Some(_) => Err(bad("The value of the property 'settings' is not valid.")),
    }
}

/// The name behind `#microsoft.graph.`.
fn type_of(given: &Map<String, Value>) -> Option<&str> {
    let name = given.get("@odata.type").and_then(Value::as_str)?;
    name.trim_start_matches('#').strip_prefix("microsoft.graph.")
}

/// Whether the app can be assigned so.
pub(super) fn checked(
    call: &Call,
    app: &MobileApp,
    objects: &Objects,
    new: NewAssignment,
) -> Result<NewAssignment, Refused> {
    let kind = app.kind;
    if app.publishing != Publishing::Published {
        return Err(bad("The app can not be assigned: it is not published."));
    }
    if !kind.assignable {
        return Err(bad(format!("An app of the type '{}' can not be assigned.", kind.name)));
    }
    if new.intent == Intent::Uninstall && !kind.uninstalls {
        return Err(bad(format!(
            "An app of the type '{}' can not be uninstalled.",
            kind.name
        )));
    }
    let named = new.settings.as_object().and_then(type_of);
    if named.is_some() && named != kind.settings {
        let named = named.unwrap_or_default();
        return Err(bad(format!(
            "Settings of the type '{named}' do not go with an app of the type '{}'.",
            kind.name
        )));
    }
    match new.target.group() {
        Some(group) if objects.group_seen(group, entra::groups_at(call)).is_none() => Err(Refused::NoGroup(group)),
        _ => Ok(new),
    }
}
