//! `POST /deviceAppManagement/mobileApps/{id}/assign`: it REPLACES all assignments of the app, those of other people
//! too. A target that stands twice in one call counts once.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::assignment_body::{Refused, checked, read};
use super::{Answer, BOTH, Call, Class, Endpoint, entra, intune, permissions, strict_json};
use crate::software::Assignment;
use crate::state::{read as lock_read, write};

pub(super) const ENDPOINT: Endpoint = Endpoint {
    method: Method::POST,
    path: "/deviceAppManagement/mobileApps/{id}/assign",
    versions: BOTH,
    scopes: permissions::APPS_WRITE,
    class: Class::AppWrite,
    options: &[],
    handle: assign,
};

const MEMBER: &str = "mobileAppAssignments";

fn assign(call: &Call) -> Answer {
    replaced(call).unwrap_or_else(|refusal| *refusal)
}

fn replaced(call: &Call) -> Result<Answer, Box<Answer>> {
    let refuse = |problem: &str| {
        let answer = call.place.intune(StatusCode::BAD_REQUEST, "BadRequest", problem);
        Box::new(answer)
    };
    let body = strict_json::parse(&call.asked.body).map_err(|problem| refuse(&problem))?;
    let named = body.as_object().filter(|body| body.keys().all(|name| name == MEMBER));
    let list = named.and_then(|body| body.get(MEMBER)).and_then(Value::as_array);
    let list = list.ok_or_else(|| refuse("The parameter 'mobileAppAssignments' is required."))?;
    let world = lock_read(&call.tenant.world);
    let objects = lock_read(&call.tenant.objects);
    let mut software = write(&call.tenant.software);
    let app = intune::app(call, &software)?;
    let id = app.id;
    let now = entra::now(call);
    let mut made: Vec<Assignment> = Vec::with_capacity(list.len());
    for given in list {
        let given = given
            .as_object()
            .ok_or_else(|| Refused::Bad("An assignment is an object.".to_owned()));
        let new = given.and_then(|given| read(call, given));
        let new = new.and_then(|new| checked(call, app, &objects, new));
        let new = new.map_err(|refused| Box::new(refused.answer(call)))?;
        if !made.iter().any(|known| known.target == new.target) {
            made.push(Assignment::new(new, Some(call.caller.client_id.clone()), now));
        }
    }
    // What was there before keeps its moment and whoever made it.
    for assignment in &mut made {
        let before = software
            .assignments(id)
            .iter()
            .find(|before| before.id == assignment.id);
        if let Some(before) = before {
            assignment.created = before.created;
            assignment.made_by = before.made_by.clone();
        }
    }
    software.remember(id, None, intune::around(call, &world, &objects));
    let ids: Vec<&str> = made.iter().map(|assignment| assignment.id.as_str()).collect();
    let removed = software
        .assignments(id)
        .iter()
        .filter(|before| !ids.contains(&before.id.as_str()))
        .count();
    let detail = json!({"ids": ids, "removed": removed});
    software.set_assignments(id, made);
    entra::count(call, detail);
    Ok(Answer::no_content())
}
