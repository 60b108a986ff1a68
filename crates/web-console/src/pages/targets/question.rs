//! What waits for consent: how many writes of each class, the first records that were written for a look, and the planned
//! writes. Consent is given to exactly what was shown; where that has changed meanwhile, the page says in what.

use askama::Template;
use axum::extract::Path;
use http::StatusCode;
use sics_client::contract::{QuestionItemView, QuestionView, TargetConsentBody, WriteClass, WrittenView};

use super::device_cell::DeviceCell;
use super::head::{TargetHead, TargetTab, target_path};
use super::words::{ChangeRow, class_word, list_changes, list_counts, shorten_digest, unmet};
use crate::clock_text::TimeText;
use crate::failure::{PageFailure, PageResult};
use crate::form::FormFields;
use crate::list_state::ListState;
use crate::page::PageContext;
use crate::pages::approvals::person::form_status;
use crate::pages::row_page::cut_page;
use crate::render::{go_to, show_page_as};

#[derive(Template)]
#[template(path = "pages/targets/question.html")]
struct QuestionPage<'a> {
    ctx: &'a PageContext,
    head: TargetHead,
    list: ListState,
    question: Option<QuestionPart>,
    /// Planned writes that the API lists, on all pages.
    matching: u64,
    total: u64,
    /// What has changed since it was shown last; `None`: nothing was shown before.
    changed: Option<Vec<ChangedCount>>,
    problem: Option<&'a PageFailure>,
}

struct QuestionPart {
    digest: String,
    short_digest: String,
    asked: TimeText,
    is_canary: bool,
    total: u64,
    counts: Vec<(String, u64)>,
    /// Every class and its number, for the form: by these it is told what has changed.
    classes: Vec<(&'static str, u64)>,
    written: Vec<WrittenRow>,
    items: Vec<ItemRow>,
    /// How many the API lists.
    listed: u64,
}

/// A record that was written for a look.
struct WrittenRow {
    device: DeviceCell,
    record: String,
    class: String,
    at: TimeText,
    changes: Vec<ChangeRow>,
}

impl WrittenRow {
    fn new(ctx: &PageContext, view: &WrittenView) -> WrittenRow {
        WrittenRow {
            device: DeviceCell::new(ctx, view.device_name.as_deref(), &view.instance, view.device_id),
            record: ctx.plain(&view.record),
            class: class_word(ctx, view.class),
            at: ctx.time(&view.at),
            changes: list_changes(ctx, &view.changes),
        }
    }
}

/// A planned write.
struct ItemRow {
    device: DeviceCell,
    class: String,
    /// Empty: it is made.
    record: String,
}

impl ItemRow {
    fn new(ctx: &PageContext, view: &QuestionItemView) -> ItemRow {
        ItemRow {
            device: DeviceCell::new(ctx, view.device_name.as_deref(), &view.instance, view.device_id),
            class: class_word(ctx, view.class),
            record: ctx.plain(view.record.as_deref().unwrap_or_default()),
        }
    }
}

impl QuestionPart {
    fn new(ctx: &PageContext, view: &QuestionView, list: &ListState) -> QuestionPart {
        let page = cut_page(view.items.iter().collect(), list);
        QuestionPart {
            short_digest: shorten_digest(&view.digest),
            digest: view.digest.clone(),
            asked: ctx.time(&view.asked_at),
            is_canary: view.canary,
            total: view.total,
            counts: list_counts(ctx, &view.counts),
            classes: list_classes(view),
            written: view.written.iter().map(|row| WrittenRow::new(ctx, row)).collect(),
            items: page.rows.into_iter().map(|row| ItemRow::new(ctx, row)).collect(),
            listed: page.matching,
        }
    }
}

fn list_classes(view: &QuestionView) -> Vec<(&'static str, u64)> {
    let classes = WriteClass::ALL.iter();
    classes
        .map(|class| (class.name(), view.counts.of_class(*class)))
        .collect()
}

/// Writes of a class, as they were shown and as they are.
struct ChangedCount {
    class: String,
    before: u64,
    after: u64,
}

/// What the form was shown with, against what waits now.
fn compare_counts(ctx: &PageContext, form: &FormFields, now: Option<&QuestionView>) -> Vec<ChangedCount> {
    let row = |(class, before, after): (WriteClass, u64, u64)| ChangedCount {
        class: class_word(ctx, class),
        before,
        after,
    };
    list_differences(form, now).into_iter().map(row).collect()
}

fn list_differences(form: &FormFields, now: Option<&QuestionView>) -> Vec<(WriteClass, u64, u64)> {
    let classes = WriteClass::ALL.iter().copied();
    classes
        .map(|class| {
            let before = form.text(class.name()).parse().unwrap_or_default();
            let after = now.map_or(0, |view| view.counts.of_class(class));
            (class, before, after)
        })
        .filter(|(_, before, after)| before != after)
        .collect()
}

/// What the page shows again after its form was refused.
struct RefusedConsent<'a> {
    form: &'a FormFields,
    failure: &'a PageFailure,
}

