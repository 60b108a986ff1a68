//! The end of the wizard: all answers once more, a preview of the first scan, and the question whether to install.

use super::interactive::{InteractiveWizard, PageNavigation};
use super::leaving::{LeaveReason, WizardStop};
use super::messages::{self, WizardMessage};
use super::sentences;
use crate::bus::template::{FieldKind, PageKind, TemplateField, TemplatePage};
use crate::bus::wizard::WizardMode;
use crate::cli::failure::ExitReason;
use crate::cli::output;
use crate::model::InstallationState;

/// Widest label of a summary, characters.
const LABEL_MAX: usize = 60;

#[derive(Debug, Clone, PartialEq, Eq)]
enum LastChoice {
    Yes,
    No,
    Preview,
    Back,
    Field(String),
}

fn parse_last_choice(typed: &str) -> LastChoice {
    match typed.to_lowercase().as_str() {
        "" | "y" | "yes" | "j" | "ja" => LastChoice::Yes,
        "n" | "no" | "nein" | "q" | "quit" => LastChoice::No,
        "p" | "preview" | "v" | "vorschau" => LastChoice::Preview,
        "<" | "b" | "back" => LastChoice::Back,
        _ => LastChoice::Field(typed.to_owned()),
    }
}

impl InteractiveWizard<'_> {
    pub(super) async fn show_summary(&mut self, page: &TemplatePage) -> Result<PageNavigation, WizardStop> {
        let wizard_state = self.wizard.current_state();
        let template = self.wizard.template().clone();
        let is_shown = |field: &&TemplateField| wizard_state.asks_field(&field.name) && !is_signpost(field);
        let fields: Vec<&TemplateField> = template.fields().filter(is_shown).collect();
        let lang = self.wizard_args.lang;
        let widths = fields.iter().map(|field| field.label.in_language(lang).chars().count());
        let width = widths.max().unwrap_or(0).min(LABEL_MAX);
        fields.iter().for_each(|field| self.print_answer(field, width));
        // They only inform.
        for action in &page.actions {
            output::eprint_line(format!("\n{}", action.label.in_language(lang)));
            let told = self.client.run_action(&self.wizard, &action.name, |step| {
                messages::print_step(step);
                Ok(())
            });
            if let Err(failure) = told.await {
                output::eprint_line(failure.to_string());
            }
        }
        Ok(PageNavigation::Next)
    }

    /// One line: the label, and what was answered, in words where that is nothing.
    pub(super) fn print_answer(&self, field: &TemplateField, width: usize) {
        let lang = self.wizard_args.lang;
        let answer_text = match (self.wizard.answers().get(&field.name), &field.default) {
            (Some(answer), _) => answer.display_text(field, lang),
            (None, Some(default)) => default.clone(),
            (None, None) if field.kind.is_secret() && self.wizard.mode() != WizardMode::Install => {
                WizardMessage::Kept.in_language(lang).to_owned()
            }
            (None, None) => describe_nothing(field).in_language(lang).to_owned(),
        };
        let label = field.label.in_language(lang);
        output::eprint_line(format!(
            "  {label:<width$}  {}",
            output::to_printable(&answer_text, 120)
        ));
    }

    pub(super) async fn confirm_and_install(&mut self) -> Result<PageNavigation, WizardStop> {
        let lang = self.wizard_args.lang;
        let preview = self.preview_action();
        let choices = sentences::last_choices(preview.is_some(), lang);
        let question = if self.client.is_new() {
            WizardMessage::Install
        } else {
            WizardMessage::Change
        };
        let yes = WizardMessage::Yes.in_language(lang);
        output::eprint_line(format!("  ({choices})"));
        loop {
            let question = format!("{} [{yes}]", question.in_language(lang));
            let typed = self.prompt.ask_line(&question).await?;
            match (parse_last_choice(&typed), &preview) {
                (LastChoice::Yes, _) => {
                    if let Some(navigation) = self.submit().await? {
                        return Ok(navigation);
                    }
                }
                (LastChoice::No, _) => return Err(WizardStop::Left(LeaveReason::Quit)),
                (LastChoice::Back, _) => return Ok(PageNavigation::Back),
                (LastChoice::Preview, Some(action)) => self.show_preview(action).await,
                (LastChoice::Field(name), _) if self.wizard.find_correction(&name).is_some() => {
                    return Ok(PageNavigation::Correct(name));
                }
                _ => output::eprint_line(sentences::unknown_choice(&typed, choices, lang)),
            }
        }
    }

    /// `None`: it was refused, which is told, and asked once more.
    async fn submit(&mut self) -> Result<Option<PageNavigation>, WizardStop> {
        let mut printed_lines = Vec::new();
        let skipped = self.wizard.skipped_actions();
        self.submitted = true;
        let result = self
            .client
            .submit_answers(&self.wizard, &skipped, |view| {
                messages::print_progress(&mut printed_lines, view);
                Ok(())
            })
            .await;
        match result {
            Ok(installation) => {
                messages::print_warnings(&installation.warnings);
                let ok = installation.state == InstallationState::Installed;
                self.installed = Some(installation);
                Ok(Some(if ok {
                    PageNavigation::Next
                } else {
                    PageNavigation::Finished
                }))
            }
            // A bus that refuses has begun nothing.
            Err(failure) if self.client.is_new() && failure.status.is_some() => {
                self.submitted = false;
                output::eprint_line(failure.to_string());
                Ok(None)
            }
            Err(failure) => {
                self.submitted = failure.exit == ExitReason::Unreachable;
                Err(failure.into())
            }
        }
    }

    /// Of an installation that exists, the next scan is no first one.
    fn preview_action(&self) -> Option<String> {
        let mut pages = self.wizard.template().pages.iter();
        let page = pages.find(|page| page.kind == PageKind::Preview && self.client.is_new())?;
        page.actions.first().map(|action| action.name.clone())
    }

    async fn show_preview(&self, action: &str) {
        let shown = self.client.run_action(&self.wizard, action, |step| {
            messages::print_step(step);
            Ok(())
        });
        if let Err(failure) = shown.await {
            output::eprint_line(failure.to_string());
        }
    }
}

/// Leads to other questions, and says nothing by itself.
fn is_signpost(field: &TemplateField) -> bool {
    field.setting.is_none() && matches!(field.kind, FieldKind::Checkbox)
}

fn describe_nothing(field: &TemplateField) -> WizardMessage {
    match field.kind {
        FieldKind::Choice { many: true, .. } => WizardMessage::NoneChosen,
        _ => WizardMessage::Empty,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b3_the_last_question_leads_back_everywhere() {
        for (typed, choice) in [
            ("", LastChoice::Yes),
            ("JA", LastChoice::Yes),
            ("nein", LastChoice::No),
            ("q", LastChoice::No),
            ("<", LastChoice::Back),
            ("b", LastChoice::Back),
            ("vorschau", LastChoice::Preview),
            ("secret", LastChoice::Field("secret".into())),
            ("vielleicht", LastChoice::Field("vielleicht".into())),
        ] {
            assert_eq!(parse_last_choice(typed), choice, "{typed}");
        }
    }
}
