//! Whether the description of an application is sound. Pure.

use super::super::problem::ApiProblem;
use super::field_checks::{check_number, check_text, is_amount, is_currency, is_known_currency, wrong_field};
use crate::contract::{ApplicationBody, ApprovalMode};
use crate::orders::order_target::parse_guid;
use crate::store::ApplicationDescription;

/// Every field that is wrong has this code, and the field in the member `key`.
const WRONG: &str = "wrongApplication";
const NAME_CHARS: usize = 120;
const COMMENT_CHARS: usize = 2_000;
/// Names of accounts, cost centres.
const SHORT_CHARS: usize = 100;
const APPROVERS: usize = 50;
const LICENCES: std::ops::RangeInclusive<u32> = 1..=1_000_000;
const TERM_DAYS: std::ops::RangeInclusive<u32> = 1..=3_650;

/// The id of an app of Intune: a GUID.
pub(super) fn check_app_id(app: &str) -> Result<String, ApiProblem> {
    parse_guid(app).ok_or_else(|| {
        wrong_field(
            WRONG,
            "app",
            "is the id of an app of the tenant, a GUID",
            "List the apps with their ids: GET /sics/v1/apps, or intune-connector apps.",
        )
    })
}

/// The description as it is kept. `app_name`: name of the app in Intune, by which it goes where nobody says another.
pub(super) fn check_description(body: &ApplicationBody, app_name: &str) -> Result<ApplicationDescription, ApiProblem> {
    check_text(WRONG, "displayName", body.display_name.as_deref(), NAME_CHARS)?;
    check_text(WRONG, "comment", body.comment.as_deref(), COMMENT_CHARS)?;
    check_text(WRONG, "costCentre", body.cost_centre.as_deref(), SHORT_CHARS)?;
    check_cost(body)?;
    check_targets(body)?;
    check_approvers(body)?;
    check_number(WRONG, "licences", body.licences, LICENCES)?;
    check_term(body)?;
    Ok(ApplicationDescription {
        display_name: body.display_name.clone().unwrap_or_else(|| app_name.to_owned()),
        comment: body.comment.clone(),
        cost: body.cost.clone(),
        currency: body.currency.clone(),
        mandatory: body.mandatory,
        reshoppable: body.reshoppable,
        targets: body.targets.clone(),
        approval: body.approval.unwrap_or(ApprovalMode::None),
        approvers: body.approvers.clone(),
        deputies: body.deputies.clone(),
        licences: body.licences,
        cost_centre: body.cost_centre.clone(),
        term_days: body.term_days,
        reminder_days: body.reminder_days,
    })
}

fn check_cost(body: &ApplicationBody) -> Result<(), ApiProblem> {
    match (&body.cost, &body.currency) {
        (None, None) => Ok(()),
        (Some(cost), _) if !is_amount(cost) => Err(wrong_field(
            WRONG,
            "cost",
            "is an amount such as 12.50: up to nine digits, with up to four behind a point",
            "Write it without a currency; that has a field of its own.",
        )),
        (Some(_), Some(currency)) if is_known_currency(currency) => Ok(()),
        (Some(_), Some(currency)) if is_currency(currency) => Err(wrong_field(
            WRONG,
            "currency",
            "is no code of ISO 4217",
            "Give the currency of the cost as ISO 4217 writes it, such as EUR.",
        )),
        (Some(_), _) => Err(wrong_field(
            WRONG,
            "currency",
            "is missing, or is not three capital letters",
            "Give the currency of the cost as ISO 4217 writes it, such as EUR.",
        )),
        (None, Some(_)) => Err(wrong_field(
            WRONG,
            "cost",
            "is missing beside a currency",
            "Give an amount, or leave the currency out.",
        )),
    }
}

fn check_targets(body: &ApplicationBody) -> Result<(), ApiProblem> {
    match body.targets.as_slice() {
        [one, other] if one == other => {}
        [] | [_] | [_, _] => return Ok(()),
        _ => {}
    }
    Err(wrong_field(
        WRONG,
        "targets",
        "names a kind twice",
        "Give user, device or both; an empty list follows the setting of the instance.",
    ))
}

