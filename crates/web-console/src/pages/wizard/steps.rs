//! A step of a check as people see it: what was done, how it went, and where it failed the cause, the cure and the way to
//! the field.

use askama::Template;
use sics_client::contract::CheckStep;

use super::fields::{TextPiece, split_code};
use super::open::OpenWizard;
use super::template::{TemplateField, TemplatePage};
use super::verdict::write_sentence;
use crate::page::PageContext;
use crate::render::Markup;

#[derive(Template)]
#[template(path = "pages/wizard_step.html")]
struct StepPart<'a> {
    ctx: &'a PageContext,
    step: &'a CheckStep,
    state: String,
    detail: String,
    /// As it is: it may be a command.
    cure: String,
    /// Path of the wizard, with the base path.
    path: String,
    /// The page and the field that are to blame.
    blamed: Option<(&'a TemplatePage, &'a TemplateField)>,
}

/// Subjects of these steps are words of the program, separated by commas.
const WORD_SUBJECTS: [&str; 2] = ["right", "token"];

impl StepPart<'_> {
    fn colour(&self) -> &'static str {
        state_colour(&self.state)
    }

    fn pieces<'t>(&self, text: &'t str) -> Vec<TextPiece<'t>> {
        split_code(text)
    }

    fn subject(&self) -> String {
        let subject = self.step.subject.as_str();
        if WORD_SUBJECTS.contains(&self.step.step.as_str()) {
            let words = subject.split(", ").map(|one| self.ctx.word("wizard-subject-", one));
            return self.ctx.plain(words.collect::<Vec<_>>().join(", "));
        }
        self.ctx.plain(subject)
    }
}

fn state_colour(state: &str) -> &'static str {
    match state {
        "ok" => "good",
        "note" => "warning",
        "failed" => "bad",
        _ => "wait",
    }
}

/// The state as the API names it.
pub(super) fn state_name(step: &CheckStep) -> String {
    let told = serde_json::to_value(step.state).unwrap_or_default();
    told.as_str().unwrap_or_default().to_owned()
}

/// The same step is told again as it goes on.
pub(super) fn step_key(step: &CheckStep) -> String {
    format!("{} {}", step.step, step.subject)
}

pub(super) fn render_step(ctx: &PageContext, wizard: &OpenWizard, step: &CheckStep) -> Markup {
    let template = &wizard.template;
    let field = step.field.as_deref().and_then(|name| template.find_field(name));
    let blamed = field.and_then(|field| Some((template.page_of_field(&field.name)?, field)));
    let part = StepPart {
        ctx,
        step,
        state: state_name(step),
        detail: ctx.plain(write_sentence(&step.detail)),
        cure: ctx.plain(step.cure.as_deref().unwrap_or_default()),
        path: ctx.link(&wizard.path()),
        blamed,
    };
    Markup::render(&part)
}

/// What the steps of a check have come to so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct StepTally {
    succeeded: usize,
    failed: usize,
    waiting: usize,
}

impl StepTally {
    pub(super) fn count(&mut self, state: &str) {
        match state {
            "ok" => self.succeeded += 1,
            "failed" => self.failed += 1,
            "waiting" => self.waiting += 1,
            _ => {}
        }
    }

    /// A step went well, and none failed or waits.
    pub(super) fn has_passed(self) -> bool {
        self.succeeded > 0 && self.failed == 0 && self.waiting == 0
    }

    /// Nothing is wrong; somebody has something to do yet.
    pub(super) fn is_waiting(self) -> bool {
        self.failed == 0 && self.waiting > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_has_passed_where_a_step_went_well_and_none_failed() {
        for (states, passed, waiting) in [
            (&["running", "ok", "note", "skipped"][..], true, false),
            (&["ok", "failed"], false, false),
            (&["ok", "waiting"], false, true),
            (&["waiting", "failed"], false, false),
            (&["skipped"], false, false),
            (&[], false, false),
        ] {
            let mut tally = StepTally::default();
            states.iter().for_each(|state| tally.count(state));
            assert_eq!(
                (tally.has_passed(), tally.is_waiting()),
                (passed, waiting),
                "{states:?}"
            );
        }
    }

    #[test]
    fn a_state_has_a_colour_and_the_name_of_the_api() {
        let told = serde_json::json!({
            "step": "tls", "subject": "graph.example", "state": "failed", "detail": "d", "cause": "c", "cure": "e",
            "field": null, "tookMs": 3
        });
        let step: CheckStep = serde_json::from_value(told).unwrap();
        assert_eq!(state_name(&step), "failed");
        assert_eq!(step_key(&step), "tls graph.example");
        assert_eq!((state_colour("failed"), state_colour("running")), ("bad", "wait"));
    }
}
