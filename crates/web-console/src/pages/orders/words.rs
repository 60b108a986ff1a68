//! States and kinds of the contract as words and colours, and the words of the contract in addresses and forms.

use connector_core::model::WordEnum;
use sics_client::contract::OrderState;

use crate::link_query::LinkQuery;
use crate::page::PageContext;

/// The value of the contract that is called so on the wire.
pub(crate) fn find_word<T: WordEnum>(name: &str) -> Option<T> {
    T::ALL.iter().copied().find(|word| word.name() == name)
}

/// The state of an order in words.
pub(super) fn state_word(ctx: &PageContext, state: OrderState) -> String {
    ctx.word("orders-state-", state.name())
}

/// The class of the state of an order.
pub(super) fn state_light(state: OrderState) -> &'static str {
    match state {
        OrderState::Done => "good",
        OrderState::Failed | OrderState::Rejected => "bad",
        OrderState::WaitingForApproval | OrderState::WaitingForLicence => "warning",
        OrderState::Accepted
        | OrderState::Processing
        | OrderState::Processed
        | OrderState::Cancelled
        | OrderState::Replaced => "",
    }
}

/// This page's path and query, to come back to after an act; without what the act before it said.
pub(crate) fn way_back(ctx: &PageContext) -> String {
    let query = LinkQuery::parse(ctx.query()).with_value("done", "");
    format!("{}{}", ctx.path(), query.to_text())
}

/// What was typed into a field of several lines, on one: the API takes no line breaks.
pub(crate) fn one_line(typed: &str) -> String {
    typed.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// An error code of Intune as Windows writes it: `0x87D13B9F`.
pub(super) fn hex_code(code: i64) -> String {
    format!("0x{:08X}", code & 0xFFFF_FFFF)
}

/// Names with commas between them.
pub(crate) fn join_names(ctx: &PageContext, names: &[String]) -> String {
    let shown: Vec<String> = names.iter().map(|name| ctx.plain(name)).collect();
    shown.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_wire_are_found() {
        for state in OrderState::ALL {
            assert_eq!(find_word(state.name()), Some(*state));
        }
        assert_eq!(find_word::<OrderState>("open"), None);
        assert_eq!(find_word::<OrderState>(""), None);
    }

    #[test]
    fn every_state_has_words() {
        let texts = include_str!("../../../locale/en/orders.ftl");
        for state in OrderState::ALL {
            let key = format!("orders-state-{} = ", state.name().to_ascii_lowercase());
            assert!(texts.lines().any(|line| line.starts_with(&key)), "{key}");
        }
    }

    #[test]
    fn lines_become_one() {
        assert_eq!(one_line(" for the\r\nmeeting  room\n"), "for the meeting room");
        assert_eq!(one_line(" \n"), "");
    }

    #[test]
    fn error_codes_are_written_as_windows_does() {
        for (code, hex) in [
            (-2_016_330_849, "0x87D13B9F"),
            (2_278_636_447, "0x87D13B9F"),
            (5, "0x00000005"),
        ] {
            assert_eq!(hex_code(code), hex, "{code}");
        }
    }
}
