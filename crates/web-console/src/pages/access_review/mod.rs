//! The access review: who holds which right, since when, given by whom. Shown, printed and exported from one answer of the
//! API, filtered alike.

mod export;
mod rows;

use askama::Template;
use chrono::{DateTime, Utc};

use crate::failure::{PageFailure, PageResult};
use crate::list_state::ListState;
use crate::page::PageContext;
use crate::pages::row_page::{RowPage, cut_page};
use crate::render::show_page;
use crate::routes::PageRoute;
use rows::{AccessRow, RightClass, read_rows};

pub(crate) fn routes() -> Vec<PageRoute> {
    vec![
        PageRoute::get("/access-review", show_review),
        PageRoute::get("/access-review/print", show_print),
        PageRoute::get("/access-review/export", export::export_review),
    ]
}

#[derive(Template)]
#[template(path = "pages/access_review.html")]
struct ReviewPage<'a> {
    ctx: &'a PageContext,
    list: ListState,
    rows: Vec<AccessRow>,
    classes: [RightClass; 4],
    matching: u64,
    total: u64,
    made_at: DateTime<Utc>,
}

impl ReviewPage<'_> {
    /// The same rows elsewhere: for printing, as a file.
    fn same_rows(&self, path: &str) -> String {
        let query = self.list.query().with_value("page", "").with_value("rows", "");
        format!("{}{}", self.ctx.link(path), query.to_text())
    }
}

async fn show_review(ctx: PageContext) -> PageResult {
    let list = ctx.list();
    let answer = load_rows(&ctx, &list).await?;
    let RowPage { rows, matching } = cut_page(answer.rows, &list);
    show_page(&ReviewPage {
        ctx: &ctx,
        list,
        rows,
        classes: RightClass::ALL,
        matching,
        total: answer.total,
        made_at: answer.made_at,
    })
}

/// The rows that pass the filters of the address, in its order.
struct ReviewAnswer {
    rows: Vec<AccessRow>,
    total: u64,
    made_at: DateTime<Utc>,
}

async fn load_rows(ctx: &PageContext, list: &ListState) -> Result<ReviewAnswer, PageFailure> {
    let view = ctx.client().review_access().await?;
    let total = view.entries.len() as u64;
    let rows = view.entries.into_iter().map(|entry| AccessRow::new(ctx, entry));
    Ok(ReviewAnswer {
        rows: read_rows(rows.collect(), list),
        total,
        made_at: view.made_at,
    })
}

#[derive(Template)]
#[template(path = "pages/access_review_print.html")]
struct PrintPage<'a> {
    ctx: &'a PageContext,
    rows: Vec<AccessRow>,
    total: u64,
    made_at: DateTime<Utc>,
    back: String,
}

impl PrintPage<'_> {
    /// A time as it stays right on paper.
    fn exact(&self, at: &DateTime<Utc>) -> String {
        at.format("%Y-%m-%d %H:%M UTC").to_string()
    }
}

async fn show_print(ctx: PageContext) -> PageResult {
    let list = ctx.list();
    let answer = load_rows(&ctx, &list).await?;
    show_page(&PrintPage {
        ctx: &ctx,
        rows: answer.rows,
        total: answer.total,
        made_at: answer.made_at,
        back: format!("{}{}", ctx.link("/access-review"), list.query_text()),
    })
}
