//! What follows from answers: pages and fields that are asked, what is wrong with them. One walk from front to back;
//! a condition sees only what comes before it, so there are no cycles.

use serde_json::Map;

use super::answer_values::{condition_value, effective_answer};
use super::digest::digest_for_action;
use super::page_state::{PageState, WizardState};
use super::progress::{Wizard, WizardMode};
use crate::bus::answers::FieldAnswer;
use crate::bus::template::{TemplateCondition, TemplateField, TemplatePage};
use crate::bus::{FieldFinding, LocalizedText};

pub(crate) fn evaluate_wizard(wizard: &Wizard) -> WizardState {
    let mut state = evaluate_pages(wizard, PageLocks::Kept);
    if wizard.mode != WizardMode::Install {
        demote_old_findings(wizard, &mut state);
    }
    state
}

/// Whether a page that `needs` an action stays shut without it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PageLocks {
    Kept,
    Ignored,
}

/// What was wrong with the answers that an installation stands on, and still is, is a warning.
fn demote_old_findings(wizard: &Wizard, state: &mut WizardState) {
    let installed = Wizard {
        answers: wizard.installed_answers.clone(),
        reported_findings: Vec::new(),
        ..wizard.clone()
    };
    let before = evaluate_pages(&installed, PageLocks::Ignored);
    let is_old = |finding: &FieldFinding| {
        let is_secret = |field: &TemplateField| field.kind.is_secret();
        // Answers that stood hold no secrets: one that is missing has to be given now.
        !wizard.template.find_field(&finding.field).is_some_and(is_secret)
            && wizard.is_answer_unchanged(&finding.field)
            && before
                .all_findings()
                .any(|known| known.field == finding.field && known.code == finding.code)
    };
    for page in &mut state.pages {
        let findings = std::mem::take(&mut page.findings);
        (page.warnings, page.findings) = findings.into_iter().partition(&is_old);
    }
}

fn evaluate_pages(wizard: &Wizard, locks: PageLocks) -> WizardState {
    let mut state = WizardState {
        pages: Vec::new(),
        values: Map::new(),
    };
    for page in &wizard.template.pages {
        let page_state = evaluate_page(wizard, page, locks, &mut state);
        state.pages.push(page_state);
    }
    state
}

fn evaluate_page(wizard: &Wizard, page: &TemplatePage, locks: PageLocks, state: &mut WizardState) -> PageState {
    let is_shown = page.when.as_ref().is_none_or(|when| when.is_met(&state.values));
    let lock = page.needs.clone().filter(|_| locks == PageLocks::Kept);
    let locked_by = lock.filter(|action| {
        // The digest of an action covers the pages up to its own, all of which have been walked through.
        let about = digest_for_action(wizard, state, action);
        let verdict = wizard.verdicts.get(action);
        !verdict.is_some_and(|verdict| verdict.passed && Some(verdict.digest) == about)
    });
    let mut page_state = PageState {
        is_shown,
        locked_by,
        ..PageState::default()
    };
    for field in &page.fields {
        let is_asked = is_shown && field.when.as_ref().is_none_or(|when| when.is_met(&state.values));
        let is_open = is_asked && page_state.locked_by.is_none();
        if is_open {
            page_state.asked_fields.push(field.name.clone());
            page_state.findings.extend(missing_answer(wizard, field));
            page_state.findings.extend(changed_fixed_field(wizard, field));
        } else {
            let conditions = page.when.iter().chain(&field.when);
            let unmet: Vec<&TemplateCondition> = conditions.filter(|when| !when.is_met(&state.values)).collect();
            page_state.findings.extend(superfluous_answer(
                wizard,
                field,
                page_state.locked_by.as_deref().filter(|_| is_asked),
                &unmet,
            ));
        }
        if !field.kind.is_secret() {
            let text = is_open.then(|| effective_answer(&wizard.answers, field)).flatten();
            state.values.insert(field.name.clone(), condition_value(field, text));
        }
    }
    if is_shown && page_state.locked_by.is_none() {
        for check in &page.checks {
            if page_state.asks_field(&check.field) && !check.condition.is_met(&state.values) {
                page_state.findings.push(FieldFinding {
                    field: check.field.clone(),
                    code: "check".to_owned(),
                    problem: check.problem.clone(),
                    advice: check.advice.clone(),
                });
            }
        }
        let offered = page
            .actions
            .iter()
            .filter(|action| action.when.as_ref().is_none_or(|when| when.is_met(&state.values)));
        for action in offered {
            page_state.actions.push(action.name.clone());
            if action.is_required {
                page_state.required.push(action.name.clone());
            }
        }
        let reported = wizard
            .reported_findings
            .iter()
            // What is not asked could not be answered anew.
            .filter(|finding| page_state.asks_field(&finding.field));
        let reported: Vec<FieldFinding> = reported.cloned().collect();
        page_state.findings.extend(reported);
    }
    page_state
}

