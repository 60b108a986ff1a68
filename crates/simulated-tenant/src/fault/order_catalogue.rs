//! Every way in which a request of an order can go wrong, ready to be armed: each request that makes groups, members and
//! assignments or reads them, with each refusal, each lost answer, and whether the request takes effect all the same.

use super::kind::{Again, Fault, Moment, Nesting};
use super::rule::Rule;

/// A request that an order needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderStep {
    pub name: &'static str,
    pub method: &'static str,
    /// As [`Rule::path`] has it.
    pub path: &'static str,
    /// As [`Rule::unless`] has it.
    pub unless: Option<&'static str>,
}

const fn step(name: &'static str, method: &'static str, path: &'static str) -> OrderStep {
    OrderStep {
        name,
        method,
        path,
        unless: None,
    }
}

const fn sparing(unless: &'static str, step: OrderStep) -> OrderStep {
    OrderStep {
        unless: Some(unless),
        ..step
    }
}

/// The requests, in the order in which an order comes by them.
pub const STEPS: &[OrderStep] = &[
    sparing(
        "*/assignments*",
        step("read the app", "GET", "*/deviceAppManagement/mobileApps/*"),
    ),
    step("find the group", "GET", "*/groups"),
    sparing("*/members*", step("read the group", "GET", "*/groups/*")),
    step("create the group", "POST", "*/groups"),
    step("list the assignments", "GET", "*/mobileApps/*/assignments"),
    step("create the assignment", "POST", "*/mobileApps/*/assignments"),
    step("delete the assignment", "DELETE", "*/mobileApps/*/assignments/*"),
    sparing("*/members/*", step("delete the group", "DELETE", "*/groups/*")),
    sparing("*/deviceManagement/*", step("find the user", "GET", "*/users*")),
    step("find the device", "GET", "*/devices*"),
    step("check the membership", "POST", "*/checkMember*"),
    step("add the member", "POST", "*/groups/*/members/*ref"),
    step("remove the member", "DELETE", "*/groups/*/members/*ref"),
    step("send the sync", "POST", "*/managedDevices/*/syncDevice"),
    step(
        "read the report",
        "POST",
        "*/reports/*retrieveDeviceAppInstallationStatusReport",
    ),
];

impl OrderStep {
    pub fn writes(&self) -> bool {
        let reads = ["*/checkMember*", "*/reports/*retrieveDeviceAppInstallationStatusReport"];
        self.method != "GET" && !reads.contains(&self.path)
    }

    /// Whether Entra answers it, in its own words.
    pub fn is_entra(&self) -> bool {
        ["groups", "users", "devices", "checkMember"]
            .iter()
            .any(|part| self.path.starts_with(&format!("*/{part}")))
    }
}

/// A fault of one step, striking once.
#[derive(Debug, Clone)]
pub struct OrderFault {
    pub name: String,
    pub step: OrderStep,
    pub rule: Rule,
    /// The request takes effect, whatever the client is told.
    pub effect: bool,
    /// It makes the client wait, for its time limit or longer.
    pub slow: bool,
}

/// Every step with every fault.
pub fn every() -> Vec<OrderFault> {
    STEPS.iter().flat_map(|step| of_step(*step)).collect()
}

/// Every fault of one step.
pub fn of_step(step: OrderStep) -> Vec<OrderFault> {
    let mut every = refused(step);
    every.extend(lost(step));
    every
}

fn fault(step: OrderStep, name: &str, effect: bool, fault: Fault) -> OrderFault {
    OrderFault {
        name: format!("{}: {name}", step.name),
        step,
        slow: matches!(fault, Fault::Silent {} | Fault::Late { .. } | Fault::AnswerLate { .. }),
        rule: Rule {
            fault,
            path: step.path.to_owned(),
            unless: step.unless.map(str::to_owned),
            method: Some(step.method.to_owned()),
            ..Rule::default()
        },
        effect,
    }
}

fn status(step: OrderStep, name: &str, status: u16, effect: bool) -> OrderFault {
    let body = match (status, step.is_entra()) {
        (502, _) => Nesting::Html,
        (503, _) => Nesting::Empty,
        (504, false) => Nesting::Twice,
        (_, true) => Nesting::Plain,
        (_, false) => Nesting::Once,
    };
    let code = match (status, step.is_entra()) {
        (400, true) => Some("Request_BadRequest"),
        (404, true) => Some("Request_ResourceNotFound"),
        (403, true) => Some("Authorization_RequestDenied"),
        _ => None,
    };
    let kind = Fault::Status {
        status,
        code: code.map(str::to_owned),
        message: None,
        body,
        effect,
    };
    fault(step, name, effect, kind)
}

/// Answers that say no, rightly or not.
fn refused(step: OrderStep) -> Vec<OrderFault> {
    let throttled = |name, retry_after| fault(step, name, false, Fault::Throttled { retry_after });
    let mut every = vec![
        throttled("429 with seconds", Again::Seconds(1)),
        throttled("429 without a word", Again::Missing),
        fault(step, "401", false, Fault::Unauthorized {}),
        status(step, "400", 400, false),
        status(step, "403", 403, false),
        status(step, "404", 404, false),
        status(step, "409", 409, false),
        status(step, "500", 500, false),
        status(step, "502", 502, false),
        status(step, "503", 503, false),
        status(step, "504", 504, false),
    ];
    if step.writes() {
        every.extend([
            status(step, "400 after the effect", 400, true),
            status(step, "500 after the effect", 500, true),
            status(step, "502 after the effect", 502, true),
            status(step, "503 after the effect", 503, true),
            status(step, "504 after the effect", 504, true),
        ]);
    }
    every
}

/// Answers that do not arrive, or not as they were sent.
fn lost(step: OrderStep) -> Vec<OrderFault> {
    let reset = |when, effect| Fault::Reset { when, bytes: 0, effect };
    let body = Fault::Body {
        status: 200,
        content_type: "text/html".to_owned(),
        body: "<html><body>Sign in</body></html>".to_owned(),
    };
    let writes = step.writes();
    let mut every = vec![
        fault(step, "reset before the effect", false, reset(Moment::Before, false)),
        fault(step, "silence", false, Fault::Silent {}),
        fault(step, "late", writes, Fault::Late { ms: 1500 }),
        fault(step, "a sign-in page with status 200", false, body),
        fault(step, "truncated JSON", writes, Fault::Truncated { percent: 60 }),
    ];
    if writes {
        every.extend([
            fault(step, "reset after the effect", true, reset(Moment::Before, true)),
            fault(step, "late after the effect", true, Fault::AnswerLate { ms: 1500 }),
        ]);
    }
    every
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_fault_has_a_name_of_its_own_and_survives_json() {
        let every = every();
        let names: HashSet<&str> = every.iter().map(|fault| fault.name.as_str()).collect();
        assert_eq!(names.len(), every.len());
        for fault in every {
            let json = serde_json::to_string(&fault.rule).unwrap();
            assert_eq!(serde_json::from_str::<Rule>(&json).unwrap(), fault.rule, "{json}");
        }
    }
}
