//! What `doctor` finds out about the store.

use std::path::Path;

use sics_client::SicsClient;

use super::connection;
use crate::config::doctor::{DoctorFinding, FindingLevel};
use crate::model::format_time;
use crate::store::{StoreFinding, StoreRollback, examine_store};

/// What is to be told of the store: by the bus that works on it, else by the file.
pub(crate) async fn collect_store_findings(folder: &Path) -> Vec<DoctorFinding> {
    let subject = folder.join("bus.db").display().to_string();
    let finding = |level, text: String, advice: &str| DoctorFinding {
        level,
        subject: subject.clone(),
        text,
        advice: advice.to_owned(),
    };
    let found = match connection::find_running_bus(folder).await.ok().flatten() {
        Some(client) => fetch_store_findings(&client).await,
        None => {
            let mark_file = crate::config::mark_file(folder).ok().flatten();
            examine_store(folder, mark_file.as_deref())
        }
    };
    let found = found.into_iter().map(|found| match found {
        StoreFinding::Missing => finding(
            FindingLevel::Warning,
            "is missing, but its high-water mark exists: the next start creates a new store, with the kill switch on"
                .into(),
            MISSING,
        ),
        StoreFinding::WentBack(found) => finding(
            FindingLevel::Warning,
            format!(
                "{} (found at {}); the kill switch is on",
                found.why,
                format_time(found.at)
            ),
            WENT_BACK,
        ),
        StoreFinding::Newer { found, known, way_back } => finding(
            FindingLevel::Failure,
            format!("was written by a newer version (store version {found}, this one knows {known})"),
            &format!("update intune-connector, or {way_back}"),
        ),
        StoreFinding::NoSpace(shortage) => finding(
            FindingLevel::Failure,
            format!("must be upgraded before the bus starts: {shortage}"),
            &shortage.describe_cure(),
        ),
        StoreFinding::Damaged(what) => finding(FindingLevel::Failure, format!("is damaged: {what}"), DAMAGED),
    });
    found.collect()
}

/// The same, as the bus tells it in its readiness.
async fn fetch_store_findings(client: &SicsClient) -> Vec<StoreFinding> {
    let Ok(readiness) = client.fetch_readiness().await else {
        return Vec::new();
    };
    let store = readiness.store;
    let went_back = store.went_back_at.map(|at| {
        let why = store.went_back;
        StoreFinding::WentBack(StoreRollback {
            at,
            why: why.unwrap_or_else(|| "the store was rolled back".to_owned()),
        })
    });
    let damage = store.damage.map(StoreFinding::Damaged);
    went_back.into_iter().chain(damage).collect()
}

const MISSING: &str = "if it was moved by mistake, move it back; if there is a backup: intune-connector restore FILE \
                       --data DIR; to start with a new store, remove bus.mark as well";
const WENT_BACK: &str = "check unfinished jobs (intune-connector jobs), then turn the kill switch off: \
                         intune-connector killswitch off";
const DAMAGED: &str = "stop the bus and restore a backup: intune-connector restore FILE --data DIR";
