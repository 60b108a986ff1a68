//! Reports: which there are and what each says, on demand, as files, by schedule; and saved views of them.

mod cells;
mod export;
mod list_page;
mod report_page;
mod saved_views;
mod schedules;

use sics_client::contract::{DecimalMark, ListSeparator};

use crate::list_state::ListState;
use crate::page::PageContext;
use crate::routes::PageRoute;
use crate::texts::Language;

pub(crate) fn routes() -> Vec<PageRoute> {
    vec![
        PageRoute::get("/reports", list_page::show_reports),
        PageRoute::get("/reports/{report}", report_page::show_report),
        PageRoute::get("/reports/{report}/export", export::export_report),
        PageRoute::post("/reports/{report}/schedule", schedules::set_schedule),
        PageRoute::post("/reports/{report}/schedule/remove", schedules::remove_schedule),
        PageRoute::post("/reports/{report}/views", saved_views::save_view),
        PageRoute::post("/reports/{report}/views/remove", saved_views::remove_view),
    ]
}

/// The title of a report in the language of the page; the API's English where there is none.
fn report_title(ctx: &PageContext, name: &str, english: &str) -> String {
    own_or_english(ctx, &format!("report-{}", name.to_ascii_lowercase()), english)
}

/// What a report shows, in a sentence.
fn report_summary(ctx: &PageContext, name: &str, english: &str) -> String {
    own_or_english(ctx, &format!("report-{}-summary", name.to_ascii_lowercase()), english)
}

fn own_or_english(ctx: &PageContext, key: &str, english: &str) -> String {
    if ctx.has_text(key) {
        ctx.t(key)
    } else {
        english.to_owned()
    }
}

/// Days as the address says; none where it says nothing, or nonsense.
fn read_days(list: &ListState) -> Option<u32> {
    list.value("days").parse().ok()
}

/// How spreadsheets of this language expect CSV.
fn csv_style(language: Language) -> (ListSeparator, DecimalMark) {
    match language {
        Language::English => (ListSeparator::Comma, DecimalMark::Point),
        Language::German => (ListSeparator::Semicolon, DecimalMark::Comma),
    }
}
