//! Faults on request. [`around`] wraps every route of the simulator but the control API: before a request is
//! answered, the rules are asked whether one strikes. It may answer itself ([`play`]), tell the list how to be torn
//! (an extension that `graph` obeys), or spoil the answer on its way out ([`spoil`]). Whatever it does, the answer
//! says so in `x-simulator-fault`, and the log has it, too; a reset leaves only the log.
//!
//! [`catalogue`] has one of each, ready to be armed, [`action_catalogue`] those of actions, and [`order_catalogue`] those
//! of every request that an order needs.
//!
//! At most one rule strikes a request: the first that fits, in the order in which they were armed. So a mix of faults
//! is a list of rules with chances, and what happened can be read from the log afterwards. How a device takes an action
//! ([`Fault::Conduct`]) is no matter of the answer, and may strike beside another.

mod abort;
pub mod action_catalogue;
pub mod catalogue;
mod hold;
mod kind;
pub mod order_catalogue;
mod play;
mod rule;
mod spoil;
mod surround;

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;

pub use abort::Abort;
pub use hold::{Held, Holds, Release, Stage};
pub use kind::{Again, Broken, Fault, Moment, Nesting, Twist};
pub use rule::{Rule, Seen};
pub use surround::around;

use super::directory::Caller;
use super::graph::{Answer, Asked, Place, Version};
use super::remote::Conduct;
use super::state::{Simulated, lock};
use super::world::Dice;

/// Rules at once, and walks whose pages are counted.
const MAX_RULES: usize = 1000;
const MAX_WALKS: usize = 1000;

#[derive(Debug, Default)]
pub struct Faults {
    /// Lets a request pass without a look at the rules.
    armed: AtomicBool,
    inner: Mutex<Inner>,
    holds: Holds,
}

#[derive(Debug, Default)]
struct Inner {
    rules: Vec<Armed>,
    next_id: u64,
    /// By token and path: the last skip token and its page.
    walks: HashMap<u64, (u64, u32)>,
}

/// What strikes a request within a batch.
#[derive(Debug, Default)]
pub struct Struck {
    /// Instead of the true one.
    pub answer: Option<Answer>,
    /// The request takes effect all the same.
    pub carried_out: bool,
    pub conduct: Option<Conduct>,
}

/// A rule and what became of it.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Armed {
    pub id: u64,
    pub rule: Rule,
    /// Requests that fitted, and how many of them it struck.
    pub seen: u32,
    pub struck: u32,
    #[serde(skip)]
    dice: Dice,
}

impl Faults {
    /// Arms a rule; its id, or `None` where there are too many.
    pub fn arm(&self, rule: Rule) -> Option<u64> {
        let mut inner = lock(&self.inner);
        if inner.rules.len() >= MAX_RULES {
            return None;
        }
        inner.next_id += 1;
        let id = inner.next_id;
        inner.rules.push(Armed {
            id,
            rule,
            seen: 0,
            struck: 0,
            dice: Dice::new(id),
        });
        self.armed.store(true, Ordering::SeqCst);
        Some(id)
    }

    pub fn disarm(&self, id: u64) -> bool {
        let mut inner = lock(&self.inner);
        let before = inner.rules.len();
        inner.rules.retain(|armed| armed.id != id);
        self.armed.store(!inner.rules.is_empty(), Ordering::SeqCst);
        inner.rules.len() < before
    }

    pub fn clear(&self) {
        lock(&self.inner).rules.clear();
        self.holds.release(None, Release::Go);
        self.armed.store(false, Ordering::SeqCst);
    }

    /// Requests that are held.
    pub fn holds(&self) -> &Holds {
        &self.holds
    }

    pub fn list(&self) -> Vec<Armed> {
        lock(&self.inner).rules.clone()
    }

    fn any(&self) -> bool {
        self.armed.load(Ordering::SeqCst)
    }

    /// Whether a rule wants to know who asks, which costs a look at the token.
    fn wants_caller(&self) -> bool {
        lock(&self.inner)
            .rules
            .iter()
            .any(|armed| armed.rule.tenant.is_some() || armed.rule.app.is_some())
    }

