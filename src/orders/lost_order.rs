//! Orders that failed because the store has gone back (A8). The store keeps what is known of each; here it is said, in the
//! language of the order. Earlier versions kept the sentences with the order: those are told as they are.

use super::order_text::{BilingualText, OrderTrouble};
use crate::store::{LOST_BY_RESTORE, LostOrder, OrderEventRow, OrderRow};

/// The order as people see it.
pub fn tell_lost_order(order: OrderRow) -> OrderRow {
    let Some(lost) = order.failure.as_ref().and_then(|failure| failure.lost) else {
        return order;
    };
    let (trouble, language) = (describe_lost_order(&order.id, lost), order.language.unwrap_or_default());
    OrderRow {
        message: Some(tell_trouble(&trouble).in_language(language).to_owned()),
        failure: Some(trouble.to_failure(language)),
        ..order
    }
}

/// Of the event of such a failure.
pub fn find_lost_text(event: &OrderEventRow) -> Option<BilingualText> {
    let lost = serde_json::from_value(event.detail.get("lost")?.clone()).ok()?;
    Some(tell_trouble(&describe_lost_order(&event.order, lost)))
}

fn tell_trouble(trouble: &OrderTrouble) -> BilingualText {
    trouble.message.followed_by(&trouble.advice)
}

fn describe_lost_order(id: &str, lost: LostOrder) -> OrderTrouble {
    let (why, state) = (lost.evidence.describe(), lost.state.name());
    let message = BilingualText::new(
        format!("It is not known what became of the order {id}: {why}. The order was {state} then."),
        format!(
            "Was aus der Bestellung {id} wurde, ist nicht bekannt: Der Bus wurde auf einen früheren Stand zurückgesetzt."
        ),
    );
    let advice = BilingualText::new(
        format!(
            "Look whether the app is there already or was ordered again since; if it is still wanted: \
             intune-connector orders retry {id}"
        ),
        format!(
            "Bitte prüfen, ob die App schon da ist oder seither neu bestellt wurde; wird sie noch gebraucht: \
             intune-connector orders retry {id}"
        ),
    );
    OrderTrouble::new(LOST_BY_RESTORE, message, advice)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::order_texts::tests::{event, order};
    use super::*;
    use crate::contract::{OrderKind, OrderState};
    use crate::model::Language;
    use crate::model::RollbackEvidence;
    use crate::store::{OrderEvent, StepFailure};

    const LOST: LostOrder = LostOrder {
        evidence: RollbackEvidence::Mark,
        state: OrderState::Processing,
    };

    #[test]
    fn a8_a_lost_order_is_told_in_its_language_with_the_command_that_tries_it_again() {
        for (language, begin) in [
            (Language::En, "It is not known"),
            (Language::De, "Was aus der Bestellung"),
        ] {
            let mut lost = order(OrderKind::Install, OrderState::Failed);
            lost.language = Some(language);
            lost.failure = Some(StepFailure::of_lost_order(LOST));
            let told = tell_lost_order(lost);
            let message = told.message.unwrap();
            let retry = format!("intune-connector orders retry {}", told.id);
            assert!(message.starts_with(begin) && message.ends_with(&retry), "{message}");
            let failure = told.failure.unwrap();
            assert_eq!(failure.code, "storeRestored");
            assert!(message.starts_with(&failure.message) && failure.advice.ends_with(&retry));
        }
    }

    #[test]
    fn what_an_earlier_version_kept_is_told_as_it_is() {
        let mut old = order(OrderKind::Install, OrderState::Failed);
        old.message = Some("It is not known what became of it. Look.".into());
        assert_eq!(tell_lost_order(old.clone()), old);
        let kept = json!({"code": "storeRestored", "message": "It is not known."});
        assert_eq!(find_lost_text(&event(OrderEvent::Failed, 0, kept)), None);
        let fact = json!({"code": "storeRestored", "lost": LOST});
        let text = find_lost_text(&event(OrderEvent::Failed, 0, fact)).unwrap();
        assert!(text.en.contains("was processing then") && text.en.contains(RollbackEvidence::Mark.describe()));
    }
}
