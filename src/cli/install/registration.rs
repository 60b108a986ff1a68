//! The registration of an application, in the terminal: what there is to do in Entra, as steps and as scripts in files, and
//! then, as soon as it is known which application it is, whether all of it has been done.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::checks::FailedCheckChoice;
use super::field_prompt;
use super::interactive::{InteractiveWizard, PageNavigation};
use super::leaving::{LeaveReason, WizardStop};
use super::messages::{self, WizardMessage};
use super::sentences::{self, RegistrationSentence};
use crate::bus::answers::FieldAnswer;
use crate::bus::template::{FieldKind, TemplateField, TemplatePage};
use crate::bus::wizard::WizardEvent;
use crate::cli::failure::CommandFailure;
use crate::cli::output;
use crate::contract::{CheckStep, CheckStepState, RegistrationCheckBody, RegistrationView};
use crate::files::{create_data_file, create_data_folder, shell_word};
use crate::model::Language;

/// Between two looks: what an administrator does takes effect within a minute or so.
const PAUSE: Duration = Duration::from_secs(10);
/// Looks before the person is asked whether to go on.
const LOOKS: usize = 12;
/// Characters of the id that are in the name of its folder.
const ID_SHOWN: usize = 8;
/// PowerShell 5.1 takes a file without this mark for one of an older encoding.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// The files of a registration, in a folder of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RegistrationFiles {
    pub(super) certificate: PathBuf,
    pub(super) az: PathBuf,
    pub(super) powershell: PathBuf,
}

impl RegistrationFiles {
    /// `renews`: an application that is there gets another certificate.
    fn in_folder(folder: &Path, renews: bool) -> RegistrationFiles {
        let script = if renews { "renew" } else { "register" };
        RegistrationFiles {
            certificate: folder.join("intune-connector.cer"),
            az: folder.join(format!("{script}.sh")),
            powershell: folder.join(format!("{script}.ps1")),
        }
    }

    /// Their paths.
    fn list_paths(&self) -> [&Path; 3] {
        [&self.certificate, &self.az, &self.powershell]
    }

    /// Before a registration is begun: one whose files can't be made would be known to nobody.
    pub(super) fn prepare_folder(folder: &Path, renews: bool) -> Result<(), CommandFailure> {
        create_data_folder(folder).map_err(|error| CommandFailure::file_error("make", folder, &error))?;
        let files = RegistrationFiles::in_folder(folder, renews);
        match files
            .list_paths()
            .into_iter()
            .find(|path| path.symlink_metadata().is_ok())
        {
            None => Ok(()),
            Some(path) => Err(CommandFailure::usage_error(
                format!("{} already exists", path.display()),
                "name another folder with --out, or move the file away",
            )),
        }
    }

    /// Makes the files, all of them or none; one that is there is not touched, and is an error.
    pub(super) fn write(folder: &Path, registration: &RegistrationView) -> Result<RegistrationFiles, CommandFailure> {
        let making = |path: &Path, error: std::io::Error| CommandFailure::file_error("make", path, &error);
        create_data_folder(folder).map_err(|error| making(folder, error))?;
        let files = RegistrationFiles::in_folder(folder, registration.client_id.is_some());
        let powershell = if registration.powershell_script.is_ascii() {
            registration.powershell_script.clone()
        } else {
            format!("{BYTE_ORDER_MARK}{}", registration.powershell_script)
        };
        let texts = [&registration.certificate_pem, &registration.az_script, &powershell];
        for (number, (path, text)) in files.list_paths().into_iter().zip(texts).enumerate() {
            if let Err(error) = create_data_file(path, text.as_bytes()) {
                let made = &files.list_paths()[..number];
                made.iter().for_each(|path| _ = std::fs::remove_file(path));
                return Err(making(path, error));
            }
        }
        Ok(files)
    }
}

/// What there is to do: the permissions with their reasons, the steps, and the scripts that do the same.
pub(super) fn describe_registration(
    registration: &RegistrationView,
    files: &RegistrationFiles,
    language: Language,
) -> Vec<String> {
    let mut lines = vec![
        sentences::registration_certificate(
            &shell_word(&files.certificate),
            &registration.thumbprint,
            registration.not_after,
            language,
        ),
        RegistrationSentence::Permissions.in_language(language).to_owned(),
    ];
    for permission in &registration.permissions {
        lines.push(format!("  {}", permission.name));
        lines.push(format!("      {}", permission.reason));
    }
    lines.push(RegistrationSentence::Steps.in_language(language).to_owned());
    for (number, step) in (1..).zip(&registration.steps) {
        lines.push(format!("  {number:>2}. {}", step.title));
        lines.push(format!("      {}", step.text));
        lines.extend(step.link.as_ref().map(|link| format!("      {link}")));
    }
    lines.push(RegistrationSentence::Scripts.in_language(language).to_owned());
    lines.extend(sentences::script_commands(
        &shell_word(&files.az),
        &shell_word(&files.powershell),
    ));
    lines
}

