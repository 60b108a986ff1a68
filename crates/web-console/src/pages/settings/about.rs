//! Versions and licence.

use askama::Template;

use super::{SettingsTab, TabLink, list_tabs};
use crate::failure::PageResult;
use crate::page::PageContext;
use crate::render::show_page;

#[derive(Template)]
#[template(path = "pages/settings/about.html")]
struct AboutPage<'a> {
    ctx: &'a PageContext,
    tabs: Vec<TabLink>,
    product: String,
    version: String,
    api: u32,
    console_version: &'static str,
    exact_clock: String,
}

pub(super) fn show_about(ctx: &PageContext) -> PageResult {
    let account = ctx.account();
    show_page(&AboutPage {
        ctx,
        tabs: list_tabs(ctx, SettingsTab::About),
        product: account.map(|account| account.product.clone()).unwrap_or_default(),
        version: account.map(|account| account.version.clone()).unwrap_or_default(),
        api: account.map_or(0, |account| account.api),
        console_version: env!("CARGO_PKG_VERSION"),
        exact_clock: ctx.now().format("%Y-%m-%d %H:%M:%S UTC").to_string(),
    })
}