impl RefusedConsent<'_> {
    fn is_changed(&self) -> bool {
        self.failure.code == "questionChanged"
    }
}

pub(super) async fn show_question(ctx: PageContext, Path(name): Path<String>) -> PageResult {
    render(&ctx, &name, None).await
}

async fn render(ctx: &PageContext, name: &str, refused: Option<RefusedConsent<'_>>) -> PageResult {
    let (target, question) = tokio::join!(ctx.client().show_target(name), ctx.client().show_target_question(name));
    let target = target?;
    let question = match question {
        Ok(question) => Some(question),
        Err(error) if error.code() == Some("noQuestion") => None,
        Err(error) => return Err(error.into()),
    };
    let list = ListState::new(ctx.link(&format!("{}/question", target_path(&target))), ctx.query());
    let changed = refused.as_ref().filter(|refused| refused.is_changed());
    let listed = question.as_ref().map_or(0, |view| view.items.len() as u64);
    let page = QuestionPage {
        ctx,
        head: TargetHead::new(ctx, &target, TargetTab::Question),
        changed: changed.map(|refused| compare_counts(ctx, refused.form, question.as_ref())),
        question: question.as_ref().map(|view| QuestionPart::new(ctx, view, &list)),
        matching: listed,
        total: listed,
        list,
        problem: refused.as_ref().map(|refused| refused.failure),
    };
    let status = refused.map_or(StatusCode::OK, |refused| form_status(refused.failure));
    show_page_as(status, &page)
}

/// A look at the list: the box is ticked, and the number of writes typed.
fn check_look(form: &FormFields) -> Result<(), PageFailure> {
    if !form.is_ticked("agree") {
        return Err(unmet("targets-not-agreed"));
    }
    let shown = form.text("count").parse::<u64>().ok();
    let typed = form.text("number").parse::<u64>().ok();
    if typed.is_some() && typed == shown {
        Ok(())
    } else {
        Err(unmet("targets-wrong-number"))
    }
}

async fn consent(ctx: &PageContext, name: &str, form: &FormFields) -> Result<(), PageFailure> {
    check_look(form)?;
    let body = TargetConsentBody {
        digest: form.text("digest").to_owned(),
    };
    ctx.client().consent_target(name, &body).await?;
    Ok(())
}

pub(super) async fn consent_question(ctx: PageContext, Path(name): Path<String>, form: FormFields) -> PageResult {
    match consent(&ctx, &name, &form).await {
        Ok(()) => go_to(&ctx, &format!("/targets/{name}"), "target-consented"),
        Err(failure) => {
            let refused = RefusedConsent {
                form: &form,
                failure: &failure,
            };
            render(&ctx, &name, Some(refused)).await
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use sics_client::contract::WriteCounts;

    use super::*;
    use crate::pages::wizard::test_form::make_form;

    fn question(create: u64, retire: u64) -> QuestionView {
        let counts = WriteCounts {
            create,
            retire,
            ..WriteCounts::default()
        };
        QuestionView {
            digest: "ab".to_owned(),
            asked_at: DateTime::UNIX_EPOCH,
            canary: false,
            counts,
            items: Vec::new(),
            total: counts.total(),
            written: Vec::new(),
        }
    }

    #[test]
    fn consent_takes_a_tick_and_the_number_that_was_shown() {
        for (agree, number, code) in [
            ("", "812", Some("targets-not-agreed")),
            ("1", "811", Some("targets-wrong-number")),
            ("1", "", Some("targets-wrong-number")),
            ("1", " 812 ", None),
        ] {
            let form = make_form(&[("agree", agree), ("number", number), ("count", "812")]);
            let refused = check_look(&form).err().map(|failure| failure.code);
            assert_eq!(refused.as_deref(), code, "{agree:?} {number:?}");
        }
        assert!(check_look(&make_form(&[("agree", "1")])).is_err());
    }

    #[test]
    fn what_has_changed_is_told_by_class() {
        let shown = make_form(&[("create", "800"), ("change", "0"), ("retire", "0"), ("move", "0")]);
        assert_eq!(list_differences(&shown, Some(&question(800, 0))), []);
        assert_eq!(
            list_differences(&shown, Some(&question(800, 12))),
            [(WriteClass::Retire, 0, 12)]
        );
        assert_eq!(list_differences(&shown, None), [(WriteClass::Create, 800, 0)]);
    }

    #[test]
    fn the_form_carries_every_class() {
        assert_eq!(
            list_classes(&question(3, 2)),
            [("create", 3), ("change", 0), ("retire", 2), ("move", 0)]
        );
    }
}
