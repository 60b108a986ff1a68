//! What the API says of the answers, page by page: what is asked, what is wrong, which checks are still missing. For a new
//! installation it is the API's own view; of one that exists the API judges the answers when they are sent, so what it can
//! say before of answers alone is taken from it, and the rest from the template.

use serde::Serialize;
use sics_client::ClientError;
use sics_client::contract::{AnswersBody, Diagnosis, GivenAnswers, PageDiagnosis, ValidateView};

use super::answers::TypedAnswers;
use super::open::{OpenWizard, WizardMode, language_query};
use super::state::PageState;
use super::template::{TemplateField, TemplatePage};
use crate::page::PageContext;

/// Of all pages that this wizard has.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Verdict {
    /// Nothing is wrong; checks may be missing.
    pub(super) ok: bool,
    pub(super) pages: Vec<PageVerdict>,
    /// Checks that have passed for these answers.
    pub(super) passed: Vec<String>,
}

#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PageVerdict {
    pub(super) name: String,
    pub(super) shown: bool,
    /// The check that must pass before it can be answered.
    pub(super) locked_by: Option<String>,
    pub(super) asked: Vec<String>,
    pub(super) actions: Vec<String>,
    /// Checks that have to pass before it is done.
    pub(super) missing: Vec<String>,
    pub(super) problems: Vec<FieldProblem>,
}

/// What is wrong with one answer; without a field: with the page.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(super) struct FieldProblem {
    pub(super) field: String,
    pub(super) problem: String,
    pub(super) advice: String,
}

impl From<&Diagnosis> for FieldProblem {
    fn from(found: &Diagnosis) -> FieldProblem {
        FieldProblem {
            field: found.field.clone().unwrap_or_default(),
            problem: write_sentence(&found.problem),
            advice: write_sentence(&found.advice),
        }
    }
}

/// With a capital at the beginning and a full stop at the end: findings are parts of sentences.
pub(super) fn write_sentence(text: &str) -> String {
    let mut letters = text.chars();
    let Some(first) = letters.next() else {
        return String::new();
    };
    let mut whole: String = first.to_uppercase().chain(letters).collect();
    if !whole.ends_with(['.', '!', '?', ':', '…']) {
        whole.push('.');
    }
    whole
}

impl Verdict {
    pub(super) fn find_page(&self, name: &str) -> Option<&PageVerdict> {
        self.pages.iter().find(|page| page.name == name)
    }

    pub(super) fn asks_field(&self, field: &str) -> bool {
        self.pages
            .iter()
            .any(|page| page.asked.iter().any(|asked| asked == field))
    }

    /// What was found elsewhere, put to the pages of its fields; what has no field stands on the first page.
    pub(super) fn add_problems(&mut self, wizard: &OpenWizard, found: &[FieldProblem]) {
        for problem in found {
            let page = wizard
                .template
                .page_of_field(&problem.field)
                .map(|page| page.name.as_str());
            let place = self
                .pages
                .iter()
                .position(|own| Some(own.name.as_str()) == page)
                .unwrap_or(0);
            if let Some(page) = self.pages.get_mut(place)
                && !page.problems.contains(problem)
            {
                page.problems.push(problem.clone());
            }
        }
        self.ok = self.pages.iter().all(|page| page.problems.is_empty());
    }
}

/// `passed`: the checks that the browser has seen pass; for a new installation the API knows better.
pub(super) async fn judge_answers(
    ctx: &PageContext,
    wizard: &OpenWizard,
    typed: &TypedAnswers,
    passed: &[String],
) -> Result<Verdict, ClientError> {
    let states = typed.evaluate(wizard);
    if !wizard.is_new() {
        let view = validate(ctx, wizard, typed.to_plain(wizard, &states)).await?;
        return Ok(judge_change(wizard, typed, &states, passed, &view));
    }
    let given = typed.to_given(wizard, &states);
    let mut view = validate(ctx, wizard, given.clone()).await?;
    let is_locked = |name: &str| {
        view.pages
            .iter()
            .any(|page| page.name == name && page.locked_by.is_some())
    };
    // Behind a check that has not passed nothing can be answered: it is not sent, and stays in the form.
    let open = typed.to_given(wizard, &without_pages(&states, is_locked));
    if open.0 != given.0 {
        view = validate(ctx, wizard, open).await?;
    }
    Ok(judge_new(wizard, &states, &view))
}

async fn validate(ctx: &PageContext, wizard: &OpenWizard, answers: GivenAnswers) -> Result<ValidateView, ClientError> {
    let installation = wizard.instance.parse().ok();
    let body = AnswersBody { answers, installation };
    ctx.client()
        .validate_answers(&wizard.product, &language_query(ctx), &body)
        .await
}

