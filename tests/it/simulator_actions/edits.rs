//! What is edited rather than asked of a device.

use super::*;

async fn patch(tried: &Tried, path: &str, body: Value) -> Got {
    tried.send(tried.request(Method::PATCH, path).json(&body)).await
}

#[tokio::test]
async fn name_notes_and_owner_are_edited_and_nothing_else() {
    let tried = tenant().await;
    let id = laptop(&tried).await;
    let path = format!("{DEVICES}/{id}");
    let changes = json!({"managedDeviceName": "Desk 4", "notes": "on loan", "managedDeviceOwnerType": "personal"});
    assert_eq!(patch(&tried, &path, changes.clone()).await.status, 204);
    let got = tried
        .get(&format!(
            "{path}?$select=managedDeviceName,notes,managedDeviceOwnerType"
        ))
        .await
        .json();
    for (name, value) in changes.as_object().unwrap() {
        assert_eq!(&got[name], value);
    }
    for wrong in [
        json!({}),
        json!({"deviceName": "X"}),
        json!({"notes": 5}),
        json!({"managedDeviceOwnerType": "both"}),
        json!({"managedDeviceOwnerType": null}),
        json!({"ownerType": "company"}),
    ] {
        assert_eq!(patch(&tried, &path, wrong.clone()).await.status, 400, "{wrong}");
    }
    let beta = format!("{BETA}/{id}");
    assert_eq!(
        patch(&tried, &beta, json!({"ownerType": "company", "notes": null}))
            .await
            .status,
        204
    );
    let got = tried
        .get(&format!("{beta}?$select=ownerType,managedDeviceOwnerType,notes"))
        .await
        .json();
    assert_eq!(
        (&got["ownerType"], &got["managedDeviceOwnerType"]),
        (&json!("company"), &json!("company"))
    );
    assert_eq!(got["notes"], Value::Null);
    assert_eq!(effects(&tried, &id, "update"), 2);
    tune(&tried, json!({"patchAnswersDevice": true})).await;
    let answered = patch(&tried, &path, json!({"managedDeviceName": "Desk 5"})).await;
    assert_eq!(
        (answered.status, &answered.json()["managedDeviceName"]),
        (200, &json!("Desk 5"))
    );
    let unknown = format!("{DEVICES}/00000000-0000-4000-8000-000000000000");
    assert_eq!(patch(&tried, &unknown, json!({"notes": "x"})).await.status, 404);
}

#[tokio::test]
async fn a_category_is_chosen_from_the_tenants_own() {
    let tried = tenant().await;
    let id = laptop(&tried).await;
    let categories = tried.get("/v1.0/deviceManagement/deviceCategories").await.devices();
    assert!(categories.len() > 2);
    let device = format!("{DEVICES}/{id}");
    let before = tried.get(&device).await.json();
    assert_eq!(before["deviceCategoryDisplayName"], "");
    for (index, root) in [(0, DEVICES), (1, BETA)] {
        let link = format!(
            "{}/beta/deviceManagement/deviceCategories/{}",
            tried.base,
            categories[index]["id"].as_str().unwrap()
        );
        let put = tried.request(Method::PUT, &format!("{root}/{id}/deviceCategory/$ref"));
        assert_eq!(tried.send(put.json(&json!({"@odata.id": link}))).await.status, 204);
        let name = &categories[index]["displayName"];
        assert_eq!(&tried.get(&device).await.json()["deviceCategoryDisplayName"], name);
        assert_eq!(
            &tried.get(&format!("{device}/deviceCategory")).await.json()["displayName"],
            name
        );
    }
    for (body, status) in [
        (json!({}), 400),
        (json!({"@odata.id": "https://elsewhere.example/x"}), 400),
        (
            json!({"@odata.id": "/beta/deviceManagement/deviceCategories/00000000-0000-4000-8000-000000000000"}),
            404,
        ),
    ] {
        let put = tried.request(Method::PUT, &format!("{BETA}/{id}/deviceCategory/$ref"));
        assert_eq!(tried.send(put.json(&body)).await.status, status, "{body}");
    }
    assert_eq!(effects(&tried, &id, "deviceCategory"), 2);
}

#[tokio::test]
async fn audits_are_filtered_and_paged() {
    let tried = tenant().await;
    let (one, two) = (laptop(&tried).await, laptop(&tried).await);
    for id in [&one, &two] {
        accepted(&tried, id, "rebootNow", json!({})).await;
        pass(&tried, 60);
        accepted(&tried, id, "retire", json!({})).await;
    }
    let count = async |filter: &str| audits(&tried, filter).await.len();
    assert_eq!(count(&format!("managedDeviceId eq '{one}'")).await, 2);
    assert_eq!(count("action eq 'removeCompanyData'").await, 2);
    assert_eq!(count("requestDateTime ge 2026-11-20T10:01:00Z").await, 3);
    assert_eq!(count("requestDateTime gt 2026-11-20T10:01:00Z").await, 1);
    assert_eq!(
        count(&format!("managedDeviceId eq '{two}' and action eq 'rebootNow'")).await,
        1
    );
    assert_eq!(
        tried.get(&format!("{AUDITS}?$filter=userName eq 'x'")).await.status,
        400
    );
    let mut seen = Vec::new();
    let mut next = Some(format!("{AUDITS}?$top=3"));
    while let Some(link) = next {
        let page = tried.get(&link).await;
        seen.extend(page.ids());
        next = page.next();
    }
    assert_eq!(seen.len(), 4);
    let audit = tried.get(&format!("{AUDITS}/{}", seen[0])).await.json();
    assert_eq!(
        (&audit["id"], &audit["action"]),
        (&json!(seen[0]), &json!("removeCompanyData"))
    );
}
