//! The wizard in a terminal: page by page, field by field, checks as they run. The questions of a page, its checks and the
//! last question have files of their own.

use std::path::PathBuf;

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::installation_client::InstallationClient;
use super::leaving::{KeptAnswers, LeaveReason, WizardStop};
use super::messages::WizardMessage;
use super::sentences::{self, LeavingSentence};
use super::terminal_prompt::TerminalPrompt;
use super::{InstallReport, InstallResult, WizardArgs};
use crate::bus::template::{PageKind, TemplateField, TemplatePage};
use crate::bus::wizard::{Wizard, WizardError, WizardEvent, WizardMode, WizardState};
use crate::cli::failure::CommandFailure;
use crate::cli::output;
use crate::cli::signals::{StopSignal, listen_for_signals};
use crate::contract::InstallationView;

/// How a wizard is walked through.
#[derive(Debug, Clone, Default)]
pub(crate) struct InteractiveOptions {
    pub kept_answers: KeptAnswers,
    /// Answers stand already: only what is missing is asked.
    pub resume: bool,
}

pub(crate) async fn run_interactive(
    target: &InstallationClient<'_>,
    wizard: Wizard,
    with: &WizardArgs,
    options: &InteractiveOptions,
) -> Result<InstallResult, CommandFailure> {
    let last_question = wizard
        .template()
        .pages
        .iter()
        .position(|page| page.kind != PageKind::Questions);
    let quiet_pages = options.resume.then(|| QuietPages {
        until: last_question.unwrap_or(0),
        resumed: true,
    });
    let mut session = InteractiveWizard {
        client: target,
        wizard,
        prompt: TerminalPrompt,
        wizard_args: with,
        rejected_fields: Vec::new(),
        quiet_pages,
        submitted: false,
        installed: None,
        file_folder: options.kept_answers.folder().to_owned(),
    };
    output::eprint_line(session.wizard.template().title.in_language(with.lang));
    output::eprint_line(WizardMessage::Back.in_language(with.lang));
    if options.resume {
        output::eprint_line(LeavingSentence::Stands.in_language(with.lang));
    }
    let mut signals = listen_for_signals()?;
    let mut hangup = signal(SignalKind::hangup()).ok();
    let ended = tokio::select! {
        ended = session.run() => ended,
        asked = signals.next_signal() => Err(WizardStop::Left(match asked {
            StopSignal::Interrupt => LeaveReason::Interrupted,
            StopSignal::Terminate => LeaveReason::Terminated,
        })),
        () = wait_for_hangup(&mut hangup) => Err(WizardStop::Left(LeaveReason::Terminated)),
    };
    match ended {
        Ok(()) => Ok(InstallResult::from_report(InstallReport {
            installation: session.installed,
            ..InstallReport::default()
        })),
        Err(stop) => {
            session.tell_end(&options.kept_answers);
            Err(match stop {
                WizardStop::Left(reason) => reason.into_failure(WizardMessage::NobodyToAsk.in_language(with.lang)),
                WizardStop::Failed(failure) => failure,
            })
        }
    }
}

async fn wait_for_hangup(hangup: &mut Option<Signal>) {
    match hangup {
        Some(signal) => _ = signal.recv().await,
        None => std::future::pending().await,
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PageNavigation {
    Next,
    Back,
    /// To where the field is answered.
    Correct(String),
    Finished,
}

/// Pages that ask only for what is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct QuietPages {
    /// The first page that asks everything again.
    pub(super) until: usize,
    /// The answers come from a file, which holds no secrets.
    pub(super) resumed: bool,
}

pub(super) struct InteractiveWizard<'a> {
    pub(super) client: &'a InstallationClient<'a>,
    pub(super) wizard: Wizard,
    pub(super) prompt: TerminalPrompt,
    pub(super) wizard_args: &'a WizardArgs,
    /// Fields of this page that have to be answered anew; none: all are asked.
    pub(super) rejected_fields: Vec<String>,
    pub(super) quiet_pages: Option<QuietPages>,
    /// What was asked for is on its way.
    pub(super) submitted: bool,
    /// The installation, behind its page.
    pub(super) installed: Option<InstallationView>,
    /// Where files for the person are written: certificates and scripts.
    pub(super) file_folder: PathBuf,
}