    /// The fault that strikes this request, if any, and how the device will take it.
    fn strike(&self, seen: Seen<'_>) -> (Option<Fault>, Option<Conduct>) {
        let mut inner = lock(&self.inner);
        let (conducts, others): (Vec<_>, Vec<_>) = inner
            .rules
            .iter_mut()
            .partition(|armed| matches!(armed.rule.fault, Fault::Conduct { .. }));
        let fault = others.into_iter().find_map(|armed| armed.strike(seen));
        let conduct = conducts.into_iter().find_map(|armed| match armed.strike(seen) {
            Some(Fault::Conduct { conduct }) => Some(conduct),
            _ => None,
        });
        (fault, conduct)
    }

    /// Which page of its walk a request to the list asks for. A walk is known by its bearer; the same skip token
    /// again is the same page again.
    fn page(&self, walk: u64, skip_token: Option<u64>) -> u32 {
        let mut inner = lock(&self.inner);
        if inner.walks.len() >= MAX_WALKS {
            inner.walks.clear();
        }
        let last = inner.walks.entry(walk).or_insert((0, 1));
        *last = match skip_token {
            None => (0, 1),
            Some(token) if token == last.0 => *last,
            Some(token) => (token, last.1 + 1),
        };
        last.1
    }

    /// A fault for a request within a batch: only those that are an answer of their own can be played there.
    pub fn within_batch(&self, sim: &Simulated, asked: &Asked, caller: &Caller) -> Struck {
        if !self.any() {
            return Struck::default();
        }
        let version = if asked.version == Version::Beta {
            "/beta"
        } else {
            "/v1.0"
        };
        let path = format!("{version}{}", asked.path);
        let (fault, conduct) = self.strike(Seen {
            method: asked.method.as_str(),
            path: &path,
            query: &asked.query,
            tenant: Some(&caller.tenant_id),
            app: Some(&caller.client_id),
            page: None,
        });
        let Some(fault) = fault else {
            return Struck {
                conduct,
                ..Struck::default()
            };
        };
        let place = Place {
            ids: asked.ids.clone(),
            at: sim.clock().now(),
            path: asked.path.clone(),
        };
        let mut answer = play::answer(&fault, &place);
        if let Some(answer) = &mut answer {
            answer.header("x-simulator-fault", &fault.name());
        }
        Struck {
            answer,
            carried_out: matches!(fault, Fault::Status { effect: true, .. }),
            conduct,
        }
    }
}

impl Armed {
    fn strike(&mut self, seen: Seen<'_>) -> Option<Fault> {
        if !self.rule.fits(seen) {
            return None;
        }
        self.seen = self.seen.saturating_add(1);
        let is_spent = self.rule.times > 0 && self.struck >= self.rule.times;
        if self.seen < self.rule.nth || is_spent || !self.dice.per_mille(self.rule.chance.into()) {
            return None;
        }
        self.struck = self.struck.saturating_add(1);
        Some(self.rule.fault.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: Seen<'_> = Seen {
        method: "GET",
        path: "/v1.0/deviceManagement/managedDevices",
        query: "",
        tenant: None,
        app: None,
        page: None,
    };

    #[test]
    fn a_rule_strikes_from_its_turn_on_and_no_oftener_than_it_should() {
        let faults = Faults::default();
        faults.arm(Rule {
            nth: 3,
            times: 2,
            ..Rule::default()
        });
        let struck: Vec<bool> = (0..6).map(|_| faults.strike(LIST).0.is_some()).collect();
        assert_eq!(struck, [false, false, true, true, false, false]);
    }

    #[test]
    fn the_pages_of_a_walk_are_counted_and_a_retry_is_the_same_page() {
        let faults = Faults::default();
        let pages: Vec<u32> = [None, Some(7), Some(7), Some(8), None]
            .map(|token| faults.page(1, token))
            .into();
        assert_eq!(pages, [1, 2, 2, 3, 1]);
    }

    #[test]
    fn a_torn_list_strikes_only_the_list() {
        let faults = Faults::default();
        faults.arm(Rule {
            fault: Fault::List { twist: Twist::Empty },
            ..Rule::default()
        });
        assert!(
            faults
                .strike(Seen {
                    path: "/v1.0/deviceManagement/managedDevices/7",
                    ..LIST
                })
                .0
                .is_none()
        );
        assert!(faults.strike(LIST).0.is_some());
    }
}
