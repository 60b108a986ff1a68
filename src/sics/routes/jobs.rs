//! Routes of jobs and their results, as a management server and as an operator sees them.

use axum::http::StatusCode;

use super::AccessRule::{OneOf, Own, OwnOr, Person, Right, SignedIn};
use super::AccessScope::{Everywhere, Filtered, Server};
use super::route::{RouteEntry, delete, get, post};
use crate::model::RelaxationRule;
use crate::sics::jobs;

const JOBS: &[(&str, &str)] = &[
    ("instance", "name"),
    ("approval", "none, waiting, approved, rejected or lapsed"),
    ("open", "true: only jobs that have not ended"),
    ("before", "jobs before this number, from the previous page"),
    ("limit", "jobs per page, 1 to 1000 (100)"),
];
const TASKS: &[(&str, &str)] = &[
    ("after", "devices after this task, from the previous page"),
    ("limit", "devices per page, 1 to 1000 (100)"),
];

#[rustfmt::skip]
pub(super) fn server_job_routes() -> Vec<RouteEntry> {
    let see_or_own = OwnOr { own: "Jobs_Send", any: "Jobs_Read" };
    let cancel_or_own = OwnOr { own: "Jobs_Send", any: "Jobs_Cancel" };
    vec![
        post("/sics/v1/servers/{server}/jobs", Own("Jobs_Send"), Server, jobs::submission::submit_server_job)
            .relaxation_rule(RelaxationRule::Never).operation("sendJob", "Send a job; answered once it is durable. Idempotency-Key is accepted as its id")
            .body("JobBody").response("ReceiptView").status(StatusCode::ACCEPTED),
        get("/sics/v1/servers/{server}/jobs", see_or_own, Server, jobs::queries::list_server_jobs)
            .operation("listJobsOfServer", "Jobs that a management server sent, newest first").query(JOBS).response("JobsView"),
        get("/sics/v1/servers/{server}/jobs/{id}", see_or_own, Server, jobs::queries::show_server_job)
            .operation("showJobOfServer", "One job: one row per device, with all steps").query(TASKS).response("WholeJobView"),
        delete("/sics/v1/servers/{server}/jobs/{id}", cancel_or_own, Server, jobs::operator_decisions::cancel_server_job)
            .relaxation_rule(RelaxationRule::Never).operation("cancelJobOfServer", "Cancel what was not sent; returns how many").response("CancelledView")
            .status(StatusCode::OK),
        get("/sics/v1/servers/{server}/jobs/{id}/tasks/{task}/secrets", Own("Results_Secrets"), Server, jobs::secrets::show_server_secrets)
            .operation("showSecretsOfServer", "Unlock code, passcode or position that your own action returned; erased after 7 days")
            .response("SecretsView"),
        get("/sics/v1/servers/{server}/results", Own("Results_Read"), Server, jobs::results::read_results)
            .operation("readResults", "Results of your jobs, step by step; waits, or streams (text/event-stream)")
            .query(&[
                ("after", "results after this position; 0: all that are kept; omitted: after what was acknowledged"),
                ("limit", "results in one answer, 1 to 5000 (500)"),
                ("wait_ms", "how long to wait if there is nothing, up to 60000 (0)"),
            ])
            .response("ResultsView"),
        post("/sics/v1/servers/{server}/results/ack", Own("Results_Read"), Server, jobs::results::acknowledge_results)
            .relaxation_rule(RelaxationRule::Never).operation("acknowledgeResults", "Acknowledge results: the server has stored everything up to this position")
            .body("AckResultsBody").response("AckResultsView"),
    ]
}

#[rustfmt::skip]
pub(super) fn job_routes() -> Vec<RouteEntry> {
    let sees = OneOf(&["Jobs_Read", "Jobs_Send", "Jobs_Approve", "Jobs_Cancel", "Jobs_Resolve"]);
    vec![
        get("/sics/v1/actions", SignedIn, Everywhere, jobs::actions::list_actions)
            .operation("listActions", "All actions: what they do, where they work, which parameters they accept").response("ActionsView"),
        post("/sics/v1/jobs", Right("Jobs_Send"), Filtered, jobs::submission::submit_own_job)
            .relaxation_rule(RelaxationRule::Never).operation("sendOwnJob", "Send a job in your own name").body("JobBody").response("ReceiptView")
            .status(StatusCode::ACCEPTED),
        get("/sics/v1/jobs", sees, Filtered, jobs::queries::list_jobs)
            .operation("listJobs", "Jobs that you may see, newest first; suspended operators").query(JOBS).response("JobsView"),
        get("/sics/v1/jobs/{id}", sees, Filtered, jobs::queries::show_job)
            .operation("showJob", "One job by its number, or your own by its id (with the prefix id: if it is all digits): one row per device, with all steps")
            .query(TASKS).response("WholeJobView"),
        get("/sics/v1/jobs/{id}/tasks/{task}/secrets", Right("Results_Secrets"), Filtered, jobs::secrets::show_secrets)
            .operation("showSecrets", "Unlock code, passcode or position that your own action returned; erased after 7 days")
            .response("SecretsView"),
        post("/sics/v1/jobs/{id}/approve", Person("Jobs_Approve"), Filtered, jobs::operator_decisions::approve_job)
            .relaxation_rule(RelaxationRule::Never).operation("approveJob", "Approve a waiting job, exactly as it was shown").body("ApproveBody").response("JobSummaryView"),
        post("/sics/v1/jobs/{id}/reject", Right("Jobs_Approve"), Filtered, jobs::operator_decisions::reject_job)
            .relaxation_rule(RelaxationRule::Never).operation("rejectJob", "Reject a waiting job").response("JobSummaryView"),
        post("/sics/v1/jobs/{id}/cancel", OneOf(&["Jobs_Cancel", "Jobs_Send"]), Filtered, jobs::operator_decisions::cancel_job)
            .relaxation_rule(RelaxationRule::Never).operation("cancelJob", "Cancel what was not sent; returns how many").response("CancelledView"),
        post("/sics/v1/jobs/{id}/resolve", Right("Jobs_Resolve"), Filtered, jobs::operator_decisions::resolve_task)
            .relaxation_rule(RelaxationRule::Never).operation("resolveTask", "Record the outcome of a device whose outcome could not be read")
            .body("ResolveBody").response("JobSummaryView"),
    ]
}
