//! The questions of one page: all of them, only those that were found wrong, or only what is missing.

use super::field_prompt::{self, FieldReply};
use super::interactive::{InteractiveWizard, PageNavigation};
use super::leaving::WizardStop;
use super::messages::WizardMessage;
use super::{messages, next_runs};
use crate::bus::answers::FieldAnswer;
use crate::bus::template::{FieldKind, TemplateField, TemplatePage};
use crate::bus::wizard::{WizardEvent, WizardMode};
use crate::bus::{FieldFinding, LocalizedText};
use crate::cli::failure::CommandFailure;
use crate::cli::output;
use crate::contract::{CheckStepState, Diagnosis};

impl InteractiveWizard<'_> {
    pub(super) async fn ask_questions(&mut self, page: &TemplatePage) -> Result<PageNavigation, WizardStop> {
        let lang = self.wizard_args.lang;
        let at = self.wizard.page_number();
        if let Some(action) = &self.wizard.current_state().pages[at].locked_by {
            output::eprint_line(format!("{} {action}", WizardMessage::Locked.in_language(lang)));
            return Ok(PageNavigation::Next);
        }
        let blamed = std::mem::take(&mut self.rejected_fields);
        if blamed.is_empty() {
            self.print_old_findings(at);
        }
        // An answer may bring fields that were not there before.
        let already_asked = if blamed.is_empty() {
            Vec::new()
        } else {
            self.wizard.current_state().pages.swap_remove(at).asked_fields
        };
        for field in &page.fields {
            if already_asked.contains(&field.name) && !blamed.contains(&field.name) {
                continue;
            }
            let is_asked = self.wizard.current_state().pages[at].asks_field(&field.name);
            // What is blamed is asked even where only the sign-in is renewed.
            let is_other = blamed.is_empty() && self.wizard.mode() == WizardMode::SignIn && !field.is_sign_in;
            let stands = blamed.is_empty() && self.quiet_pages.is_some() && !self.lacks_answer(field);
            if !is_asked || is_other || self.is_fixed(field) {
                continue;
            }
            if stands {
                self.print_standing_answer(field);
            } else if !self.ask_until_fine(field).await? {
                return Ok(PageNavigation::Back);
            }
        }
        let navigation = self.await_registration(page).await?;
        if navigation != PageNavigation::Next {
            return Ok(navigation);
        }
        for action in &page.actions {
            let is_offered = self.wizard.current_state().pages[at].actions.contains(&action.name);
            let is_quiet = self.quiet_pages.is_some() && blamed.is_empty();
            let is_done = is_quiet && (!action.is_required || self.wizard.has_passed(&action.name));
            if is_offered && !is_done {
                let navigation = self.run_check(action).await?;
                if navigation != PageNavigation::Next {
                    return Ok(navigation);
                }
            }
        }
        self.validate_page(page).await?;
        Ok(PageNavigation::Next)
    }

    /// What was wrong with the answers of the installation before; it may stay so.
    fn print_old_findings(&self, page: usize) {
        let lang = self.wizard_args.lang;
        let warnings = self.wizard.current_state().pages.swap_remove(page).warnings;
        if !warnings.is_empty() {
            output::eprint_line(WizardMessage::StillWrong.in_language(lang));
        }
        for warning in &warnings {
            field_prompt::print_finding(warning, lang);
        }
    }

    /// What has to be asked where the rest stands: required answers, and secrets, which no file of answers holds.
    fn lacks_answer(&self, field: &TemplateField) -> bool {
        let is_answered = self.wizard.answers().get(&field.name).is_some();
        let is_unknown_secret = field.kind.is_secret() && self.quiet_pages.is_some_and(|quiet| quiet.resumed);
        !is_answered && (is_unknown_secret || field_prompt::find_missing(&self.wizard, field).is_some())
    }

    fn print_standing_answer(&self, field: &TemplateField) {
        if self.quiet_pages.is_some_and(|quiet| quiet.resumed) {
            self.print_answer(field, 45);
        }
    }

    /// Until the answer fits and nothing is found wrong with it; whether it was answered, and not gone back.
    async fn ask_until_fine(&mut self, field: &TemplateField) -> Result<bool, WizardStop> {
        let lang = self.wizard_args.lang;
        if matches!(field.kind, FieldKind::Registration) {
            return self.ask_registration(field).await;
        }
        loop {
            let before = self.wizard.answers().get(&field.name).cloned();
            let reply = field_prompt::ask_field(&self.prompt, self.client, &mut self.wizard, field, lang).await?;
            if reply == FieldReply::Back {
                return Ok(false);
            }
            next_runs::print_next_runs(self.client, &self.wizard, field, lang).await;
            if self.passes_field_check(field).await? {
                return Ok(true);
            }
            self.restore_answer(field, before);
        }
    }

    /// What was found wrong does not stay as the value that Enter accepts.
    fn restore_answer(&mut self, field: &TemplateField, before: Option<FieldAnswer>) {
        let field = field.name.clone();
        let answer = before.filter(|before| !is_same_text(before, self.wizard.answers().get(&field)));
        // The page asks for it.
        let _ = self.wizard.apply_event(WizardEvent::Answered { field, answer });
    }

    /// The look that a field asks for, over the answers so far; a finding at the field has it asked again.
    async fn passes_field_check(&mut self, field: &TemplateField) -> Result<bool, WizardStop> {
        let Some(action) = &field.check_action else {
            return Ok(true);
        };
        let page = &self.wizard.template().pages[self.wizard.page_number()];
        let answered = |field: &TemplateField| self.wizard.answers().get(&field.name).is_some();
        // A secret may be empty where its file needs none; anything else that is empty needs no look.
        let has_secret = page
            .fields
            .iter()
            .any(|field| field.kind.is_secret() && answered(field));
        let may_be_empty = field.default.is_some() || (field.kind.is_secret() && has_secret);
        if !answered(field) && !may_be_empty {
            return Ok(true);
        }
        let mut is_rejected = false;
        let result = self
            .client
            .run_action(&self.wizard, action, |step| {
                messages::print_step(step);
                is_rejected |= step.state == CheckStepState::Failed && step.field.as_ref() == Some(&field.name);
                Ok(())
            })
            .await;
        match result {
            // What an installation had may stay, whatever is wrong with it.
            Ok(_) if self.wizard.mode() != WizardMode::Install && self.wizard.is_answer_unchanged(&field.name) => {
                Ok(true)
            }
            Ok(_) => Ok(!is_rejected),
            Err(failure) => Ok(self.explain_failed_look(field, &failure).await?),
        }
    }

    /// A look that could not be taken: by what is wrong with the field, told once; or by something else, which is judged
    /// with its page. Whether the answer may stay.
    async fn explain_failed_look(
        &self,
        field: &TemplateField,
        failure: &CommandFailure,
    ) -> Result<bool, CommandFailure> {
        let found = self.client.validate_answers(&self.wizard).await?;
        let own = found.iter().find(|finding| finding.is_about(&field.name));
        match own.and_then(finding_from_bus) {
            Some(finding) => {
                field_prompt::print_finding(&finding, self.wizard_args.lang);
                Ok(false)
            }
            None => {
                output::eprint_line(format!("  {failure}"));
                Ok(true)
            }
        }
    }

    /// What the bus finds wrong with the answers of this page.
    async fn validate_page(&mut self, page: &TemplatePage) -> Result<(), CommandFailure> {
        if page.fields.is_empty() {
            return Ok(());
        }
        let found = self.client.validate_answers(&self.wizard).await?;
        let of_page = |finding: &&Diagnosis| page.fields.iter().any(|field| finding.is_about(&field.name));
        let findings = found.iter().filter(of_page).filter_map(finding_from_bus);
        let _ = self.wizard.apply_event(WizardEvent::Told(findings.collect()));
        Ok(())
    }

    /// The same page comes next, with these fields only. What the bus refused is not offered again by Enter.
    pub(super) fn show_findings(&mut self, findings: Vec<FieldFinding>) {
        for finding in &findings {
            field_prompt::print_finding(finding, self.wizard_args.lang);
        }
        let at = self.wizard.page_number();
        let asked = self.wizard.current_state().pages.swap_remove(at);
        let (refused, own): (Vec<_>, Vec<_>) = findings.into_iter().partition(|finding| !is_own_code(&finding.code));
        let names = |findings: Vec<FieldFinding>| findings.into_iter().map(|finding| finding.field);
        for field in names(refused.clone()) {
            // One that is not asked has nothing to take away.
            let _ = self.wizard.apply_event(WizardEvent::Answered { field, answer: None });
        }
        let names = names(own).chain(names(refused));
        self.rejected_fields = names.filter(|name| asked.asks_field(name)).collect();
    }
}

fn is_same_text(before: &FieldAnswer, now: Option<&FieldAnswer>) -> bool {
    matches!((before, now), (FieldAnswer::Text(before), Some(FieldAnswer::Text(now))) if before == now)
}

/// What the wizard finds by itself.
fn is_own_code(code: &str) -> bool {
    matches!(code, "missing" | "locked" | "notAsked" | "fixed" | "check")
}

/// A finding of the bus, which is told in the language of the wizard already.
fn finding_from_bus(finding: &Diagnosis) -> Option<FieldFinding> {
    let code = finding.code.clone().unwrap_or_default();
    if is_own_code(&code) {
        return None;
    }
    Some(FieldFinding {
        field: finding.field.clone().unwrap_or_default(),
        code,
        problem: LocalizedText::untranslated(finding.problem.as_str()),
        advice: LocalizedText::untranslated(finding.advice.as_str()),
    })
}
