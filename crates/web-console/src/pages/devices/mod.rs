//! The devices of all platforms: searched, filtered, sorted, ticked, taken away.
//!
//! [`question`] reads what the address asks for, [`list_page`] shows the list with its [`table`] and the [`bar`] of actions;
//! [`chosen`] leads from ticked rows to the form of an action, where [`condition`] says what "all that match" are;
//! [`saved`] keeps views, [`export`] passes files on.

mod bar;
mod chosen;
mod condition;
mod export;
mod filter_choices;
mod list_page;
mod question;
mod saved;
mod table;

use crate::routes::PageRoute;

pub(crate) fn routes() -> Vec<PageRoute> {
    vec![
        PageRoute::get("/devices", list_page::show_list),
        PageRoute::get("/devices/act", list_page::return_to_list),
        PageRoute::post("/devices/act", chosen::choose_devices),
        PageRoute::get("/devices/export", export::export_list),
        PageRoute::post("/devices/views", saved::save_view),
        PageRoute::post("/devices/views/remove", saved::remove_view),
    ]
}
