//! The wizard as one page: a form with a part for each page of the template. A script shows one of them at a time; without
//! it, all stand below each other and each button sends the form.

use askama::Template;
use http::StatusCode;

use super::answers::TypedAnswers;
use super::checks::CheckResult;
use super::fields::{FieldView, TextPiece, split_code};
use super::next_runs::NextRuns;
use super::open::{OpenWizard, WizardMode};
use super::summary::render_summary;
use super::template::{PageAction, TemplatePage, TemplatePart};
use super::validate::describe_runs;
use super::verdict::{PageVerdict, Verdict};
use crate::failure::{PageFailure, PageResult};
use crate::page::PageContext;
use crate::pages::products::ShownEffect;
use crate::render::{Markup, show_page_as};

/// What a page shows besides the template.
#[derive(Default)]
pub(super) struct WizardShown {
    pub(super) typed: TypedAnswers,
    pub(super) verdict: Verdict,
    pub(super) passed: Vec<String>,
    pub(super) anyway: Vec<String>,
    /// Name of the page to begin with; empty: the first.
    pub(super) current: String,
    /// Whether somebody has sent the form: before that nothing is called wrong.
    pub(super) is_judged: bool,
    pub(super) check: Option<CheckResult>,
    /// The registration that is on its way.
    pub(super) registration: Option<Markup>,
    pub(super) runs: Vec<NextRuns>,
    /// Ids of management servers that are known.
    pub(super) servers: Vec<String>,
    /// What the change does to devices.
    pub(super) effect: Option<ShownEffect>,
    pub(super) problem: Option<PageFailure>,
}

#[derive(Template)]
#[template(path = "pages/wizard.html")]
struct WizardPage<'a> {
    ctx: &'a PageContext,
    wizard: &'a OpenWizard,
    shown: &'a WizardShown,
    pages: Vec<PageView<'a>>,
    parts: &'a [TemplatePart],
    summary: Markup,
    effect: Option<&'a ShownEffect>,
    registration: Option<&'a Markup>,
    problem: Option<&'a PageFailure>,
}

struct PageView<'a> {
    page: &'a TemplatePage,
    is_shown: bool,
    is_current: bool,
    /// The label of the check that locks it; empty: it is open.
    locked_by: String,
    /// `done`, `wrong` or `open`.
    state: &'static str,
    fields: Vec<FieldView<'a>>,
    actions: Vec<ActionView<'a>>,
    /// What is wrong with the page as a whole.
    problems: Vec<String>,
}

struct ActionView<'a> {
    action: &'a PageAction,
    is_offered: bool,
    has_passed: bool,
    is_skipped: bool,
    result: Option<&'a CheckResult>,
}

impl WizardPage<'_> {
    fn title(&self) -> String {
        let template = self.ctx.plain(&self.wizard.template.title);
        let instance = self.wizard.instance.as_str();
        match self.wizard.mode {
            WizardMode::Install => self.ctx.t1("wizard-title-install", "product", template),
            WizardMode::Change => self.ctx.t1("wizard-title-change", "instance", instance),
            WizardMode::SignIn => self.ctx.t1("wizard-title-renew", "instance", instance),
        }
    }

    /// Where its checks stand, and where it stands itself.
    fn root(&self) -> String {
        self.ctx.link(&self.wizard.root())
    }

    fn path(&self) -> String {
        self.ctx.link(&self.wizard.path())
    }

    fn submit_text(&self) -> String {
        self.ctx.t(match self.wizard.mode {
            WizardMode::Install => "wizard-install",
            WizardMode::Change => "wizard-save",
            WizardMode::SignIn => "wizard-renew",
        })
    }

    fn mode(&self) -> &'static str {
        match self.wizard.mode {
            WizardMode::Install => "install",
            WizardMode::Change => "change",
            WizardMode::SignIn => "signIn",
        }
    }

    fn is_sign_in(&self) -> bool {
        self.wizard.mode == WizardMode::SignIn
    }

    fn pieces<'t>(&self, text: &'t str) -> Vec<TextPiece<'t>> {
        split_code(text)
    }

    fn state_text(&self, view: &PageView<'_>) -> String {
        self.ctx.t(match view.state {
            "done" => "wizard-state-done",
            "wrong" => "wizard-state-wrong",
            _ => "wizard-state-open",
        })
    }

    fn state_colour(&self, view: &PageView<'_>) -> &'static str {
        match view.state {
            "done" => "good",
            "wrong" => "bad",
            _ => "wait",
        }
    }

    /// What the button of a look says: a look has no label of its own.
    fn look_text(&self, look: &str) -> String {
        let key = format!("wizard-look-{look}");
        if self.ctx.has_text(&key) {
            self.ctx.t(&key)
        } else {
            self.ctx.t("wizard-look-other")
        }
    }

    fn describe_runs(&self, runs: &NextRuns) -> String {
        describe_runs(self.ctx, runs)
    }

    fn servers(&self) -> &[String] {
        &self.shown.servers
    }
}

