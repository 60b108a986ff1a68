//! A device's apps and compliance policies by hand. Without a word from here they follow from the device.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Json;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{ControlBody, Of, Refused, missing, refused};
use crate::posture::{MAX_APPS, ToldApp, ToldPolicy, apps_of, policies_of};
use crate::state::{Simulated, read, write};
use crate::world::World;

/// Either the apps themselves (a name alone will do), or how many shall be made up.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Apps {
    #[serde(default)]
    apps: Vec<Value>,
    #[serde(default)]
    count: usize,
}

impl Apps {
    fn read(self) -> Result<Vec<ToldApp>, Refused> {
        if self.apps.len().saturating_add(self.count) > MAX_APPS {
            return Err(refused(format!("at most {MAX_APPS} apps on one device")));
        }
        let mut apps = Vec::with_capacity(self.apps.len() + self.count);
        for app in self.apps {
            apps.push(match app {
                Value::Object(_) => serde_json::from_value(app).map_err(|error| refused(error.to_string()))?,
                name => ToldApp {
                    display_name: name,
                    ..ToldApp::default()
                },
            });
        }
        apps.extend((1..=self.count).map(|number| ToldApp {
            display_name: format!("App {number:05}").into(),
            version: Some("1.0".to_owned()),
            ..ToldApp::default()
        }));
        Ok(apps)
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Policies {
    policies: Vec<ToldPolicy>,
}

pub(super) async fn apps(
    State(sim): State<Simulated>,
    Path(id): Path<Uuid>,
    Query(of): Query<Of>,
) -> Result<Json<Value>, Refused> {
    let tenant = of.tenant(&sim)?;
    let world = read(&tenant.world);
    let device = world.get(id).ok_or_else(|| missing("device"))?;
    let names: Vec<Value> = apps_of(device, world.told(id))
        .into_iter()
        .map(|app| json!({"displayName": app.display_name, "version": app.version}))
        .collect();
    Ok(Json(json!({"apps": names})))
}

pub(super) async fn put_apps(
    State(sim): State<Simulated>,
    Path(id): Path<Uuid>,
    Query(of): Query<Of>,
    ControlBody(wanted): ControlBody<Apps>,
) -> Result<StatusCode, Refused> {
    let apps = wanted.read()?;
    told(&sim, &of, id, |world| world.tell(id).apps = Some(apps))
}

pub(super) async fn policies(
    State(sim): State<Simulated>,
    Path(id): Path<Uuid>,
    Query(of): Query<Of>,
) -> Result<Json<Value>, Refused> {
    let tenant = of.tenant(&sim)?;
    let world = read(&tenant.world);
    let device = world.get(id).ok_or_else(|| missing("device"))?;
    let states: Vec<Value> = policies_of(device, world.told(id))
        .into_iter()
        .map(|policy| {
            let settings: Vec<Value> = policy
                .settings
                .iter()
                .map(|setting| json!({"setting": setting.setting, "state": setting.state}))
                .collect();
            json!({"displayName": policy.display_name, "state": policy.state, "settings": settings})
        })
        .collect();
    Ok(Json(json!({"policies": states})))
}

pub(super) async fn put_policies(
    State(sim): State<Simulated>,
    Path(id): Path<Uuid>,
    Query(of): Query<Of>,
    ControlBody(wanted): ControlBody<Policies>,
) -> Result<StatusCode, Refused> {
    told(&sim, &of, id, |world| world.tell(id).policies = Some(wanted.policies))
}

/// As the device has it by itself.
pub(super) async fn forget_apps(
    State(sim): State<Simulated>,
    Path(id): Path<Uuid>,
    Query(of): Query<Of>,
) -> Result<StatusCode, Refused> {
    told(&sim, &of, id, |world| world.tell(id).apps = None)
}

pub(super) async fn forget_policies(
    State(sim): State<Simulated>,
    Path(id): Path<Uuid>,
    Query(of): Query<Of>,
) -> Result<StatusCode, Refused> {
    told(&sim, &of, id, |world| world.tell(id).policies = None)
}

fn told(sim: &Simulated, of: &Of, id: Uuid, tell: impl FnOnce(&mut World)) -> Result<StatusCode, Refused> {
    let tenant = of.tenant(sim)?;
    let mut world = write(&tenant.world);
    if world.get(id).is_none() {
        return Err(missing("device"));
    }
    tell(&mut world);
    Ok(StatusCode::NO_CONTENT)
}
