//! What a shop over Intune has to do, item by item (SH-01 to SH-53): each has a test that bears its number.
//! `docs/ITEMS-ORDERS.md` is the table, with what is not done.

mod catalogue;
mod checklist;
mod portal;
mod processing;
mod settings;
mod status;

use serde_json::Value;

use crate::support::order_tenant::app_named;
use crate::support::orders::OrderScene;

const EDITOR: &str = "Notepad++ 8.8.1";

/// A scene with the application `editor`, which can be ordered.
async fn with_editor(answers: Value, change: Value) -> OrderScene {
    let scene = OrderScene::new(answers).await;
    scene.link("editor", &app_named(&scene.sim, EDITOR), change).await;
    scene
}
