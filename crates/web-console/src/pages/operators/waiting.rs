//! A change that waits: what it is, and who may agree to it.

use askama::Template;
use http::StatusCode;
use sics_client::contract::RelaxationView;

use crate::failure::PageResult;
use crate::page::PageContext;
use crate::render::{own_path, show_page_as};

#[derive(Template)]
#[template(path = "pages/waiting_change.html")]
struct WaitingPage<'a> {
    ctx: &'a PageContext,
    next: String,
    /// `None`: it does not wait any more.
    waits: Option<RelaxationView>,
}

pub(super) async fn show_waiting(ctx: PageContext) -> PageResult {
    let list = ctx.list();
    let notices = ctx.client().list_notices().await?;
    let mut waiting = notices.waiting.into_iter();
    let waits = waiting.find(|one| one.id.to_string() == list.value("change"));
    let page = WaitingPage {
        ctx: &ctx,
        next: own_path(list.value("next")),
        waits,
    };
    show_page_as(StatusCode::OK, &page)
}
