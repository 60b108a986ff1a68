//! Routes of jobs and their results, as a management server and as an operator sees them.

use axum::http::StatusCode;

use super::Need::{OneOf, Own, OwnOr, Person, Right, SignedIn};
use super::Place::{Everywhere, Filtered, Server};
use super::row::{Row, delete, get, post};
use crate::model::Loosens;
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
pub(super) fn of_servers() -> Vec<Row> {
    let see_or_own = OwnOr { own: "Jobs_Send", any: "Jobs_Read" };
    let cancel_or_own = OwnOr { own: "Jobs_Send", any: "Jobs_Cancel" };
    vec![
        post("/sics/v1/servers/{server}/jobs", Own("Jobs_Send"), Server, jobs::send::by_server)
            .loosens(Loosens::Never).says("sendJob", "Send a job; answered when it is durable. Idempotency-Key is taken for its id")
            .takes("JobBody").gives("ReceiptView").status(StatusCode::ACCEPTED),
        get("/sics/v1/servers/{server}/jobs", see_or_own, Server, jobs::look::list_of_server)
            .says("listJobsOfServer", "Jobs that a management server sent, the newest first").asks(JOBS).gives("JobsView"),
        get("/sics/v1/servers/{server}/jobs/{id}", see_or_own, Server, jobs::look::show_of_server)
            .says("showJobOfServer", "One job: a row a device, with all steps").asks(TASKS).gives("WholeJobView"),
        delete("/sics/v1/servers/{server}/jobs/{id}", cancel_or_own, Server, jobs::decide::cancel_of_server)
            .loosens(Loosens::Never).says("cancelJobOfServer", "Cancel what was not sent; answers how many").gives("CancelledView")
            .status(StatusCode::OK),
        get("/sics/v1/servers/{server}/jobs/{id}/tasks/{task}/secrets", Own("Results_Secrets"), Server, jobs::secrets::show_of_server)
            .says("showSecretsOfServer", "Unlock code, passcode or position that one's own action brought; erased after 7 days")
            .gives("SecretsView"),
        get("/sics/v1/servers/{server}/results", Own("Results_Read"), Server, jobs::results::read)
            .says("readResults", "What became of one's jobs, step by step; waits, or streams (text/event-stream)")
            .asks(&[
                ("after", "results behind this position; 0: all that are kept; left out: behind what was acknowledged"),
                ("limit", "results in one answer, 1 to 5000 (500)"),
                ("wait_ms", "how long to wait when there is nothing, up to 60000 (0)"),
            ])
            .gives("ResultsView"),
        post("/sics/v1/servers/{server}/results/ack", Own("Results_Read"), Server, jobs::results::acknowledge)
            .loosens(Loosens::Never).says("acknowledgeResults", "Everything up to this position is safe at the server")
            .takes("AckResultsBody").gives("AckResultsView"),
    ]
}

#[rustfmt::skip]
pub(super) fn rows() -> Vec<Row> {
    let sees = OneOf(&["Jobs_Read", "Jobs_Send", "Jobs_Approve", "Jobs_Cancel", "Jobs_Resolve"]);
    vec![
        get("/sics/v1/actions", SignedIn, Everywhere, jobs::actions::list)
            .says("listActions", "Every action: what it does, where it works, what it takes").gives("ActionsView"),
        post("/sics/v1/jobs", Right("Jobs_Send"), Filtered, jobs::send::by_operator)
            .loosens(Loosens::Never).says("sendOwnJob", "Send a job in one's own name").takes("JobBody").gives("ReceiptView")
            .status(StatusCode::ACCEPTED),
        get("/sics/v1/jobs", sees, Filtered, jobs::look::list)
            .says("listJobs", "Jobs that one may see, the newest first; operators who are suspended").asks(JOBS).gives("JobsView"),
        get("/sics/v1/jobs/{id}", sees, Filtered, jobs::look::show)
            .says("showJob", "One job by its number, or one's own by its id (id: before it where it is digits): a row a device, with all steps")
            .asks(TASKS).gives("WholeJobView"),
        get("/sics/v1/jobs/{id}/tasks/{task}/secrets", Right("Results_Secrets"), Filtered, jobs::secrets::show)
            .says("showSecrets", "Unlock code, passcode or position that one's own action brought; erased after 7 days")
            .gives("SecretsView"),
        post("/sics/v1/jobs/{id}/approve", Person("Jobs_Approve"), Filtered, jobs::decide::approve)
            .loosens(Loosens::Never).says("approveJob", "Agree to a job that waits, exactly as it was looked at").takes("ApproveBody").gives("JobView"),
        post("/sics/v1/jobs/{id}/reject", Right("Jobs_Approve"), Filtered, jobs::decide::reject)
            .loosens(Loosens::Never).says("rejectJob", "Refuse a job that waits").gives("JobView"),
        post("/sics/v1/jobs/{id}/cancel", OneOf(&["Jobs_Cancel", "Jobs_Send"]), Filtered, jobs::decide::cancel)
            .loosens(Loosens::Never).says("cancelJob", "Cancel what was not sent; answers how many").gives("CancelledView"),
        post("/sics/v1/jobs/{id}/resolve", Right("Jobs_Resolve"), Filtered, jobs::decide::resolve)
            .loosens(Loosens::Never).says("resolveTask", "Say what became of a device whose outcome nobody could read")
            .takes("ResolveBody").gives("JobView"),
    ]
}
