//! Actions: what there is, and the form of a job: what would happen to each device is shown before anything is sent.

mod catalogue;
mod draft;
pub(crate) mod effects;
mod field_views;
mod fields;
mod form_page;
mod preview;
mod selection;
mod send;

use crate::form::FormFields;
use crate::page::PageContext;
use crate::routes::PageRoute;

use draft::JobDraft;

pub(crate) fn routes() -> Vec<PageRoute> {
    vec![
        PageRoute::get("/actions", catalogue::show_actions),
        PageRoute::get("/actions/new", form_page::show_form),
        // The same with more devices than an address has room for.
        PageRoute::post("/actions/new", form_page::show_long_form),
        PageRoute::post("/actions/send", send::send_job),
    ]
}

/// What the address says of the job.
fn read_address(ctx: &PageContext) -> JobDraft {
    let pairs = url::form_urlencoded::parse(ctx.query().as_bytes());
    JobDraft::read(pairs.into_owned())
}

/// What a form says of it.
fn read_form(form: &FormFields) -> JobDraft {
    let fields = form
        .iter()
        .flat_map(|(name, values)| values.iter().map(move |value| (name.to_owned(), value.clone())));
    JobDraft::read(fields)
}

/// Path and query of the form, with these values.
fn form_link(ctx: &PageContext, pairs: &[(String, String)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs);
    ctx.link(&format!("/actions/new?{}", query.finish()))
}
