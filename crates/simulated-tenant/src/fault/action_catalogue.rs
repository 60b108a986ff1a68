//! Every way in which a request for an action can go wrong, ready to be armed. Each says what a judge needs to know:
//! whether the request has its effect all the same, and what the client gets to see.

use super::catalogue::Named;
use super::kind::{Again, Fault, Moment, Nesting};
use super::rule::Rule;
use crate::remote::{Conduct, Outcome, Trace};

/// Requests under a device, of any version.
const ACTION: &str = "*/deviceManagement/managedDevices/*";

/// A fault of an action, striking once.
#[derive(Debug, Clone)]
pub struct ActionFault {
    pub name: &'static str,
    pub rule: Rule,
    /// The action is accepted, and counted, whatever the client is told.
    pub effect: bool,
    /// The status that the client sees; none where the connection ends instead.
    pub answer: Option<u16>,
    pub slow: bool,
}

impl From<ActionFault> for Named {
    fn from(fault: ActionFault) -> Self {
        Named {
            name: fault.name,
            rule: fault.rule,
            slow: fault.slow,
        }
    }
}

/// All of them. They strike POST, the method of every action but the delete.
pub fn every() -> Vec<ActionFault> {
    let mut every = refused();
    every.extend(lost());
    every.extend(late());
    every
}

fn fault(name: &'static str, effect: bool, answer: Option<u16>, fault: Fault) -> ActionFault {
    ActionFault {
        name,
        slow: matches!(fault, Fault::Silent {} | Fault::Late { .. } | Fault::AnswerLate { .. }),
        rule: Rule {
            fault,
            path: ACTION.to_owned(),
            method: Some("POST".to_owned()),
            ..Rule::default()
        },
        effect,
        answer,
    }
}

fn status(name: &'static str, status: u16, effect: bool, body: Nesting) -> ActionFault {
    let kind = Fault::Status {
        status,
        code: None,
        message: None,
        body,
        effect,
    };
    fault(name, effect, Some(status), kind)
}

/// Answers that say no, rightly or not.
fn refused() -> Vec<ActionFault> {
    let redirect = Fault::Redirect {
        to: "https://elsewhere.example/".to_owned(),
        status: 307,
    };
    let throttled = |name, retry_after| fault(name, false, Some(429), Fault::Throttled { retry_after });
    vec![
        throttled("429 with seconds", Again::Seconds(1)),
        throttled("429 without a word", Again::Missing),
        fault("401", false, Some(401), Fault::Unauthorized {}),
        fault("403", false, Some(403), Fault::Forbidden { scopes: Vec::new() }),
        fault("redirect", false, Some(307), redirect),
        status("400", 400, false, Nesting::Once),
        status("404", 404, false, Nesting::Once),
        status("409", 409, false, Nesting::Once),
        status("500 before the effect", 500, false, Nesting::Once),
        status("502 before the effect", 502, false, Nesting::Html),
        status("503 before the effect", 503, false, Nesting::Empty),
        status("504 before the effect", 504, false, Nesting::Twice),
        status("500 after the effect", 500, true, Nesting::Once),
        status("502 after the effect", 502, true, Nesting::Html),
        status("503 after the effect", 503, true, Nesting::Empty),
        status("504 after the effect", 504, true, Nesting::Twice),
    ]
}

/// Answers that do not arrive.
fn lost() -> Vec<ActionFault> {
    let reset = |name, when, effect, answer| {
        let kind = Fault::Reset { when, bytes: 0, effect };
        let carried_out = effect || when != Moment::Before;
        fault(name, carried_out, answer, kind)
    };
    vec![
        reset("reset before the effect", Moment::Before, false, None),
        reset("reset after the effect", Moment::Before, true, None),
        reset("reset after the answer", Moment::After, false, Some(204)),
        fault("silence", false, None, Fault::Silent {}),
        fault("late before the effect", true, Some(204), Fault::Late { ms: 1500 }),
        fault("late after the effect", true, Some(204), Fault::AnswerLate { ms: 1500 }),
    ]
}

/// Effects that show late, differently, or not at all.
fn late() -> Vec<ActionFault> {
    let conduct = |name, conduct| fault(name, true, Some(204), Fault::Conduct { conduct });
    let traceless = |name, without: &[Trace]| {
        let traceless = Some(without.to_vec());
        conduct(
            name,
            Conduct {
                traceless,
                ..Conduct::default()
            },
        )
    };
    let outcome = |name, outcome| {
        let outcome = Some(outcome);
        conduct(
            name,
            Conduct {
                outcome,
                ..Conduct::default()
            },
        )
    };
    let late = Conduct {
        shown_after_ms: Some(60_000),
        ..Conduct::default()
    };
    let shy = Conduct {
        shown_after_reads: Some(3),
        ..Conduct::default()
    };
    let silent = Conduct {
        answers: Some(false),
        ..Conduct::default()
    };
    vec![
        conduct("shown after a minute", late),
        conduct("shown at the fourth look", shy),
        conduct("the device never answers", silent),
        traceless("no result", &[Trace::Results]),
        traceless("no audit", &[Trace::Audits]),
        traceless("no trace at all", &[Trace::Results, Trace::Audits, Trace::State]),
        outcome("failed on the device", Outcome::Failed),
        outcome("not supported by the device", Outcome::NotSupported),
        outcome("canceled", Outcome::Canceled),
    ]
}
