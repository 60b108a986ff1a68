//! The wizard in a terminal: page by page, field by field, checks as they run.

use super::field_prompt::{self, FieldReply};
use super::installation_client::InstallationClient;
use super::messages::WizardMessage;
use super::terminal_prompt::TerminalPrompt;
use super::{InstallReport, InstallResult, WizardArgs, messages};
use crate::bus::template::{PageAction, PageKind, TemplateField, TemplatePage};
use crate::bus::wizard::{Wizard, WizardError, WizardEvent, WizardMode};
use crate::bus::{FieldFinding, LocalizedText};
use crate::cli::failure::CommandFailure;
use crate::cli::output;
use crate::contract::{CheckStep, CheckStepState, Diagnosis, InstallationView};
use crate::model::InstallationState;

pub(crate) async fn run_interactive(
    target: &InstallationClient<'_>,
    wizard: Wizard,
    with: &WizardArgs,
) -> Result<InstallResult, CommandFailure> {
    let mut session = InteractiveWizard {
        client: target,
        wizard,
        prompt: TerminalPrompt::new(with.lang),
        wizard_args: with,
        rejected_fields: Vec::new(),
        installed: None,
    };
    output::eprint_line(session.wizard.template().title.in_language(with.lang));
    output::eprint_line(WizardMessage::Back.in_language(with.lang));
    loop {
        let navigation = session.run_page().await?;
        let event = match navigation {
            PageNavigation::Next => WizardEvent::Next,
            PageNavigation::Back => WizardEvent::Back,
            PageNavigation::Stop => break,
        };
        match session.wizard.apply_event(event) {
            Ok(()) => (),
            Err(WizardError::Findings(findings)) => session.show_findings(findings),
            Err(WizardError::NotPassed(_)) => output::eprint_line(WizardMessage::NotPassed.in_language(with.lang)),
            Err(_) if navigation == PageNavigation::Back => (),
            Err(_) => break,
        }
    }
    Ok(InstallResult::from_report(InstallReport {
        installation: session.installed,
        ..InstallReport::default()
    }))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum PageNavigation {
    Next,
    Back,
    Stop,
}

struct InteractiveWizard<'a> {
    client: &'a InstallationClient<'a>,
    wizard: Wizard,
    prompt: TerminalPrompt,
    wizard_args: &'a WizardArgs,
    /// Fields of this page that have to be answered anew; none: all are asked.
    rejected_fields: Vec<String>,
    /// The installation, behind its page.
    installed: Option<InstallationView>,
}

