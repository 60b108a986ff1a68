//! To be written.

use askama::Template;

use crate::failure::PageResult;
use crate::page::PageContext;
use crate::render::show_page;
use crate::routes::PageRoute;

pub(crate) fn routes() -> Vec<PageRoute> {
    vec![PageRoute::get("/messages", show_it)]
}

#[derive(Template)]
#[template(path = "pages/messages.html")]
struct MessagesPage<'a> {
    ctx: &'a PageContext,
}

async fn show_it(ctx: PageContext) -> PageResult {
    show_page(&MessagesPage { ctx: &ctx })
}
