//! How a wizard in the terminal ends before its last page: its answers are kept in a file, without secrets, and the
//! command is told that goes on with them.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::sentences::{self, LeavingSentence};
use super::wizard_args::WizardArgs;
use crate::bus::answers::write_answers;
use crate::bus::wizard::Wizard;
use crate::cli::connection::{ConnectArgs, data_folder};
use crate::cli::failure::{CommandFailure, ExitReason};
use crate::cli::output;
use crate::files::{create_data_file, shell_word};

/// Files of one folder at most, so that a full folder is told.
const FILES_MAX: usize = 100;

/// Why a wizard ends before its last page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LeaveReason {
    /// The person said so.
    Quit,
    /// Nobody answers any more.
    EndOfInput,
    /// Ctrl-C.
    Interrupted,
    /// The terminal was closed, or the process is asked to end.
    Terminated,
}

/// What ends a step of the wizard.
#[derive(Debug)]
pub(crate) enum WizardStop {
    Left(LeaveReason),
    Failed(CommandFailure),
}

impl From<CommandFailure> for WizardStop {
    fn from(failure: CommandFailure) -> WizardStop {
        WizardStop::Failed(failure)
    }
}

impl LeaveReason {
    /// Everything is said already: only the exit code is left, except where nobody may have read it.
    pub(crate) fn into_failure(self, nobody_to_ask: &str) -> CommandFailure {
        match self {
            LeaveReason::Quit | LeaveReason::Interrupted => CommandFailure::new(ExitReason::Interrupted, "", ""),
            LeaveReason::Terminated => CommandFailure::new(ExitReason::Terminated, "", ""),
            LeaveReason::EndOfInput => CommandFailure::usage_error(
                nobody_to_ask,
                "run without prompts: intune-connector install --answers FILE",
            ),
        }
    }
}

/// Where the answers are kept, and the words of the command that continues.
#[derive(Debug, Clone, Default)]
pub(crate) struct KeptAnswers {
    folder: PathBuf,
    product: Option<String>,
    connection_words: String,
}

impl KeptAnswers {
    /// In the data folder where one is meant, else in the working folder. `product`: where it is not the usual one.
    pub(crate) fn new(connect: &ConnectArgs, product: Option<&str>) -> KeptAnswers {
        let connection_words = match (&connect.data, &connect.connection) {
            (Some(folder), _) => format!(" --data {}", shell_word(folder)),
            (None, Some(name)) => format!(" --connection {}", shell_word(Path::new(name))),
            (None, None) => match (&connect.url, &connect.user) {
                (Some(url), Some(user)) => {
                    let word = |text: &str| shell_word(Path::new(text));
                    format!(" --url {} --user {}", word(url.as_str()), word(user))
                }
                _ => String::new(),
            },
        };
        KeptAnswers {
            folder: data_folder(connect).unwrap_or_default(),
            product: product.map(str::to_owned),
            connection_words,
        }
    }

    /// Where files for the person who answers are written.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Keeps the answers and tells how to go on with them; what can't be kept is told, too.
    pub(crate) fn keep(&self, wizard: &Wizard, wizard_args: &WizardArgs) {
        let answers = wizard.answers().without_secrets();
        let language = wizard_args.lang;
        if answers.is_empty() {
            return output::eprint_line(LeavingSentence::NothingInstalled.in_language(language));
        }
        let text = write_answers(wizard.template(), "", &answers, language);
        let told = match create_numbered_file(&self.folder, &text) {
            Ok(path) => sentences::left_with_answers(&shell_word(&path), &self.command(&path, wizard_args), language),
            Err(error) => {
                let path = numbered_path(&self.folder, 1);
                sentences::answers_not_kept(&path.display().to_string(), &error.to_string(), language)
            }
        };
        output::eprint_line(told);
    }

    fn command(&self, path: &Path, wizard_args: &WizardArgs) -> String {
        let product = self
            .product
            .as_deref()
            .map_or_else(String::new, |product| format!(" {product}"));
        let language = match wizard_args.lang {
            crate::model::Language::En => "",
            crate::model::Language::De => " --lang de",
        };
        format!(
            "intune-connector install --answers {}{product}{language}{}",
            shell_word(path),
            self.connection_words
        )
    }
}

fn numbered_path(folder: &Path, number: usize) -> PathBuf {
    folder.join(if number == 1 {
        "install-answers.ini".to_owned()
    } else {
        format!("install-answers-{number}.ini")
    })
}

/// A file of its own, mode 0600, for the owner of the folder: no answers of before are lost.
fn create_numbered_file(folder: &Path, text: &str) -> io::Result<PathBuf> {
    for number in 1..=FILES_MAX {
        let path = numbered_path(folder, number);
        match create_data_file(&path, text.as_bytes()) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => (),
            done => return done.map(|()| path),
        }
    }
    Err(io::Error::other("too many files of answers lie there: remove some"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::bus::answers::FieldAnswer;
    use crate::bus::template::WizardTemplate;

    const SHIPPED: &str = include_str!("../../../templates/intune-connector.xml");

    #[test]
    fn b3_answers_are_kept_without_secrets_each_time_in_a_file_of_its_own() {
        let folder = tempfile::tempdir().expect("a folder");
        let template = Arc::new(WizardTemplate::read(SHIPPED.as_bytes()).expect("it has no findings"));
        let mut answers = crate::bus::answers::WizardAnswers::default();
        for (field, text) in [("profile", "Contoso"), ("secret", "hunter2-hunter2")] {
            let field = template.find_field(field).expect("a field");
            let answer = FieldAnswer::from_text(field, text)
                .expect("it fits")
                .expect("an answer");
            answers.set_answer(&field.name, answer);
        }
        let text = write_answers(&template, "", &answers.without_secrets(), crate::model::Language::En);
        let paths = [1, 2].map(|_| create_numbered_file(folder.path(), &text).expect("it is written"));
        assert_eq!(paths, [1, 2].map(|number| numbered_path(folder.path(), number)));
        for path in paths {
            let kept = std::fs::read_to_string(&path).expect("a file");
            assert!(
                kept.contains("\nprofile = Contoso\n") && kept.contains("\n; secret_file = \n"),
                "{kept}"
            );
            assert!(!kept.contains("hunter2"), "{kept}");
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(&path).expect("a file").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn b3_the_command_that_continues_leads_to_the_same_bus() {
        let connect = ConnectArgs {
            data: Some("/srv/my bus".into()),
            ..ConnectArgs::default()
        };
        let kept = KeptAnswers::new(&connect, None);
        assert_eq!(
            kept.command(Path::new("/srv/my bus/install-answers.ini"), &WizardArgs::default()),
            "intune-connector install --answers '/srv/my bus/install-answers.ini' --data '/srv/my bus'"
        );
    }
}
