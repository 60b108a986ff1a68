//! The properties that are objects of their own.

use serde_json::{Map, Value, json};

use super::property::{Val, View};
use crate::world::{Action, Tally, Ticks};

pub(super) fn config_manager(view: View<'_>) -> Val<'_> {
    if view.device.kind.agent != "configurationManagerClientMdm" {
        return Val::Null;
    }
    Val::Made(json!({
        "inventory": false, "modernApps": true, "resourceAccess": true, "deviceConfiguration": true,
        "compliancePolicy": true, "windowsUpdateForBusiness": view.device.hardware.is_multiple_of(2),
    }))
}

pub(super) fn action_results(view: View<'_>) -> Val<'_> {
    let own = (view.device.kind.tally == Tally::AndroidDedicated).then(|| located_by_itself(view.device.enrolled));
    let results = own.into_iter().chain(view.device.actions.iter().map(result));
    Val::Made(results.collect())
}

/// The type is named only where it is a derived one.
fn result(action: &Action) -> Value {
    let mut result = Map::new();
    if let Some(detail) = &action.detail {
        let type_name = format!("#microsoft.graph.{}", detail.type_name);
        result.insert("@odata.type".to_owned(), json!(type_name));
    }
    result.extend(plain(&action.name, action.state.name(), action.started, action.updated));
    if let Some(detail) = &action.detail {
        result.extend(detail.members.clone());
    }
    Value::Object(result)
}

fn plain(name: &str, state: &str, started: Ticks, updated: Ticks) -> Map<String, Value> {
    let text = |at: Ticks| {
        let mut text = String::new();
        at.write_full(&mut text);
        json!(text)
    };
    Map::from_iter([
        ("actionName".to_owned(), json!(name)),
        ("actionState".to_owned(), json!(state)),
        ("startDateTime".to_owned(), text(started)),
        ("lastUpdatedDateTime".to_owned(), text(updated)),
    ])
}

/// Every dedicated Android device has an entry that no administrator asked for.
fn located_by_itself(at: Ticks) -> Value {
    let mut result = plain("locateDevice", "done", at, at);
    result.insert(
        "@odata.type".to_owned(),
        json!("#microsoft.graph.locateDeviceActionResult"),
    );
    result.insert("deviceLocation".to_owned(), Value::Null);
    Value::Object(result)
}
