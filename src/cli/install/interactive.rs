//! The wizard in a terminal: page by page, field by field, checks as they run.

use serde_json::{Value, json};

use super::field_prompt::{self, FieldReply};
use super::installation_client::InstallationClient;
use super::messages::WizardMessage;
use super::terminal_prompt::TerminalPrompt;
use super::{InstallResult, WizardArgs, messages};
use crate::bus::template::{PageAction, PageKind, TemplateField, TemplatePage};
use crate::bus::wizard::{Wizard, WizardError, WizardEvent, WizardMode};
use crate::bus::{FieldFinding, LocalizedText};
use crate::cli::failure::CommandFailure;
use crate::cli::output;

pub(crate) async fn run_interactive(
    target: &InstallationClient<'_>,
    wizard: Wizard,
    with: &WizardArgs,
) -> Result<InstallResult, CommandFailure> {
    let mut walk = InteractiveWizard {
        target,
        wizard,
        person: TerminalPrompt::new(with.lang),
        with,
        blamed: Vec::new(),
        installed: None,
    };
    output::eprint_line(walk.wizard.template().title.in_language(with.lang));
    output::eprint_line(WizardMessage::Back.in_language(with.lang));
    loop {
        let way = walk.run_page().await?;
        let event = match way {
            PageNavigation::Next => WizardEvent::Next,
            PageNavigation::Back => WizardEvent::Back,
            PageNavigation::Stop => break,
        };
        match walk.wizard.apply_event(event) {
            Ok(()) => (),
            Err(WizardError::Findings(findings)) => walk.show_findings(findings),
            Err(WizardError::NotPassed(_)) => output::eprint_line(WizardMessage::NotPassed.in_language(with.lang)),
            Err(_) if way == PageNavigation::Back => (),
            Err(_) => break,
        }
    }
    let view = walk.installed.unwrap_or_default();
    Ok(InstallResult {
        name: view["name"].as_str().unwrap_or_default().to_owned(),
        ok: view["state"] == "installed",
        view: json!({"installation": view}),
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum PageNavigation {
    Next,
    Back,
    Stop,
}

struct InteractiveWizard<'a> {
    target: &'a InstallationClient<'a>,
    wizard: Wizard,
    person: TerminalPrompt,
    with: &'a WizardArgs,
    /// Fields of this page that have to be answered anew; none: all are asked.
    blamed: Vec<String>,
    /// The installation, behind its page.
    installed: Option<Value>,
}

impl InteractiveWizard<'_> {
    async fn run_page(&mut self) -> Result<PageNavigation, CommandFailure> {
        let template = self.wizard.template().clone();
        let page = &template.pages[self.wizard.page_number()];
        if self.is_skipped(page) {
            return Ok(PageNavigation::Next);
        }
        self.blamed
            .retain(|name| page.fields.iter().any(|field| field.name == *name));
        if self.blamed.is_empty() {
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
        let lang = self.with.lang;
        let (at, of) = (self.wizard.page_number() + 1, self.wizard.template().pages.len());
        output::eprint_line(format!("\n== {} ({at}/{of}) ==", page.title.in_language(lang)));
        if let Some(text) = &page.text {
            output::eprint_line(text.in_language(lang));
        }
        for point in &page.points {
            output::eprint_line(format!("  - {}", point.words.in_language(lang)));
        }
    }

    async fn ask_questions(&mut self, page: &TemplatePage) -> Result<PageNavigation, CommandFailure> {
        let lang = self.with.lang;
        let at = self.wizard.page_number();
        if let Some(action) = &self.wizard.current_state().pages[at].locked_by {
            output::eprint_line(format!("{} {action}", WizardMessage::Locked.in_language(lang)));
            return Ok(PageNavigation::Next);
        }
        let blamed = std::mem::take(&mut self.blamed);
        // An answer may bring fields that were not there before.
        let settled = if blamed.is_empty() {
            Vec::new()
        } else {
            self.wizard.current_state().pages.swap_remove(at).asked
        };
        for field in &page.fields {
            if settled.contains(&field.name) && !blamed.contains(&field.name) {
                continue;
            }
            let is_asked = self.wizard.current_state().pages[at].asks_field(&field.name);
            let is_other = self.wizard.mode() == WizardMode::SignIn && !field.is_sign_in;
            let is_fixed = self.wizard.mode() != WizardMode::Install && field.is_fixed;
            if !is_asked || is_other || is_fixed {
                continue;
            }
            loop {
                match field_prompt::ask_field(&self.person, self.target, &mut self.wizard, field, lang).await? {
                    FieldReply::Back => return Ok(PageNavigation::Back),
                    FieldReply::Answered if self.passes_field_check(field).await? => break,
                    FieldReply::Answered => (),
                }
            }
        }
        for action in &page.actions {
            if self.wizard.current_state().pages[at].actions.contains(&action.name) {
                let way = self.run(action).await?;
                if way != PageNavigation::Next {
                    return Ok(way);
                }
            }
        }
        self.validate_page(page).await?;
        Ok(PageNavigation::Next)
    }

    /// The look that a field asks for, over the answers so far; a finding at the field has it asked again.
    async fn passes_field_check(&mut self, field: &TemplateField) -> Result<bool, CommandFailure> {
        let Some(action) = &field.look else { return Ok(true) };
        let page = &self.wizard.template().pages[self.wizard.page_number()];
        let answered = |field: &TemplateField| self.wizard.answers().get(&field.name).is_some();
        // A secret may be empty where its file needs none; anything else that is empty needs no look.
        let of_file = page
            .fields
            .iter()
            .any(|field| field.kind.is_secret() && answered(field));
        let may_be_empty = field.kind.is_secret() && of_file;
        if !answered(field) && !may_be_empty {
            return Ok(true);
        }
        let mut blamed = false;
        let looked = self
            .target
            .run_action(&self.wizard, action, |step| {
                messages::print_step(step);
                blamed |= step["state"] == "failed" && step["field"] == field.name.as_str();
                Ok(())
            })
            .await;
        match looked {
            Ok(_) => Ok(!blamed),
            // What can't be looked at yet is judged with its page.
            Err(failure) => {
                output::eprint_line(format!("  {failure}"));
                Ok(true)
            }
        }
    }

    async fn run(&mut self, action: &PageAction) -> Result<PageNavigation, CommandFailure> {
        let lang = self.with.lang;
        loop {
            output::eprint_line(format!("\n{}", action.label.in_language(lang)));
            let about = self.wizard.action_digest(&action.name);
            let mut field = None;
            let ran = self
                .target
                .run_action(&self.wizard, &action.name, |step| {
                    messages::print_step(step);
                    if step["state"] == "failed" && field.is_none() {
                        field = finding_from_step(step);
                    }
                    Ok(())
                })
                .await;
            let passed = match ran {
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
                .person
                .ask_line(WizardMessage::Again.in_language(lang))?
                .to_lowercase()
                .as_str()
            {
                "b" | "<" => {
                    // What was blamed is asked for, and what is wrong with it told until it changes.
                    if let Some(finding) = field {
                        field_prompt::print_finding(&finding, lang);
                        self.blamed = vec![finding.field.clone()];
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
        let found = self.target.validate_answers(&self.wizard).await?;
        let of_page = |finding: &&Value| page.fields.iter().any(|field| finding["field"] == field.name.as_str());
        let told = found.iter().filter(of_page).filter_map(finding_from_bus);
        let _ = self.wizard.apply_event(WizardEvent::Told(told.collect()));
        Ok(())
    }

    /// The same page comes next, with these fields only.
    fn show_findings(&mut self, findings: Vec<FieldFinding>) {
        for finding in &findings {
            field_prompt::print_finding(finding, self.with.lang);
        }
        let at = self.wizard.page_number();
        let asked = self.wizard.current_state().pages.swap_remove(at);
        let names = findings.into_iter().map(|finding| finding.field);
        self.blamed = names.filter(|name| asked.asks_field(name)).collect();
    }

    fn print_summary(&self) {
        let lang = self.with.lang;
        let look = self.wizard.current_state();
        for field in self
            .wizard
            .template()
            .fields()
            .filter(|field| look.asks_field(&field.name))
        {
            let shown = match (self.wizard.answers().get(&field.name), &field.default) {
                (Some(answer), _) => answer.display_text(field),
                (None, Some(default)) => default.clone(),
                (None, None) if field.kind.is_secret() && self.wizard.mode() == WizardMode::Change => {
                    WizardMessage::Kept.in_language(lang).to_owned()
                }
                (None, None) => continue,
            };
            let shown = shown.as_str();
            output::eprint_line(format!(
                "  {:<45}  {}",
                field.label.in_language(lang),
                output::to_printable(shown, 120)
            ));
        }
    }

    async fn confirm_and_install(&mut self) -> Result<PageNavigation, CommandFailure> {
        let lang = self.with.lang;
        let question = if self.target.is_new() {
            WizardMessage::Install
        } else {
            WizardMessage::Change
        };
        if !self.person.ask_yes_or_no(question.in_language(lang), true)? {
            return Ok(PageNavigation::Stop);
        }
        let mut seen = Vec::new();
        let anyway = self.wizard.skipped_actions();
        let ended = self
            .target
            .submit_answers(&self.wizard, &anyway, |view| {
                messages::print_progress(&mut seen, &view);
                Ok(())
            })
            .await?;
        let ok = ended["state"] == "installed";
        self.installed = Some(ended);
        Ok(if ok { PageNavigation::Next } else { PageNavigation::Stop })
    }

    async fn offer_preview(&mut self, page: &TemplatePage) -> Result<PageNavigation, CommandFailure> {
        let name = self
            .installed
            .as_ref()
            .and_then(|view| view["name"].as_str())
            .unwrap_or_default();
        for action in &page.actions {
            if self
                .person
                .ask_yes_or_no(WizardMessage::Preview.in_language(self.with.lang), true)?
            {
                let shown = |step: &Value| {
                    messages::print_step(step);
                    Ok(())
                };
                if let Err(failure) = self.target.run_preview(name, &action.name, shown).await {
                    output::eprint_line(failure.to_string());
                }
            }
        }
        Ok(PageNavigation::Next)
    }
}

/// What a failed step says of a field.
fn finding_from_step(step: &Value) -> Option<FieldFinding> {
    let text = |name: &str| step[name].as_str().unwrap_or_default();
    Some(FieldFinding {
        field: step["field"].as_str()?.to_owned(),
        code: text("cause").to_owned(),
        problem: LocalizedText::untranslated(text("detail")),
        advice: LocalizedText::untranslated(text("cure")),
    })
}

/// A finding of the bus, which is told in the language of the wizard already.
fn finding_from_bus(finding: &Value) -> Option<FieldFinding> {
    let text = |name: &str| finding[name].as_str().unwrap_or_default();
    // These two the wizard finds by itself.
    if matches!(text("code"), "missing" | "locked" | "notAsked" | "fixed" | "check") {
        return None;
    }
    Some(FieldFinding {
        field: text("field").to_owned(),
        code: text("code").to_owned(),
        problem: LocalizedText::untranslated(text("problem")),
        advice: LocalizedText::untranslated(text("advice")),
    })
}