impl InteractiveWizard<'_> {
    /// A new one, or one that was begun before; whether it was answered, and not gone back.
    pub(super) async fn ask_registration(&mut self, field: &TemplateField) -> Result<bool, WizardStop> {
        let lang = self.wizard_args.lang;
        output::eprint_line(format!("\n{}", field.label.in_language(lang)));
        if let Some(help) = &field.help {
            output::eprint_line(format!("    {}", help.in_language(lang)));
        }
        loop {
            let before = self.wizard.answers().text_of(&field.name).map(str::to_owned);
            let new = RegistrationSentence::New.in_language(lang);
            let shown = before.as_deref().unwrap_or(new);
            let typed = self.prompt.ask_line(&format!("  {} [{shown}]", field.name)).await?;
            let begun = match (typed.as_str(), before) {
                ("<" | "b", _) => return Ok(false),
                ("q", _) => return Err(WizardStop::Left(LeaveReason::Quit)),
                ("", Some(id)) => self.client.fetch_registration(&id).await,
                ("" | "-", _) => self.client.begin_registration(&self.wizard).await,
                (id, _) => match FieldAnswer::from_text(field, id) {
                    Ok(_) => self.client.fetch_registration(id).await,
                    Err(finding) => {
                        field_prompt::print_finding(&finding, lang);
                        continue;
                    }
                },
            };
            match begun {
                Ok(registration) => {
                    self.show_registration(&registration)?;
                    let (field, answer) = (field.name.clone(), Some(FieldAnswer::Text(registration.id)));
                    // The page asks for it.
                    let _ = self.wizard.apply_event(WizardEvent::Answered { field, answer });
                    return Ok(true);
                }
                Err(failure) => {
                    output::eprint_line(format!("  {failure}"));
                    let (field, answer) = (field.name.clone(), None);
                    let _ = self.wizard.apply_event(WizardEvent::Answered { field, answer });
                }
            }
        }
    }

    fn show_registration(&self, registration: &RegistrationView) -> Result<(), CommandFailure> {
        let short: String = registration.id.chars().take(ID_SHOWN).collect();
        let folder = self.file_folder.join(format!("registration-{short}"));
        let begun = RegistrationFiles::in_folder(&folder, registration.client_id.is_some());
        // Those of one that was begun before are there.
        let files = if begun.list_paths().into_iter().any(Path::is_file) {
            begun
        } else {
            RegistrationFiles::write(&folder, registration)?
        };
        for line in describe_registration(registration, &files, self.wizard_args.lang) {
            output::eprint_line(line);
        }
        Ok(())
    }

    /// Looks again and again until everything is done in Entra, as long as something is only not there yet.
    pub(super) async fn await_registration(&mut self, page: &TemplatePage) -> Result<PageNavigation, WizardStop> {
        let lang = self.wizard_args.lang;
        let Some(id) = self.find_registration(page) else {
            return Ok(PageNavigation::Next);
        };
        output::eprint_line(RegistrationSentence::Looks.in_language(lang));
        let mut told = BTreeMap::new();
        loop {
            let look = self.look_until_done(&id, &mut told).await;
            if look.passed {
                return Ok(PageNavigation::Next);
            }
            output::eprint_line(WizardMessage::NotPassed.in_language(lang));
            match self.ask_failed_choice().await? {
                FailedCheckChoice::Again => told.clear(),
                FailedCheckChoice::Correct => {
                    let blamed = look.blamed_field;
                    return Ok(blamed.map_or(PageNavigation::Back, PageNavigation::Correct));
                }
                FailedCheckChoice::Continue => return Ok(PageNavigation::Next),
                FailedCheckChoice::Quit => return Err(WizardStop::Left(LeaveReason::Quit)),
            }
        }
    }

    /// The registration that was answered on this page, where it is asked.
    fn find_registration(&self, page: &TemplatePage) -> Option<String> {
        let state = self.wizard.current_state();
        let asked = &state.pages[self.wizard.page_number()];
        let mut fields = page.fields.iter();
        let field =
            fields.find(|field| matches!(field.kind, FieldKind::Registration) && asked.asks_field(&field.name))?;
        self.wizard.answers().text_of(&field.name).map(str::to_owned)
    }

    async fn look_until_done(&self, id: &str, told: &mut BTreeMap<StepName, CheckStepState>) -> RegistrationLook {
        let body = RegistrationCheckBody {
            answers: self.client.given_answers(&self.wizard),
            ..RegistrationCheckBody::default()
        };
        let mut look = RegistrationLook::default();
        for number in 0..LOOKS {
            if number > 0 {
                tokio::time::sleep(PAUSE).await;
            }
            look = RegistrationLook::default();
            let result = self
                .client
                .check_registration(id, &body, |step| {
                    look.note_step(step);
                    print_news(step, told);
                    Ok(())
                })
                .await;
            look.passed = result.unwrap_or_else(|failure| {
                output::eprint_line(failure.to_string());
                look.failed = true;
                false
            });
            if look.passed || look.failed {
                break;
            }
        }
        look
    }
}

