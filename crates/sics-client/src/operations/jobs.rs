//! Jobs and their results, as a management server and as an operator sees them.

use super::{answer_type, operations, waiting_answer};
use crate::contract::{
    AckResultsBody, AckResultsView, ActionsView, ApproveBody, CancelledView, JobBody, JobSummaryView, JobsQuery,
    JobsView, ReceiptView, ResolveBody, ResultsQuery, ResultsView, SecretsView, TasksQuery, WholeJobView,
};

operations! {
    /// Send a job; answered once it is durable. Idempotency-Key is accepted as its id
    send_job(server) POST "/sics/v1/servers/{server}/jobs" body JobBody, => 202 | 200 ReceiptView;
    /// Jobs that a management server sent, filtered and sorted, newest first if nothing else is asked for
    list_jobs_of_server(server) GET "/sics/v1/servers/{server}/jobs" query JobsQuery, => 200 JobsView;
    /// One job: one row per device, with all steps
    show_job_of_server(server, id) GET "/sics/v1/servers/{server}/jobs/{id}" query TasksQuery, => 200 WholeJobView;
    /// Cancel what was not sent; returns how many
    cancel_job_of_server(server, id) DELETE "/sics/v1/servers/{server}/jobs/{id}" => 200 CancelledView;
    /// Unlock code, passcode or position that your own action returned; erased after 7 days
    show_secrets_of_server(server, id, task) GET "/sics/v1/servers/{server}/jobs/{id}/tasks/{task}/secrets" => 200 SecretsView;
    /// Results of your jobs, step by step; waits, or streams (text/event-stream)
    read_results(server) GET "/sics/v1/servers/{server}/results" query ResultsQuery, => 200 ResultsView;
    /// Acknowledge results: the server has stored everything up to this position
    acknowledge_results(server) POST "/sics/v1/servers/{server}/results/ack" body AckResultsBody, => 200 AckResultsView;
    /// All actions: what they do, where they work, which parameters they accept
    list_actions() GET "/sics/v1/actions" => 200 ActionsView;
    /// Send a job in your own name
    send_own_job() POST "/sics/v1/jobs" body JobBody, => 202 | 200 ReceiptView;
    /// Jobs that you may see, filtered and sorted, newest first if nothing else is asked for; suspended operators
    list_jobs() GET "/sics/v1/jobs" query JobsQuery, => 200 JobsView;
    /// One job by its number, or your own by its id (with the prefix id: if it is all digits): one row per device, with all steps
    show_job(id) GET "/sics/v1/jobs/{id}" query TasksQuery, => 200 WholeJobView;
    /// Unlock code, passcode or position that your own action returned; erased after 7 days
    show_secrets(id, task) GET "/sics/v1/jobs/{id}/tasks/{task}/secrets" => 200 SecretsView;
    /// Approve a waiting job, exactly as it was shown
    approve_job(id) POST "/sics/v1/jobs/{id}/approve" body ApproveBody, => 200 JobSummaryView;
    /// Reject a waiting job
    reject_job(id) POST "/sics/v1/jobs/{id}/reject" => 200 JobSummaryView;
    /// Cancel what was not sent; returns how many
    cancel_job(id) POST "/sics/v1/jobs/{id}/cancel" => 200 CancelledView;
    /// Record the outcome of a device whose outcome could not be read
    resolve_task(id) POST "/sics/v1/jobs/{id}/resolve" body ResolveBody, => 200 JobSummaryView;
}
