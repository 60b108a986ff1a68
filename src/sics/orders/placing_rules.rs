//! Whether an order may be taken, as far as that needs no look at the tenant. Pure.

use openssl::sha::sha256;
use serde_json::json;

use super::field_checks::{
    APPLICATION_ID_CHARS, NOTE_CHARS, ORDER_ID_CHARS, TARGET_CHARS, check_id, check_text, wrong_field,
};
use super::provider::OrderInstance;
use crate::contract::{ApplicationState, ApprovalMode, OrderBody, OrderTargetKind};
use crate::sics::problem::ApiProblem;
use crate::store::ApplicationRow;

/// Every field that is wrong has this code, and the field in the member `key`.
const WRONG: &str = "wrongOrder";

/// What an order is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OrderTarget {
    pub kind: OrderTargetKind,
    /// As it was given.
    pub text: String,
}

/// The fields of an order, each by its rule; answers what it is for.
pub(super) fn check_order(body: &OrderBody) -> Result<OrderTarget, ApiProblem> {
    check_id(WRONG, "id", &body.id, ORDER_ID_CHARS)?;
    check_id(WRONG, "application", &body.application, APPLICATION_ID_CHARS)?;
    check_text(WRONG, "note", body.note.as_deref(), NOTE_CHARS)?;
    let (key, kind, text) = match (&body.user, &body.device) {
        (Some(user), None) => ("user", OrderTargetKind::User, user),
        (None, Some(device)) => ("device", OrderTargetKind::Device, device),
        (Some(_), Some(_)) => {
            return Err(wrong_field(
                WRONG,
                "device",
                "is given beside a user",
                "Give either user or device; for both, place two orders.",
            ));
        }
        (None, None) => {
            return Err(wrong_field(
                WRONG,
                "user",
                "is missing, and so is device",
                "Say for whom the order is: user or device.",
            ));
        }
    };
    check_text(WRONG, key, Some(text), TARGET_CHARS)?;
    Ok(OrderTarget {
        kind,
        text: text.clone(),
    })
}

/// The content of an order: the same id may come again with the same.
pub(super) fn digest_order(body: &OrderBody) -> String {
    let content = json!([
        body.application,
        body.kind,
        body.user,
        body.device,
        body.approval,
        body.language,
        body.note
    ]);
    hex::encode(sha256(content.to_string().as_bytes()))
}

/// Nothing is ordered whose groups and assignments are not there (SH-05).
pub(super) fn require_orderable(application: &ApplicationRow) -> Result<(), ApiProblem> {
    let id = &application.id;
    let (why, advice) = match application.state {
        ApplicationState::CreationSucceeded => return Ok(()),
        ApplicationState::Pending => (
            "its groups and assignments are still being created".to_owned(),
            format!(
                "Wait until its state is creationSucceeded: GET /sics/v1/applications/{id}, or intune-connector apps \
                 show {id}."
            ),
        ),
        ApplicationState::Failed => {
            let failure = application.failure.as_ref();
            let message = failure.map_or("no reason is known", |failure| failure.message.as_str());
            (
                format!("its groups and assignments could not be created: {message}"),
                format!("Mend the cause, then repeat it: intune-connector apps retry {id}"),
            )
        }
        ApplicationState::Removing => (
            "it is being removed".to_owned(),
            "Order another application.".to_owned(),
        ),
    };
    Err(ApiProblem::conflict(
        "notOrderable",
        format!("the application {id} can't be ordered: {why}"),
        advice,
    )
    .with_member("state", application.state.name()))
}

/// An application may be for users, for devices or for both.
pub(super) fn require_target_allowed(
    application: &ApplicationRow,
    instance: &OrderInstance,
    kind: OrderTargetKind,
) -> Result<(), ApiProblem> {
    let own = &application.description.targets;
    let allowed = if own.is_empty() { &instance.targets } else { own };
    if allowed.contains(&kind) {
        return Ok(());
    }
    let names: Vec<&str> = allowed.iter().map(|kind| kind.name()).collect();
    Err(ApiProblem::conflict(
        "wrongTarget",
        format!(
            "the application {} can't be ordered for a {}",
            application.id,
            kind.name()
        ),
        format!("It can be ordered for: {}.", names.join(", ")),
    )
    .with_member("targets", names))
}

