//! Who may approve an order: a second person, with the right, named by the application, and with their own password.

use chrono::TimeDelta;
use intune_connector::model::RightScope;
use reqwest::Method;
use serde_json::json;

use super::shop::{APPLICATIONS, HERE, ORDERS, Shop};
use super::tenant_stub::ZIP;
use crate::sics::bus::{PASSWORD, problem, status};

const PLACES: &[&str] = &["Orders_Place", "Orders_Read", "Applications_Read"];
const APPROVES: &[&str] = &["Orders_Approve", "Orders_Read"];

/// An order of the account `portal` that waits for approval.
async fn waiting(change: serde_json::Value) -> Shop {
    let shop = Shop::with_zip(change).await;
    let portal = shop.operator("portal", PLACES, RightScope::default()).await;
    let placed = status(shop.order(&portal, "1", json!({"approval": "operator"})), 201).await;
    assert_eq!(placed["state"], "waitingForApproval");
    shop
}

#[tokio::test]
async fn sh21_an_order_waits_for_a_second_person() {
    let shop = waiting(json!({})).await;
    shop.person("anna", APPROVES).await;
    let approved = status(shop.approve("anna", "1"), 200).await;
    assert_eq!(
        (&approved["state"], &approved["decidedBy"], &approved["placedBy"]),
        (&json!("accepted"), &json!("anna"), &json!("portal"))
    );
    assert_eq!(problem(shop.approve("anna", "1"), 409).await, "notWaiting");
    let reject = shop.by("anna", Method::POST, &format!("{ORDERS}/1/reject"), json!({}));
    assert_eq!(problem(reject, 409).await, "notWaiting");
    assert!(shop.trail().await.iter().any(|row| row == "anna order.approved 1"));
}

#[tokio::test]
async fn sh21_nobody_approves_their_own_order() {
    let shop = Shop::with_zip(json!({})).await;
    shop.person("anna", &["Orders_*", "Applications_Read"]).await;
    let body = json!({"id": "1", "application": "7-zip", "type": "install", "device": "PC-1", "approval": "operator"});
    status(shop.by("anna", Method::POST, ORDERS, body), 201).await;
    // As long as there is nobody else, a day has to pass.
    assert_eq!(problem(shop.approve("anna", "1"), 403).await, "tooEarly");
    shop.person("ben", APPROVES).await;
    assert_eq!(problem(shop.approve("anna", "1"), 403).await, "ownOrder");
    shop.shelf.clock.advance(TimeDelta::hours(25));
    assert_eq!(
        problem(shop.approve("anna", "1"), 403).await,
        "ownOrder",
        "ben is there"
    );
    status(shop.approve("ben", "1"), 200).await;
}

#[tokio::test]
async fn a9_accounts_that_are_tied_count_as_one_person() {
    let shop = Shop::with_zip(json!({})).await;
    shop.person("boss", &["Operators_*", "Orders_*", "Applications_*"])
        .await;
    let machine = json!({"name": "machine", "kind": "server", "rights": PLACES});
    status(shop.by("boss", Method::POST, "/sics/v1/operators", machine), 201).await;
    let token = json!({"name": "test"});
    let token = status(
        shop.by("boss", Method::POST, "/sics/v1/operators/machine/tokens", token),
        201,
    )
    .await;
    let token = token["token"].as_str().unwrap();
    status(shop.order(token, "1", json!({"approval": "operator"})), 201).await;
    shop.person("ben", APPROVES).await;
    assert_eq!(problem(shop.approve("boss", "1"), 403).await, "relatedAccounts");
    status(shop.approve("ben", "1"), 200).await;
}

#[tokio::test]
async fn approvers_and_their_deputies_are_named_by_the_application() {
    let shop = Shop::new().await;
    for name in ["anna", "ben", "carl"] {
        shop.person(name, APPROVES).await;
    }
    let named = json!({"approval": "operator", "approvers": ["Anna"], "deputies": ["ben"]});
    shop.link("7-zip", super::tenant_stub::ZIP, named).await;
    shop.complete("7-zip").await;
    for id in ["1", "2"] {
        let placed = status(shop.order(&shop.admin, id, json!({})), 201).await;
        assert_eq!(placed["approvers"], json!(["Anna", "ben"]));
    }
    assert_eq!(problem(shop.approve("carl", "1"), 403).await, "notAnApprover");
    status(shop.approve("anna", "1"), 200).await;
    status(shop.approve("ben", "2"), 200).await;
    // An order may only be stricter than its application.
    let weaker = shop.order(&shop.admin, "3", json!({"approval": "none"}));
    assert_eq!(problem(weaker, 400).await, "wrongOrder");
}

