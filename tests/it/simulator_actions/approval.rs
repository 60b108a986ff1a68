//! Multi Admin Approval.

use super::*;

async fn protect(tried: &Tried, policy: Value) {
    let put = tried.request(Method::PUT, "/simulator/approvals/policy");
    let put = tried.send(put.json(&policy)).await;
    assert_eq!(put.status, 200, "{}", put.text);
}

async fn wipe(tried: &Tried, id: &str, headers: &[(&str, &str)], body: &Value) -> Got {
    let mut request = tried.request(Method::POST, &format!("{DEVICES}/{id}/wipe")).json(body);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    tried.send(request).await
}

const WHY: (&str, &str) = ("x-msft-approval-justification", "c3RvbGVu");
const CODE: &str = "x-msft-approval-code";

async fn decide(tried: &Tried, code: &str, decision: &str) -> u16 {
    let body = json!({"decision": decision, "justification": "looked at it"});
    tried.post(&format!("/simulator/approvals/{code}"), body).await.status
}

/// Asks for a wipe; its code.
async fn asked(tried: &Tried, id: &str) -> String {
    let got = wipe(tried, id, &[WHY], &json!({})).await;
    assert_eq!(got.json()["error"]["code"], "ApprovalRequired");
    got.header(CODE).to_owned()
}

#[tokio::test]
async fn a_protected_action_waits_for_another_administrator() {
    for status in [403, 400] {
        let tried = tenant().await;
        protect(&tried, json!({"verbs": ["wipe"], "status": status})).await;
        let id = laptop(&tried).await;
        let body = json!({"keepUserData": false});
        let bare = wipe(&tried, &id, &[], &body).await;
        assert_eq!(bare.status, status);
        assert!(
            bare.text.contains("x-msft-approval-justification"),
            "the header is named"
        );
        let required = wipe(&tried, &id, &[WHY], &body).await;
        assert_eq!(
            (required.status, &required.json()["error"]["code"]),
            (status, &json!("ApprovalRequired"))
        );
        let code = required.header(CODE).to_owned();
        let requests = format!("/beta/deviceManagement/operationApprovalRequests?$filter=requestId eq '{code}'");
        let standing = async || tried.get(&requests).await.devices()[0]["status"].clone();
        assert_eq!(standing().await, "needsApproval");
        let early = wipe(&tried, &id, &[(CODE, &code)], &body).await;
        assert_eq!(
            (early.status, early.header(CODE)),
            (status, code.as_str()),
            "still the same request"
        );
        assert_eq!(decide(&tried, &code, "approve").await, 204);
        assert_eq!(standing().await, "approved");
        assert_eq!(effects(&tried, &id, "wipe"), 0);
        assert_eq!(wipe(&tried, &id, &[(CODE, &code)], &body).await.status, 204);
        assert_eq!(
            (effects(&tried, &id, "wipe"), standing().await),
            (1, json!("completed"))
        );
        assert_eq!(
            wipe(&tried, &id, &[(CODE, &code)], &body).await.status,
            status,
            "good for one request"
        );
        assert_eq!(effects(&tried, &id, "wipe"), 1);
    }
}

#[tokio::test]
async fn an_approval_is_for_the_same_request_and_no_other() {
    let tried = tenant().await;
    protect(&tried, json!({"verbs": ["wipe"]})).await;
    let (id, other) = (laptop(&tried).await, laptop(&tried).await);
    let code = asked(&tried, &id).await;
    assert_eq!(decide(&tried, &code, "approve").await, 204);
    assert_eq!(wipe(&tried, &other, &[(CODE, &code)], &json!({})).await.status, 403);
    assert_eq!(
        wipe(&tried, &id, &[(CODE, &code)], &json!({"keepUserData": true}))
            .await
            .status,
        403
    );
    let stranger = "00000000-0000-4000-8000-000000000000";
    assert_eq!(wipe(&tried, &id, &[(CODE, stranger)], &json!({})).await.status, 403);
    assert!(tried.sim.effects(None).is_empty());
    assert_eq!(
        act(&tried, &id, "syncDevice", json!({})).await.status,
        204,
        "what is not protected goes on"
    );
}

#[tokio::test]
async fn rejected_cancelled_and_lapsed_requests_stay_without_effect() {
    let tried = tenant().await;
    protect(&tried, json!({"verbs": ["wipe"], "lapsesAfterS": 600})).await;
    for (decision, standing) in [("reject", "rejected"), ("cancel", "cancelled"), ("", "expired")] {
        let id = laptop(&tried).await;
        let code = asked(&tried, &id).await;
        match decision {
            "" => pass(&tried, 600),
            decision => assert_eq!(decide(&tried, &code, decision).await, 204),
        }
        let one = tried
            .get(&format!("/beta/deviceManagement/operationApprovalRequests/{code}"))
            .await;
        assert_eq!(one.json()["status"], standing);
        assert_eq!(wipe(&tried, &id, &[(CODE, &code)], &json!({})).await.status, 403);
        assert_eq!(decide(&tried, &code, "approve").await, 404, "too late");
    }
    assert!(tried.sim.effects(None).is_empty());
}

#[tokio::test]
async fn reading_requests_wants_a_right_of_its_own_and_unknown_verbs_cannot_be_protected() {
    let tried = start_with(1, &[READ, PRIVILEGED]).await;
    assert_eq!(
        tried
            .get("/beta/deviceManagement/operationApprovalRequests")
            .await
            .status,
        403
    );
    let put = tried
        .request(Method::PUT, "/simulator/approvals/policy")
        .json(&json!({"verbs": ["whipe"]}));
    assert_eq!(tried.send(put).await.status, 400);
}

#[tokio::test]
async fn deletes_and_edits_can_be_protected_as_well() {
    let tried = tenant().await;
    protect(&tried, json!({"verbs": ["delete", "update", "deviceCategory"]})).await;
    let id = laptop(&tried).await;
    for (method, path) in [
        (Method::DELETE, format!("{DEVICES}/{id}")),
        (Method::PATCH, format!("{DEVICES}/{id}")),
    ] {
        let request = || tried.request(method.clone(), &path).json(&json!({"notes": "x"}));
        let required = tried.send(request().header(WHY.0, WHY.1)).await;
        assert_eq!(required.json()["error"]["code"], "ApprovalRequired");
        let code = required.header(CODE);
        assert_eq!(decide(&tried, code, "approve").await, 204);
        if method == Method::PATCH {
            assert_eq!(tried.send(request().header(CODE, code)).await.status, 204);
        }
    }
    assert_eq!((effects(&tried, &id, "update"), effects(&tried, &id, "delete")), (1, 0));
}