fn without_pages(states: &[PageState], is_left_out: impl Fn(&str) -> bool) -> Vec<PageState> {
    states
        .iter()
        .filter(|state| !is_left_out(&state.name))
        .cloned()
        .collect()
}

/// The pages whose answers may be sent: those that no check locks.
pub(super) fn list_open_pages(states: &[PageState], verdict: &Verdict) -> Vec<PageState> {
    let is_locked = |name: &str| verdict.find_page(name).is_some_and(|page| page.locked_by.is_some());
    without_pages(states, is_locked)
}

fn judge_new(wizard: &OpenWizard, states: &[PageState], view: &ValidateView) -> Verdict {
    let pages = wizard.template.pages.iter().filter(|page| wizard.has_page(page));
    let pages = pages.map(|page| {
        let told = view.pages.iter().find(|told| told.name == page.name);
        let state = states.iter().find(|state| state.name == page.name);
        told.map_or_else(PageVerdict::default, |told| PageVerdict {
            name: page.name.clone(),
            shown: told.shown,
            locked_by: told.locked_by.clone(),
            asked: match (&told.locked_by, state) {
                (Some(_), Some(state)) => state.asked.clone(),
                _ => told.asked.clone(),
            },
            actions: told.actions.clone(),
            missing: list_missing(page, &told.actions, &view.passed),
            problems: list_problems(told),
        })
    });
    let pages: Vec<PageVerdict> = pages.collect();
    Verdict {
        ok: pages.iter().all(|page| page.problems.is_empty()),
        pages,
        passed: view.passed.clone(),
    }
}

/// Required checks of a page that have not passed.
fn list_missing(page: &TemplatePage, offered: &[String], passed: &[String]) -> Vec<String> {
    let required = page.actions.iter().filter(|action| action.required);
    let names = required.map(|action| action.name.clone());
    names
        .filter(|name| offered.contains(name) && !passed.contains(name))
        .collect()
}

fn list_problems(told: &PageDiagnosis) -> Vec<FieldProblem> {
    let found = told.findings.iter().filter(|found| !found.has_code("locked"));
    found.map(FieldProblem::from).collect()
}

fn judge_change(
    wizard: &OpenWizard,
    typed: &TypedAnswers,
    states: &[PageState],
    passed: &[String],
    view: &ValidateView,
) -> Verdict {
    let pages = wizard.template.pages.iter().zip(states);
    let pages = pages.filter(|(page, _)| wizard.has_page(page)).map(|(page, state)| {
        let asks = |name: &String| {
            wizard
                .template
                .find_field(name)
                .is_some_and(|field| wizard.may_ask(field))
        };
        let locked_by = page.needs.clone().filter(|action| !passed.contains(action));
        let actions = if locked_by.is_none() {
            state.actions.clone()
        } else {
            Vec::new()
        };
        let told = view.pages.iter().find(|told| told.name == page.name);
        let found = told.map_or_else(Vec::new, |told| told.findings.clone());
        let counts = |found: &&Diagnosis| counts_for_change(wizard, typed, state, found);
        PageVerdict {
            name: page.name.clone(),
            shown: state.is_shown,
            locked_by,
            asked: state.asked.iter().filter(|name| asks(name)).cloned().collect(),
            missing: list_missing(page, &actions, passed),
            actions,
            problems: found.iter().filter(counts).map(FieldProblem::from).collect(),
        }
    });
    let pages: Vec<PageVerdict> = pages.collect();
    Verdict {
        ok: pages.iter().all(|page| page.problems.is_empty()),
        pages,
        passed: passed.to_vec(),
    }
}

/// Whether what is wrong with answers to a new installation is wrong with a change, too: of what is answered here, and
/// otherwise than it stands. A secret that is not given stays, unless the sign-in is what is renewed.
fn counts_for_change(wizard: &OpenWizard, typed: &TypedAnswers, state: &PageState, found: &Diagnosis) -> bool {
    let field = found.field.as_deref().and_then(|name| wizard.template.find_field(name));
    let Some(field) = field.filter(|field| state.asks_field(&field.name) && wizard.may_ask(field)) else {
        return false;
    };
    if field.secret {
        return is_needed_again(wizard, field) && !typed.has_secret(&field.name) && found.has_code("missing");
    }
    let now = typed.texts.get(&field.name).filter(|text| !text.is_empty());
    now != wizard.standing.get(&field.name)
}