#[tokio::test]
async fn wi_7_who_may_not_approve_is_not_named_and_the_right_is_the_cure() {
    let shop = Shop::new().await;
    shop.person("ben", &["Orders_Read"]).await;
    shop.operator("machine", APPROVES, RightScope::default()).await;
    shop.person("carl", APPROVES).await;
    let body = |key: &str, name: &str| {
        let mut body = json!({"app": ZIP, "instance": HERE, "approval": "operator", "approvers": ["carl"]});
        body[key] = json!([name]);
        body
    };
    for (key, name, told) in [
        ("approvers", "ben", "without the right Orders_Approve"),
        ("deputies", "ben", "without the right Orders_Approve"),
        ("approvers", "machine", "not that of a person"),
        ("approvers", "nobody", "does not exist"),
    ] {
        let refused = status(shop.put(&shop.admin, "7-zip", body(key, name)), 400).await;
        let detail = refused["detail"].as_str().unwrap();
        assert!(detail.starts_with(key) && detail.contains(told), "{name}: {refused}");
    }
    let refused = status(shop.put(&shop.admin, "7-zip", body("approvers", "ben")), 400).await;
    let cure = format!("intune-connector operators give ben app-orders-approver --instances {HERE}");
    assert!(refused["advice"].as_str().unwrap().ends_with(&cure), "{refused}");
    status(shop.put(&shop.admin, "7-zip", body("approvers", "carl")), 201).await;
}

#[tokio::test]
async fn an_approval_takes_the_password_of_a_person() {
    let shop = waiting(json!({})).await;
    shop.person("anna", APPROVES).await;
    let path = format!("{ORDERS}/1/approve");
    let machine = shop.operator("machine", APPROVES, RightScope::default()).await;
    assert_eq!(problem(shop.post(&machine, &path, json!({})), 403).await, "personally");
    let anna = shop.shelf.store.find_operator_by_name("anna").await.unwrap().unwrap();
    let token = shop.token(anna.id, None).await;
    assert_eq!(
        problem(shop.post(&token, &path, json!({})), 403).await,
        "passwordNeeded"
    );
    let wrong = shop.post(&token, &path, json!({"password": "a wrong one"}));
    assert_eq!(problem(wrong, 401).await, "signInFailed");
    let session = shop.session("anna").await;
    shop.shelf.clock.advance(TimeDelta::minutes(6));
    assert_eq!(
        problem(shop.post(&session, &path, json!({})), 403).await,
        "sessionNotConfirmed"
    );
    let long = json!({"password": PASSWORD, "reason": "x".repeat(1_001)});
    assert_eq!(problem(shop.post(&session, &path, long), 400).await, "wrongReason");
    let given = json!({"password": PASSWORD, "reason": "in the budget"});
    assert_eq!(
        status(shop.post(&session, &path, given), 200).await["decidedBy"],
        "anna"
    );
}

#[tokio::test]
async fn a_session_that_was_confirmed_needs_no_password_and_a_rejection_needs_none_ever() {
    let shop = waiting(json!({})).await;
    shop.person("anna", APPROVES).await;
    let session = shop.session("anna").await;
    status(shop.post(&session, &format!("{ORDERS}/1/approve"), json!({})), 200).await;
    status(shop.order(&shop.admin, "2", json!({"approval": "operator"})), 201).await;
    shop.shelf.clock.advance(TimeDelta::minutes(6));
    let reject = json!({"reason": "too dear"});
    let rejected = status(shop.post(&session, &format!("{ORDERS}/2/reject"), reject), 200).await;
    assert_eq!(
        (&rejected["state"], &rejected["status"], &rejected["decidedBy"]),
        (&json!("rejected"), &json!(0), &json!("anna"))
    );
    let approve = shop.approve("anna", "2");
    assert_eq!(problem(approve, 409).await, "orderEnded");
}

