//! Notices to people, and the heartbeat.

use super::{answer_type, operations, waiting_answer};
use crate::contract::{
    HeartbeatBody, HeartbeatView, NoticeChannelBody, NoticeChannelView, NoticeMessagesView, NoticeRecipientBody,
    NoticeRecipientView, NoticeSettingsView, NoticeTestView,
};

operations! {
    /// Channels and recipients of notices, and the heartbeat
    show_notice_settings() GET "/sics/v1/notice-settings" => 200 NoticeSettingsView;
    /// What recipients were told lately
    list_notice_messages() GET "/sics/v1/notice-messages" => 200 NoticeMessagesView;
    /// Add or change a channel: a mail server, or a receiver of webhooks
    set_notice_channel(channel) PUT "/sics/v1/notice-channels/{channel}" body NoticeChannelBody, => 200 NoticeChannelView;
    /// Remove a channel that no recipient uses
    remove_notice_channel(channel) DELETE "/sics/v1/notice-channels/{channel}" => 204;
    /// Add or change a recipient of notices
    set_notice_recipient(recipient) PUT "/sics/v1/notice-recipients/{recipient}" body NoticeRecipientBody, => 200 NoticeRecipientView;
    /// Remove a recipient; what waits for them is not sent
    remove_notice_recipient(recipient) DELETE "/sics/v1/notice-recipients/{recipient}" => 204;
    /// Send a recipient a test message at once
    ///
    /// The answer says whether the mail server, or the receiver of webhooks, has taken it. It is sent once, in quiet hours too.
    test_notice_recipient(recipient) POST "/sics/v1/notice-recipients/{recipient}/test" => 200 NoticeTestView;
    /// Have an address outside pinged, as long as scans are fresh and the store takes writes
    set_heartbeat() PUT "/sics/v1/heartbeat" body HeartbeatBody, => 200 HeartbeatView;
    /// Ping nobody any more
    remove_heartbeat() DELETE "/sics/v1/heartbeat" => 204;
}
