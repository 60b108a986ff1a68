//! The properties that are objects of their own.

use serde_json::json;

use super::property::{Val, View};

pub fn config_manager(view: View<'_>) -> Val<'_> {
    if view.device.kind.agent != "configurationManagerClientMdm" {
        return Val::Null;
    }
    Val::Made(json!({
        "inventory": false, "modernApps": true, "resourceAccess": true, "deviceConfiguration": true,
        "compliancePolicy": true, "windowsUpdateForBusiness": view.device.hardware.is_multiple_of(2),
    }))
}

pub fn action_results(view: View<'_>) -> Val<'_> {
    let results = view.device.actions.iter().map(|action| {
        let (mut started, mut updated) = (String::new(), String::new());
        action.started.write_full(&mut started);
        action.updated.write_full(&mut updated);
        json!({
            "actionName": action.name, "actionState": action.state,
            "startDateTime": started, "lastUpdatedDateTime": updated,
        })
    });
    Val::Made(results.collect())
}
