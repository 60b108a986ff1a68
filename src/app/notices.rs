//! What people are told of: the list of what needs attention, and the certificate of the bus, with texts in both languages.

use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use sics_client::{ClientAuth, InProcessApi, SicsClient};
use tokio::sync::watch;
use web_console::{ApiClients, AttentionTexts, Visitor};

use crate::bus::translation::{localize_text, translate_text};
use crate::config::SecretKey;
use crate::contract::{AttentionItemView, AttentionSeverity, NoticeKind};
use crate::model::Language;
use crate::notices::{ConditionSource, ConditionText, NoticeSender, OpenCondition};
use crate::observe::Clock;
use crate::sics::{self, Sics, TlsCertificate};
use crate::store::Store;

/// What telling people takes.
pub(super) struct NoticeParts {
    pub store: Store,
    pub key: SecretKey,
    pub clock: Clock,
    /// Where people open the console.
    pub console_url: Option<String>,
    pub sics: Sics,
    /// Of the API and the console.
    pub certificate: Option<TlsCertificate>,
}

/// Goes on until `stop` says so, or the ticks end.
pub(super) async fn tell_people(parts: NoticeParts, ticks: watch::Receiver<u64>, stop: watch::Receiver<bool>) {
    let conditions = BusConditions {
        sics: parts.sics,
        certificate: parts.certificate,
        texts: AttentionTexts::new(NoClients),
        clock: parts.clock.clone(),
    };
    let console_url = parts.console_url.as_deref();
    NoticeSender::new(parts.store, parts.key, parts.clock, console_url, Arc::new(conditions))
        .run(ticks, stop)
        .await;
}

struct BusConditions {
    sics: Sics,
    certificate: Option<TlsCertificate>,
    texts: AttentionTexts,
    clock: Clock,
}

impl BusConditions {
    fn describe(&self, item: &AttentionItemView) -> Option<OpenCondition> {
        let words = self.texts.describe(item, Language::De, self.clock.now());
        let english = ConditionText {
            message: item.message.clone(),
            advice: item.advice.clone(),
        };
        let german = ConditionText {
            message: words.message,
            advice: words.advice,
        };
        OpenCondition::from_item(item, english, german)
    }
}

impl ConditionSource for BusConditions {
    fn list_conditions(&self) -> BoxFuture<'_, Result<Vec<OpenCondition>, String>> {
        async move {
            let items = sics::list_all_items(&self.sics).await;
            let items = items.map_err(|problem| problem.detail().to_owned())?;
            let mut open: Vec<OpenCondition> = items.iter().filter_map(|item| self.describe(item)).collect();
            // By the clocks of its clients, whatever the bus's own is.
            let now = Clock::system().now();
            let trouble = self.certificate.as_ref().and_then(|used| used.describe_trouble(now));
            open.extend(trouble.as_deref().map(certificate_condition));
            Ok(open)
        }
        .boxed()
    }
}

/// What is wrong with it, and behind a semicolon what to do.
fn certificate_condition(trouble: &str) -> OpenCondition {
    let (problem, cure) = trouble.split_once("; ").unwrap_or((trouble, ""));
    let text = |language| ConditionText {
        message: to_sentence(&localize_text(problem, language)),
        advice: to_sentence(&localize_text(cure, language)),
    };
    OpenCondition {
        kind: NoticeKind::CredentialEnding,
        code: "certificateTrouble".to_owned(),
        severity: AttentionSeverity::Act,
        subject: "local".to_owned(),
        since: None,
        fix: "/settings".to_owned(),
        english: text(Language::En),
        german: text(Language::De),
    }
}

fn to_sentence(fragment: &str) -> String {
    let mut letters = fragment.chars();
    match letters.next() {
        None => String::new(),
        Some(first) => first.to_uppercase().to_string() + letters.as_str() + ".",
    }
}

/// The texts of the console need no client of the API.
struct NoClients;

impl ApiClients for NoClients {
    fn open_client(&self, auth: ClientAuth, _: &Visitor) -> SicsClient {
        let silent = InProcessApi::new(|_| Box::pin(async { http::Response::new(reqwest::Body::from(String::new())) }));
        SicsClient::in_process(silent, auth)
    }

    fn translate_text(&self, english: &str, language: Language) -> Option<String> {
        translate_text(english, language)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::AttentionSubject;

    #[test]
    fn an_entry_of_the_list_has_german_words_without_anybody_signed_in() {
        let arguments = [("free", "10"), ("least", "100")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        let item = AttentionItemView {
            code: "diskLow".to_owned(),
            severity: AttentionSeverity::Act,
            subject_kind: AttentionSubject::Store,
            subject: "store".to_owned(),
            since: None,
            message: "Only 10 MiB are free.".to_owned(),
            advice: "Free up disk space.".to_owned(),
            fix: "/settings".to_owned(),
            arguments: arguments.into(),
        };
        let words = AttentionTexts::new(NoClients).describe(&item, Language::De, Clock::system().now());
        assert!(
            words.message.contains("10 MiB") && words.message != item.message,
            "{words:?}"
        );
        assert!(!words.advice.is_empty() && words.advice != item.advice, "{words:?}");
    }

    #[test]
    fn the_certificate_of_the_bus_is_told_with_its_cure() {
        let condition = certificate_condition("the certificate in tls.pem ends on 2026-12-01T00:00:00Z; renew it");
        assert_eq!(
            (condition.english.message.as_str(), condition.english.advice.as_str()),
            ("The certificate in tls.pem ends on 2026-12-01T00:00:00Z.", "Renew it.")
        );
        assert_eq!(condition.kind, NoticeKind::CredentialEnding);
    }
}
