//! To be written.

use askama::Template;

use crate::failure::PageResult;
use crate::page::PageContext;
use crate::render::show_page;
use crate::routes::PageRoute;

pub(crate) fn routes() -> Vec<PageRoute> {
    vec![PageRoute::get("/jobs", show_it)]
}

#[derive(Template)]
#[template(path = "pages/jobs.html")]
struct JobsPage<'a> {
    ctx: &'a PageContext,
}

async fn show_it(ctx: PageContext) -> PageResult {
    show_page(&JobsPage { ctx: &ctx })
}
