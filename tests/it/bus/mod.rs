//! Products, packages, the catalogue and the supervisor, by the numbers (B-20 to B-41) of what a bus of this kind does.

mod answers_file;
mod catalogue;
mod changed;
mod german;
mod greeter;
mod install;
mod made;
mod package;
mod product;
mod registration;
pub mod second;
mod supervised;
mod templates;
mod wizard;

use serde_json::{Map, Value};

use crate::whole::Whole;

/// Settings of one more instance for the tenant, as a request gives them.
fn another(whole: &Whole) -> Value {
    let mut settings: Map<String, Value> = Map::new();
    for (key, value) in whole.pairs(&[("servers", "cmdb")]) {
        match key.as_str() {
            "secret_file" => settings.insert("secret".into(), whole.sim.registration.client_secret.clone().into()),
            _ => settings.insert(key, value.into()),
        };
    }
    settings.into()
}
