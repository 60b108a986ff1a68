//! Notices to people: channels, recipients, what each recipient was told, messages on their way, and the heartbeat.
//!
//! What was told and the message that tells it are one transaction ([`outbox`]). So wherever the process dies, a condition
//! was told and has its message, or neither: it is told by the next one. Where the store itself went back, that is not known
//! of what came since ([`after_restore`]).

mod after_restore;
mod channels;
mod heartbeat;
mod outbox;
mod recipients;
#[cfg(test)]
mod tests;

pub(super) use after_restore::end_notices_after_restore;
pub use channels::{ChannelRemoval, NoticeBacklog, NoticeChannelRow};
pub use heartbeat::HeartbeatRow;
pub use outbox::{NewNoticeMessage, NoticeMessageRow, NoticeMove, ToldNoticeRow};
pub use recipients::{NewNoticeRecipient, NoticeRecipientRow};
