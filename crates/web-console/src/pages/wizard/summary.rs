//! Every answer once more, with its page one click away, and what is still missing.

use askama::Template;

use super::answers::TypedAnswers;
use super::open::OpenWizard;
use super::state::{effective_answer, split_list};
use super::template::{TemplateField, TemplatePage};
use super::verdict::{PageVerdict, Verdict};
use crate::page::PageContext;
use crate::render::Markup;

#[derive(Template)]
#[template(path = "pages/wizard_summary.html")]
struct SummaryPart<'a> {
    ctx: &'a PageContext,
    pages: Vec<SummaryPage<'a>>,
    /// What stands in the way of an installation.
    open: Vec<OpenPoint<'a>>,
}

struct SummaryPage<'a> {
    page: &'a TemplatePage,
    is_locked: bool,
    rows: Vec<SummaryRow<'a>>,
}

struct SummaryRow<'a> {
    field: &'a TemplateField,
    answer: ShownAnswer,
}

struct OpenPoint<'a> {
    page: &'a TemplatePage,
    field: String,
    text: String,
}

/// An answer as it may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
enum ShownAnswer {
    Text(String),
    Yes,
    No,
    /// A secret or a file that was given.
    Given,
    /// One that an installation has, and keeps.
    Kept,
    Nothing,
}

impl SummaryPart<'_> {
    fn answer(&self, answer: &ShownAnswer) -> String {
        let key = match answer {
            ShownAnswer::Text(text) => return self.ctx.plain(text),
            ShownAnswer::Yes => "yes",
            ShownAnswer::No => "no",
            ShownAnswer::Given => "wizard-given",
            ShownAnswer::Kept => "wizard-kept",
            ShownAnswer::Nothing => "wizard-empty",
        };
        self.ctx.t(key)
    }
}

pub(super) fn render_summary(
    ctx: &PageContext,
    wizard: &OpenWizard,
    typed: &TypedAnswers,
    verdict: &Verdict,
    anyway: &[String],
) -> Markup {
    let pages = wizard.template.pages.iter();
    let shown = pages.filter_map(|page| Some((page, verdict.find_page(&page.name).filter(|told| told.shown)?)));
    let shown: Vec<(&TemplatePage, &PageVerdict)> = shown.collect();
    let with_fields = shown.iter().filter(|(page, _)| !page.fields.is_empty());
    let pages = with_fields.map(|(page, told)| SummaryPage {
        page,
        is_locked: told.locked_by.is_some(),
        rows: list_rows(wizard, typed, page, told),
    });
    let part = SummaryPart {
        ctx,
        pages: pages.collect(),
        open: shown
            .iter()
            .flat_map(|(page, told)| list_open(ctx, page, told, anyway))
            .collect(),
    };
    Markup::render(&part)
}

/// Fields that are asked, with their answers; one that only leads to others says nothing by itself.
fn list_rows<'a>(
    wizard: &OpenWizard,
    typed: &TypedAnswers,
    page: &'a TemplatePage,
    told: &PageVerdict,
) -> Vec<SummaryRow<'a>> {
    let is_signpost = |field: &TemplateField| field.setting.is_none() && field.is_checkbox();
    let asked = page
        .fields
        .iter()
        .filter(|field| told.asked.contains(&field.name) && !is_signpost(field));
    let rows = asked.map(|field| SummaryRow {
        field,
        answer: show_answer(wizard, typed, field),
    });
    rows.collect()
}

fn show_answer(wizard: &OpenWizard, typed: &TypedAnswers, field: &TemplateField) -> ShownAnswer {
    if field.secret {
        return match (typed.has_secret(&field.name), wizard.is_new()) {
            (true, _) => ShownAnswer::Given,
            (false, true) => ShownAnswer::Nothing,
            (false, false) => ShownAnswer::Kept,
        };
    }
    match (effective_answer(&typed.texts, field), field.kind.as_str()) {
        (None, _) => ShownAnswer::Nothing,
        (Some("yes"), "checkbox") => ShownAnswer::Yes,
        (Some(_), "checkbox") => ShownAnswer::No,
        (Some(text), "choice") => {
            let taken = split_list(text);
            let labels: Vec<&str> = taken.iter().map(|value| field.choice_label(value)).collect();
            ShownAnswer::Text(labels.join(", "))
        }
        (Some(text), _) => ShownAnswer::Text(text.to_owned()),
    }
}

/// What is wrong or missing on a page.
fn list_open<'a>(
    ctx: &PageContext,
    page: &'a TemplatePage,
    told: &PageVerdict,
    anyway: &[String],
) -> Vec<OpenPoint<'a>> {
    let problems = told.problems.iter().map(|problem| {
        let field = page.fields.iter().find(|field| field.name == problem.field);
        let label = field.map_or(page.title.as_str(), |field| field.label.as_str());
        OpenPoint {
            page,
            field: problem.field.clone(),
            text: format!("{label}: {}", problem.problem),
        }
    });
    let missing = told
        .missing
        .iter()
        .filter(|action| !anyway.contains(action))
        .map(|name| {
            let action = page.actions.iter().find(|action| action.name == *name);
            let label = action.map_or(name.as_str(), |action| action.label.as_str());
            OpenPoint {
                page,
                field: String::new(),
                text: ctx.t1("wizard-check-open", "check", label),
            }
        });
    problems.chain(missing).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::wizard::open::WizardMode;
    use crate::pages::wizard::test_form::make_form;
    use crate::pages::wizard::test_template::{answers, small_template};

    fn shown(mode: WizardMode, form: &[(&str, &str)], field: &str) -> ShownAnswer {
        let wizard = OpenWizard {
            mode,
            product: "small".to_owned(),
            instance: "Greeter_1".to_owned(),
            template: small_template(),
            standing: answers(&[]),
        };
        let typed = TypedAnswers::from_form(&wizard, &make_form(form));
        show_answer(&wizard, &typed, wizard.template.find_field(field).unwrap())
    }

    #[test]
    fn answers_are_shown_by_their_labels_and_secrets_as_given() {
        let form = [
            ("f-secret", "geheim"),
            ("f-verbs", "sync"),
            ("f-verbs", "wipe"),
            ("f-more", "yes"),
        ];
        for (field, expected) in [
            ("method", ShownAnswer::Text("Secret".to_owned())),
            ("secret", ShownAnswer::Given),
            ("verbs", ShownAnswer::Text("Synchronise, Wipe".to_owned())),
            ("more", ShownAnswer::Yes),
            ("proxy", ShownAnswer::Nothing),
        ] {
            assert_eq!(shown(WizardMode::Install, &form, field), expected, "{field}");
        }
        assert_eq!(shown(WizardMode::Install, &[], "secret"), ShownAnswer::Nothing);
        assert_eq!(shown(WizardMode::Change, &[], "secret"), ShownAnswer::Kept);
        assert_eq!(shown(WizardMode::Install, &[], "more"), ShownAnswer::No);
    }
}
