//! The catalogue: which products this bus has, in which state, where they are installed; packages from a file; whose
//! packages are accepted.

mod catalogue;
mod effect;
mod product;
mod trusted_keys;

use crate::routes::PageRoute;

pub(crate) use effect::{ShownEffect, read_confirmation};

pub(crate) fn routes() -> Vec<PageRoute> {
    vec![
        PageRoute::get("/products", catalogue::show_products),
        PageRoute::post("/products", catalogue::add_product),
        PageRoute::get("/products/{product}", product::show_product),
        PageRoute::get("/products/{product}/icon", product::show_icon),
        PageRoute::post("/products/{product}/update", product::update_product),
        PageRoute::post("/products/{product}/remove", product::remove_product),
        PageRoute::get("/trusted-keys", trusted_keys::show_keys),
        PageRoute::post("/trusted-keys", trusted_keys::trust_key),
        PageRoute::post("/trusted-keys/{key}/remove", trusted_keys::distrust_key),
    ]
}