impl InteractiveWizard<'_> {
    async fn run_page(&mut self) -> Result<PageNavigation, CommandFailure> {
        let template = self.wizard.template().clone();
        let page = &template.pages[self.wizard.page_number()];
        if self.is_skipped(page) {
            return Ok(PageNavigation::Next);
        }
        self.rejected_fields
            .retain(|name| page.fields.iter().any(|field| field.name == *name));
        if self.rejected_fields.is_empty() {
            self.print_page_header(page);
        }
        match page.kind {
            PageKind::Questions => self.ask_questions(page).await,
            PageKind::Summary => {
                self.print_summary();
                Ok(PageNavigation::Next)
            }
            PageKind::Installation => self.confirm_and_install().await,
            PageKind::Preview => self.offer_preview(page).await,
            PageKind::Finish => Ok(PageNavigation::Stop),
        }
    }

    /// Of an installation that exists, only what may be answered, and what proves it, is walked through.
    fn is_skipped(&self, page: &TemplatePage) -> bool {
        let sign_in = page.fields.iter().any(|field| field.is_sign_in);
        let required = page.actions.iter().any(|action| action.is_required);
        match (self.wizard.mode(), page.kind) {
            (WizardMode::SignIn, PageKind::Questions) => !sign_in && !required,
            (WizardMode::Change, PageKind::Questions) => page.fields.is_empty() && !required,
            (WizardMode::SignIn | WizardMode::Change, PageKind::Preview) => true,
            _ => false,
        }
    }

    fn print_page_header(&self, page: &TemplatePage) {
        let lang = self.wizard_args.lang;
        let (at, of) = (self.wizard.page_number() + 1, self.wizard.template().pages.len());
        output::eprint_line(format!("\n== {} ({at}/{of}) ==", page.title.in_language(lang)));
        if let Some(text) = &page.text {
            output::eprint_line(text.in_language(lang));
        }
        for point in &page.points {
            output::eprint_line(format!("  - {}", point.text.in_language(lang)));
        }
    }

    async fn ask_questions(&mut self, page: &TemplatePage) -> Result<PageNavigation, CommandFailure> {
        let lang = self.wizard_args.lang;
        let at = self.wizard.page_number();
        if let Some(action) = &self.wizard.current_state().pages[at].locked_by {
            output::eprint_line(format!("{} {action}", WizardMessage::Locked.in_language(lang)));
            return Ok(PageNavigation::Next);
        }
        let blamed = std::mem::take(&mut self.rejected_fields);
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
            let is_other = self.wizard.mode() == WizardMode::SignIn && !field.is_sign_in;
            let is_fixed = self.wizard.mode() != WizardMode::Install && field.is_fixed;
            if !is_asked || is_other || is_fixed {
                continue;
            }
            loop {
                match field_prompt::ask_field(&self.prompt, self.client, &mut self.wizard, field, lang).await? {
                    FieldReply::Back => return Ok(PageNavigation::Back),
                    FieldReply::Answered if self.passes_field_check(field).await? => break,
                    FieldReply::Answered => (),
                }
            }
        }
        for action in &page.actions {
            if self.wizard.current_state().pages[at].actions.contains(&action.name) {
                let navigation = self.run(action).await?;
                if navigation != PageNavigation::Next {
                    return Ok(navigation);
                }
            }
        }
        self.validate_page(page).await?;
        Ok(PageNavigation::Next)
    }

    /// The look that a field asks for, over the answers so far; a finding at the field has it asked again.
    async fn passes_field_check(&mut self, field: &TemplateField) -> Result<bool, CommandFailure> {
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
        let may_be_empty = field.kind.is_secret() && has_secret;
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
            Ok(_) => Ok(!is_rejected),
            // What can't be looked at yet is judged with its page.
            Err(failure) => {
                output::eprint_line(format!("  {failure}"));
                Ok(true)
            }
        }
    }

    async fn run(&mut self, action: &PageAction) -> Result<PageNavigation, CommandFailure> {
        let lang = self.wizard_args.lang;
        loop {
            output::eprint_line(format!("\n{}", action.label.in_language(lang)));
            let about = self.wizard.action_digest(&action.name);
            let mut field = None;
            let result = self
                .client
                .run_action(&self.wizard, &action.name, |step| {
                    messages::print_step(step);
                    if step.state == CheckStepState::Failed && field.is_none() {
                        field = finding_from_step(step);
                    }
                    Ok(())
                })
                .await;
            let passed = match result {
                Ok(passed) => passed,
                Err(failure) => {
                    output::eprint_line(failure.to_string());
                    false
                }
            };
            if let Some(about) = about {
                let name = action.name.clone();
                // The template has this action.
                let _ = self.wizard.apply_event(WizardEvent::Judged {
                    action: name,
                    about,
                    passed,
                });
            }
            if passed || !action.is_required {
                return Ok(PageNavigation::Next);
            }
            output::eprint_line(WizardMessage::NotPassed.in_language(lang));
            match self
                .prompt
                .ask_line(WizardMessage::Again.in_language(lang))?
                .to_lowercase()
                .as_str()
            {
                "b" | "<" => {
                    // What was blamed is asked for, and what is wrong with it told until it changes.
                    if let Some(finding) = field {
                        field_prompt::print_finding(&finding, lang);
                        self.rejected_fields = vec![finding.field.clone()];
                        let _ = self.wizard.apply_event(WizardEvent::Told(vec![finding]));
                    }
                    return Ok(PageNavigation::Back);
                }
                "c" => {
                    let action = action.name.clone();
                    let _ = self.wizard.apply_event(WizardEvent::Anyway { action });
                    return Ok(PageNavigation::Next);
                }
                "q" => return Ok(PageNavigation::Stop),
                _ => (),
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

    /// The same page comes next, with these fields only.
    fn show_findings(&mut self, findings: Vec<FieldFinding>) {
        for finding in &findings {
            field_prompt::print_finding(finding, self.wizard_args.lang);
        }
        let at = self.wizard.page_number();
        let asked = self.wizard.current_state().pages.swap_remove(at);
        let names = findings.into_iter().map(|finding| finding.field);
        self.rejected_fields = names.filter(|name| asked.asks_field(name)).collect();
    }

    fn print_summary(&self) {
        let lang = self.wizard_args.lang;
        let wizard_state = self.wizard.current_state();
        for field in self
            .wizard
            .template()
            .fields()
            .filter(|field| wizard_state.asks_field(&field.name))
        {
            let answer_text = match (self.wizard.answers().get(&field.name), &field.default) {
                (Some(answer), _) => answer.display_text(field),
                (None, Some(default)) => default.clone(),
                (None, None) if field.kind.is_secret() && self.wizard.mode() == WizardMode::Change => {
                    WizardMessage::Kept.in_language(lang).to_owned()
                }
                (None, None) => continue,
            };
            let answer_text = answer_text.as_str();
            output::eprint_line(format!(
                "  {:<45}  {}",
                field.label.in_language(lang),
                output::to_one_line(answer_text)
            ));
        }
    }

    async fn confirm_and_install(&mut self) -> Result<PageNavigation, CommandFailure> {
        let lang = self.wizard_args.lang;
        let question = if self.client.is_new() {
            WizardMessage::Install
        } else {
            WizardMessage::Change
        };
        if !self.prompt.ask_yes_or_no(question.in_language(lang), true)? {
            return Ok(PageNavigation::Stop);
        }
        let mut printed_lines = Vec::new();
        let skipped = self.wizard.skipped_actions();
        let installation = self
            .client
            .submit_answers(&self.wizard, &skipped, |view| {
                messages::print_progress(&mut printed_lines, view);
                Ok(())
            })
            .await?;
        let ok = installation.state == InstallationState::Installed;
        self.installed = Some(installation);
        Ok(if ok { PageNavigation::Next } else { PageNavigation::Stop })
    }

    async fn offer_preview(&mut self, page: &TemplatePage) -> Result<PageNavigation, CommandFailure> {
        let Some(installation) = &self.installed else {
            return Ok(PageNavigation::Next);
        };
        for action in &page.actions {
            if self
                .prompt
                .ask_yes_or_no(WizardMessage::Preview.in_language(self.wizard_args.lang), true)?
            {
                let on_step = |step: &CheckStep| {
                    messages::print_step(step);
                    Ok(())
                };
                if let Err(failure) = self.client.run_preview(&installation.name, &action.name, on_step).await {
                    output::eprint_line(failure.to_string());
                }
            }
        }
        Ok(PageNavigation::Next)
    }
}

/// What a failed step says of a field.
fn finding_from_step(step: &CheckStep) -> Option<FieldFinding> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    Some(FieldFinding {
        field: step.field.clone()?,
        code: text(&step.cause),
        problem: LocalizedText::untranslated(step.detail.as_str()),
        advice: LocalizedText::untranslated(text(&step.cure)),
    })
}

/// A finding of the bus, which is told in the language of the wizard already.
fn finding_from_bus(finding: &Diagnosis) -> Option<FieldFinding> {
    let code = finding.code.clone().unwrap_or_default();
    // These the wizard finds by itself.
    if matches!(code.as_str(), "missing" | "locked" | "notAsked" | "fixed" | "check") {
        return None;
    }
    Some(FieldFinding {
        field: finding.field.clone().unwrap_or_default(),
        code,
        problem: LocalizedText::untranslated(finding.problem.as_str()),
        advice: LocalizedText::untranslated(finding.advice.as_str()),
    })
}
