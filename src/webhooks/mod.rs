//! Webhooks: messages that the bus sends to an address of somebody else, as Standard Webhooks describes them.
//!
//! A message is written into the store by the act that it tells of, in the same transaction; from there [`delivery_worker`]
//! takes it. So a message is sent at least once, also where the process dies between the answer of the receiver and the note
//! of it: the receiver sees the same `webhook-id` again. Messages of one subject arrive in the order in which they were
//! written: the next one is sent when the one before it was taken, or was given up. Other subjects do not wait for it.
//!
//! What a message means is known elsewhere. Whoever runs a [`WebhookSender`] hands it a [`WebhookTargets`] (which address,
//! with which keys, for which purpose) and an [`AnswerSink`] (what to do with the answer of a receiver).
//!
//! Messages that no row of the store stands for (pages of the feed for a management server, test messages) are sent one by one
//! through [`MessagePost`]: their order and their repetition are kept by whoever composes them. Signature, addresses, answers
//! and pauses are the same.
//!
//! An address comes from a person, and a name may lead anywhere: the rule of [`crate::net`] is applied to the address that
//! the connection is really made to, redirects are not followed, and of an answer no more than
//! 64 kB are read ([`sender_client`]). A message that is not taken is sent again over a day ([`retry_schedule`]), then it is
//! dead: it stays in the store, with the reason.

mod delivery;
mod delivery_worker;
mod message_post;
mod message_queue;
mod retry_schedule;
mod send_outcome;
mod sender_client;
mod signature;
mod webhook_target;

pub use delivery_worker::{SenderBounds, WebhookSender};
pub use message_post::MessagePost;
pub use retry_schedule::{LIFETIME, decide_attempt};
pub use send_outcome::SendOutcome;
pub use sender_client::WebhookTargetError;
pub use signature::{WebhookKey, WebhookKeyError, sign_message};
pub use webhook_target::{AnswerRefused, AnswerSink, NoAnswers, WebhookTarget, WebhookTargets};
