//! Installing a product: part by part, in the order of its template, behind a journal.
//!
//! *The journal comes first.* A plan is durable before anything is made: its number, its parts, and, sealed, what they
//! need. Each part that was made is noted. [`Installer::resume_unfinished`] goes on at the part that is not noted; the host may be
//! asked to make it a second time and has to support that.
//!
//! *All or nothing.* If a part fails, it and those before it are removed again, last first, and nothing of the
//! installation is left but its row and its number, which is not reused. Removal is journalled in the same way.
//!
//! *If the process dies*: before the plan is durable, nothing has happened; behind it, the end is the same as without
//! dying. What was sealed for it is erased at the end in either case; only a microservice that needs secrets whenever it
//! starts has them kept, sealed, as long as it is installed ([`kept_settings`]).

mod installable_product;
mod installer;
mod kept_settings;
mod package_documents;
mod sealed_settings;
#[cfg(test)]
mod tests;

pub use installable_product::{InstallableProduct, ProductError, ProductSource};
pub use installer::{InstallError, Installer};
pub use kept_settings::{open_member_settings, settings_after_change};
pub use package_documents::{DocumentFindings, KnownNames, SettingCheck, check_documents};