fn check_approvers(body: &ApplicationBody) -> Result<(), ApiProblem> {
    for (key, names) in [("approvers", &body.approvers), ("deputies", &body.deputies)] {
        if names.len() > APPROVERS {
            return Err(wrong_field(
                WRONG,
                key,
                format!("has more than {APPROVERS} names"),
                "Name fewer; whoever holds Orders_Approve may approve where nobody is named.",
            ));
        }
        names
            .iter()
            .try_for_each(|name| check_text(WRONG, key, Some(name), SHORT_CHARS))?;
    }
    if body.approvers.is_empty() && !body.deputies.is_empty() {
        return Err(wrong_field(
            WRONG,
            "deputies",
            "are named, but nobody whose deputies they are",
            "Name approvers as well, or leave the deputies out.",
        ));
    }
    Ok(())
}

fn check_term(body: &ApplicationBody) -> Result<(), ApiProblem> {
    check_number(WRONG, "termDays", body.term_days, TERM_DAYS)?;
    match (body.reminder_days, body.term_days) {
        (None, _) => Ok(()),
        (Some(reminder), Some(term)) if (1..term).contains(&reminder) => Ok(()),
        (Some(_), None) => Err(wrong_field(
            WRONG,
            "reminderDays",
            "is how many days before the end of the term a reminder is due, and there is no term",
            "Give the term as well (termDays, --term-days), or leave the reminder out.",
        )),
        (Some(_), Some(_)) => Err(wrong_field(
            WRONG,
            "reminderDays",
            "is how many days before the end of the term a reminder is due: at least 1, and fewer than termDays",
            "Correct it, or leave it out.",
        )),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::contract::OrderTargetKind;

    fn check(change: Value) -> Result<ApplicationDescription, ApiProblem> {
        let mut body = json!({"app": "0f1a2b3c-0000-4000-8000-000000000001"});
        let members = change.as_object().unwrap().clone();
        body.as_object_mut().unwrap().extend(members);
        check_description(&serde_json::from_value(body).unwrap(), "7-Zip (x64)")
    }

    #[test]
    fn sh02_a_description_that_says_nothing_has_the_name_of_its_app_and_is_not_reshoppable() {
        let kept = check(json!({})).unwrap();
        assert_eq!(kept.display_name, "7-Zip (x64)");
        assert_eq!(
            (kept.mandatory, kept.reshoppable, kept.approval),
            (false, false, ApprovalMode::None)
        );
        let kept = check(json!({
            "displayName": "7-Zip", "cost": "12.50", "currency": "EUR", "targets": ["user", "device"],
            "approval": "operator", "approvers": ["anna"], "deputies": ["ben"], "licences": 5, "termDays": 30,
            "reminderDays": 7
        }))
        .unwrap();
        assert_eq!(kept.targets, [OrderTargetKind::User, OrderTargetKind::Device]);
        assert_eq!((kept.licences, kept.reminder_days), (Some(5), Some(7)));
    }

    #[test]
    fn each_field_that_is_wrong_is_named() {
        let long = "x".repeat(121);
        let many: Vec<String> = (0..51).map(|number| format!("operator-{number}")).collect();
        for (change, key) in [
            (json!({"displayName": ""}), "displayName"),
            (json!({"displayName": " x"}), "displayName"),
            (json!({"displayName": long}), "displayName"),
            (json!({"comment": "x".repeat(2_001)}), "comment"),
            (json!({"cost": "12,50", "currency": "EUR"}), "cost"),
            (json!({"cost": "12.50"}), "currency"),
            (json!({"cost": "12.50", "currency": "eur"}), "currency"),
            (json!({"currency": "EUR"}), "cost"),
            (json!({"targets": ["user", "user"]}), "targets"),
            (json!({"approvers": many}), "approvers"),
            (json!({"approvers": [""]}), "approvers"),
            (json!({"deputies": ["ben"]}), "deputies"),
            (json!({"licences": 0}), "licences"),
            (json!({"costCentre": ""}), "costCentre"),
            (json!({"termDays": 0}), "termDays"),
            (json!({"termDays": 3_651}), "termDays"),
            (json!({"reminderDays": 3}), "reminderDays"),
            (json!({"termDays": 30, "reminderDays": 30}), "reminderDays"),
        ] {
            let problem = check(change.clone()).expect_err(key);
            assert_eq!(problem.code(), "wrongApplication", "{change}");
            assert!(problem.detail().starts_with(key), "{change}: {}", problem.detail());
        }
    }

    #[test]
    fn an_app_is_named_by_a_guid() {
        assert_eq!(
            check_app_id("0F1A2B3C-0000-4000-8000-000000000001").unwrap(),
            "0f1a2b3c-0000-4000-8000-000000000001"
        );
        for wrong in ["", "7-Zip", "0f1a2b3c"] {
            assert!(check_app_id(wrong).is_err(), "{wrong}");
        }
    }
}
