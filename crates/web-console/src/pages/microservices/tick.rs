//! What a page that confirms devices asks for: the tick, and the number of devices typed by hand. Both are looked at here
//! before the API is asked, which compares what was shown with what is.

use http::StatusCode;

use crate::failure::PageFailure;
use crate::form::FormFields;

/// Exactly what was shown.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Confirmation {
    pub(super) digest: String,
    pub(super) count: u64,
}

/// The fields `agree`, `number`, `count` and `digest`.
pub(super) fn read_confirmation(form: &FormFields) -> Result<Confirmation, PageFailure> {
    let unmet = || PageFailure::plain(StatusCode::UNPROCESSABLE_ENTITY, "microservices-not-confirmed");
    let confirmed = Given {
        agreed: form.is_ticked("agree"),
        typed: form.text("number"),
        shown: form.text("count"),
    };
    let count = confirmed.judge().ok_or_else(unmet)?;
    Ok(Confirmation {
        digest: form.text("digest").to_owned(),
        count,
    })
}

struct Given<'a> {
    agreed: bool,
    typed: &'a str,
    shown: &'a str,
}

impl Given<'_> {
    /// The number, where tick and number are both right.
    fn judge(&self) -> Option<u64> {
        let shown: u64 = self.shown.parse().ok()?;
        let typed: u64 = self.typed.parse().ok()?;
        (self.agreed && typed == shown).then_some(shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_tick_and_the_right_number_confirm() {
        for (agreed, typed, shown, count) in [
            (true, "12", "12", Some(12)),
            (false, "12", "12", None),
            (true, "11", "12", None),
            (true, "", "12", None),
            (true, "12", "", None),
            (true, "-1", "-1", None),
        ] {
            assert_eq!(
                Given { agreed, typed, shown }.judge(),
                count,
                "{agreed} {typed} {shown}"
            );
        }
    }
}