fn is_needed_again(wizard: &OpenWizard, field: &TemplateField) -> bool {
    wizard.mode == WizardMode::SignIn && field.required
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::pages::wizard::test_form::make_form;
    use crate::pages::wizard::test_template::{answers, small_template};

    fn wizard(mode: WizardMode, standing: &[(&str, &str)]) -> OpenWizard {
        OpenWizard {
            mode,
            product: "small".to_owned(),
            instance: "Greeter_1".to_owned(),
            template: small_template(),
            standing: answers(standing),
        }
    }

    fn view(findings: &[(&str, &str)], locked: bool) -> ValidateView {
        let findings: Vec<_> = findings
            .iter()
            .map(|(field, code)| json!({"field": field, "code": code, "problem": "wrong", "advice": "mend it"}))
            .collect();
        let lock = locked.then_some("verify");
        let told = json!({"ok": findings.is_empty(), "passed": [], "missing": ["verify"], "pages": [
            {"name": "sign", "shown": true, "lockedBy": null, "asked": ["method"], "actions": ["verify"], "findings": findings},
            {"name": "acts", "shown": true, "lockedBy": lock, "asked": [], "actions": [], "findings": [
                {"field": "verbs", "code": "locked", "problem": "locked", "advice": "verify"}]}
        ]});
        serde_json::from_value(told).unwrap()
    }

    #[test]
    fn findings_become_sentences() {
        assert_eq!(write_sentence("an answer is required"), "An answer is required.");
        assert_eq!(write_sentence("für den ganzen Bus."), "Für den ganzen Bus.");
        assert_eq!(write_sentence("\"x\" is not valid"), "\"x\" is not valid.");
        assert_eq!(write_sentence(""), "");
    }

    #[test]
    fn a_locked_page_is_told_as_locked_and_not_as_wrong() {
        let wizard = wizard(WizardMode::Install, &[]);
        let typed = TypedAnswers::from_form(&wizard, &make_form(&[("f-method", "secret"), ("f-verbs", "wipe")]));
        let states = typed.evaluate(&wizard);
        let view = view(&[], true);
        let verdict = judge_new(&wizard, &states, &view);
        let acts = verdict.find_page("acts").unwrap();
        assert_eq!(acts.locked_by.as_deref(), Some("verify"));
        assert_eq!(acts.asked, ["verbs", "limit"], "it stays in the form");
        assert!(acts.problems.is_empty() && verdict.ok);
        assert_eq!(verdict.find_page("sign").unwrap().missing, ["verify"]);
        let sent = typed.to_given(&wizard, &list_open_pages(&states, &verdict));
        assert!(!sent.0.contains_key("verbs") && sent.0.contains_key("method"));
    }

    #[test]
    fn of_a_change_only_what_is_answered_otherwise_can_be_wrong() {
        let standing = [("method", "secret"), ("more", "yes"), ("proxy", "old")];
        let wizard = wizard(WizardMode::Change, &standing);
        let found = [("proxy", "form"), ("method", "duplicate"), ("secret", "missing")];
        let form = [("f-method", "secret"), ("f-more", "yes"), ("f-proxy", "new")];
        let typed = TypedAnswers::from_form(&wizard, &make_form(&form));
        let verdict = judge_change(&wizard, &typed, &typed.evaluate(&wizard), &[], &view(&found, false));
        let problems = &verdict.find_page("sign").unwrap().problems;
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].field, "proxy");
        assert_eq!(verdict.find_page("acts").unwrap().locked_by.as_deref(), Some("verify"));
    }

    #[test]
    fn a_renewed_sign_in_needs_its_secret() {
        let wizard = wizard(WizardMode::SignIn, &[("method", "secret")]);
        let found = [("secret", "missing")];
        let passed = ["verify".to_owned()];
        for (secret, wrong) in [("", 1), ("s", 0)] {
            let typed = TypedAnswers::from_form(&wizard, &make_form(&[("f-method", "secret"), ("f-secret", secret)]));
            let verdict = judge_change(&wizard, &typed, &typed.evaluate(&wizard), &passed, &view(&found, false));
            let sign = verdict.find_page("sign").unwrap();
            assert_eq!((sign.problems.len(), sign.missing.len()), (wrong, 0));
            assert_eq!(sign.asked, ["method", "secret"]);
        }
    }

    #[test]
    fn what_is_found_at_the_end_stands_on_the_page_of_its_field() {
        let wizard = wizard(WizardMode::Install, &[]);
        let typed = TypedAnswers::of_standing(&wizard);
        let mut verdict = judge_new(&wizard, &typed.evaluate(&wizard), &view(&[], false));
        let problem = FieldProblem {
            field: "verbs".to_owned(),
            problem: "no".to_owned(),
            advice: String::new(),
        };
        verdict.add_problems(&wizard, &[problem.clone(), problem]);
        assert_eq!(verdict.find_page("acts").unwrap().problems.len(), 1);
        assert!(!verdict.ok);
    }
}
