//! What `doctor` finds out about the store.

use std::path::Path;

use sics_client::SicsClient;

use super::local_connection;
use crate::config::doctor::{DoctorFinding, FindingLevel};
use crate::files::shell_word;
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
    let data = format!("--data {}", shell_word(folder));
    let missing_advice = format!(
        "if it was moved by mistake, move it back; if there is a backup: intune-connector restore FILE {data}; to start \
         with a new store, remove bus.mark as well"
    );
    let damage_advice = format!("stop the bus and restore a backup: intune-connector restore FILE {data}");
    let foreign_advice = format!("move it away: mv {0} {0}.old", shell_word(&folder.join("bus.db")));
    let found = match local_connection::find_running_bus(folder).await.ok().flatten() {
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
            &missing_advice,
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
        StoreFinding::Unreadable(why) => finding(
            FindingLevel::Failure,
            why,
            "check who owns it and which account you are using",
        ),
        StoreFinding::Foreign(what) => finding(FindingLevel::Failure, what.to_owned(), &foreign_advice),
        StoreFinding::MarkDamaged(file) => finding(
            FindingLevel::Warning,
            format!(
                "its high-water mark {} is damaged, so whether the store was put back by hand cannot be told",
                file.display()
            ),
            "find out who could write to it; the next start writes it anew, and tells everybody who signs in",
        ),
        StoreFinding::Damaged(what) => finding(FindingLevel::Failure, format!("is damaged: {what}"), &damage_advice),
        StoreFinding::ForeignMark(file) => finding(
            FindingLevel::Failure,
            format!(
                "its second high-water mark cannot be written: another file is {}",
                file.display()
            ),
            "choose another path for mark_file in bus.ini, or remove the line",
        ),
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

const WENT_BACK: &str = "check unfinished jobs (intune-connector jobs), then turn the kill switch off: \
                         intune-connector killswitch off";
