//! Looking at a definition before it is installed: every error and every advice by line and column.

use std::collections::BTreeSet;

use askama::Template;
use sics_client::contract::{ActivitySignature, CheckBody, CheckView, Diagnosis};

use super::definition_steps::draw_steps;
use super::detail::show_code;
use super::words::danger_words;
use crate::failure::{PageFailure, PageResult};
use crate::form::FormFields;
use crate::page::PageContext;
use crate::render::{Markup, show_page, show_page_as};

#[derive(Template)]
#[template(path = "pages/workflow_check.html")]
struct CheckPage<'a> {
    ctx: &'a PageContext,
    text: String,
    verdict: Option<Verdict>,
    activities: Vec<ActivityRow>,
    problem: Option<&'a PageFailure>,
}

/// What was found.
struct Verdict {
    good: bool,
    name: String,
    version: String,
    hash: String,
    danger: String,
    danger_light: &'static str,
    findings: Vec<FindingRow>,
    advice: Vec<FindingRow>,
    lines: Vec<CodeLine>,
    steps: Option<Markup>,
}

struct FindingRow {
    /// 0: it is about the whole text.
    line: u32,
    column: u32,
    problem: Markup,
    advice: Markup,
}

struct CodeLine {
    number: u32,
    text: String,
    is_marked: bool,
}

/// What definitions may call.
struct ActivityRow {
    name: String,
    summary: String,
    danger: String,
    light: &'static str,
    right: String,
    inputs: Vec<String>,
    outputs: Vec<String>,
}

pub(super) async fn show_check(ctx: PageContext) -> PageResult {
    let page = CheckPage {
        ctx: &ctx,
        text: String::new(),
        verdict: None,
        activities: read_activities(&ctx).await,
        problem: None,
    };
    show_page(&page)
}

async fn read_activities(ctx: &PageContext) -> Vec<ActivityRow> {
    let read = ctx.client().list_activities().await;
    let activities = read.map(|view| view.activities).unwrap_or_default();
    activities
        .iter()
        .map(|activity| ActivityRow::new(ctx, activity))
        .collect()
}

pub(super) async fn check_definition(ctx: PageContext, form: FormFields) -> PageResult {
    let text = chosen_text(&form);
    let body = CheckBody {
        definition: text.clone(),
    };
    let (checked, activities) = tokio::join!(ctx.client().check_workflow(&body), read_activities(&ctx));
    let (verdict, failure) = match checked {
        Ok(view) => (Some(Verdict::new(&ctx, &view, &text)), None),
        Err(error) => (None, Some(PageFailure::from(error))),
    };
    let page = CheckPage {
        ctx: &ctx,
        text,
        verdict,
        activities,
        problem: failure.as_ref(),
    };
    match &failure {
        Some(failure) => show_page_as(failure.status, &page),
        None => show_page(&page),
    }
}

/// A file wins over what stands in the field.
fn chosen_text(form: &FormFields) -> String {
    match form.file("file") {
        Some(file) => String::from_utf8_lossy(&file.content).into_owned(),
        None => form.raw("definition").to_owned(),
    }
}

impl Verdict {
    fn new(ctx: &PageContext, view: &CheckView, text: &str) -> Verdict {
        let (danger_light, danger_key) = view.danger.map_or(("", "unknown"), danger_words);
        let rows = |findings: &[Diagnosis]| -> Vec<FindingRow> {
            findings.iter().map(|finding| FindingRow::new(ctx, finding)).collect()
        };
        let marked = marked_lines(&view.findings);
        let lines = text.lines().zip(1..).map(|(line, number)| CodeLine {
            number,
            text: show_code(ctx, line),
            is_marked: marked.contains(&number),
        });
        Verdict {
            good: view.good,
            name: ctx.plain(view.name.as_deref().unwrap_or_default()),
            version: ctx.plain(view.version.as_deref().unwrap_or_default()),
            hash: view.hash.clone(),
            danger: ctx.t(danger_key),
            danger_light,
            findings: rows(&view.findings),
            advice: rows(&view.advice),
            lines: lines.collect(),
            steps: draw_steps(ctx, text),
        }
    }
}

fn marked_lines(findings: &[Diagnosis]) -> BTreeSet<u32> {
    findings.iter().filter_map(|finding| finding.line).collect()
}

impl FindingRow {
    fn new(ctx: &PageContext, finding: &Diagnosis) -> FindingRow {
        FindingRow {
            line: finding.line.unwrap_or_default(),
            column: finding.column.unwrap_or_default(),
            problem: ctx.said(&finding.problem),
            advice: ctx.said(&finding.advice),
        }
    }
}

impl ActivityRow {
    fn new(ctx: &PageContext, activity: &ActivitySignature) -> ActivityRow {
        let (light, key) = danger_words(activity.danger);
        let fields = |fields: &[sics_client::contract::ActivityField]| -> Vec<String> {
            let shown = fields.iter().map(|field| {
                let mark = if field.required { " *" } else { "" };
                format!("{}{mark}: {}", ctx.plain(&field.name), ctx.plain(&field.help))
            });
            shown.collect()
        };
        ActivityRow {
            name: ctx.plain(&activity.name),
            summary: ctx.plain(&activity.summary),
            danger: ctx.t(key),
            light,
            right: ctx.plain(activity.right.as_deref().unwrap_or_default()),
            inputs: fields(&activity.inputs),
            outputs: fields(&activity.outputs),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_with_findings_are_marked_once() {
        let at = |line| Diagnosis {
            line,
            ..Diagnosis::new("wrong", "")
        };
        let marked = marked_lines(&[at(Some(3)), at(Some(3)), at(None), at(Some(1))]);
        assert_eq!(marked.into_iter().collect::<Vec<_>>(), [1, 3]);
    }
}