fn missing_answer(wizard: &Wizard, field: &TemplateField) -> Option<FieldFinding> {
    let is_given = wizard.answers.get(&field.name).is_some() || field.default.is_some();
    // What is kept of an installation is not shown, and stays where nothing is given.
    let is_kept = match wizard.mode {
        WizardMode::Install => false,
        WizardMode::Change => true,
        WizardMode::SignIn => !field.is_sign_in,
    };
    let stays = is_kept && field.kind.is_secret();
    if !field.is_required || is_given || stays {
        return None;
    }
    Some(FieldFinding {
        field: field.name.clone(),
        code: "missing".to_owned(),
        problem: LocalizedText::new("an answer is required", "eine Angabe ist erforderlich"),
        advice: match &field.example {
            Some(example) => LocalizedText::new(format!("for example {example}"), format!("zum Beispiel {example}")),
            None => field.help.clone().unwrap_or_else(|| field.label.clone()),
        },
    })
}

/// A fixed field that was answered otherwise.
fn changed_fixed_field(wizard: &Wizard, field: &TemplateField) -> Option<FieldFinding> {
    if wizard.mode == WizardMode::Install || !field.is_fixed {
        return None;
    }
    let (before, now) = (
        wizard.installed_answers.text_of(&field.name),
        wizard.answers.text_of(&field.name),
    );
    if before == now {
        return None;
    }
    Some(FieldFinding {
        field: field.name.clone(),
        code: "fixed".to_owned(),
        problem: LocalizedText::new(
            "this cannot be changed in an existing installation",
            "das lässt sich bei einer bestehenden Installation nicht ändern",
        ),
        advice: LocalizedText::new(
            "add another installation and uninstall this one",
            "eine weitere Installation hinzufügen und diese deinstallieren",
        ),
    })
}

/// An answer where nothing is asked: it would be lost silently. One that is the default loses nothing.
/// `unmet`: the conditions for which it is not asked.
fn superfluous_answer(
    wizard: &Wizard,
    field: &TemplateField,
    locked_by: Option<&str>,
    unmet: &[&TemplateCondition],
) -> Option<FieldFinding> {
    let answer = wizard.answers.get(&field.name)?;
    let stood = matches!((answer, wizard.installed_answers.text_of(&field.name)), (FieldAnswer::Text(now), Some(before)) if now == before);
    let is_default = matches!(answer, FieldAnswer::Text(text) if Some(text) == field.default.as_ref());
    if stood || is_default {
        return None;
    }
    let (code, problem, advice) = match locked_by {
        Some(action) => (
            "locked",
            LocalizedText::new(
                format!("this can be answered only after {action} has passed"),
                format!("das lässt sich erst angeben, nachdem {action} bestanden wurde"),
            ),
            LocalizedText::new(format!("run {action} first"), format!("zuerst {action} ausführen")),
        ),
        None => (
            "notAsked",
            LocalizedText::new(
                "this does not apply because of the other answers",
                "das trifft wegen der anderen Angaben nicht zu",
            ),
            dependency_advice(unmet),
        ),
    };
    Some(FieldFinding {
        field: field.name.clone(),
        code: code.to_owned(),
        problem,
        advice,
    })
}

/// Which answers it depends on, and when it applies.
fn dependency_advice(unmet: &[&TemplateCondition]) -> LocalizedText {
    let mut names: Vec<&str> = unmet.iter().flat_map(|when| when.field_names()).collect();
    names.dedup();
    if names.is_empty() {
        return LocalizedText::new("remove it", "weglassen");
    }
    let names = names.join(", ");
    let sources: Vec<&str> = unmet.iter().map(|when| when.source()).collect();
    let sources = sources.join(" && ");
    LocalizedText::new(
        format!("remove it, or change {names}: it applies only if {sources}"),
        format!("weglassen oder {names} ändern: gilt nur, wenn {sources}"),
    )
}
