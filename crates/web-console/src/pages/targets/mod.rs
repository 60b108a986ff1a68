//! Targets: how each stands; what waits for a person (consent to planned writes, devices that are set aside); which record
//! over there belongs to which device; what was written, and putting it back; the mapping; a look ahead, and the check of
//! the other side.

mod aside;
mod check;
mod device_cell;
mod forget;
mod head;
mod links;
mod list;
mod mapping;
mod mapping_changes;
mod mapping_fields;
mod mapping_place;
mod overview;
mod preview;
mod question;
mod resend;
mod revert;
mod runs;
mod words;

use crate::routes::PageRoute;

pub(crate) fn routes() -> Vec<PageRoute> {
    let mut routes = vec![
        PageRoute::get("/targets", list::show_targets),
        PageRoute::get("/targets/-/resend", resend::choose_target),
        PageRoute::get("/targets/{target}", overview::show_target),
        PageRoute::post("/targets/{target}/resend", resend::resend_device),
        PageRoute::get("/targets/{target}/preview", preview::show_preview),
        PageRoute::get("/targets/{target}/verify", check::show_check),
        PageRoute::post("/targets/{target}/verify", check::run_check),
        PageRoute::get("/targets/{target}/mapping", mapping::show_mapping),
        PageRoute::post("/targets/{target}/mapping", mapping::change_mapping),
        PageRoute::get("/targets/{target}/mapping/export", mapping::export_mapping),
        PageRoute::post("/targets/{target}/mapping/fields", mapping_fields::make_fields),
    ];
    routes.extend(decision_routes());
    routes
}

fn decision_routes() -> Vec<PageRoute> {
    vec![
        PageRoute::get("/targets/{target}/question", question::show_question),
        PageRoute::post("/targets/{target}/consent", question::consent_question),
        PageRoute::get("/targets/{target}/set-aside", aside::show_aside),
        PageRoute::post("/targets/{target}/set-aside/{instance}/{device}", aside::decide_aside),
        PageRoute::get("/targets/{target}/links", links::show_links),
        PageRoute::get("/targets/{target}/links/export", links::export_links),
        PageRoute::get("/targets/{target}/links/forget", forget::show_forgetting),
        PageRoute::post("/targets/{target}/links/forget", forget::forget_links),
        PageRoute::get("/targets/{target}/runs", runs::show_runs),
        PageRoute::get("/targets/{target}/runs/{run}/revert", revert::show_revert),
        PageRoute::post("/targets/{target}/runs/{run}/revert", revert::revert_run),
    ]
}
