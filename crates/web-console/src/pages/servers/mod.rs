//! Management servers: how far behind each is, accepting and limiting them, sending again, removing them; where changes
//! are posted to; and the lines for the other end of the connection.

mod acts;
mod connect;
mod detail;
mod lag;
mod limit_fields;
mod limits;
mod list;
mod removal;
mod webhook;

use crate::routes::PageRoute;

pub(crate) fn routes() -> Vec<PageRoute> {
    vec![
        PageRoute::get("/servers", list::show_servers),
        PageRoute::post("/servers", list::announce_server),
        PageRoute::get("/servers/{server}", detail::show_server),
        PageRoute::get("/servers/{server}/connect", connect::show_connection),
        PageRoute::get("/servers/{server}/limits", limits::show_limits),
        PageRoute::post("/servers/{server}/limits", limits::set_limits),
        PageRoute::post("/servers/{server}/accept", acts::accept_server),
        PageRoute::post("/servers/{server}/resync", acts::resync_server),
        PageRoute::post("/servers/{server}/rewind", acts::rewind_server),
        PageRoute::post("/servers/{server}/resend", acts::resend_device),
        PageRoute::get("/servers/{server}/webhook", webhook::show_webhook),
        PageRoute::post("/servers/{server}/webhook", webhook::set_webhook),
        PageRoute::post("/servers/{server}/webhook/roll", webhook::roll_key),
        PageRoute::post("/servers/{server}/webhook/test", webhook::test_webhook),
        PageRoute::post("/servers/{server}/webhook/remove", webhook::remove_webhook),
        PageRoute::get("/servers/{server}/remove", removal::show_removal),
        PageRoute::post("/servers/{server}/remove", removal::remove_server),
    ]
}
