//! What the simulator answers, against the table of facts drawn from Microsoft's schema. Anything beyond it must be
//! on the simulator's own list of oddities.

use std::collections::BTreeSet;

use simulated_tenant::world::oddities::{UNKNOWN_ENUM_VALUES, UNKNOWN_KEYS};

use super::*;

pub fn facts() -> Value {
    serde_json::from_str(include_str!("../../fixtures/graph-facts.json")).unwrap()
}

/// What the answers had beyond the schema.
#[derive(Debug, Default, PartialEq)]
pub struct Surplus {
    pub keys: BTreeSet<String>,
    pub values: BTreeSet<(String, String)>,
}

pub struct Judge<'a> {
    pub version: &'a Value,
    pub surplus: Surplus,
}

impl Judge<'_> {
    pub fn object(&mut self, type_name: &str, object: &Value) {
        // A derived type names itself.
        let named = object["@odata.type"]
            .as_str()
            .and_then(|name| name.strip_prefix("#microsoft.graph."));
        let type_name = named.unwrap_or(type_name);
        let facts = self.version["types"][type_name].as_object().unwrap().clone();
        for (name, value) in object.as_object().unwrap() {
            match facts.get(name) {
                Some(fact) => self.value(name, fact, value),
                None if name == "id" => assert!(uuid::Uuid::parse_str(value.as_str().unwrap()).is_ok()),
                None if name.starts_with("@odata.") => {}
                None => drop(self.surplus.keys.insert(name.clone())),
            }
        }
    }

    fn value(&mut self, name: &str, fact: &Value, value: &Value) {
        let type_name = fact["type"].as_str().unwrap();
        if value.is_null() {
            assert_eq!(fact["nullable"], true, "{name} is null");
            return;
        }
        if let Some(element) = type_name
            .strip_prefix("Collection(")
            .and_then(|rest| rest.strip_suffix(')'))
        {
            let element = json!({"type": element, "nullable": false});
            value
                .as_array()
                .unwrap()
                .iter()
                .for_each(|value| self.value(name, &element, value));
            return;
        }
        match type_name {
            "String" => assert!(value.is_string(), "{name}: {value}"),
            "Boolean" => assert!(value.is_boolean(), "{name}: {value}"),
            "Int32" | "Int64" => assert!(value.is_i64(), "{name}: {value}"),
            "Double" => assert!(value.is_number(), "{name}: {value}"),
            "DateTimeOffset" => {
                let text = value.as_str().unwrap();
                assert!(
                    chrono::DateTime::parse_from_rfc3339(text).is_ok() && text.ends_with('Z'),
                    "{name}: {text}"
                );
            }
            other if self.version["enums"].get(other).is_some() => {
                let text = value.as_str().unwrap();
                if !self.version["enums"][other]
                    .as_array()
                    .unwrap()
                    .iter()
                    .any(|member| member == text)
                {
                    self.surplus.values.insert((name.to_owned(), text.to_owned()));
                }
            }
            other if self.version["types"].get(other).is_some() => self.object(other, value),
            other => assert!(value.is_object(), "{name} is a {other}: {value}"),
        }
    }
}

#[tokio::test]
async fn lists_and_single_reads_fit_the_schema_but_for_what_is_meant_to_be_odd() {
    let tried = start(3000).await;
    let facts = facts();
    for (version, root) in [("v1.0", "/v1.0"), ("beta", "/beta")] {
        let mut judge = Judge {
            version: &facts[version],
            surplus: Surplus::default(),
        };
        let devices = tried.walk(&format!("{root}/deviceManagement/managedDevices")).await;
        for (index, device) in devices.iter().enumerate() {
            judge.object("managedDevice", device);
            if index % 40 == 0 {
                let path = format!(
                    "{root}/deviceManagement/managedDevices/{}",
                    device["id"].as_str().unwrap()
                );
                judge.object("managedDevice", &tried.get(&path).await.json());
            }
        }
        let known: BTreeSet<String> = UNKNOWN_KEYS.iter().map(|key| (*key).to_owned()).collect();
        assert_eq!(judge.surplus.keys, known, "{version}");
        let meant = |surplus: &(String, String)| {
            UNKNOWN_ENUM_VALUES
                .iter()
                .any(|(name, value)| (*name, *value) == (&*surplus.0, &*surplus.1))
        };
        assert!(
            judge.surplus.values.iter().all(meant),
            "{version}: {:?}",
            judge.surplus.values
        );
        assert!(
            !judge.surplus.values.is_empty(),
            "{version}: no unknown enum value came along"
        );
    }
}

#[tokio::test]
async fn a_single_read_shows_every_property_of_the_schema() {
    let tried = start(5).await;
    let facts = facts();
    for (version, root) in [("v1.0", "/v1.0"), ("beta", "/beta")] {
        let path = format!("{root}/deviceManagement/managedDevices/{}", tried.first_id().await);
        let device = tried.get(&path).await.json();
        for name in facts[version]["types"]["managedDevice"].as_object().unwrap().keys() {
            assert!(device.get(name).is_some(), "{version}: {name} is missing");
        }
    }
}

#[tokio::test]
async fn the_overview_fits_the_schema() {
    let tried = start(10).await;
    let facts = facts();
    let mut judge = Judge {
        version: &facts["v1.0"],
        surplus: Surplus::default(),
    };
    judge.object(
        "managedDeviceOverview",
        &tried.get("/v1.0/deviceManagement/managedDeviceOverview").await.json(),
    );
    assert!(judge.surplus.keys.is_empty(), "{:?}", judge.surplus.keys);
}

