//! What happened to an order, in a sentence for people: for its history, for readers of changes, and for notices.

use serde_json::{Map, Value};

use super::lost_order::find_lost_text;
use super::order_text::{BilingualText, german_group};
use crate::contract::OrderKind;
use crate::model::Language;
use crate::store::{APPLICATION_REMOVED, INSTANCE_REMOVED, OrderEvent, OrderEventRow, OrderRow};

/// In one language.
pub fn event_text(event: &OrderEventRow, order: &OrderRow, language: Language) -> String {
    describe_event(event, order).in_language(language).to_owned()
}

/// In every language.
pub fn describe_event(event: &OrderEventRow, order: &OrderRow) -> BilingualText {
    let target = order.target_name.as_deref().unwrap_or(&order.target);
    let detail = EventDetail(&event.detail);
    let by = event.by.as_deref();
    let (en, de) = match event.event {
        OrderEvent::Placed => placed_text(order, target),
        OrderEvent::ApprovalRequested => (
            "Approval was requested.".into(),
            "Die Genehmigung wurde angefragt.".into(),
        ),
        OrderEvent::Approved => acted_text("Approved", "Genehmigt", by, &detail),
        OrderEvent::Rejected => acted_text("Rejected", "Abgelehnt", by, &detail),
        OrderEvent::Cancelled => acted_text("Cancelled", "Storniert", by, &detail),
        OrderEvent::Retried => acted_text("Tried again", "Erneut versucht", by, &detail),
        OrderEvent::WaitingForLicence => (
            "The order waits for a free licence.".into(),
            "Die Bestellung wartet auf eine freie Lizenz.".into(),
        ),
        OrderEvent::Accepted => (
            "The order was accepted.".into(),
            "Die Bestellung wurde angenommen.".into(),
        ),
        OrderEvent::Resolved => (
            format!("{target} was found in the directory."),
            format!("{target} wurde im Verzeichnis gefunden."),
        ),
        OrderEvent::RemovedFromGroup => group_text(target, &detail, ("was taken out of", "wurde entfernt aus der")),
        OrderEvent::AddedToGroup => group_text(target, &detail, ("was added to", "wurde aufgenommen in die")),
        OrderEvent::MembershipRemoved => membership_text(target, &detail),
        OrderEvent::Processed => (
            "The order was processed; Intune carries it out.".into(),
            "Die Bestellung wurde verarbeitet; Intune führt sie aus.".into(),
        ),
        OrderEvent::SyncSent => device_text(
            &detail,
            ("was asked to synchronise", "wurde zum Synchronisieren aufgefordert"),
        ),
        OrderEvent::SyncFailed => device_text(
            &detail,
            (
                "could not be asked to synchronise; it will on its own",
                "ließ sich nicht zum Synchronisieren auffordern; es tut dies von selbst",
            ),
        ),
        OrderEvent::StatusRead => status_text(&detail),
        OrderEvent::Delayed => delayed_text(&detail),
        OrderEvent::Done => end_text(&detail, ("The order is done.", "Die Bestellung ist erledigt.")),
        OrderEvent::Failed => failed_text(event, &detail),
        OrderEvent::Replaced => replaced_text(&detail),
        OrderEvent::ReminderDue => reminder_text(target, &detail),
        OrderEvent::TermEnded => term_text(target, &detail),
    };
    BilingualText { en, de }
}

type TextPair = (String, String);

/// What is kept with an event.
struct EventDetail<'a>(&'a Map<String, Value>);

impl EventDetail<'_> {
    fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    fn has_flag(&self, name: &str) -> bool {
        self.0.get(name).and_then(Value::as_bool) == Some(true)
    }
}

fn placed_text(order: &OrderRow, target: &str) -> TextPair {
    let (by, application) = (&order.placed_by_name, &order.application);
    match order.kind {
        OrderKind::Install => (
            format!("{by} ordered {application} for {target}."),
            format!("{by} hat {application} für {target} bestellt."),
        ),
        OrderKind::Uninstall => (
            format!("{by} ordered the removal of {application} from {target}."),
            format!("{by} hat die Entfernung von {application} von {target} bestellt."),
        ),
    }
}

fn acted_text(en: &str, de: &str, by: Option<&str>, detail: &EventDetail<'_>) -> TextPair {
    let (en_reason, de_reason) = detail.text("reason").map(reason_text).unwrap_or_default();
    match by {
        Some(by) => (
            format!("{en} by {by}{en_reason}."),
            format!("{de} von {by}{de_reason}."),
        ),
        None => (format!("{en}{en_reason}."), format!("{de}{de_reason}.")),
    }
}

/// As somebody gave it; what the bus itself does has a word, which is put into a sentence here.
fn reason_text(reason: &str) -> TextPair {
    let (en, de) = match reason {
        APPLICATION_REMOVED => ("the application was removed", "die Anwendung wurde entfernt"),
        INSTANCE_REMOVED => ("the installation was removed", "die Installation wurde entfernt"),
        given => (given, given),
    };
    (format!(": {en}"), format!(": {de}"))
}