/// Step and subject.
type StepName = (String, String);

/// What one look came to.
#[derive(Debug, Default)]
struct RegistrationLook {
    passed: bool,
    /// Waiting does not help.
    failed: bool,
    blamed_field: Option<String>,
}

impl RegistrationLook {
    fn note_step(&mut self, step: &CheckStep) {
        let is_bad = matches!(step.state, CheckStepState::Failed | CheckStepState::Waiting);
        self.failed |= step.state == CheckStepState::Failed;
        if is_bad && self.blamed_field.is_none() {
            self.blamed_field.clone_from(&step.field);
        }
    }
}

/// What is as it was at the last look is not told again.
fn print_news(step: &CheckStep, told: &mut BTreeMap<StepName, CheckStepState>) {
    let name = (step.step.clone(), step.subject.clone());
    if told.insert(name, step.state) != Some(step.state) {
        messages::print_step(step);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registration(client_id: Option<&str>) -> RegistrationView {
        RegistrationView {
            id: "0e5a1c7e-0000-4000-8000-000000000001".to_owned(),
            name: "intune-connector Contoso".to_owned(),
            client_id: client_id.map(str::to_owned),
            certificate_pem: "PEM".to_owned(),
            thumbprint: "AB12".to_owned(),
            thumbprint_sha256: "CD34".to_owned(),
            not_after: chrono::DateTime::UNIX_EPOCH,
            permissions: Vec::new(),
            steps: Vec::new(),
            az_script: "az".to_owned(),
            powershell_script: "Ü".to_owned(),
        }
    }

    #[test]
    fn the_files_lie_in_a_folder_of_their_own_and_none_is_replaced() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path().join("registration");
        let files = RegistrationFiles::write(&folder, &registration(None)).expect("they are written");
        let text = |path: &Path| std::fs::read_to_string(path).expect("a file");
        assert_eq!(text(&files.certificate), "PEM");
        assert_eq!(text(&files.az), "az");
        assert_eq!(text(&files.powershell), format!("{BYTE_ORDER_MARK}Ü"));
        assert!(RegistrationFiles::write(&folder, &registration(None)).is_err());
        let renewal = RegistrationFiles::in_folder(&folder, true);
        assert!(renewal.az.ends_with("renew.sh") && renewal.powershell.ends_with("renew.ps1"));
    }

    #[test]
    fn wi_17_nothing_is_begun_where_a_file_is_in_the_way_and_no_half_is_left() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path().join("registration");
        RegistrationFiles::prepare_folder(&folder, false).expect("it is made");
        let own = folder.join("register.sh");
        std::fs::write(&own, "mine").expect("written");
        let refused = RegistrationFiles::prepare_folder(&folder, false).expect_err("it is in the way");
        assert!(
            refused.message.contains("register.sh already exists") && refused.advice.contains("--out"),
            "{refused}"
        );
        assert!(
            RegistrationFiles::prepare_folder(&folder, true).is_ok(),
            "a renewal has other names"
        );
        assert!(RegistrationFiles::write(&folder, &registration(None)).is_err());
        let left: Vec<_> = std::fs::read_dir(&folder).expect("a folder").collect();
        assert_eq!(left.len(), 1, "{left:?}");
        assert_eq!(std::fs::read_to_string(&own).expect("a file"), "mine");
    }

    #[test]
    fn waiting_is_no_failure_and_both_blame_their_field() {
        let step = |state, field: Option<&str>| CheckStep {
            step: "right".to_owned(),
            subject: "x".to_owned(),
            state,
            detail: String::new(),
            cause: None,
            cure: None,
            field: field.map(str::to_owned),
            took_ms: 0,
        };
        let mut look = RegistrationLook::default();
        look.note_step(&step(CheckStepState::Ok, Some("other")));
        look.note_step(&step(CheckStepState::Waiting, Some("client_id")));
        assert!(!look.failed);
        look.note_step(&step(CheckStepState::Failed, Some("tenant_id")));
        assert!(look.failed);
        assert_eq!(look.blamed_field.as_deref(), Some("client_id"));
    }
}