impl InteractiveWizard<'_> {
    async fn run(&mut self) -> Result<(), WizardStop> {
        loop {
            match self.run_page().await? {
                PageNavigation::Next => {
                    if !self.go_forward() {
                        return Ok(());
                    }
                }
                PageNavigation::Back => self.go_back(),
                PageNavigation::Correct(field) => self.go_to_field(&field),
                PageNavigation::Finished => return Ok(()),
            }
        }
    }

    async fn run_page(&mut self) -> Result<PageNavigation, WizardStop> {
        let template = self.wizard.template().clone();
        let page = &template.pages[self.wizard.page_number()];
        if self.is_skipped(page) {
            return Ok(PageNavigation::Next);
        }
        self.rejected_fields
            .retain(|name| page.fields.iter().any(|field| field.name == *name));
        if self.rejected_fields.is_empty() && self.quiet_pages.is_none_or(|quiet| quiet.resumed) {
            self.print_page_header(page);
        }
        match page.kind {
            PageKind::Questions => self.ask_questions(page).await,
            PageKind::Summary => self.show_summary(page).await,
            // Offered with the last question, before anything is installed.
            PageKind::Preview => Ok(PageNavigation::Next),
            PageKind::Installation => self.confirm_and_install().await,
            PageKind::Finish => Ok(PageNavigation::Finished),
        }
    }

    /// Of an installation that exists, only what may be answered, and what proves it, is walked through.
    fn is_skipped(&self, page: &TemplatePage) -> bool {
        let sign_in = page.fields.iter().any(|field| field.is_sign_in);
        let required = page.actions.iter().any(|action| action.is_required);
        match (self.wizard.mode(), page.kind) {
            (_, PageKind::Preview) => true,
            (WizardMode::SignIn, PageKind::Questions) => !sign_in && !required,
            (WizardMode::Change, PageKind::Questions) => page.fields.is_empty() && !required,
            _ => false,
        }
    }

    fn print_page_header(&self, page: &TemplatePage) {
        let lang = self.wizard_args.lang;
        let (at, of) = self.count_pages();
        output::eprint_line(format!("\n== {} ({at}/{of}) ==", page.title.in_language(lang)));
        if self.quiet_pages.is_some() {
            return;
        }
        if let Some(text) = &page.text {
            output::eprint_line(text.in_language(lang));
        }
        for point in &page.points {
            output::eprint_line(format!("  - {}", point.text.in_language(lang)));
        }
    }

    /// The number of this page, and of how many: of those that people see.
    fn count_pages(&self) -> (usize, usize) {
        let state = self.wizard.current_state();
        let pages = self.wizard.template().pages.iter().zip(&state.pages);
        let seen: Vec<bool> = pages
            .map(|(page, page_state)| page_state.is_shown && !self.is_skipped(page))
            .collect();
        let count = |pages: &[bool]| pages.iter().filter(|is_seen| **is_seen).count();
        (count(&seen[..=self.wizard.page_number()]), count(&seen))
    }

    /// Whether there is a page to go on with.
    fn go_forward(&mut self) -> bool {
        let lang = self.wizard_args.lang;
        for field in self.wizard.drop_unasked_answers() {
            output::eprint_line(sentences::answer_removed(&field, lang));
        }
        match self.wizard.apply_event(WizardEvent::Next) {
            Ok(()) => {
                let at = self.wizard.page_number();
                self.quiet_pages = self.quiet_pages.filter(|quiet| at < quiet.until);
                true
            }
            Err(WizardError::Findings(findings)) => {
                self.show_findings(findings);
                true
            }
            Err(WizardError::NotPassed(_)) => {
                output::eprint_line(WizardMessage::NotPassed.in_language(lang));
                true
            }
            Err(_) => false,
        }
    }

    /// To the last page before this one that asks anything.
    fn go_back(&mut self) {
        self.quiet_pages = None;
        self.rejected_fields.clear();
        let state = self.wizard.current_state();
        let mut before = (0..self.wizard.page_number()).rev();
        match before.find(|page| self.asks_something(&state, *page)) {
            // It is shown, and before this one.
            Some(page) => _ = self.wizard.apply_event(WizardEvent::Return { page }),
            None => output::eprint_line(LeavingSentence::FirstPage.in_language(self.wizard_args.lang)),
        }
    }

    fn asks_something(&self, state: &WizardState, page: usize) -> bool {
        let fields = &self.wizard.template().pages[page].fields;
        let asked = fields.iter().filter(|field| state.pages[page].asks_field(&field.name));
        let is_other = |field: &TemplateField| self.wizard.mode() == WizardMode::SignIn && !field.is_sign_in;
        let mut asked = asked.filter(|field| !is_other(field) && !self.is_fixed(field));
        state.pages[page].is_shown && asked.next().is_some()
    }

    pub(super) fn is_fixed(&self, field: &TemplateField) -> bool {
        self.wizard.mode() != WizardMode::Install && field.is_fixed
    }

    /// To the page of a field, where it is asked alone; a hidden one is reached by those that show it. The pages between
    /// there and here then ask only for what is missing.
    fn go_to_field(&mut self, field: &str) {
        let here = self.wizard.page_number();
        let template = self.wizard.template().clone();
        let is_fixed = |name: &String| template.find_field(name).is_some_and(|field| self.is_fixed(field));
        let place = self.wizard.find_correction(field);
        let place = place.filter(|place| place.page <= here && !place.fields.iter().all(is_fixed));
        let Some(place) = place else {
            return self.go_back();
        };
        let when = template.find_field(field).and_then(|field| field.when.as_ref());
        if let Some(when) = when.filter(|_| !place.fields.iter().any(|name| name == field)) {
            output::eprint_line(sentences::shown_by(field, when.source(), self.wizard_args.lang));
        }
        if place.page < here {
            let resumed = self.quiet_pages.is_some_and(|quiet| quiet.resumed);
            let until = self.quiet_pages.map_or(here, |quiet| quiet.until.max(here));
            self.quiet_pages = Some(QuietPages { until, resumed });
        }
        // Its page is shown, and not behind this one.
        let _ = self.wizard.apply_event(WizardEvent::Return { page: place.page });
        self.rejected_fields = place.fields;
    }

    /// Nothing of what was typed is lost, except secrets.
    fn tell_end(&self, kept_answers: &KeptAnswers) {
        let lang = self.wizard_args.lang;
        if self.installed.is_some() {
            return;
        }
        match (self.client.is_new(), self.submitted) {
            (true, true) => output::eprint_line(LeavingSentence::GoesOn.in_language(lang)),
            (true, false) => kept_answers.keep(&self.wizard, self.wizard_args),
            (false, true) => (),
            (false, false) => output::eprint_line(LeavingSentence::NothingChanged.in_language(lang)),
        }
    }
}
