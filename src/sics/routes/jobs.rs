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
    ("open", "true: only jobs that are not at their end"),
    ("before", "jobs before this number, as the page before gave it"),
    ("limit", "jobs a page, 1 to 1000 (100)"),
];
const TASKS: &[(&str, &str)] = &[
    ("after", "devices behind this task, as the page before gave it"),
    ("limit", "devices a page, 1 to 1000 (100)"),
];

#[rustfmt::skip]
pub(super) fn server_job_routes() -> Vec<RouteEntry> {
    let see_or_own = OwnOr { own: "Jobs_Send", any: "Jobs_Read" };
    let cancel_or_own = OwnOr { own: "Jobs_Send", any: "Jobs_Cancel" };
    vec![
        post("/sics/v1/servers/{server}/jobs", Own("Jobs_Send"), Server, jobs::submission::submit_server_job)
            .relaxation_rule(RelaxationRule::Never).operation("sendJob", "Send a job; answered when it is durable. Idempotency-Key is taken for its id")
            .body("JobBody").response("ReceiptView").status(StatusCode::ACCEPTED),
        get("/sics/v1/servers/{server}/jobs", see_or_own, Server, jobs::queries::list_server_jobs)
            .operation("listJobsOfServer", "Jobs that a management server sent, the newest first").query(JOBS).response("JobsView"),
        get("/sics/v1/servers/{server}/jobs/{id}", see_or_own, Server, jobs::queries::show_server_job)
            .operation("showJobOfServer", "One job: a row a device, with all steps").query(TASKS).response("WholeJobView"),
        delete("/sics/v1/servers/{server}/jobs/{id}", cancel_or_own, Server, jobs::operator_decisions::cancel_server_job)
            .relaxation_rule(RelaxationRule::Never).operation("cancelJobOfServer", "Cancel what was not sent; answers how many").response("CancelledView")
            .status(StatusCode::OK),
        get("/sics/v1/servers/{server}/jobs/{id}/tasks/{task}/secrets", Own("Results_Secrets"), Server, jobs::secrets::show_server_secrets)
            .operation("showSecretsOfServer", "Unlock code, passcode or position that one's own action brought; erased after 7 days")
            .response("SecretsView"),
        get("/sics/v1/servers/{server}/results", Own("Results_Read"), Server, jobs::results::read_results)
            .operation("readResults", "What became of one's jobs, step by step; waits, or streams (text/event-stream)")
            .query(&[
                ("after", "results behind this position; 0: all that are kept; left out: behind what was acknowledged"),
                ("limit", "results in one answer, 1 to 5000 (500)"),
                ("wait_ms", "how long to wait when there is nothing, up to 60000 (0)"),
            ])
            .response("ResultsView"),
        post("/sics/v1/servers/{server}/results/ack", Own("Results_Read"), Server, jobs::results::acknowledge_results)
            .relaxation_rule(RelaxationRule::Never).operation("acknowledgeResults", "Everything up to this position is safe at the server")
            .body("AckResultsBody").response("AckResultsView"),
    ]
}

#[rustfmt::skip]
pub(super) fn job_routes() -> Vec<RouteEntry> {
    let sees = OneOf(&["Jobs_Read", "Jobs_Send", "Jobs_Approve", "Jobs_Cancel", "Jobs_Resolve"]);
    vec![
        get("/sics/v1/actions", SignedIn, Everywhere, jobs::actions::list_actions)
            .operation("listActions", "Every action: what it does, where it works, what it takes").response("ActionsView"),
        post("/sics/v1/jobs", Right("Jobs_Send"), Filtered, jobs::submission::submit_own_job)
            .relaxation_rule(RelaxationRule::Never).operation("sendOwnJob", "Send a job in one's own name").body("JobBody").response("ReceiptView")
            .status(StatusCode::ACCEPTED),
        get("/sics/v1/jobs", sees, Filtered, jobs::queries::list_jobs)
            .operation("listJobs", "Jobs that one may see, the newest first; operators who are suspended").query(JOBS).response("JobsView"),
        get("/sics/v1/jobs/{id}", sees, Filtered, jobs::queries::show_job)
            .operation("showJob", "One job by its number, or one's own by its id (id: before it where it is digits): a row a device, with all steps")
            .query(TASKS).response("WholeJobView"),
        get("/sics/v1/jobs/{id}/tasks/{task}/secrets", Right("Results_Secrets"), Filtered, jobs::secrets::show_secrets)
            .operation("showSecrets", "Unlock code, passcode or position that one's own action brought; erased after 7 days")
            .response("SecretsView"),
        post("/sics/v1/jobs/{id}/approve", Person("Jobs_Approve"), Filtered, jobs::operator_decisions::approve_job)
            .relaxation_rule(RelaxationRule::Never).operation("approveJob", "Agree to a job that waits, exactly as it was looked at").body("ApproveBody").response("JobSummaryView"),
        post("/sics/v1/jobs/{id}/reject", Right("Jobs_Approve"), Filtered, jobs::operator_decisions::reject_job)
            .relaxation_rule(RelaxationRule::Never).operation("rejectJob", "Refuse a job that waits").response("JobSummaryView"),
        post("/sics/v1/jobs/{id}/cancel", OneOf(&["Jobs_Cancel", "Jobs_Send"]), Filtered, jobs::operator_decisions::cancel_job)
            .relaxation_rule(RelaxationRule::Never).operation("cancelJob", "Cancel what was not sent; answers how many").response("CancelledView"),
        post("/sics/v1/jobs/{id}/resolve", Right("Jobs_Resolve"), Filtered, jobs::operator_decisions::resolve_task)
            .relaxation_rule(RelaxationRule::Never).operation("resolveTask", "Say what became of a device whose outcome nobody could read")
            .body("ResolveBody").response("JobSummaryView"),
    ]
}
