//! Supervisors and the microservices that they run: state, start and stop, scans, settings, connection check, log; what
//! the deletion brake withholds, and why snapshots are open.

mod acts;
mod brake;
mod check;
mod detail;
mod log_lines;
mod member;
mod scans;
mod settings;
mod snapshot;
mod tick;
mod tree;

use crate::routes::PageRoute;

pub(crate) use member::{lifecycle_light, lifecycle_word};
pub(crate) use scans::describe_duration;

pub(crate) fn routes() -> Vec<PageRoute> {
    vec![
        PageRoute::get("/microservices", tree::show_microservices),
        PageRoute::get("/microservices/{instance}", detail::show_microservice),
        PageRoute::post("/microservices/{instance}/start", acts::start_member),
        PageRoute::post("/microservices/{instance}/stop", acts::stop_member),
        PageRoute::post("/microservices/{instance}/restart", acts::restart_member),
        PageRoute::post("/microservices/{instance}/start-type", acts::set_start_type),
        PageRoute::post("/microservices/{instance}/scan", acts::start_scan),
        PageRoute::get("/microservices/{instance}/settings", settings::show_settings),
        PageRoute::get("/microservices/{instance}/verify", check::show_check),
        PageRoute::post("/microservices/{instance}/verify", check::run_check),
        PageRoute::get("/microservices/{instance}/log", log_lines::show_log),
        PageRoute::get("/microservices/{instance}/brake", brake::show_brake),
        PageRoute::post("/microservices/{instance}/brake", brake::confirm_gone),
        PageRoute::get("/microservices/{instance}/snapshot", snapshot::show_snapshot),
        PageRoute::post("/microservices/{instance}/snapshot", snapshot::confirm_complete),
    ]
}
