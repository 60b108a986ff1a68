//! A look ahead: what would be created, adopted, changed, retired and set aside, field by field. It asks the other side, so
//! it is made when somebody asks for it; nothing is written.

use askama::Template;
use axum::extract::Path;
use http::StatusCode;
use sics_client::contract::{PreviewItem, PreviewOutcome, TargetPreviewQuery, TargetPreviewView};

use super::aside::reason_word;
use super::device_cell::DeviceCell;
use super::head::{TargetHead, TargetTab};
use super::words::{ChangeRow, list_changes, other_side_failure};
use crate::failure::{PageFailure, PageResult};
use crate::page::PageContext;
use crate::render::show_page_as;

/// Devices that are shown one by one.
const ITEMS_SHOWN: u32 = 60;

#[derive(Template)]
#[template(path = "pages/targets/preview.html")]
struct PreviewPage<'a> {
    ctx: &'a PageContext,
    head: TargetHead,
    /// `None`: nobody has asked for it.
    preview: Option<PreviewPart>,
    problem: Option<&'a PageFailure>,
}

struct PreviewPart {
    /// Words and numbers of each kind of outcome.
    counts: Vec<(String, u64)>,
    complete: bool,
    items: Vec<ItemRow>,
    /// Whether there are more than are shown.
    is_cut: bool,
}

struct ItemRow {
    device: DeviceCell,
    outcome: String,
    light: &'static str,
    record: String,
    /// By what its record was found; empty: it is its record already, or there is none.
    found_by: String,
    /// Why a person has to decide; empty: nobody has to.
    reason: String,
    changes: Vec<ChangeRow>,
}

impl ItemRow {
    fn new(ctx: &PageContext, item: &PreviewItem) -> ItemRow {
        let reason = item.reason.map(|reason| reason_word(ctx, reason));
        let found = item.found_by.map(|found| ctx.word("targets-found-", found.name()));
        ItemRow {
            device: DeviceCell::new(ctx, item.device_name.as_deref(), &item.instance, item.device_id),
            outcome: ctx.word("targets-outcome-", item.outcome.name()),
            light: outcome_light(item.outcome),
            record: ctx.plain(item.record.as_deref().unwrap_or_default()),
            found_by: found.unwrap_or_default(),
            reason: reason.unwrap_or_default(),
            changes: list_changes(ctx, &item.changes),
        }
    }
}

fn outcome_light(outcome: PreviewOutcome) -> &'static str {
    match outcome {
        PreviewOutcome::Create | PreviewOutcome::Adopt | PreviewOutcome::Move => "good",
        PreviewOutcome::Change => "",
        PreviewOutcome::Retire | PreviewOutcome::SetAside => "warning",
    }
}

fn list_outcomes(view: &TargetPreviewView) -> [(&'static str, u64); 6] {
    [
        ("targets-preview-creates", view.creates),
        ("targets-preview-adoptions", view.adoptions),
        ("targets-preview-changes", view.changes),
        ("targets-preview-retirements", view.retirements),
        ("targets-preview-set-aside", view.set_aside),
        ("targets-preview-unchanged", view.unchanged),
    ]
}

impl PreviewPart {
    fn new(ctx: &PageContext, view: &TargetPreviewView) -> PreviewPart {
        let concerned = view.creates + view.adoptions + view.changes + view.retirements + view.set_aside;
        PreviewPart {
            counts: list_outcomes(view)
                .into_iter()
                .map(|(key, count)| (ctx.t(key), count))
                .collect(),
            complete: view.complete,
            items: view.items.iter().map(|item| ItemRow::new(ctx, item)).collect(),
            is_cut: concerned > view.items.len() as u64,
        }
    }
}

async fn look_ahead(ctx: &PageContext, name: &str) -> Result<TargetPreviewView, PageFailure> {
    let query = TargetPreviewQuery {
        limit: Some(ITEMS_SHOWN),
    };
    let asked = ctx.client().preview_target(name, &query).await;
    asked.map_err(other_side_failure)
}

pub(super) async fn show_preview(ctx: PageContext, Path(name): Path<String>) -> PageResult {
    let target = ctx.client().show_target(&name).await?;
    let is_asked = ctx.list().value("run") == "1";
    let asked = if is_asked {
        look_ahead(&ctx, &name).await.map(Some)
    } else {
        Ok(None)
    };
    let (preview, failure) = match asked {
        Ok(preview) => (preview, None),
        Err(failure) => (None, Some(failure)),
    };
    let page = PreviewPage {
        ctx: &ctx,
        head: TargetHead::new(&ctx, &target, TargetTab::Preview),
        preview: preview.as_ref().map(|view| PreviewPart::new(&ctx, view)),
        problem: failure.as_ref(),
    };
    let status = failure.as_ref().map_or(StatusCode::OK, |failure| failure.status);
    show_page_as(status, &page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_needs_a_look_is_not_green() {
        for outcome in PreviewOutcome::ALL {
            let needs_look = matches!(outcome, PreviewOutcome::Retire | PreviewOutcome::SetAside);
            assert_eq!(outcome_light(*outcome) == "warning", needs_look, "{outcome:?}");
        }
    }

    #[test]
    fn every_number_of_a_preview_has_a_text() {
        let texts = include_str!("../../../locale/en/targets.ftl");
        for (key, _) in list_outcomes(&TargetPreviewView::default()) {
            assert!(
                texts.lines().any(|line| line.starts_with(&format!("{key} = "))),
                "{key}"
            );
        }
    }
}
