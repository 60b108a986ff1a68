//! What the answer to a message means: a pure decision.

use std::time::Duration;

use reqwest::StatusCode;

/// What became of one try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendOutcome {
    Accepted,
    /// 410: the receiver wants no more of this message.
    Gone,
    Failed {
        /// For people.
        error: String,
        /// For how long the receiver asked to be left alone.
        retry_after: Option<Duration>,
    },
}

impl SendOutcome {
    /// A try that got no answer.
    pub(super) fn failed(error: impl ToString) -> SendOutcome {
        SendOutcome::Failed {
            error: error.to_string(),
            retry_after: None,
        }
    }
}

/// A redirect is a failure: following it would send the message to an address that nobody set.
pub(super) fn judge_status(status: StatusCode, retry_after: Option<Duration>) -> SendOutcome {
    let error = match status.as_u16() {
        200..=299 => return SendOutcome::Accepted,
        410 => return SendOutcome::Gone,
        code @ 300..=399 => format!("HTTP {code}: redirects are not followed; set the address that answers by itself"),
        code => format!("HTTP {code}"),
    };
    SendOutcome::Failed { error, retry_after }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_200s_are_taken_and_only_410_ends_it() {
        let judge = |code: u16| judge_status(StatusCode::from_u16(code).unwrap(), None);
        for code in [200, 202, 204, 299] {
            assert_eq!(judge(code), SendOutcome::Accepted, "{code}");
        }
        assert_eq!(judge(410), SendOutcome::Gone);
        for code in [301, 302, 307, 308, 400, 401, 404, 429, 500, 503] {
            let SendOutcome::Failed { error, .. } = judge(code) else {
                panic!("{code} is no failure")
            };
            assert!(error.starts_with(&format!("HTTP {code}")), "{error}");
        }
        let later = Some(Duration::from_secs(17));
        let outcome = judge_status(StatusCode::SERVICE_UNAVAILABLE, later);
        assert!(matches!(outcome, SendOutcome::Failed { retry_after, .. } if retry_after == later));
    }
}