#[tokio::test]
async fn si_3_the_beta_overview_tells_models_and_makers_and_its_moment() {
    const PATH: &str = "deviceManagement/managedDeviceOverview";
    let tried = start(40).await;
    let beta = tried.get(&format!("/beta/{PATH}")).await.json();
    assert_eq!(beta["lastModifiedDateTime"], "2026-11-20T10:00:00Z");
    let devices = tried.get(&format!("{DEVICES}?$top=1000")).await.devices();
    for (told, property) in [("deviceModels", "model"), ("deviceManufacturers", "manufacturer")] {
        let values = devices.iter().filter_map(|device| device[property].as_str());
        let known: BTreeSet<&str> = values.filter(|value| !value.is_empty()).collect();
        assert!(known.len() > 1, "{known:?}");
        assert_eq!(
            beta["managedDeviceModelsAndManufacturers"][told],
            json!(known),
            "{told}"
        );
    }
    let old = tried.get(&format!("/v1.0/{PATH}")).await.json();
    for name in ["lastModifiedDateTime", "managedDeviceModelsAndManufacturers"] {
        assert_eq!(old.get(name), None);
        let select = format!("{PATH}?$select={name}");
        assert_eq!(tried.get(&format!("/v1.0/{select}")).await.status, 400);
        let chosen = tried.get(&format!("/beta/{select}")).await.json();
        assert_eq!((&chosen[name], chosen.get("id")), (&beta[name], None));
    }
}

#[tokio::test]
async fn si_3_a_beta_category_has_scope_tags_also_where_it_is_none() {
    let tried = start(1).await;
    let id = tried.first_id().await;
    for (root, shows_tags) in [("/beta", true), ("/v1.0", false)] {
        let none = format!("{root}/deviceManagement/managedDevices/{id}/deviceCategory");
        let none = tried.get(&none).await.json();
        let listed = tried.get(&format!("{root}/deviceManagement/deviceCategories")).await;
        for category in [&none, &listed.json()["value"][0]] {
            assert_eq!(category["roleScopeTagIds"].is_array(), shows_tags, "{root} {category}");
        }
    }
}

/// A cellular iPhone, company-owned, and one of a private person.
async fn phone(tried: &Tried) -> String {
    let made = tried
        .post("/simulator/devices", json!({"count": 1, "operatingSystem": "iOS"}))
        .await;
    made.json()["ids"][0].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_list_and_a_single_read_render_the_same_device_differently() {
    let tried = start(0).await;
    let id = phone(&tried).await;
    let set = json!({"properties": {
        "enrolledDateTime": "2023-08-23T09:05:10.1997623Z", "imei": "", "phoneNumber": null, "wiFiMacAddress": null,
        "complianceGracePeriodExpirationDateTime": "9999-12-31T23:59:59.9999999Z", "iccid": null, "notes": "on loan",
        "physicalMemoryInBytes": 17_179_869_184_i64, "ethernetMacAddress": "AABBCCDDEEFF", "udid": null,
        "enrollmentProfileName": "ADE",
    }});
    tried
        .send(
            tried
                .request(Method::PATCH, &format!("/simulator/devices/{id}"))
                .json(&set),
        )
        .await;
    assert_eq!(
        tried
            .post(&format!("{DEVICES}/{id}/syncDevice"), json!({}))
            .await
            .status,
        204
    );
    let listed = tried.get(DEVICES).await.devices()[0].clone();
    let got = tried.get(&format!("{DEVICES}/{id}")).await.json();
    let pairs = [
        (
            "enrolledDateTime",
            json!("2023-08-23T09:05:10Z"),
            json!("2023-08-23T09:05:10.1997623Z"),
        ),
        (
            "complianceGracePeriodExpirationDateTime",
            json!("9999-12-31T23:59:59Z"),
            json!("9999-12-31T23:59:59.9999999Z"),
        ),
        ("imei", json!(""), json!(null)),
        ("phoneNumber", json!(""), json!(null)),
        ("wiFiMacAddress", json!(""), json!(null)),
        ("iccid", json!(null), json!("")),
        ("udid", json!(null), json!("")),
        ("deviceCategoryDisplayName", json!("Unknown"), json!("")),
        ("ethernetMacAddress", json!(null), json!("AABBCCDDEEFF")),
        ("enrollmentProfileName", json!(null), json!("ADE")),
        ("physicalMemoryInBytes", json!(0), json!(0)),
        ("notes", json!(null), json!(null)),
        ("deviceActionResults", json!([]), got["deviceActionResults"].clone()),
    ];
    for (name, in_list, in_get) in pairs {
        assert_eq!((&listed[name], &got[name]), (&in_list, &in_get), "{name}");
    }
    assert_eq!(got["deviceActionResults"][0]["actionName"], "syncDevice");
    assert!(listed.get("managementState").is_none() && got["managementState"] == "managed");
    let selected = tried
        .get(&format!("{DEVICES}/{id}?$select=notes,physicalMemoryInBytes"))
        .await
        .json();
    assert_eq!(
        (&selected["notes"], &selected["physicalMemoryInBytes"]),
        (&json!("on loan"), &json!(17_179_869_184_i64))
    );
    let in_list = tried
        .get(&format!("{DEVICES}?$select=notes,physicalMemoryInBytes"))
        .await
        .devices()[0]
        .clone();
    assert_eq!(
        in_list,
        json!({"notes": null, "physicalMemoryInBytes": 0}),
        "the list never fills them"
    );
}
