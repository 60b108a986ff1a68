//! Orders of applications: all orders, one order with its phases, placing one, and what people decide about it.

mod acts;
mod list;
mod order_page;
mod phases;
mod place;
mod rows;
pub(crate) mod words;

use crate::routes::PageRoute;

pub(crate) fn routes() -> Vec<PageRoute> {
    vec![
        PageRoute::get("/orders", list::show_orders),
        PageRoute::get("/orders/-/new", place::show_order_form),
        PageRoute::post("/orders/-/new", place::place_order),
        PageRoute::get("/orders/{order}", order_page::show_order),
        PageRoute::post("/orders/{order}/approve", acts::approve_order),
        PageRoute::post("/orders/{order}/reject", acts::reject_order),
        PageRoute::post("/orders/{order}/cancel", acts::cancel_order),
        PageRoute::post("/orders/{order}/retry", acts::retry_order),
    ]
}
