//! Which entries of the list of what needs attention are told to people, and as what kind. Pure.
//!
//! Every code of the list stands here, also those that are not told: a new one is a decision, and a test names it. What
//! passes by itself, or only concerns whoever is at work on it, is not told.

use xxhash_rust::xxh3::xxh3_64;

use crate::contract::{AttentionItemView, AttentionSeverity, NoticeKind};
use crate::model::Timestamp;

/// The texts of a condition in one language.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ConditionText {
    /// What is the matter, a sentence.
    pub message: String,
    /// What to do about it; empty where nothing is to be done.
    pub advice: String,
}

/// Something that people are told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenCondition {
    pub kind: NoticeKind,
    /// As the list of what needs attention has it: `brakeOn`.
    pub code: String,
    /// How severe it is: one that becomes worse is told again.
    pub severity: AttentionSeverity,
    /// What it is about: a name, an id or a number.
    pub subject: String,
    /// Since when; `None`: not known.
    pub since: Option<Timestamp>,
    /// Path of the page of the console on which it is mended.
    pub fix: String,
    pub english: ConditionText,
    pub german: ConditionText,
}

impl OpenCondition {
    /// `None`: people are not told of it.
    pub fn from_item(item: &AttentionItemView, english: ConditionText, german: ConditionText) -> Option<OpenCondition> {
        Some(OpenCondition {
            kind: find_kind(&item.code, item.severity)?,
            code: item.code.clone(),
            severity: item.severity,
            subject: item.subject.clone(),
            since: item.since,
            fix: item.fix.clone(),
            english,
            german,
        })
    }

    /// Tells it from every other one of its kind: 16 hex digits.
    pub(super) fn digest(&self) -> String {
        let key = format!("{}/{:?}/{}", self.code, self.severity, self.subject);
        format!("{:016x}", xxh3_64(key.as_bytes()))
    }
}

const CODES: &[(&str, Option<NoticeKind>)] = &[
    ("credentialEnding", Some(NoticeKind::CredentialEnding)),
    ("credentialExpired", Some(NoticeKind::CredentialEnding)),
    ("certificateTrouble", Some(NoticeKind::CredentialEnding)),
    ("targetSignInEnding", Some(NoticeKind::CredentialEnding)),
    ("targetSignInExpired", Some(NoticeKind::CredentialEnding)),
    ("targetCertificateEnding", Some(NoticeKind::CredentialEnding)),
    ("targetCertificateExpired", Some(NoticeKind::CredentialEnding)),
    ("signInRefused", Some(NoticeKind::SignInRefused)),
    ("requestsRefused", Some(NoticeKind::SignInRefused)),
    ("scansOverdue", Some(NoticeKind::ScansOverdue)),
    ("brakeOn", Some(NoticeKind::BrakeWaiting)),
    ("snapshotOpen", Some(NoticeKind::BrakeWaiting)),
    ("targetQuestion", Some(NoticeKind::BrakeWaiting)),
    ("recordsSetAside", Some(NoticeKind::RecordsSetAside)),
    ("conditionFails", Some(NoticeKind::RecordsSetAside)),
    ("targetSetAside", Some(NoticeKind::RecordsSetAside)),
    ("serverSilent", Some(NoticeKind::ServerSilent)),
    ("serverBehind", Some(NoticeKind::ServerSilent)),
    ("serverWebhookSetAside", Some(NoticeKind::ServerSilent)),
    ("serverWebhookFailing", Some(NoticeKind::ServerSilent)),
    ("targetPaused", Some(NoticeKind::ServerSilent)),
    ("jobWaitsForApproval", Some(NoticeKind::ApprovalWaiting)),
    ("ordersWaitForApproval", Some(NoticeKind::ApprovalWaiting)),
    ("serverToAccept", Some(NoticeKind::ApprovalWaiting)),
    ("workflowOffered", Some(NoticeKind::ApprovalWaiting)),
    ("looseningWaits", Some(NoticeKind::LooseningAsked)),
    ("brokenGlassOpen", Some(NoticeKind::GlassBroken)),
    ("jobNeedsOperator", Some(NoticeKind::NeedsOperator)),
    ("ordersLostByRestore", Some(NoticeKind::NeedsOperator)),
    ("operatorSuspended", Some(NoticeKind::Tripwire)),
    ("killSwitchOn", Some(NoticeKind::KillSwitch)),
    ("diskLow", Some(NoticeKind::DiskTrouble)),
    ("storeNotWritable", Some(NoticeKind::DiskTrouble)),
    ("storeDamaged", Some(NoticeKind::DiskTrouble)),
    ("clockWrong", Some(NoticeKind::ClockWrong)),
    ("storeWentBack", Some(NoticeKind::StoreWentBack)),
    ("instanceMisconfigured", Some(NoticeKind::PartFailed)),
    ("memberFailed", Some(NoticeKind::PartFailed)),
    ("busNotRunning", Some(NoticeKind::PartFailed)),
    ("nodeFailing", Some(NoticeKind::PartFailed)),
    ("nodeBroken", Some(NoticeKind::PartFailed)),
    ("ordersNotProcessed", Some(NoticeKind::PartFailed)),
    ("applicationFailed", Some(NoticeKind::PartFailed)),
    ("productUpdate", Some(NoticeKind::UpdateAvailable)),
    // They are told where they last: no scan for three intervals.
    ("microsoftOutage", None),
    ("noConnection", None),
    ("storeFailedScan", None),
    ("instanceFailing", None),
    // They pass by themselves, or are meant.
    ("requestsPaused", None),
    ("nodeFromInventory", None),
    ("memberRestarting", None),
    ("memberStopped", None),
    ("ordersStopped", None),
    // Whoever works on it sees it there.
    ("workflowFailed", None),
    ("installationFailed", None),
    ("orderWebhooksDead", None),
    ("settingsFileUnread", None),
    ("definitionFileUnread", None),
    ("notice", None),
];

