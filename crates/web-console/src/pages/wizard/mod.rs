//! The wizard: a product installed, an installation changed, its sign-in renewed, an installation followed and removed.
//! Every page comes from the template that the product brings along; the answers live in the browser until they are sent,
//! secrets only in the form itself.

mod answers;
mod checks;
mod fields;
mod form_request;
mod implied;
mod installation;
mod next_runs;
mod open;
mod page;
mod refusal;
mod registration;
mod removal;
mod show;
mod state;
mod steps;
mod submit;
mod summary;
mod template;
#[cfg(test)]
pub(crate) mod test_form;
#[cfg(test)]
mod test_template;
mod validate;
mod verdict;

use crate::routes::PageRoute;

pub(crate) fn routes() -> Vec<PageRoute> {
    vec![
        PageRoute::get("/products/{product}/install", show::show_install),
        PageRoute::post("/products/{product}/install", submit::send_install),
        PageRoute::post("/products/{product}/validate", validate::validate_product),
        PageRoute::post("/products/{product}/check/{action}", checks::run_product_check),
        PageRoute::post("/products/{product}/registrations", registration::begin_for_product),
        PageRoute::get(
            "/products/{product}/registrations/{registration}",
            registration::show_for_product,
        ),
        PageRoute::get(
            "/products/{product}/registrations/{registration}/certificate",
            registration::certificate_for_product,
        ),
        PageRoute::post(
            "/products/{product}/registrations/{registration}/check",
            registration::check_for_product,
        ),
        PageRoute::get("/installations/{instance}", installation::show_installation),
        PageRoute::get("/installations/{instance}/journal", installation::stream_journal),
        PageRoute::get("/installations/{instance}/change", show::show_change),
        PageRoute::post("/installations/{instance}/change", submit::send_change),
        PageRoute::get("/installations/{instance}/renew", show::show_renewal),
        PageRoute::post("/installations/{instance}/renew", submit::send_renewal),
        PageRoute::post("/installations/{instance}/validate", validate::validate_installed),
        PageRoute::post("/installations/{instance}/check/{action}", checks::run_installed_check),
        PageRoute::post(
            "/installations/{instance}/registrations",
            registration::begin_for_installed,
        ),
        PageRoute::get(
            "/installations/{instance}/registrations/{registration}",
            registration::show_for_installed,
        ),
        PageRoute::get(
            "/installations/{instance}/registrations/{registration}/certificate",
            registration::certificate_for_installed,
        ),
        PageRoute::post(
            "/installations/{instance}/registrations/{registration}/check",
            registration::check_for_installed,
        ),
        PageRoute::get("/installations/{instance}/remove", removal::show_removal),
        PageRoute::post("/installations/{instance}/remove", removal::remove_installation),
    ]
}
