//! The connector's own table of verbs against the tenant: what it would send is taken, with the permission it names,
//! and what it refuses beforehand would have been refused. The two share no code; they share the facts.

use std::collections::BTreeSet;

use intune_connector::actions::specs::{ActionParameters, ActionSpec, ApiVersion, TABLE};
use intune_connector::actions::subject::Subject;
use serde_json::Map;

use super::platforms::{PLATFORMS, of_platform};
use super::*;

/// Where the two differ on purpose. The connector lets a harmless verb try where Microsoft's page names no such
/// platform, and refuses what would be taken and lead to nothing.
const DIFFER: [(&str, &str); 6] = [
    ("sync", "tv"),
    ("sync", "vision"),
    ("sync", "visionOld"),
    ("disableLostMode", "iosSupervised"),
    ("disableLostMode", "ipadShared"),
    ("notify", "ipadShared"),
];

async fn parameters(tried: &Tried, spec: &ActionSpec) -> ActionParameters {
    let categories = tried.get("/v1.0/deviceManagement/deviceCategories").await.devices();
    let guid = "5515d4ef-2551-456f-a975-e772ffefe6a0";
    let mut given = Map::new();
    for parameter in spec.parameters.iter().filter(|parameter| parameter.required) {
        let value = match parameter.name {
            "categoryId" => categories[0]["id"].clone(),
            "scriptPolicyId" => json!(guid),
            "keepUserData" | "quickScan" => json!(true),
            "managedDeviceOwnerType" => json!("company"),
            "durationInMinutes" => json!(1),
            "deviceName" => json!("NEW-1"),
            "userPrincipalName" => json!("name@example.org"),
            _ => json!("text"),
        };
        given.insert(parameter.name.to_owned(), value);
    }
    ActionParameters::check(spec, &given, spec.version).unwrap_or_else(|error| panic!("{error}"))
}

async fn send(tried: &Tried, spec: &ActionSpec, id: &str, parameters: &ActionParameters) -> Got {
    let call = (spec.call)(id.parse().unwrap(), parameters, spec.version);
    let method: Method = format!("{:?}", call.method).to_uppercase().parse().unwrap();
    let version = if call.version == ApiVersion::Beta {
        "beta"
    } else {
        "v1.0"
    };
    let device = format!("/{version}/deviceManagement/managedDevices/{}", call.device);
    let path = match call.step {
        "" => device,
        step => format!("{device}/{step}"),
    };
    let mut request = tried.request(method, &path);
    if let Some(body) = call.body_for("https://graph.microsoft.com/") {
        request = request.json(&body);
    }
    tried.send(request).await
}

/// As the connector reads it before it acts, with what beta tells beyond.
async fn subject(tried: &Tried, id: &str) -> Subject {
    let got = tried.get(&format!("{BETA}/{id}")).await;
    Subject::from_device(&got.json()).unwrap()
}

#[tokio::test]
async fn what_the_connector_would_send_is_taken_and_what_it_refuses_would_be_refused() {
    let tried = tenant().await;
    let tuning = json!({"limits": {"enabled": false}});
    let tuned = tried.request(Method::PATCH, "/simulator/tuning").json(&tuning);
    assert_eq!(tried.send(tuned).await.status, 200);
    let mut differences = BTreeSet::new();
    for spec in TABLE {
        let parameters = parameters(&tried, spec).await;
        for platform in PLATFORMS {
            let id = of_platform(&tried, platform).await;
            let fits = (spec.fits)(&subject(&tried, &id).await, &parameters);
            let got = send(&tried, spec, &id, &parameters).await;
            if fits.is_ok() != (got.status == 204) {
                differences.insert((spec.verb.to_string(), platform));
            }
        }
    }
    let meant = DIFFER.map(|(verb, platform)| (verb.to_owned(), platform));
    assert_eq!(differences, BTreeSet::from(meant));
}

#[tokio::test]
async fn each_verb_needs_the_permission_that_the_connector_names() {
    let tried = tenant().await;
    let permissions: BTreeSet<&str> = TABLE.iter().map(|spec| spec.permission).collect();
    for spec in TABLE {
        let parameters = parameters(&tried, spec).await;
        for permission in &permissions {
            let holder = start_with(1, &[READ, permission]).await;
            let id = holder.first_id().await;
            let got = send(&holder, spec, &id, &parameters).await;
            assert_eq!(
                got.status != 403,
                *permission == spec.permission,
                "{} with {permission}",
                spec.verb
            );
        }
    }
}

#[tokio::test]
async fn every_trace_that_the_connector_looks_for_is_left() {
    for spec in TABLE {
        let tried = tenant().await;
        let parameters = parameters(&tried, spec).await;
        let trace = (spec.trace)(&parameters);
        let mut taken = None;
        for platform in PLATFORMS {
            let id = of_platform(&tried, platform).await;
            if send(&tried, spec, &id, &parameters).await.status == 204 {
                taken = Some(id);
                break;
            }
        }
        // On no platform as it was made: it wants lost mode, say.
        let Some(id) = taken else { continue };
        let results: Vec<String> = match tried.get(&format!("{DEVICES}/{id}")).await.status {
            200 => states(&tried, &id).await.into_iter().map(|(name, _)| name).collect(),
            _ => Vec::new(),
        };
        let named = |name: &String| trace.results.iter().any(|known| known.eq_ignore_ascii_case(name));
        assert_eq!(
            results.iter().any(named),
            !trace.results.is_empty(),
            "{}: {results:?}",
            spec.verb
        );
        let audited = audits(&tried, &format!("managedDeviceId eq '{id}'")).await;
        let known = |audit: &Value| trace.audits.iter().any(|name| audit["action"] == *name);
        assert_eq!(
            audited.iter().any(known),
            !trace.audits.is_empty(),
            "{}: {audited:?}",
            spec.verb
        );
        if !trace.states.is_empty() && trace.results.len() + trace.audits.len() > 1 {
            let state = management_state(&tried, &id).await;
            assert!(trace.states.contains(&&*state), "{}: {state}", spec.verb);
        }
        pass(&tried, 10);
        if trace.vanishes {
            assert_eq!(tried.get(&format!("{DEVICES}/{id}")).await.status, 404, "{}", spec.verb);
        }
    }
}
