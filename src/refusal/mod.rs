//! A refusal is remembered (E9): what Entra or Graph refused is not requested again for as long as they said, by any caller.
//!
//! ```text
//! enter ─► Pass ─► request ─► good | refused (for how long) ─► the next one who enters is told, and sends nothing
//! ```
//!
//! A refusal is kept for one [`RefusalParty`]: an application of a tenant, at one address. All that ask as this application
//! share its [`RefusalMemory`]: instances, lanes, commands in this process. It closes one [`ResourceFamily`] of resources. Without a
//! time it closes only what was refused: one credential, or one kind of request.
//!
//! How long it is believed, how it grows, and who asks first afterwards is decided in [`remembered_refusal`], purely. Where the
//! memory outlives the process is `app`'s business: it waits for [`watch_changes`], keeps what [`RefusalMemory::to_keep`] says, and
//! hands it back by [`RefusalMemory::restore_refusal`] and [`RefusalMemory::remember_untimed`], so that a bus that is started again and again
//! does not sign in each time. A memory lives as long as somebody holds on to it.
//!
//! Nothing here knows a secret: a credential is named by a digest that never leaves the memory. What is kept has a mark of
//! it, made with a key that is not kept beside it; who exchanged the credential is not held up by what the old one was refused.

mod memory;
mod party;
pub mod remembered_refusal;
mod retry_after;

pub use memory::{KeptRefusal, Marker, RefusalCheckMode, RefusalMemory, RequestPass, watch_changes};
pub use party::{RefusalParty, ResourceFamily};
pub use remembered_refusal::{ClockMoment, RefusalCause, RememberedRefusal};
pub use retry_after::parse_retry_after;
