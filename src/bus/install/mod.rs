//! Installing a product: part by part, in the order of its template, behind a journal.
//!
//! *The journal comes first.* A plan is durable before anything is made: its number, its parts, and, sealed, what they
//! need. Each part that was made is noted. [`Installer::resume_unfinished`] goes on at the part that is not noted; the host may be
//! asked to make it a second time, which it has to take.
//!
//! *All or nothing.* If a part fails, it and those before it are taken away again, last first, and nothing of the
//! installation is left but its row and its number, which nobody gets again. Taking away is journalled alike.
//!
//! *If the process dies*: before the plan is durable, nothing has happened; behind it, the end is the same as without
//! dying. What was sealed for it is erased at the end, whichever it is.

mod installable_product;
mod installer;
mod sealed_settings;
#[cfg(test)]
mod tests;

pub use installable_product::{InstallableProduct, ProductError, ProductSource};
pub use installer::{InstallError, Installer};
