//! Sentences of the wizard in the terminal that name something: a field, a file, a command.

use crate::model::{Language, Timestamp, format_time};

pub(super) fn unknown_choice(typed: &str, choices: &str, language: Language) -> String {
    let typed: String = typed.chars().take(60).collect();
    match language {
        Language::En => format!("  \"{typed}\" is not one of the choices: {choices}"),
        Language::De => format!("  „{typed}“ gehört nicht zur Auswahl: {choices}"),
    }
}

/// A field that is hidden, and the condition under which it is asked.
pub(super) fn shown_by(field: &str, condition: &str, language: Language) -> String {
    match language {
        Language::En => format!("  {field} is asked only if {condition}:"),
        Language::De => format!("  {field} wird nur gefragt, wenn {condition}:"),
    }
}

pub(super) fn answer_removed(field: &str, language: Language) -> String {
    match language {
        Language::En => format!("  {field} no longer applies; its answer was removed."),
        Language::De => format!("  {field} trifft nicht mehr zu; die Angabe wurde entfernt."),
    }
}

/// The end of a wizard that was left. `command`: goes on with the answers that `file` holds.
pub(super) fn left_with_answers(file: &str, command: &str, language: Language) -> String {
    match language {
        Language::En => {
            format!("\nNothing was installed. Your answers (without secrets) are in {file}. To continue:\n  {command}")
        }
        Language::De => format!(
            "\nEs wurde nichts installiert. Ihre Angaben (ohne Geheimnisse) stehen in {file}. Zum Fortfahren:\n  {command}"
        ),
    }
}

pub(super) fn answers_not_kept(file: &str, reason: &str, language: Language) -> String {
    match language {
        Language::En => format!("\nNothing was installed. Your answers could not be written to {file}: {reason}"),
        Language::De => {
            format!("\nEs wurde nichts installiert. Ihre Angaben ließen sich nicht in {file} schreiben: {reason}")
        }
    }
}

/// What may be typed at the last question. `preview`: whether the product has one.
pub(super) fn last_choices(preview: bool, language: Language) -> &'static str {
    match (language, preview) {
        (Language::En, true) => {
            "yes; no: leave; preview: what the first scan will find; <: back; or the name of a field to change"
        }
        (Language::En, false) => "yes; no: leave; <: back; or the name of a field to change",
        (Language::De, true) => {
            "ja; nein: abbrechen; vorschau: was der erste Scan finden wird; <: zurück; oder der Name eines Feldes, um es zu ändern"
        }
        (Language::De, false) => "ja; nein: abbrechen; <: zurück; oder der Name eines Feldes, um es zu ändern",
    }
}

/// The certificate that is to be uploaded.
pub(super) fn registration_certificate(
    file: &str,
    thumbprint: &str,
    not_after: Timestamp,
    language: Language,
) -> String {
    let end = format_time(not_after);
    match language {
        Language::En => format!(
            "\nThe bus has made a key, which it keeps, and a certificate for it: {file}\n  thumbprint {thumbprint}, expires {end}"
        ),
        Language::De => format!(
            "\nDer Bus hat einen Schlüssel erzeugt, den er behält, und ein Zertifikat dazu: {file}\n  Fingerabdruck {thumbprint}, läuft ab {end}"
        ),
    }
}

/// What the bus knows a registration by.
pub(super) fn registration_id(id: &str, language: Language) -> String {
    match language {
        Language::En => format!("\nRegistration {id}. When it is done in Entra, check it, then use it:"),
        Language::De => format!("\nRegistrierung {id}. Wenn sie in Entra erledigt ist: prüfen, dann verwenden:"),
    }
}

/// How the two scripts are run.
pub(super) fn script_commands(az: &str, powershell: &str) -> [String; 2] {
    [format!("  bash {az}"), format!("  pwsh -File {powershell}")]
}

/// The fixed ones of a registration.
#[derive(Debug, Clone, Copy)]
pub(super) enum RegistrationSentence {
    New,
    Permissions,
    Steps,
    Scripts,
    Looks,
}

impl RegistrationSentence {
    pub(super) fn in_language(self, language: Language) -> &'static str {
        let (en, de) = match self {
            RegistrationSentence::New => ("new", "neu"),
            RegistrationSentence::Permissions => (
                "\nThe application needs these permissions, and no others:",
                "\nDie Anwendung benötigt diese Berechtigungen und keine anderen:",
            ),
            RegistrationSentence::Steps => (
                "\nIn the Microsoft Entra admin center:",
                "\nIm Microsoft Entra Admin Center:",
            ),
            RegistrationSentence::Scripts => (
                "\nOr by one of these scripts, with the Azure CLI or with Microsoft Graph PowerShell; each prints the two ids:",
                "\nOder mit einem dieser Skripte, mit der Azure CLI oder mit Microsoft Graph PowerShell; jedes gibt die beiden Kennungen aus:",
            ),
            RegistrationSentence::Looks => (
                "\nLooks for the application; what is not there yet is looked for again every 10 seconds, for two minutes. Ctrl-C leaves.",
                "\nSucht die Anwendung; was noch fehlt, wird zwei Minuten lang alle 10 Sekunden erneut gesucht. Strg-C bricht ab.",
            ),
        };
        match language {
            Language::En => en,
            Language::De => de,
        }
    }
}

/// The fixed ones of leaving.
#[derive(Debug, Clone, Copy)]
pub(super) enum LeavingSentence {
    NothingInstalled,
    NothingChanged,
    GoesOn,
    FirstPage,
    Stands,
}

impl LeavingSentence {
    pub(super) fn in_language(self, language: Language) -> &'static str {
        let (en, de) = match self {
            LeavingSentence::NothingInstalled => ("\nNothing was installed.", "\nEs wurde nichts installiert."),
            LeavingSentence::NothingChanged => ("\nNothing was changed.", "\nEs wurde nichts geändert."),
            LeavingSentence::GoesOn => (
                "\nThe installation has begun; it continues while the bus runs: intune-connector instances",
                "\nDie Installation hat begonnen; sie wird fortgesetzt, solange der Bus läuft: intune-connector instances",
            ),
            LeavingSentence::FirstPage => ("This is the first page.", "Das ist die erste Seite."),
            LeavingSentence::Stands => (
                "Only what is missing is asked; the rest is taken from the file:",
                "Nur Fehlendes wird gefragt; das Übrige stammt aus der Datei:",
            ),
        };
        match language {
            Language::En => en,
            Language::De => de,
        }
    }
}