/// The kind as which people are told of an entry; `None`: they are not. Scans that are late because of Microsoft are not
/// severe: nobody here can mend them.
pub fn find_kind(code: &str, severity: AttentionSeverity) -> Option<NoticeKind> {
    let kind = CODES.iter().find(|(known, _)| *known == code)?.1?;
    Some(match (kind, severity) {
        (NoticeKind::ScansOverdue, AttentionSeverity::Watch) => NoticeKind::MicrosoftOutage,
        (kind, _) => kind,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// `attention-brake-on` of the texts of the console is the code `brakeOn`.
    fn codes_of(texts: &str) -> BTreeSet<String> {
        let keys = texts.lines().filter_map(|line| line.strip_prefix("attention-"));
        let names = keys.filter_map(|line| line.split([' ', '=']).next());
        names
            .filter(|name| !name.ends_with("-advice"))
            .map(|name| {
                let mut words = name.split('-');
                let mut code = words.next().unwrap_or_default().to_owned();
                for word in words {
                    code.push_str(&word[..1].to_uppercase());
                    code.push_str(&word[1..]);
                }
                code
            })
            .collect()
    }

    #[test]
    fn every_entry_of_the_list_is_told_or_left_out_on_purpose() {
        let texts = [
            include_str!("../../crates/web-console/locale/en/dashboard.ftl"),
            include_str!("../../crates/web-console/locale/en/orders.ftl"),
            include_str!("../../crates/web-console/locale/en/targets.ftl"),
            include_str!("../../crates/web-console/locale/en/applications.ftl"),
        ];
        let codes: BTreeSet<String> = texts.into_iter().flat_map(codes_of).collect();
        assert!(codes.len() > 35 && codes.contains("brakeOn"), "{codes:?}");
        for code in codes {
            assert!(
                CODES.iter().any(|(known, _)| *known == code),
                "{code}: tell it, or say why not"
            );
        }
    }

    #[test]
    fn every_kind_has_an_entry_of_the_list() {
        for kind in NoticeKind::ALL {
            let severities = [AttentionSeverity::Act, AttentionSeverity::Watch];
            let is_made = |code: &str| {
                severities
                    .iter()
                    .any(|severity| find_kind(code, *severity) == Some(*kind))
            };
            assert!(CODES.iter().any(|(code, _)| is_made(code)), "{kind:?}");
        }
    }

    #[test]
    fn an_outage_of_microsofts_is_told_from_a_fault_of_ours() {
        assert_eq!(
            find_kind("scansOverdue", AttentionSeverity::Act),
            Some(NoticeKind::ScansOverdue)
        );
        assert_eq!(
            find_kind("scansOverdue", AttentionSeverity::Watch),
            Some(NoticeKind::MicrosoftOutage)
        );
        assert_eq!(find_kind("somethingNew", AttentionSeverity::Act), None);
    }
}
