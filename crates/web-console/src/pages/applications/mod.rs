//! Applications: what can be ordered. The list, linking one to an app of the tenant, its fields, its state, removing it.

mod choose;
mod detail;
mod fields;
mod form_page;
mod list;
mod removal;
mod rows;

use crate::routes::PageRoute;

pub(crate) fn routes() -> Vec<PageRoute> {
    vec![
        PageRoute::get("/applications", list::show_applications),
        PageRoute::get("/applications/-/choose", choose::show_apps),
        PageRoute::get("/applications/-/new", form_page::show_link_form),
        PageRoute::post("/applications/-/new", form_page::link_application),
        PageRoute::get("/applications/{application}", detail::show_application),
        PageRoute::get("/applications/{application}/icon", detail::show_icon),
        PageRoute::post("/applications/{application}/retry", detail::retry_application),
        PageRoute::get("/applications/{application}/edit", form_page::show_edit_form),
        PageRoute::post("/applications/{application}/edit", form_page::change_application),
        PageRoute::get("/applications/{application}/remove", removal::show_removal),
        PageRoute::post("/applications/{application}/remove", removal::remove_application),
    ]
}
