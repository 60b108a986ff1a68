//! Workflow engines and the workflows below them: text with steps, versions and what they change, parameters, enabling,
//! runs with their steps; and checking a definition before it is installed.

mod acts;
mod check;
mod definition_steps;
mod detail;
mod engines;
mod line_diff;
mod run_form;
mod run_page;
mod words;

use crate::routes::PageRoute;

pub(crate) fn routes() -> Vec<PageRoute> {
    vec![
        PageRoute::get("/workflows", engines::show_workflows),
        PageRoute::get("/workflows/check", check::show_check),
        PageRoute::post("/workflows/check", check::check_definition),
        PageRoute::get("/workflows/{workflow}", detail::show_workflow),
        PageRoute::post("/workflows/{workflow}/enable", acts::enable_workflow),
        PageRoute::post("/workflows/{workflow}/disable", acts::disable_workflow),
        PageRoute::post("/workflows/{workflow}/run", acts::start_run),
        PageRoute::get("/runs/{run}", run_page::show_run),
        PageRoute::post("/runs/{run}/cancel", run_page::cancel_run),
    ]
}
