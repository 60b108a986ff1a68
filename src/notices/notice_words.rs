//! What each kind of notice is called in both languages, what to do about it where its conditions do not say so, and which
//! kinds cannot wait. Pure.

use crate::contract::NoticeKind;
use crate::model::Language;

/// What a kind is called, in both languages.
pub(super) struct KindWords {
    pub english: &'static str,
    pub german: &'static str,
}

impl KindWords {
    pub(super) fn choose(&self, language: Language) -> &'static str {
        match language {
            Language::En => self.english,
            Language::De => self.german,
        }
    }
}

/// Whether it is told in quiet hours, too: what may do harm until somebody looks, and what may be somebody's attack.
pub(super) fn is_urgent(kind: NoticeKind) -> bool {
    match kind {
        NoticeKind::LooseningAsked
        | NoticeKind::GlassBroken
        | NoticeKind::Tripwire
        | NoticeKind::KillSwitch
        | NoticeKind::DiskTrouble
        | NoticeKind::StoreWentBack => true,
        NoticeKind::CredentialEnding
        | NoticeKind::SignInRefused
        | NoticeKind::ScansOverdue
        | NoticeKind::MicrosoftOutage
        | NoticeKind::BrakeWaiting
        | NoticeKind::RecordsSetAside
        | NoticeKind::ServerSilent
        | NoticeKind::ApprovalWaiting
        | NoticeKind::NeedsOperator
        | NoticeKind::ClockWrong
        | NoticeKind::PartFailed
        | NoticeKind::UpdateAvailable => false,
    }
}

/// A few words for the subject of a message.
pub(super) fn title_words(kind: NoticeKind) -> KindWords {
    let (english, german) = match kind {
        NoticeKind::CredentialEnding => (
            "A credential, certificate or token is ending",
            "Zugangsdaten, ein Zertifikat oder ein Token laufen ab",
        ),
        NoticeKind::SignInRefused => ("Microsoft refuses an instance", "Microsoft weist eine Instanz ab"),
        NoticeKind::ScansOverdue => ("Scans are overdue", "Scans sind überfällig"),
        NoticeKind::MicrosoftOutage => (
            "Microsoft does not answer as usual",
            "Microsoft antwortet nicht wie gewohnt",
        ),
        NoticeKind::BrakeWaiting => (
            "The deletion brake or a target waits for a confirmation",
            "Die Löschbremse oder ein Ziel wartet auf eine Bestätigung",
        ),
        NoticeKind::RecordsSetAside => ("Records were set aside", "Datensätze wurden beiseitegelegt"),
        NoticeKind::ServerSilent => (
            "A management server or target makes no progress",
            "Ein Management-Server oder Ziel kommt nicht voran",
        ),
        NoticeKind::ApprovalWaiting => ("An approval is waiting", "Eine Genehmigung steht aus"),
        NoticeKind::LooseningAsked => (
            "Somebody asks for a protection to be loosened",
            "Jemand möchte einen Schutz lockern",
        ),
        NoticeKind::GlassBroken => (
            "Somebody acted alone in an emergency",
            "Jemand hat in einem Notfall allein gehandelt",
        ),
        NoticeKind::NeedsOperator => (
            "The outcome of an action is not known",
            "Der Ausgang einer Aktion ist nicht bekannt",
        ),
        NoticeKind::Tripwire => (
            "The rights of an account were suspended",
            "Die Rechte eines Kontos wurden ausgesetzt",
        ),
        NoticeKind::KillSwitch => ("The kill switch is on", "Der Notstopp ist eingeschaltet"),
        NoticeKind::DiskTrouble => (
            "Trouble with the disk or the store",
            "Störung der Festplatte oder des Speichers",
        ),
        NoticeKind::ClockWrong => ("The clock of the machine is wrong", "Die Uhr des Rechners geht falsch"),
        NoticeKind::StoreWentBack => (
            "The store went back to an earlier state",
            "Der Speicher ist auf einen früheren Stand zurückgefallen",
        ),
        NoticeKind::PartFailed => ("A part of the bus cannot run", "Ein Teil des Busses läuft nicht"),
        NoticeKind::UpdateAvailable => ("An update is available", "Eine Aktualisierung liegt bereit"),
    };
    KindWords { english, german }
}

/// What to do where the conditions of the kind do not say so themselves.
pub(super) fn usual_advice(kind: NoticeKind) -> KindWords {
    match kind {
        NoticeKind::MicrosoftOutage | NoticeKind::UpdateAvailable => KindWords {
            english: "Nothing has to be done at once.",
            german: "Es muss nicht sofort etwas getan werden.",
        },
        _ => KindWords {
            english: "See what needs attention: intune-connector attention",
            german: "Sehen Sie nach, was Aufmerksamkeit braucht: intune-connector attention",
        },
    }
}