fn group_text(target: &str, detail: &EventDetail<'_>, (en, de): (&str, &str)) -> TextPair {
    let group = detail.text("group").unwrap_or("?");
    let kind = match detail.text("kind") {
        Some("uninstall") => OrderKind::Uninstall,
        _ => OrderKind::Install,
    };
    (
        format!("{target} {en} the {} group {group}.", kind.name()),
        format!("{target} {de} {} {group}.", german_group(kind)),
    )
}

fn device_text(detail: &EventDetail<'_>, (en, de): (&str, &str)) -> TextPair {
    let device = detail.text("device").unwrap_or("?");
    (
        format!("The device {device} {en}."),
        format!("Das Gerät {device} {de}."),
    )
}

fn status_text(detail: &EventDetail<'_>) -> TextPair {
    let device = detail.text("device").unwrap_or("?");
    let state = detail.text("installState").unwrap_or("unknown");
    let code = detail
        .text("hexErrorCode")
        .map_or_else(String::new, |code| format!(" ({code})"));
    (
        format!("Intune reports {state}{code} for {device}."),
        format!("Intune meldet {state}{code} für {device}."),
    )
}

fn delayed_text(detail: &EventDetail<'_>) -> TextPair {
    let message = detail.text("message").unwrap_or("?");
    let code = detail.text("code").unwrap_or("unknown");
    let next = detail.text("nextAttemptAt").unwrap_or("?");
    (
        format!("The attempt failed ({code}): {message} The next one is at {next}."),
        format!("Der Versuch schlug fehl ({code}): {message} Der nächste ist um {next}."),
    )
}

fn end_text(detail: &EventDetail<'_>, (en, de): (&str, &str)) -> TextPair {
    match (detail.text("textEn"), detail.text("textDe")) {
        (Some(english), Some(german)) => (english.to_owned(), german.to_owned()),
        _ => (en.to_owned(), de.to_owned()),
    }
}

fn failed_text(event: &OrderEventRow, detail: &EventDetail<'_>) -> TextPair {
    match find_lost_text(event) {
        Some(lost) => (lost.en, lost.de),
        None => end_text(detail, ("The order failed.", "Die Bestellung ist gescheitert.")),
    }
}

fn replaced_text(detail: &EventDetail<'_>) -> TextPair {
    match detail.text("replacedBy") {
        Some(by) => (
            format!("The later order {by} took its place."),
            format!("Die spätere Bestellung {by} trat an ihre Stelle."),
        ),
        None => (
            "A later order took its place.".into(),
            "Eine spätere Bestellung trat an ihre Stelle.".into(),
        ),
    }
}

/// What became of a membership that was to be taken back.
fn membership_text(target: &str, detail: &EventDetail<'_>) -> TextPair {
    if detail.has_flag("kept") {
        return (
            format!("The group membership of {target} stays: a later order relies on it."),
            format!("Die Gruppenmitgliedschaft von {target} bleibt: Eine spätere Bestellung beruht darauf."),
        );
    }
    if detail.has_flag("targetGone") {
        return (
            format!("{target} is gone from the directory, and the group membership with it."),
            format!("{target} ist nicht mehr im Verzeichnis, und damit auch die Gruppenmitgliedschaft nicht."),
        );
    }
    (
        format!("The group membership of {target} was taken back."),
        format!("Die Gruppenmitgliedschaft von {target} wurde zurückgenommen."),
    )
}

fn term_text(target: &str, detail: &EventDetail<'_>) -> TextPair {
    if detail.has_flag("kept") {
        return (
            format!("The term has ended; {target} keeps the app, because a later order relies on it."),
            format!("Die Laufzeit ist zu Ende; {target} behält die App, weil eine spätere Bestellung darauf beruht."),
        );
    }
    if detail.has_flag("targetGone") {
        return (
            format!("The term has ended; {target} is gone from the directory, so nothing is taken back."),
            format!("Die Laufzeit ist zu Ende; {target} ist nicht mehr im Verzeichnis, es wird nichts zurückgenommen."),
        );
    }
    (
        format!("The term has ended: the app is taken back from {target}."),
        format!("Die Laufzeit ist zu Ende: Die App wird von {target} zurückgenommen."),
    )
}

fn reminder_text(target: &str, detail: &EventDetail<'_>) -> TextPair {
    let at = detail.text("expiresAt").unwrap_or("?");
    (
        format!("The app is taken back from {target} at {at}; order it again to keep it."),
        format!("Die App wird am {at} von {target} zurückgenommen; zum Behalten erneut bestellen."),
    )
}

#[cfg(test)]
#[path = "order_texts_tests.rs"]
pub(crate) mod tests;
