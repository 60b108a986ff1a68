//! What the simulated tenant does with apps, groups, the directory and reports: each trap that Microsoft's services set,
//! over HTTP.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};
use simulated_tenant::fault::{Seen, order_catalogue};
use uuid::Uuid;

use crate::simulator_graph::{Got, PRIVILEGED, READ, Tried, start_with};

const APPS: &str = "/v1.0/deviceAppManagement/mobileApps";
const BETA_APPS: &str = "/beta/deviceAppManagement/mobileApps";
const REPORT: &str = "/v1.0/deviceManagement/reports/retrieveDeviceAppInstallationStatusReport";
const EXPORTS: &str = "/v1.0/deviceManagement/reports/exportJobs";
const APPS_WRITE: &str = "DeviceManagementApps.ReadWrite.All";
const DEVICE_WRITE: &str = "Device.ReadWrite.All";
const GROUP_WRITE: &str = "Group.ReadWrite.All";
const MEMBER_WRITE: &str = "GroupMember.ReadWrite.All";
const USER_READ: &str = "User.ReadBasic.All";

/// A tenant with all rights for orders.
async fn tenant(devices: usize) -> Tried {
    let roles = [
        READ,
        PRIVILEGED,
        APPS_WRITE,
        GROUP_WRITE,
        MEMBER_WRITE,
        DEVICE_WRITE,
        USER_READ,
        "DeviceManagementConfiguration.Read.All",
        "DeviceManagementRBAC.Read.All",
        "Organization.Read.All",
    ];
    start_with(devices, &roles).await
}

async fn tune(tried: &Tried, tuning: Value) {
    let request = tried.request(Method::PATCH, "/simulator/tuning").json(&tuning);
    let got = tried.send(request).await;
    assert_eq!(got.status, 200, "{}", got.text);
}

async fn delete(tried: &Tried, path: &str) -> Got {
    tried.send(tried.request(Method::DELETE, path)).await
}

async fn patch(tried: &Tried, path: &str, body: Value) -> Got {
    tried.send(tried.request(Method::PATCH, path).json(&body)).await
}

fn code(got: &Got) -> String {
    got.json()["error"]["code"].as_str().unwrap_or_default().to_owned()
}

/// Status and code of a refusal.
fn refusal(got: &Got) -> (u16, String) {
    (got.status, code(got))
}

