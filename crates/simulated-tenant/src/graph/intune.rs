//! What endpoints of apps have in common: errors in Intune's words, and what everything is judged by.

use axum::http::StatusCode;
use uuid::Uuid;

use super::condition::{Condition, Filterable};
use super::device::plain_guid;
use super::{Answer, Call, Version};
use crate::objects::Objects;
use crate::software::{BetaTypes, MobileApp, Software, Surroundings};
use crate::world::{Ticks, World};

pub(super) fn bad(call: &Call, message: &str) -> Answer {
    call.place.intune(StatusCode::BAD_REQUEST, "BadRequest", message)
}

/// The GUID at this place of the path.
pub(super) fn key(call: &Call, place: usize) -> Result<Uuid, Box<Answer>> {
    let text = call.keys.get(place).map_or("", String::as_str);
    plain_guid(text).ok_or_else(|| {
        Box::new(
            call.place
                .intune(StatusCode::BAD_REQUEST, "InternalError", "An error has occurred"),
        )
    })
}

pub(super) fn filter(call: &Call, table: &'static [Filterable]) -> Result<Option<Condition>, Box<Answer>> {
    let Some(text) = call.query.get("$filter") else {
        return Ok(None);
    };
    let condition = Condition::parse(text, table);
    let condition = condition.map_err(|problem| Box::new(bad(call, &format!("Invalid filter clause: {problem}"))))?;
    Ok(Some(condition))
}

/// What installations are judged by.
pub(super) fn around<'a>(call: &'a Call, world: &'a World, objects: &'a Objects) -> Surroundings<'a> {
    Surroundings {
        world,
        objects,
        tuning: &call.tuning.software,
        now: Ticks::from_utc(call.place.at),
    }
}

/// Whether this version shows the app at all.
pub(super) fn is_shown(call: &Call, app: &MobileApp) -> bool {
    !is_foreign(call, app) || call.tuning.software.beta_types_on_v1 == BetaTypes::AsBase
}

/// Whether this version does not have the app's type.
pub(super) fn is_foreign(call: &Call, app: &MobileApp) -> bool {
    app.kind.beta && call.asked.version == Version::V1
}

/// The app of the path.
pub(super) fn app<'a>(call: &Call, software: &'a Software) -> Result<&'a MobileApp, Box<Answer>> {
    let id = key(call, 0)?;
    let app = software.app(id).filter(|app| is_shown(call, app));
    app.ok_or_else(|| Box::new(call.place.not_found()))
}
