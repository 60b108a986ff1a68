//! The job monitor: all jobs, one job with its devices, one device with its steps; and what people decide about them.

mod decisions;
pub(crate) mod job_page;
pub(crate) mod list;
mod position;
mod question;
pub(crate) mod sentences;
mod task_page;
pub(crate) mod words;

use crate::routes::PageRoute;

pub(crate) fn routes() -> Vec<PageRoute> {
    vec![
        PageRoute::get("/jobs", list::show_jobs),
        PageRoute::get("/jobs/{id}", job_page::show_job),
        PageRoute::post("/jobs/{id}/approve", decisions::approve_job),
        PageRoute::post("/jobs/{id}/reject", decisions::reject_job),
        PageRoute::post("/jobs/{id}/cancel", decisions::cancel_job),
        PageRoute::get("/jobs/{id}/tasks/{task}", task_page::show_task),
        PageRoute::post("/jobs/{id}/tasks/{task}/resolve", task_page::resolve_task),
        PageRoute::post("/jobs/{id}/tasks/{task}/secrets", task_page::show_secrets),
    ]
}