fn entra_refusal(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

/// The truth about the catalogue, by the control API.
async fn catalogue(tried: &Tried) -> Vec<Value> {
    let got = tried.get("/simulator/mobile-apps").await;
    got.json()["apps"].as_array().unwrap().clone()
}

async fn app_named(tried: &Tried, name: &str) -> String {
    let apps = catalogue(tried).await;
    let app = apps.iter().find(|app| app["displayName"] == name).unwrap();
    app["id"].as_str().unwrap().to_owned()
}

async fn create_group(tried: &Tried, name: &str) -> String {
    let nickname: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    let body = json!({
        "displayName": name, "mailEnabled": false, "mailNickname": nickname, "securityEnabled": true,
        "description": "made by a test",
    });
    let got = tried.post("/v1.0/groups", body).await;
    assert_eq!(got.status, 201, "{}", got.text);
    got.json()["id"].as_str().unwrap().to_owned()
}

async fn add_member(tried: &Tried, group: &str, object: &str) -> Got {
    let link = format!("https://graph.microsoft.com/v1.0/directoryObjects/{object}");
    let path = format!("/v1.0/groups/{group}/members/$ref");
    tried.post(&path, json!({"@odata.id": link})).await
}

/// A registered Windows device that Intune manages: object id, Intune id.
async fn windows_device(tried: &Tried) -> (String, String) {
    let got = tried.get("/simulator/directory").await.json();
    let devices = got["devices"].as_array().unwrap();
    let fits = |device: &&Value| device["operatingSystem"] == "Windows" && device["isStale"] == false;
    let device = devices.iter().find(fits).unwrap();
    let text = |name: &str| device[name].as_str().unwrap().to_owned();
    (text("id"), text("managedDeviceId"))
}

/// An assignment of the app to the group.
async fn assign(tried: &Tried, app: &str, group: &str, intent: &str) -> Got {
    let target = json!({"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": group});
    let body = json!({"@odata.type": "#microsoft.graph.mobileAppAssignment", "intent": intent, "target": target});
    tried.post(&format!("{APPS}/{app}/assignments"), body).await
}

async fn assignments(tried: &Tried, app: &str) -> Vec<Value> {
    tried.walk(&format!("{APPS}/{app}/assignments")).await
}

async fn report(tried: &Tried, body: Value) -> Got {
    tried.post(REPORT, body).await
}

/// The rows of an app's report, by column.
async fn rows(tried: &Tried, app: &str) -> Vec<Value> {
    let body = json!({"filter": format!("(ApplicationId eq '{app}')"), "top": 999});
    let got = report(tried, body).await;
    assert_eq!(got.status, 200, "{}", got.text);
    let table = got.json();
    let columns = table["Schema"].as_array().unwrap().clone();
    let rows = table["Values"].as_array().unwrap().iter().map(|row| {
        let members = columns.iter().zip(row.as_array().unwrap());
        let members = members.map(|(column, value)| (column["Column"].as_str().unwrap().to_owned(), value.clone()));
        Value::Object(members.collect())
    });
    rows.collect()
}

/// The newest row of a device.
async fn newest(tried: &Tried, app: &str, device: &str) -> Option<Value> {
    let rows = rows(tried, app).await;
    let of_device = rows.into_iter().filter(|row| row["DeviceId"] == device);
    of_device.max_by_key(|row| row["LastModifiedDateTime"].as_str().unwrap().to_owned())
}

fn pass(tried: &Tried, seconds: i64) {
    tried.sim.clock().advance(TimeDelta::seconds(seconds));
}

/// Devices of a person, as the control API tells them.
fn device_count(user: &Value) -> usize {
    user["managedDeviceIds"].as_array().unwrap().len()
}

fn names(rows: &[Value], name: &str) -> BTreeSet<String> {
    rows.iter().map(|row| row[name].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn si_apps_come_in_pages_by_type_and_those_of_beta_not_on_v1() {
    let tried = tenant(0).await;
    let all = tried.walk(BETA_APPS).await;
    assert!(all.len() >= 40, "{}", all.len());
    assert!(tried.get(BETA_APPS).await.next().is_some(), "more than one page");
    let types = names(&all, "@odata.type");
    for kind in [
        "win32LobApp",
        "winGetApp",
        "officeSuiteApp",
        "iosVppApp",
        "androidManagedStoreApp",
        "webApp",
    ] {
        assert!(types.contains(&format!("#microsoft.graph.{kind}")), "{kind}");
    }
    let v1 = tried.walk(APPS).await;
    assert!(v1.len() < all.len() && !names(&v1, "@odata.type").contains("#microsoft.graph.winGetApp"));
    let company_portal = app_named(&tried, "Company Portal").await;
    assert_eq!(tried.get(&format!("{APPS}/{company_portal}")).await.status, 404);
    assert_eq!(tried.get(&format!("{BETA_APPS}/{company_portal}")).await.status, 200);
    tune(&tried, json!({"software": {"betaTypesOnV1": "asBase"}})).await;
    assert_eq!(tried.walk(APPS).await.len(), all.len());
    let base = tried.get(&format!("{APPS}/{company_portal}")).await.json();
    assert_eq!(base["@odata.type"], "#microsoft.graph.mobileApp");
}

#[tokio::test]
async fn si_apps_are_filtered_chosen_and_expanded_or_refused() {
    let tried = tenant(0).await;
    for (filter, least) in [
        ("displayName eq '7-Zip 24.09 (x64)'", 2),
        ("contains(displayName,'Microsoft')", 4),
        ("isof('microsoft.graph.winGetApp')", 3),
        (
            "(isof('microsoft.graph.winGetApp') or isof('microsoft.graph.win32LobApp'))",
            8,
        ),
        ("isAssigned eq true", 4),
    ] {
        let found = tried.walk(&format!("{BETA_APPS}?$filter={filter}")).await;
        assert!(found.len() >= least, "{filter}: {}", found.len());
    }
    let chosen = tried
        .get(&format!(
            "{BETA_APPS}?$select=id,displayName&$expand=assignments&$filter=isAssigned eq true"
        ))
        .await
        .devices();
    assert!(!chosen[0]["assignments"].as_array().unwrap().is_empty() && chosen[0].get("publisher").is_none());
    for wrong in [
        "$filter=nonsense eq 'x'",
        "$filter=displayName gt 'x'",
        "$select=nonsense",
        "$expand=deviceStatuses",
        "$search=x",
        "$skip=1",
        "$orderby=publisher",
    ] {
        assert_eq!(tried.get(&format!("{APPS}?{wrong}")).await.status, 400, "{wrong}");
    }
    let with_icon = tried.walk(APPS).await;
    assert!(
        with_icon.iter().all(|app| app["largeIcon"].is_null()),
        "the list has no icons"
    );
    let mut icons = 0;
    for app in &with_icon {
        let app = tried
            .get(&format!("{APPS}/{}", app["id"].as_str().unwrap()))
            .await
            .json();
        icons += usize::from(app["largeIcon"]["value"].is_string());
    }
    assert!(icons > 5, "{icons}");
}

#[tokio::test]
async fn si_what_told_installations_of_an_app_is_gone() {
    let tried = tenant(0).await;
    let app = app_named(&tried, "Notepad++ 8.8.1").await;
    for segment in ["deviceStatuses", "userStatuses", "installSummary"] {
        for root in [APPS, BETA_APPS] {
            let got = tried.get(&format!("{root}/{app}/{segment}")).await;
            assert_eq!(refusal(&got), entra_refusal(400, "BadRequest"));
            let message = format!("Resource not found for the segment '{segment}'.");
            assert_eq!(got.json()["error"]["message"], message);
        }
    }
}

#[tokio::test]
async fn si_assign_replaces_everything_and_assignments_does_not() {
    let tried = tenant(0).await;
    let app = app_named(&tried, "Adobe Acrobat Reader").await;
    let before = assignments(&tried, &app).await;
    assert_eq!(before.len(), 2, "other people's");
    let group = create_group(&tried, "Install").await;
    let made = assign(&tried, &app, &group, "required").await;
    assert_eq!(made.status, 201, "{}", made.text);
    let id = made.json()["id"].as_str().unwrap().to_owned();
    assert!(Uuid::parse_str(&id).is_err(), "it is no GUID: {id}");
    assert_eq!(assignments(&tried, &app).await.len(), 3);
    let path = format!("{APPS}/{app}/assignments/{id}");
    assert_eq!(tried.get(&path).await.json()["target"]["groupId"], group);
    assert_eq!(delete(&tried, &path).await.status, 204);
    assert_eq!(delete(&tried, &path).await.status, 404);
    assert_eq!(assignments(&tried, &app).await, before);
    let target = json!({"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": group});
    let one = json!({"intent": "required", "target": target});
    let twice = json!({"mobileAppAssignments": [one, one]});
    let got = tried.post(&format!("{APPS}/{app}/assign"), twice).await;
    assert_eq!(got.status, 204, "{}", got.text);
    let after = assignments(&tried, &app).await;
    assert_eq!(
        after.len(),
        1,
        "a target that stands twice counts once, and the others are gone"
    );
    let writes = tried.get("/simulator/writes").await.json();
    let totals = &writes["totals"];
    assert_eq!(totals["POST /deviceAppManagement/mobileApps/{id}/assignments"], 1);
    assert_eq!(totals["POST /deviceAppManagement/mobileApps/{id}/assign"], 1);
    assert_eq!(
        totals["DELETE /deviceAppManagement/mobileApps/{id}/assignments/{id}"],
        1
    );
    assert_eq!(totals["POST /groups"], 1);
}

#[tokio::test]
async fn si_an_assignment_must_fit_app_group_and_settings() {
    let tried = tenant(0).await;
    let group = create_group(&tried, "Install").await;
    let win32 = app_named(&tried, "Notepad++ 8.8.1").await;
    let with_settings = async |app: &str, settings: &str| {
        let target = json!({"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": group});
        let settings = json!({"@odata.type": format!("#microsoft.graph.{settings}")});
        let body = json!({"intent": "required", "target": target, "settings": settings});
        tried.post(&format!("{BETA_APPS}/{app}/assignments"), body).await.status
    };
    assert_eq!(with_settings(&win32, "iosVppAppAssignmentSettings").await, 400);
    assert_eq!(with_settings(&win32, "nonsense").await, 400);
    assert_eq!(with_settings(&win32, "win32LobAppAssignmentSettings").await, 201);
    let again = assign(&tried, &win32, &group, "required").await;
    assert_eq!(again.status, 400, "the group has one assignment already");
    assert_eq!(assign(&tried, &win32, &group, "uninstall").await.status, 400);
    tune(&tried, json!({"software": {"repeatedAssignmentIsTaken": true}})).await;
    let again = assign(&tried, &win32, &group, "required").await;
    assert_eq!((again.status, assignments(&tried, &win32).await.len()), (201, 1));
    for (name, intent) in [
        ("Still being uploaded", "required"),
        ("Never published", "required"),
        ("Microsoft Word", "required"),
        ("Timesheet", "uninstall"),
    ] {
        let app = app_named(&tried, name).await;
        assert_eq!(assign(&tried, &app, &group, intent).await.status, 400, "{name}");
    }
    let other = app_named(&tried, "VLC media player").await;
    let nobody = Uuid::new_v4().to_string();
    assert_eq!(assign(&tried, &other, &nobody, "required").await.status, 400);
    tune(&tried, json!({"software": {"unknownGroupStatus": 404}})).await;
    assert_eq!(assign(&tried, &other, &nobody, "required").await.status, 404);
    let body = json!({"intent": "required", "target": {"@odata.type": "#microsoft.graph.nonsense"}});
    assert_eq!(
        tried.post(&format!("{APPS}/{other}/assignments"), body).await.status,
        400
    );
}

#[tokio::test]
async fn si_a_group_is_made_changed_and_deleted_in_entras_words() {
    let tried = tenant(0).await;
    for wrong in [
        json!({"displayName": "A", "mailEnabled": false, "securityEnabled": true}),
        json!({"displayName": "A", "mailEnabled": false, "mailNickname": "a b", "securityEnabled": true}),
        json!({"displayName": "A", "mailEnabled": true, "mailNickname": "a", "securityEnabled": true}),
        json!({"displayName": "A", "mailEnabled": false, "mailNickname": "a", "securityEnabled": true, "colour": 1}),
    ] {
        let got = tried.post("/v1.0/groups", wrong).await;
        assert_eq!(refusal(&got), entra_refusal(400, "Request_BadRequest"), "{}", got.text);
    }
    let group = create_group(&tried, "Install 7-Zip").await;
    let path = format!("/v1.0/groups/{group}");
    let shown = tried.get(&path).await.json();
    assert_eq!(
        (&shown["securityEnabled"], &shown["groupTypes"]),
        (&json!(true), &json!([]))
    );
    assert_eq!(patch(&tried, &path, json!({"description": "marker"})).await.status, 204);
    assert_eq!(tried.get(&path).await.json()["description"], "marker");
    assert_eq!(delete(&tried, &path).await.status, 204);
    assert_eq!(
        refusal(&tried.get(&path).await),
        entra_refusal(404, "Request_ResourceNotFound")
    );
    assert_eq!(delete(&tried, &path).await.status, 404);
    let malformed = tried.get("/v1.0/groups/nonsense").await;
    assert_eq!(refusal(&malformed), entra_refusal(400, "Request_BadRequest"));
}

#[tokio::test]
async fn si_groups_are_filtered_plainly_or_as_an_advanced_query() {
    let tried = tenant(0).await;
    let group = create_group(&tried, "O'Brien's tools").await;
    for filter in [
        "displayName eq 'O''Brien''s tools'",
        "mailNickname eq 'OBrienstools'",
        "startswith(displayName,'O''B')",
    ] {
        let found = tried.get(&format!("/v1.0/groups?$filter={filter}")).await.devices();
        assert_eq!(
            (found.len(), found[0]["id"].as_str()),
            (1, Some(group.as_str())),
            "{filter}"
        );
    }
    let double = tried
        .get("/v1.0/groups?$filter=displayName eq 'Software rollout'")
        .await;
    assert_eq!(double.devices().len(), 2, "a name is not unique");
    let advanced = "/v1.0/groups?$filter=startswith(description,'made by')";
    for path in [
        advanced,
        "/v1.0/groups?$filter=displayName ne 'x'",
        "/v1.0/groups?$count=true",
    ] {
        assert_eq!(
            refusal(&tried.get(path).await),
            entra_refusal(400, "Request_UnsupportedQuery"),
            "{path}"
        );
    }
    let request = tried.request(Method::GET, &format!("{advanced}&$count=true"));
    let got = tried.send(request.header("ConsistencyLevel", "eventual")).await;
    assert_eq!((got.devices().len(), &got.json()["@odata.count"]), (1, &json!(1)));
    assert_eq!(tried.get("/v1.0/groups?$top=1000").await.status, 400);
    assert_eq!(tried.walk("/v1.0/groups?$top=3").await.len(), 11);
}

#[tokio::test]
async fn si_members_are_added_once_and_removed_once() {
    let tried = tenant(30).await;
    let group = create_group(&tried, "Install").await;
    let (object, _) = windows_device(&tried).await;
    let reference = format!("/v1.0/groups/{group}/members/{object}/$ref");
    assert_eq!(delete(&tried, &reference).await.status, 404, "not a member");
    assert_eq!(add_member(&tried, &group, &object).await.status, 204);
    let again = add_member(&tried, &group, &object).await;
    assert_eq!(refusal(&again), entra_refusal(400, "Request_BadRequest"));
    assert_eq!(
        again.json()["error"]["message"],
        "One or more added object references already exist for the following modified properties: 'members'."
    );
    let unknown = add_member(&tried, &group, &Uuid::new_v4().to_string()).await;
    assert_eq!(refusal(&unknown), entra_refusal(404, "Request_ResourceNotFound"));
    let members = tried.get(&format!("/v1.0/groups/{group}/members")).await.devices();
    assert_eq!(
        (members.len(), &members[0]["@odata.type"]),
        (1, &json!("#microsoft.graph.device"))
    );
    let checked = tried
        .post(
            &format!("/v1.0/devices/{object}/checkMemberObjects"),
            json!({"ids": [group, Uuid::new_v4()]}),
        )
        .await;
    assert_eq!(checked.json()["value"], json!([group]));
    let of_device = tried.get(&format!("/v1.0/devices/{object}/transitiveMemberOf")).await;
    assert!(of_device.ids().contains(&group));
    assert_eq!(delete(&tried, &reference).await.status, 204);
    assert_eq!(delete(&tried, &reference).await.status, 404);
    let many: Vec<String> = (0..21)
        .map(|_| format!("https://x/v1.0/directoryObjects/{}", Uuid::new_v4()))
        .collect();
    let path = format!("/v1.0/groups/{group}");
    assert_eq!(
        patch(&tried, &path, json!({"members@odata.bind": many})).await.status,
        400
    );
    let known = format!("https://x/v1.0/directoryObjects/{object}");
    let mixed = patch(&tried, &path, json!({"members@odata.bind": [known, many[0]]})).await;
    assert_eq!(mixed.status, 404);
    let members = tried.get(&format!("{path}/members")).await.devices();
    assert!(members.is_empty(), "all or nothing");
    assert_eq!(
        patch(&tried, &path, json!({"members@odata.bind": [known]}))
            .await
            .status,
        204
    );
}

#[tokio::test]
async fn si_groups_that_an_app_may_not_change_refuse_members() {
    let tried = tenant(30).await;
    let groups = tried.get("/simulator/groups").await.json();
    let of_kind = |kind: &str| {
        let groups = groups["groups"].as_array().unwrap();
        let group = groups.iter().find(|group| group["kind"] == kind).unwrap();
        group["id"].as_str().unwrap().to_owned()
    };
    let (object, _) = windows_device(&tried).await;
    let denied = entra_refusal(403, "Authorization_RequestDenied");
    let bad = entra_refusal(400, "Request_BadRequest");
    for (kind, expected) in [
        ("dynamic", &denied),
        ("roleAssignable", &denied),
        ("mailSecurity", &bad),
        ("onPremises", &bad),
    ] {
        let refused = add_member(&tried, &of_kind(kind), &object).await;
        assert_eq!(&refusal(&refused), expected, "{kind}");
    }
    let role = tried
        .get(&format!("/v1.0/groups/{}", of_kind("roleAssignable")))
        .await
        .json();
    assert_eq!(role["isAssignableToRole"], true);
    let dynamic = tried.get(&format!("/v1.0/groups/{}", of_kind("dynamic"))).await.json();
    assert_eq!(dynamic["groupTypes"], json!(["DynamicMembership"]));
}

#[tokio::test]
async fn si_rights_are_those_of_the_documents() {
    let makes = start_with(20, &["Group.Create", READ]).await;
    let group = create_group(&makes, "Install").await;
    let denied = entra_refusal(403, "Authorization_RequestDenied");
    assert_eq!(refusal(&makes.get(&format!("/v1.0/groups/{group}")).await), denied);
    let (object, _) = windows_device(&makes).await;
    assert_eq!(refusal(&add_member(&makes, &group, &object).await), denied);
    assert_eq!(makes.get(APPS).await.status, 403);
    assert!(makes.get(APPS).await.intune_message().contains(APPS_WRITE));
    let members_only = start_with(20, &[MEMBER_WRITE, "Device.Read.All"]).await;
    let made = members_only
        .post("/simulator/groups", json!({"displayName": "Install"}))
        .await
        .json();
    let group = made["id"].as_str().unwrap();
    let (object, _) = windows_device(&members_only).await;
    let refused = add_member(&members_only, group, &object).await;
    assert_eq!(refusal(&refused), denied, "a device needs Device.ReadWrite.All as well");
    tune(
        &members_only,
        json!({"directory": {"deviceMembersNeedDeviceWrite": false}}),
    )
    .await;
    assert_eq!(add_member(&members_only, group, &object).await.status, 204);
    let without_ref = delete(&members_only, &format!("/v1.0/groups/{group}/members/{object}")).await;
    assert_eq!(refusal(&without_ref), denied, "without $ref the device itself is meant");
}

#[tokio::test]
async fn si_without_ref_a_removal_deletes_the_device_from_the_directory() {
    let tried = tenant(20).await;
    let group = create_group(&tried, "Install").await;
    let (object, _) = windows_device(&tried).await;
    assert_eq!(add_member(&tried, &group, &object).await.status, 204);
    let path = format!("/v1.0/groups/{group}/members/{object}");
    assert_eq!(delete(&tried, &path).await.status, 204);
    assert_eq!(tried.get(&format!("/v1.0/devices/{object}")).await.status, 404);
}

#[tokio::test]
async fn si_a_new_group_and_a_new_member_show_after_the_replication_lag() {
    let tried = tenant(20).await;
    tune(&tried, json!({"directory": {"groupLagMs": 5000, "memberLagMs": 3000}})).await;
    let group = create_group(&tried, "Install").await;
    let (object, _) = windows_device(&tried).await;
    let found = async || {
        let by_name = tried
            .get("/v1.0/groups?$filter=displayName eq 'Install'")
            .await
            .devices();
        (by_name.len(), tried.get(&format!("/v1.0/groups/{group}")).await.status)
    };
    assert_eq!(found().await, (0, 404));
    let early = add_member(&tried, &group, &object).await;
    assert_eq!(refusal(&early), entra_refusal(404, "Request_ResourceNotFound"));
    let app = app_named(&tried, "Notepad++ 8.8.1").await;
    assert_eq!(
        assign(&tried, &app, &group, "required").await.status,
        400,
        "nor does Intune know it"
    );
    pass(&tried, 5);
    assert_eq!(found().await, (1, 200));
    assert_eq!(assign(&tried, &app, &group, "required").await.status, 201);
    assert_eq!(add_member(&tried, &group, &object).await.status, 204);
    let members = format!("/v1.0/groups/{group}/members");
    assert!(tried.get(&members).await.devices().is_empty(), "not seen yet");
    assert_eq!(
        add_member(&tried, &group, &object).await.status,
        400,
        "and still a member"
    );
    pass(&tried, 3);
    assert_eq!(tried.get(&members).await.devices().len(), 1);
}

#[tokio::test]
async fn si_people_and_devices_of_the_directory_are_looked_up() {
    let tried = tenant(200).await;
    let users = tried.walk("/v1.0/users").await;
    assert!(users.len() > 50);
    let user = users[0]["userPrincipalName"].as_str().unwrap();
    let found = tried
        .get(&format!("/v1.0/users?$filter=userPrincipalName eq '{user}'"))
        .await
        .devices();
    assert_eq!((found.len(), &found[0]["id"]), (1, &users[0]["id"]));
    let shared = tried
        .get("/v1.0/users?$filter=mail eq 'reception@contoso.example'")
        .await;
    assert_eq!(shared.devices().len(), 2, "two people with one address");
    let refused = tried
        .get("/v1.0/users?$filter=proxyAddresses/any(p:p eq 'smtp:a')")
        .await;
    assert_eq!(refusal(&refused), entra_refusal(400, "Request_UnsupportedQuery"));
    let devices = tried.walk("/v1.0/devices?$top=999").await;
    let managed = tried.walk("/v1.0/deviceManagement/managedDevices").await;
    let entra: BTreeSet<String> = names(&devices, "deviceId");
    let nobody = Uuid::nil().to_string();
    let unregistered = managed
        .iter()
        .filter(|device| device["azureADDeviceId"] == nobody.as_str());
    assert!(unregistered.count() > 0, "some devices are not in the directory yet");
    let registered = managed
        .iter()
        .find(|device| device["azureADDeviceId"] != nobody.as_str())
        .unwrap();
    let id = registered["azureADDeviceId"].as_str().unwrap();
    assert!(entra.contains(id));
    let found = tried
        .get(&format!("/v1.0/devices?$filter=deviceId eq '{id}'"))
        .await
        .devices();
    let object = found[0]["id"].as_str().unwrap();
    assert!(
        found.len() == 1 && object != id && registered["id"] != object,
        "three ids, none the same"
    );
    let stale = devices.iter().find(|device| device["accountEnabled"] == false).unwrap();
    let name = stale["displayName"].as_str().unwrap();
    let same_name = devices.iter().filter(|device| device["displayName"] == name);
    assert!(
        same_name.count() >= 2,
        "an earlier registration has the name of the present one"
    );
    let hidden = tried.request(Method::PUT, &format!("/simulator/directory/absent/{id}"));
    assert_eq!(tried.send(hidden).await.status, 204);
    assert!(
        tried
            .get(&format!("/v1.0/devices?$filter=deviceId eq '{id}'"))
            .await
            .devices()
            .is_empty()
    );
    assert_eq!(
        refusal(&tried.get(&format!("/v1.0/devices/{object}")).await),
        entra_refusal(404, "Request_ResourceNotFound")
    );
}

#[tokio::test]
async fn si_an_installation_is_pending_then_installed_and_a_removal_ends_as_not_installed() {
    let tried = tenant(30).await;
    tune(
        &tried,
        json!({"software": {"pendingAfterMs": 5000, "endsAfterMs": 60000}}),
    )
    .await;
    let app = app_named(&tried, "Notepad++ 8.8.1").await;
    let (install, uninstall) = (
        create_group(&tried, "Install").await,
        create_group(&tried, "Uninstall").await,
    );
    assert_eq!(assign(&tried, &app, &install, "required").await.status, 201);
    assert_eq!(assign(&tried, &app, &uninstall, "uninstall").await.status, 201);
    let (object, device) = windows_device(&tried).await;
    assert_eq!(newest(&tried, &app, &device).await, None);
    assert_eq!(add_member(&tried, &install, &object).await.status, 204);
    let state = async || {
        newest(&tried, &app, &device)
            .await
            .map(|row| row["InstallState"].as_i64().unwrap())
    };
    assert_eq!(state().await, None);
    pass(&tried, 10);
    assert_eq!(state().await, Some(5));
    pass(&tried, 60);
    assert_eq!(state().await, Some(1));
    let reference = format!("/v1.0/groups/{install}/members/{object}/$ref");
    assert_eq!(delete(&tried, &reference).await.status, 204);
    assert_eq!(state().await, Some(1), "its old row stays");
    assert_eq!(add_member(&tried, &uninstall, &object).await.status, 204);
    pass(&tried, 10);
    assert_eq!(state().await, Some(1));
    pass(&tried, 60);
    assert_eq!(state().await, Some(3));
}

#[tokio::test]
async fn si_a_persons_devices_install_what_the_person_is_assigned() {
    let tried = tenant(80).await;
    let app = app_named(&tried, "Timesheet").await;
    let group = create_group(&tried, "Install").await;
    assert_eq!(assign(&tried, &app, &group, "required").await.status, 201);
    let directory = tried.get("/simulator/directory").await.json();
    let users = directory["users"].as_array().unwrap();
    let user = users.iter().max_by_key(|user| device_count(user)).unwrap();
    assert!(device_count(user) >= 2, "a person with several devices");
    let id = user["id"].as_str().unwrap();
    assert_eq!(add_member(&tried, &group, id).await.status, 204);
    pass(&tried, 61);
    let rows = rows(&tried, &app).await;
    let devices = names(&rows, "DeviceId");
    assert_eq!(devices.len(), device_count(user));
    let device = user["managedDeviceIds"][0].as_str().unwrap();
    let states = tried
        .get(&format!("/beta/users/{id}/mobileAppIntentAndStates/{device}"))
        .await
        .json();
    let apps = states["mobileAppList"].as_array().unwrap();
    let of_app = apps.iter().find(|row| row["applicationId"] == app.as_str()).unwrap();
    assert_eq!(
        (&of_app["mobileAppIntent"], &of_app["installState"]),
        (&json!("requiredInstall"), &json!("installed"))
    );
}

#[tokio::test]
async fn si_a_test_says_how_an_installation_ends() {
    let tried = tenant(60).await;
    let app = app_named(&tried, "Notepad++ 8.8.1").await;
    let group = create_group(&tried, "Install").await;
    assert_eq!(assign(&tried, &app, &group, "required").await.status, 201);
    let (object, device) = windows_device(&tried).await;
    let rule = json!({"app": app, "device": device, "ending": "fails", "errorCode": 2_278_622_236_i64});
    assert_eq!(tried.post("/simulator/installs", rule).await.status, 204);
    assert_eq!(add_member(&tried, &group, &object).await.status, 204);
    pass(&tried, 61);
    let row = newest(&tried, &app, &device).await.unwrap();
    assert_eq!(
        (&row["InstallState"], &row["ErrorCode"], &row["HexErrorCode"]),
        (&json!(2), &json!(-2_016_345_060), &json!("0x87D1041C"))
    );
    let silent = json!({"app": app, "device": device, "ending": "silent"});
    assert_eq!(tried.post("/simulator/installs", silent).await.status, 204);
    assert_eq!(newest(&tried, &app, &device).await, None);
    let cleared = tried.request(Method::DELETE, "/simulator/installs");
    assert_eq!(tried.send(cleared).await.status, 204);
    assert_eq!(newest(&tried, &app, &device).await.unwrap()["InstallState"], 1);
    let phone = app_named(&tried, "Microsoft Teams").await;
    assert_eq!(assign(&tried, &phone, &group, "required").await.status, 201);
    pass(&tried, 61);
    let row = newest(&tried, &phone, &device).await.unwrap();
    assert_eq!(row["InstallState"], -1, "an app of iOS does not apply to Windows");
}

#[tokio::test]
async fn si_a_report_has_several_rows_of_some_devices_and_the_newest_counts() {
    let tried = tenant(200).await;
    pass(&tried, 3600);
    let app = app_named(&tried, "Company Portal").await;
    let rows = rows(&tried, &app).await;
    let devices = names(&rows, "DeviceId");
    assert!(
        rows.len() > devices.len(),
        "{} rows of {} devices",
        rows.len(),
        devices.len()
    );
    let newest_of = |device: &str| {
        let of_device = rows.iter().filter(|row| row["DeviceId"] == device);
        of_device
            .max_by_key(|row| row["LastModifiedDateTime"].as_str())
            .unwrap()
    };
    for device in &devices {
        let state = newest_of(device.as_str())["InstallState"].as_i64().unwrap();
        assert!(matches!(state, 1 | -1), "{state}");
    }
    let failed = rows.iter().filter(|row| row["InstallState"] == 2);
    assert!(failed.count() > 0, "stale rows say something else");
}

#[tokio::test]
async fn si_the_report_insists_on_its_filter_and_pages_by_its_body() {
    let tried = tenant(60).await;
    pass(&tried, 61);
    let app = app_named(&tried, "Company Portal").await;
    let filter = format!("(ApplicationId eq '{app}')");
    for wrong in [
        json!({"select": ["DeviceId"]}),
        json!({"filter": ""}),
        json!({"filter": "(DeviceName eq 'x')"}),
        json!({"filter": filter, "select": ["nonsense"]}),
        json!({"filter": filter, "colour": "red"}),
    ] {
        let got = report(&tried, wrong).await;
        assert_eq!(refusal(&got), entra_refusal(400, "BadRequest"), "{}", got.text);
    }
    let localized = report(&tried, json!({"filter": filter, "select": ["AppInstallState_loc"]})).await;
    assert_eq!(refusal(&localized), entra_refusal(400, "UnknownError"));
    assert_eq!(tried.get(REPORT).await.status, 405);
    let columns = ["DeviceId", "AppInstallState", "LastModifiedDateTime"];
    let whole = report(&tried, json!({"filter": filter, "select": columns, "top": 999})).await;
    assert_eq!(whole.header("content-type"), "application/octet-stream");
    let whole = whole.json();
    let shown: Vec<&str> = whole["Schema"]
        .as_array()
        .unwrap()
        .iter()
        .map(|column| column["Column"].as_str().unwrap())
        .collect();
    assert_eq!(
        shown,
        [
            "DeviceId",
            "AppInstallState",
            "AppInstallState_loc",
            "LastModifiedDateTime"
        ]
    );
    let total = whole["TotalRowCount"].as_u64().unwrap() as usize;
    assert!(total > 14, "{total} rows are no three pages");
    let mut pages = Vec::new();
    for skip in (0..total).step_by(7) {
        let page = json!({"filter": filter, "select": columns, "skip": skip, "top": 7, "orderBy": []});
        pages.extend(report(&tried, page).await.json()["Values"].as_array().unwrap().clone());
    }
    assert_eq!(json!(pages), whole["Values"]);
    let qualified = REPORT.replace("retrieve", "microsoft.graph.retrieve");
    assert_eq!(tried.post(&qualified, json!({"filter": filter})).await.status, 200);
}

#[tokio::test]
async fn si_an_export_is_polled_and_fetched_without_the_bearer() {
    let tried = tenant(30).await;
    let refused = tried
        .post(EXPORTS, json!({"reportName": "DeviceInstallStatusByApp"}))
        .await;
    assert_eq!(refused.status, 400, "the filter is compulsory");
    assert_eq!(tried.post(EXPORTS, json!({"reportName": "Nonsense"})).await.status, 400);
    tune(&tried, json!({"software": {"exportAfterMs": 10000}})).await;
    let body = json!({"reportName": "AppInvRawData", "select": ["ApplicationKey", "DeviceId"], "format": "csv"});
    let job = tried.post(EXPORTS, body).await;
    assert_eq!(job.status, 201, "{}", job.text);
    let job = job.json();
    assert_eq!((&job["status"], &job["url"]), (&json!("notStarted"), &Value::Null));
    let id = job["id"].as_str().unwrap();
    let path = format!("{EXPORTS}('{id}')");
    pass(&tried, 6);
    assert_eq!(tried.get(&path).await.json()["status"], "inProgress");
    pass(&tried, 6);
    let done = tried.get(&path).await.json();
    assert_eq!(done["status"], "completed");
    let url = done["url"].as_str().unwrap();
    assert_eq!(tried.get(url).await.status, 400, "with a bearer");
    let file = tried.request(Method::GET, url).send().await.unwrap();
    assert_eq!(file.status(), 200);
    let file = file.bytes().await.unwrap();
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(file)).unwrap();
    assert_eq!(archive.len(), 1);
    let mut text = String::new();
    std::io::Read::read_to_string(&mut archive.by_index(0).unwrap(), &mut text).unwrap();
    let mut lines = text.trim_start_matches('\u{feff}').lines();
    assert_eq!(lines.next(), Some("ApplicationKey,DeviceId"));
    assert!(lines.count() > 20);
    let unsigned = url.split("&sig=").next().unwrap();
    assert_eq!(tried.request(Method::GET, unsigned).send().await.unwrap().status(), 403);
    pass(&tried, 7 * 3600);
    assert_eq!(
        tried.request(Method::GET, url).send().await.unwrap().status(),
        403,
        "six hours"
    );
}

#[tokio::test]
async fn si_lists_that_other_tools_read_first_are_there() {
    let tried = tenant(40).await;
    for path in [
        "/beta/deviceManagement/roleScopeTags",
        "/v1.0/deviceManagement/deviceCompliancePolicies?$expand=assignments",
        "/v1.0/deviceManagement/deviceConfigurations",
        "/v1.0/deviceManagement/deviceCategories",
        "/v1.0/deviceManagement/detectedApps",
        "/v1.0/deviceManagement/detectedApps?$expand=managedDevices($select=id)",
        "/v1.0/deviceAppManagement/mobileAppCategories",
        "/v1.0/organization",
        "/v1.0/users",
        "/v1.0/groups",
        "/v1.0/devices",
        EXPORTS,
    ] {
        let got = tried.get(path).await;
        assert_eq!(got.status, 200, "{path}: {}", got.text);
        assert!(got.json()["value"].is_array(), "{path}");
    }
    let app = &tried.get("/v1.0/deviceManagement/detectedApps").await.devices()[0];
    let path = format!(
        "/v1.0/deviceManagement/detectedApps/{}/managedDevices",
        app["id"].as_str().unwrap()
    );
    assert_eq!(
        tried.walk(&path).await.len() as u64,
        app["deviceCount"].as_u64().unwrap()
    );
    let user = tried.walk("/v1.0/deviceManagement/managedDevices").await;
    let owned = user.iter().find(|device| device["userId"] != "").unwrap();
    let path = format!(
        "/v1.0/users/{}/managedDevices?$select=id",
        owned["userId"].as_str().unwrap()
    );
    assert!(
        tried
            .get(&path)
            .await
            .ids()
            .contains(&owned["id"].as_str().unwrap().to_owned())
    );
}

#[tokio::test]
async fn si_people_and_groups_are_read_as_a_map_of_the_tenant_reads_them() {
    let tried = tenant(40).await;
    let people = "/v1.0/users?$top=500&$select=id,employeeType,ageGroup";
    let activity = tried.get(&format!("{people},signInActivity")).await;
    assert_eq!(
        refusal(&activity),
        entra_refusal(403, "Authentication_MSGraphPermissionMissing")
    );
    let people = tried.get(&format!("{people}&$expand=manager($select=id)")).await;
    assert_eq!(people.status, 200, "{}", people.text);
    let person = &people.devices()[0];
    assert!(person["id"].is_string() && person["ageGroup"].is_null() && person.get("manager").is_none());
    assert_eq!(tried.get("/v1.0/users?$expand=directReports").await.status, 400);
    let group = tried.get("/v1.0/groups?$top=999").await.ids().remove(0);
    let owners = tried.get(&format!("/v1.0/groups/{group}/owners")).await;
    assert_eq!((owners.status, owners.devices().len()), (200, 0));
    let unknown = format!("/v1.0/groups/{}/owners", Uuid::new_v4());
    assert_eq!(
        refusal(&tried.get(&unknown).await),
        entra_refusal(404, "Request_ResourceNotFound")
    );
}

#[tokio::test]
async fn si_apps_groups_and_reports_have_budgets_of_their_own() {
    let tried = tenant(1).await;
    let limits = json!({"limits": {
        "apps": {"anyPerApp": 2}, "directory": {"readsPerApp": 3}, "reportsPerApp": 1, "exportsPerApp": 1,
    }});
    tune(&tried, limits).await;
    let spent = async |path: &str, good: usize| {
        for _ in 0..good {
            assert_eq!(tried.get(path).await.status, 200, "{path}");
        }
        let got = tried.get(path).await;
        (got.status, got.header("retry-after").to_owned())
    };
    assert_eq!(spent(APPS, 2).await, (429, "20".to_owned()));
    assert_eq!(spent("/v1.0/groups", 3).await, (429, "10".to_owned()));
    assert_eq!(spent(EXPORTS, 1).await, (429, "60".to_owned()));
    assert_eq!(tried.get("/v1.0/deviceManagement/managedDevices").await.status, 200);
    let body = json!({"filter": format!("(ApplicationId eq '{}')", Uuid::nil())});
    assert_eq!(report(&tried, body.clone()).await.status, 200);
    assert_eq!(report(&tried, body).await.status, 429);
    assert_eq!(
        create_group(&tried, "Install").await.len(),
        36,
        "writes are counted apart"
    );
}

#[tokio::test]
async fn si_faults_strike_the_requests_of_orders() {
    let tried = tenant(20).await;
    let faults = order_catalogue::every();
    assert!(faults.len() > 20, "{} faults", faults.len());
    for fault in faults {
        let list = Seen {
            method: fault.step.method,
            path: "/v1.0/deviceManagement/managedDevices",
            query: "",
            tenant: None,
            app: None,
            page: None,
        };
        assert!(!fault.rule.fits(list), "{} strikes the scan", fault.name);
    }
    let body = json!({
        "fault": {"kind": "status", "status": 504, "effect": true}, "path": "*/groups", "method": "POST",
    });
    assert_eq!(tried.post("/simulator/faults", body).await.status, 201);
    let body = json!({"displayName": "A", "mailEnabled": false, "mailNickname": "a", "securityEnabled": true});
    assert_eq!(tried.post("/v1.0/groups", body).await.status, 504);
    let found = tried.get("/v1.0/groups?$filter=displayName eq 'A'").await.devices();
    assert_eq!(found.len(), 1, "the answer was lost, not the effect");
    let body = json!({"fault": {"kind": "list", "twist": {"unreadable": {}}}, "path": "*/mobileApps"});
    assert_eq!(tried.post("/simulator/faults", body).await.status, 201);
    assert!(!tried.get(APPS).await.devices()[0].is_object());
}
