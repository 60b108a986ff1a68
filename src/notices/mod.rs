//! Notices to people: whoever does not look at the console is told by mail or by a webhook what needs somebody, and told when
//! it is over.
//!
//! What is the matter is known elsewhere: the list of what needs attention. Whoever runs a [`NoticeSender`] hands it a
//! [`ConditionSource`]; nothing here looks at instances or devices. The way of a notice, in the order of the files:
//!
//! [`condition`]: which entries of that list are told, and as what kind. [`tell_plan`]: what of it is news to a recipient; 800
//! of a kind are one notice, and what was told is told again only where something new has come. [`quiet_hours`]: what waits
//! for the morning. [`evaluation`]: the moves of all recipients, written in one transaction with their messages, so that
//! nothing is told twice and nothing is forgotten, wherever the process dies. [`notice_text`] and [`message_form`]: the
//! messages in both languages, for mail, Teams, Slack and others. [`delivery`]: each is tried for a day, by [`mail_sender`]
//! or [`post_sender`]. A message that was under way when the process died is sent again, with the same id.
//!
//! [`heartbeat`] is the other way round: a ping that stays away where something is wrong, also where the bus is dead.

mod channel_settings;
mod condition;
mod content;
mod delivery;
mod evaluation;
mod heartbeat;
mod mail_sender;
mod message_form;
mod message_template;
mod notice_sender;
mod notice_text;
mod notice_words;
mod post_sender;
mod quiet_hours;
mod recipient_settings;
mod tell_plan;

pub use channel_settings::{ChannelSecrets, ChannelSettings, MailSettings, PostSettings, SecretText};
pub use condition::{ConditionText, OpenCondition, find_kind};
pub use content::{NoticeContent, NoticeItem};
pub use delivery::{ChannelError, send_test};
pub use evaluation::tell_conditions;
pub use heartbeat::{HeartbeatSettings, decide_heartbeat};
pub use mail_sender::check_mail_address;
pub use message_form::{MessageContext, build_body};
pub use message_template::{TemplateError, parse_template};
pub use notice_sender::{ConditionSource, NoticeSender};
pub use notice_text::{NoticeText, write_text};
pub use post_sender::{PostAddressError, parse_given_address};
pub use quiet_hours::{QuietHoursError, QuietTimes};
pub use recipient_settings::RecipientSettings;