/// `done`: nothing is wrong and nothing missing; before the form was sent, or an installation stands, nothing is known.
fn page_state(told: &PageVerdict, anyway: &[String], is_judged: bool) -> &'static str {
    let lacks_check = told.missing.iter().any(|action| !anyway.contains(action));
    match (is_judged, told.problems.is_empty()) {
        (false, _) => "open",
        (true, false) => "wrong",
        (true, true) if lacks_check || told.locked_by.is_some() => "open",
        (true, true) => "done",
    }
}

fn view_page<'a>(
    wizard: &'a OpenWizard,
    shown: &'a WizardShown,
    page: &'a TemplatePage,
    told: &'a PageVerdict,
) -> PageView<'a> {
    let result_of = |action: &str| shown.check.as_ref().filter(|check| check.action == action);
    // Nobody is told that something is missing before they could answer it.
    let told_now = |view: FieldView<'a>| if shown.is_judged { view.problems } else { Vec::new() };
    let fields = page.fields.iter().map(|field| FieldView {
        problems: told_now(FieldView::new(wizard, &shown.typed, told, field)),
        runs: shown.runs.iter().filter(|runs| runs.place == field.name).collect(),
        look_result: field.look.as_deref().and_then(result_of),
        ..FieldView::new(wizard, &shown.typed, told, field)
    });
    let actions = page.actions.iter().map(|action| ActionView {
        action,
        is_offered: told.actions.contains(&action.name),
        has_passed: shown.verdict.passed.contains(&action.name),
        is_skipped: shown.anyway.contains(&action.name),
        result: result_of(&action.name),
    });
    let is_own = |name: &str| page.fields.iter().any(|field| field.name == name);
    let whole = told
        .problems
        .iter()
        .filter(|problem| shown.is_judged && !is_own(&problem.field));
    PageView {
        page,
        is_shown: told.shown,
        is_current: false,
        locked_by: told
            .locked_by
            .as_deref()
            .map(|action| action_label(wizard, action))
            .unwrap_or_default(),
        state: page_state(told, &shown.anyway, shown.is_judged),
        fields: fields.collect(),
        actions: actions.collect(),
        problems: whole
            .map(|problem| format!("{} {}", problem.problem, problem.advice))
            .collect(),
    }
}

/// The label of a check; its name where the template has none.
pub(super) fn action_label(wizard: &OpenWizard, action: &str) -> String {
    let mut actions = wizard.template.pages.iter().flat_map(|page| &page.actions);
    let found = actions.find(|known| known.name == action);
    found.map_or_else(|| action.to_owned(), |found| found.label.clone())
}

/// `status`: 200, or that of what is wrong.
pub(super) fn render_wizard(
    ctx: &PageContext,
    wizard: &OpenWizard,
    shown: &WizardShown,
    status: StatusCode,
) -> PageResult {
    let in_form = wizard.template.pages.iter().filter(|page| page.is_in_form());
    let told = in_form.filter_map(|page| Some((page, shown.verdict.find_page(&page.name)?)));
    let mut pages: Vec<PageView<'_>> = told.map(|(page, told)| view_page(wizard, shown, page, told)).collect();
    let named = pages
        .iter()
        .position(|view| view.is_shown && view.page.name == shown.current);
    let first = pages.iter().position(|view| view.is_shown);
    if let Some(current) = named.or(first) {
        pages[current].is_current = true;
    }
    let page = WizardPage {
        ctx,
        wizard,
        shown,
        pages,
        parts: &wizard.template.parts,
        summary: render_summary(ctx, wizard, &shown.typed, &shown.verdict, &shown.anyway),
        effect: shown.effect.as_ref(),
        registration: shown.registration.as_ref(),
        problem: shown.problem.as_ref(),
    };
    show_page_as(status, &page)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::wizard::verdict::FieldProblem;

    #[test]
    fn a_page_is_done_where_nothing_is_wrong_or_missing() {
        let fine = PageVerdict::default();
        let unchecked = PageVerdict {
            missing: vec!["verify".to_owned()],
            ..PageVerdict::default()
        };
        let wrong = PageVerdict {
            problems: vec![FieldProblem::default()],
            ..PageVerdict::default()
        };
        let anyway = ["verify".to_owned()];
        for (told, anyway, judged, state) in [
            (&fine, &[][..], true, "done"),
            (&fine, &[], false, "open"),
            (&unchecked, &[], true, "open"),
            (&unchecked, &anyway, true, "done"),
            (&wrong, &[], true, "wrong"),
            (&wrong, &[], false, "open"),
        ] {
            assert_eq!(page_state(told, anyway, judged), state);
        }
    }
}
