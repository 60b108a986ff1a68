//! What cannot be read of the inventory, or confirmed in it.

use axum::http::StatusCode;

use super::{ApiProblem, set_changed_problem};
use crate::inventory::deletion_brake::BrakeError;
use crate::inventory::device_index::WrongWord;
use crate::inventory::feed::{FeedError, OutdatedCursor};
use crate::inventory::fleet_confirmation::FleetConfirmError;
use crate::inventory::reports::ReportPlanError;

impl From<FeedError> for ApiProblem {
    fn from(error: FeedError) -> Self {
        let detail = error.to_string();
        match error {
            FeedError::Outdated(outdated) => ApiProblem::new(
                StatusCode::GONE,
                "cursorOutdated",
                detail,
                "Read without a cursor: reading starts with a snapshot, or continues from where the server was \
                 rewound to, if you hold what lies before. Devices that you hold but do not see between the marks of \
                 a snapshot are gone.",
            )
            .with_member(
                "reason",
                match outdated {
                    OutdatedCursor::Epoch => "restored",
                    OutdatedCursor::Generation => "newGeneration",
                    OutdatedCursor::Ahead => "ahead",
                },
            ),
            FeedError::Malformed(_) => ApiProblem::bad_request(
                "cursorMalformed",
                detail,
                "Send the cursor exactly as you received it, or none to continue from what was acknowledged.",
            ),
            FeedError::Lens(error) => ApiProblem::conflict(
                "filterUnusable",
                error.to_string(),
                "An operator with Servers_Manage can change or remove the filter of this server.",
            ),
            FeedError::Store(error) => error.into(),
        }
    }
}

impl From<FleetConfirmError> for ApiProblem {
    fn from(error: FleetConfirmError) -> Self {
        let detail = error.to_string();
        match error {
            FleetConfirmError::NothingWaits => {
                ApiProblem::conflict("nothingWaits", detail, "There is nothing to confirm.")
            }
            FleetConfirmError::NotScanned => ApiProblem::conflict(
                "notScanned",
                detail,
                "Wait for the full scan, or start one: POST /sics/v1/scans.",
            ),
            FleetConfirmError::EmptyList => {
                let advice = "Check in Intune whether the tenant has devices; snapshots end automatically after a complete \
                     list.";
                ApiProblem::conflict("emptyList", detail, advice)
            }
            FleetConfirmError::OtherCount { .. } | FleetConfirmError::Other => ApiProblem::conflict(
                "setHasChanged",
                detail,
                "Get it again (GET …/snapshot), and confirm what it shows.",
            ),
            FleetConfirmError::Store(error) => error.into(),
        }
    }
}

impl From<BrakeError> for ApiProblem {
    fn from(error: BrakeError) -> Self {
        let detail = error.to_string();
        match error {
            BrakeError::NothingWaits => ApiProblem::conflict("nothingWaits", detail, "There is nothing to confirm."),
            BrakeError::OtherCount { .. } | BrakeError::OtherDevices => set_changed_problem(detail),
            BrakeError::Store(error) => error.into(),
        }
    }
}

impl From<WrongWord> for ApiProblem {
    fn from(wrong: WrongWord) -> Self {
        ApiProblem::bad_request(
            "wrongValue",
            format!("no device has the {} {:?}", wrong.parameter, wrong.given),
            format!("Possible values: {}.", wrong.possible.join(", ")),
        )
    }
}

impl From<ReportPlanError> for ApiProblem {
    fn from(error: ReportPlanError) -> Self {
        let (key, advice) = match &error {
            ReportPlanError::Zone => ("zone", "Use a name such as Europe/Berlin."),
            ReportPlanError::Off => (
                "schedule",
                "Remove the schedule instead: intune-connector reports unschedule NAME.",
            ),
            ReportPlanError::TooOften => ("schedule", "Use a longer interval, such as every 24h."),
            ReportPlanError::Schedule(_) => (
                "schedule",
                "Use an interval such as every 24h, or a cron expression such as 0 6 * * *.",
            ),
        };
        ApiProblem::bad_request("wrongSchedule", error.to_string(), advice).with_member("key", key)
    }
}
