//! What `doctor` finds out about the store.

use std::path::Path;

use super::client::Client;
use super::connection;
use crate::config::doctor::{Finding, Level};
use crate::model::format_time;
use crate::store::{StoreFinding, WentBack, examine};

/// What is to be told of the store: by the bus that works on it, else by the file.
pub async fn look(folder: &Path) -> Vec<Finding> {
    let subject = folder.join("bus.db").display().to_string();
    let finding = |level, text: String, advice: &str| Finding {
        level,
        subject: subject.clone(),
        text,
        advice: advice.to_owned(),
    };
    let told = match connection::running(folder).await.ok().flatten() {
        Some(client) => of_bus(&client).await,
        None => {
            let mark_file = crate::config::mark_file(folder).ok().flatten();
            examine(folder, mark_file.as_deref())
        }
    };
    let told = told.into_iter().map(|told| match told {
        StoreFinding::Missing => finding(
            Level::Warning,
            "is missing beside its high-water mark: a new one begins with the next start, with the kill switch on"
                .into(),
            MISSING,
        ),
        StoreFinding::WentBack(told) => finding(
            Level::Warning,
            format!(
                "{} (found at {}); the kill switch is on",
                told.why,
                format_time(told.at)
            ),
            WENT_BACK,
        ),
        StoreFinding::Damaged(what) => finding(Level::Failure, format!("is damaged: {what}"), DAMAGED),
    });
    told.collect()
}

/// The same, as the bus tells it in its readiness.
async fn of_bus(client: &Client) -> Vec<StoreFinding> {
    let Ok(told) = client.readiness().await else {
        return Vec::new();
    };
    let store = &told["store"];
    let went_back = store["wentBackAt"].as_str().and_then(|at| at.parse().ok()).map(|at| {
        StoreFinding::WentBack(WentBack {
            at,
            why: store["wentBack"]
                .as_str()
                .unwrap_or("the store has gone back")
                .to_owned(),
        })
    });
    let damage = store["damage"]
        .as_str()
        .map(|what| StoreFinding::Damaged(what.to_owned()));
    went_back.into_iter().chain(damage).collect()
}

const MISSING: &str = "if it was moved away by mistake, move it back; if there is a backup, intune-connector restore FILE \
                       --data DIR; if it is to begin anew, remove bus.mark as well";
const WENT_BACK: &str = "look at what was under way (intune-connector jobs), then lift the kill switch: intune-connector \
                         killswitch off";
const DAMAGED: &str = "stop the bus and restore a backup: intune-connector restore FILE --data DIR";