/// Who has to agree: as the application says, or as the order says where that is stricter.
pub(super) fn decide_approval(own: ApprovalMode, asked: Option<ApprovalMode>) -> Result<ApprovalMode, ApiProblem> {
    match (own, asked) {
        (own, None) => Ok(own),
        (ApprovalMode::None, Some(asked)) => Ok(asked),
        (own, Some(asked)) if own == asked => Ok(own),
        (own, Some(asked)) => Err(wrong_field(
            WRONG,
            "approval",
            format!(
                "is {}, but the application asks for {}, and an order may only be stricter",
                asked.name(),
                own.name()
            ),
            "Leave it out: the order follows the application.",
        )),
    }
}

/// Whoever is to be asked has to have an address.
pub(super) fn require_approval_address(instance: &OrderInstance, approval: ApprovalMode) -> Result<(), ApiProblem> {
    if approval != ApprovalMode::Callback || instance.approval_url {
        return Ok(());
    }
    Err(ApiProblem::conflict(
        "noApprovalAddress",
        format!(
            "the order has to be approved by a callback, and {} has no address for it",
            instance.name
        ),
        "Set approval_url in the settings of the instance, or change the approval of the application.",
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::scope::tests::order_instance;
    use super::*;

    fn body(change: Value) -> OrderBody {
        let mut body = json!({"id": "order-1", "application": "7-zip", "type": "install", "device": "PC-1"});
        body.as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        serde_json::from_value(body).unwrap()
    }

    #[test]
    fn sh20_an_order_is_for_one_user_or_one_device() {
        let target = check_order(&body(json!({}))).unwrap();
        assert_eq!((target.kind, target.text.as_str()), (OrderTargetKind::Device, "PC-1"));
        let of_user = body(json!({"device": null, "user": "anna@contoso.com"}));
        assert_eq!(check_order(&of_user).unwrap().kind, OrderTargetKind::User);
        for (change, key) in [
            (json!({"id": ""}), "id"),
            (json!({"id": "a/b"}), "id"),
            (json!({"id": "x".repeat(101)}), "id"),
            (json!({"application": "7 zip"}), "application"),
            (json!({"device": null}), "user"),
            (json!({"user": "anna"}), "device"),
            (json!({"device": ""}), "device"),
            (json!({"device": " PC-1"}), "device"),
            (json!({"device": "x".repeat(321)}), "device"),
            (json!({"note": ""}), "note"),
            (json!({"note": "x".repeat(1_001)}), "note"),
        ] {
            let problem = check_order(&body(change.clone())).expect_err(key);
            assert_eq!(problem.code(), "wrongOrder", "{change}");
            assert!(problem.detail().starts_with(key), "{change}: {}", problem.detail());
        }
    }

    #[test]
    fn the_content_of_an_order_is_all_but_its_id() {
        let first = digest_order(&body(json!({})));
        assert_eq!(digest_order(&body(json!({"id": "order-2"}))), first);
        for change in [
            json!({"application": "zoom"}),
            json!({"type": "uninstall"}),
            json!({"device": "PC-2"}),
            json!({"device": null, "user": "PC-1"}),
            json!({"approval": "operator"}),
            json!({"language": "de"}),
            json!({"note": "x"}),
        ] {
            assert_ne!(digest_order(&body(change.clone())), first, "{change}");
        }
    }

    #[test]
    fn sh21_the_approval_of_an_order_may_only_be_stricter() {
        use ApprovalMode::{Callback, None as Nobody, Operator};
        for (own, asked, decided) in [
            (Nobody, None, Some(Nobody)),
            (Nobody, Some(Operator), Some(Operator)),
            (Nobody, Some(Callback), Some(Callback)),
            (Operator, None, Some(Operator)),
            (Operator, Some(Operator), Some(Operator)),
            (Operator, Some(Nobody), None),
            (Operator, Some(Callback), None),
            (Callback, Some(Operator), None),
        ] {
            assert_eq!(decide_approval(own, asked).ok(), decided, "{own:?} {asked:?}");
        }
    }

    #[test]
    fn a_callback_needs_an_address() {
        let mut instance = order_instance(3);
        assert!(require_approval_address(&instance, ApprovalMode::Operator).is_ok());
        let problem = require_approval_address(&instance, ApprovalMode::Callback).unwrap_err();
        assert_eq!(problem.code(), "noApprovalAddress");
        instance.approval_url = true;
        assert!(require_approval_address(&instance, ApprovalMode::Callback).is_ok());
    }
}