#[tokio::test]
async fn a_callback_is_asked_in_the_placing_transaction_and_answered_by_a_system() {
    let shop = Shop::with_zip(json!({"approval": "callback"})).await;
    assert_eq!(
        problem(shop.order(&shop.admin, "1", json!({})), 409).await,
        "noApprovalAddress"
    );
    assert!(shop.shelf.store.load_order("1".into()).await.unwrap().is_none());
    shop.engine.orders.change(3, |instance| instance.approval_url = true);
    status(shop.order(&shop.admin, "1", json!({})), 201).await;
    let waiting = shop.shelf.store.due_webhooks(shop.shelf.clock.now(), 10).await.unwrap();
    assert_eq!((waiting.len(), waiting[0].subject.as_str()), (1, "1"));
    shop.person("anna", APPROVES).await;
    assert_eq!(problem(shop.approve("anna", "1"), 403).await, "callbackDecides");
    let reject = shop.by("anna", Method::POST, &format!("{ORDERS}/1/reject"), json!({}));
    assert_eq!(status(reject, 200).await["state"], "rejected");
    // The system that was asked answers later, with an account of its own.
    status(shop.order(&shop.admin, "2", json!({})), 201).await;
    let system = shop.operator("workflow-system", APPROVES, RightScope::default()).await;
    let answer = shop.post(&system, &format!("{ORDERS}/2/approve"), json!({}));
    assert_eq!(status(answer, 200).await["decidedBy"], "workflow-system");
    let own = shop
        .operator("portal", &["Orders_*", "Applications_Read"], RightScope::default())
        .await;
    status(shop.order(&own, "3", json!({})), 201).await;
    let answer = shop.post(&own, &format!("{ORDERS}/3/approve"), json!({}));
    assert_eq!(problem(answer, 403).await, "ownOrder");
}

#[tokio::test]
async fn what_waits_for_approval_is_told_to_whoever_may_look() {
    let shop = waiting(json!({})).await;
    let told = status(shop.get(&shop.admin, "/sics/v1/attention"), 200).await;
    let items = told["items"].as_array().unwrap();
    let item = items.iter().find(|item| item["code"] == "ordersWaitForApproval");
    let item = item.unwrap_or_else(|| panic!("{told}"));
    assert_eq!(item["message"], "1 order waits for approval at IntuneAppOrders_3.");
    let other = shop.account_at("other", &["Orders_Read"], super::shop::THERE).await;
    let told = status(shop.get(&other, "/sics/v1/attention"), 200).await;
    let codes = told["items"].as_array().unwrap().iter().map(|item| &item["code"]);
    assert!(!codes.into_iter().any(|code| code == "ordersWaitForApproval"), "{told}");
}

#[tokio::test]
async fn a7_whoever_orders_does_not_lift_the_approval_alone() {
    let shop = Shop::with_zip(json!({"approval": "operator"})).await;
    shop.person("mara", &["Applications_*", "Orders_*", "Jobs_Approve"])
        .await;
    shop.person("ben", &["Jobs_Approve"]).await;
    let describe = |approval: &str, comment: &str| {
        let body = json!({"instance": HERE, "app": ZIP, "approval": approval, "comment": comment});
        shop.by("mara", Method::PUT, &format!("{APPLICATIONS}/7-zip"), body)
    };
    let order = |id: &str| {
        let body = json!({"id": id, "application": "7-zip", "type": "install", "device": format!("PC-{id}")});
        shop.by("mara", Method::POST, ORDERS, body)
    };
    let seen = status(describe("none", "for all"), 200).await;
    assert_eq!(
        (&seen["approval"], &seen["comment"]),
        (&json!("operator"), &json!("for all")),
        "nothing is looser yet"
    );
    assert_eq!(status(order("1"), 201).await["state"], "waitingForApproval");
    let waits = seen["loosening"].as_i64().unwrap();
    let limits = status(shop.get(&shop.admin, "/sics/v1/limits"), 200).await;
    let waiting = &limits["waiting"][0];
    assert_eq!(
        (&waiting["id"], &waiting["askedBy"]),
        (&json!(waits), &json!("mara")),
        "{waiting}"
    );
    assert_eq!(waiting["change"]["kind"], "applicationChange");
    let agree = |name: &str| {
        let body = json!({"name": name, "password": PASSWORD, "digest": waiting["digest"]});
        shop.post(&shop.admin, &format!("/sics/v1/loosenings/{waits}/approve"), body)
    };
    assert_eq!(problem(agree("mara"), 403).await, "ownRequest");
    status(agree("ben"), 200).await;
    let seen = status(shop.get(&shop.admin, &format!("{APPLICATIONS}/7-zip")), 200).await;
    assert_eq!((&seen["approval"], &seen["loosening"]), (&json!("none"), &json!(null)));
    assert_eq!(status(order("2"), 201).await["state"], "accepted");
    let first = status(shop.get(&shop.admin, &format!("{ORDERS}/1")), 200).await;
    assert_eq!(
        first["state"], "waitingForApproval",
        "it keeps the approval under which it was placed"
    );
    // Tighter at once.
    let seen = status(describe("operator", "for some"), 200).await;
    assert_eq!(
        (&seen["approval"], &seen["loosening"]),
        (&json!("operator"), &json!(null))
    );
    let trail = shop.trail().await;
    for row in ["mara loosening.asked application.7-zip", "ben loosening.approved bus"] {
        assert!(trail.iter().any(|line| line == row), "{row}: {trail:?}");
    }
}
