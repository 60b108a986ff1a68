//! Random histories of account operations, carried out by the real store, against the rule of ties written down a second
//! time, naively (A9): sets of accounts that somebody's hands reach, and nothing of how the program does it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta};
use intune_connector::actions::guard::ApprovalSignIn;
use intune_connector::actions::guard::tied_accounts::TiedAccounts;
use intune_connector::actions::policy_changes;
use intune_connector::model::{AccountChange, OperatorId, PolicyRelaxation, RightScope, SecretHash};
use intune_connector::observe::Clock;
use intune_connector::store::{
    AccountOutcome, NewOperator, NewRole, NewSecondFactor, OperatorKind, OperatorRow, Store,
};
use proptest::prelude::*;

use crate::support::folder::TestFolder;
use crate::support::workshop::asker;

/// Accounts are named by their place among those that there are, whatever it is then.
#[derive(Debug, Clone)]
enum Step {
    Add {
        by: usize,
        power: bool,
    },
    /// Removed, and added again under the same name by somebody.
    Replace {
        by: usize,
        over: usize,
        again: usize,
        power: bool,
    },
    Remove {
        by: usize,
        over: usize,
    },
    Password {
        by: usize,
        over: usize,
    },
    Rights {
        by: usize,
        over: usize,
        power: bool,
    },
    Role {
        by: usize,
        over: usize,
    },
    Switch {
        by: usize,
        over: usize,
        off: bool,
    },
    Token {
        by: usize,
        over: usize,
    },
    /// The rights of a role that some hold.
    HeldRole {
        by: usize,
        power: bool,
    },
    /// Its owner sets a second factor up.
    Enrol {
        over: usize,
    },
    /// Somebody takes it away.
    ResetFactor {
        by: usize,
        over: usize,
    },
    /// Its limits have suspended somebody.
    Suspend {
        over: usize,
    },
    /// Somebody asks for it to be lifted.
    Lift {
        by: usize,
        over: usize,
    },
    /// Somebody agrees to the newest that waits, so many hours after it was asked for.
    Agree {
        who: usize,
        after: i64,
    },
    Hours(i64),
}

fn step() -> impl Strategy<Value = Step> {
    let who = || 0..6usize;
    prop_oneof![
        2 => (who(), any::<bool>()).prop_map(|(by, power)| Step::Add { by, power }),
        1 => (who(), who(), who(), any::<bool>()).prop_map(|(by, over, again, power)| Step::Replace { by, over, again, power }),
        1 => (who(), who()).prop_map(|(by, over)| Step::Remove { by, over }),
        3 => (who(), who()).prop_map(|(by, over)| Step::Password { by, over }),
        2 => (who(), who(), any::<bool>()).prop_map(|(by, over, power)| Step::Rights { by, over, power }),
        1 => (who(), who()).prop_map(|(by, over)| Step::Role { by, over }),
        2 => (who(), who(), any::<bool>()).prop_map(|(by, over, off)| Step::Switch { by, over, off }),
        1 => (who(), who()).prop_map(|(by, over)| Step::Token { by, over }),
        2 => (who(), any::<bool>()).prop_map(|(by, power)| Step::HeldRole { by, power }),
        2 => who().prop_map(|over| Step::Enrol { over }),
        2 => (who(), who()).prop_map(|(by, over)| Step::ResetFactor { by, over }),
        1 => who().prop_map(|over| Step::Suspend { over }),
        2 => (who(), who()).prop_map(|(by, over)| Step::Lift { by, over }),
        4 => (who(), prop_oneof![Just(0i64), Just(25i64)]).prop_map(|(who, after)| Step::Agree { who, after }),
        2 => prop_oneof![Just(1i64), Just(23), Just(60)].prop_map(Step::Hours),
    ]
}

/// Somebody has a hand on an account until that hour; `None`: until its owner has had a password of their own for a day.
#[derive(Debug, Clone)]
struct Hand {
    by: i64,
    over: i64,
    password: bool,
    at: i64,
    until: Option<i64>,
}

/// What the naive rule remembers.
#[derive(Default)]
struct Memory {
    hour: i64,
    hands: Vec<Hand>,
    /// Names of removed accounts, with their number and when.
    removed: Vec<(String, i64, i64)>,
    numbers: BTreeSet<i64>,
    /// Accounts with a second factor, and since which hour.
    factors: BTreeMap<i64, i64>,
}

const WEEK: i64 = 7 * 24;
/// A role whose rights are changed while some hold it.
const HELD: &str = "helpers";
const WEAK: &str = "Devices_Read";

impl Memory {
    fn reached(&self, whose: i64) -> BTreeSet<i64> {
        let mut reached = BTreeSet::from([whose]);
        for _ in 0..=self.hands.len() {
            // A password alone opens nothing where the owner had a second factor before, and has it still.
            let held_off = |hand: &Hand| {
                let since = self.factors.get(&hand.over);
                hand.password && since.is_some_and(|since| *since < hand.at)
            };
            let holding = self
                .hands
                .iter()
                .filter(|hand| hand.until.is_none_or(|until| self.hour < until) && !held_off(hand));
            for hand in holding {
                if reached.contains(&hand.by) {
                    reached.insert(hand.over);
                }
            }
        }
        reached
    }

    fn tied(&self, one: i64, other: i64) -> bool {
        self.numbers.iter().any(|whose| {
            let reached = self.reached(*whose);
            reached.contains(&one) && reached.contains(&other)
        })
    }

    fn grab(&mut self, by: i64, over: i64, password: bool, given: bool) {
        if by != over {
            let until = (!(password && given)).then_some(self.hour + WEEK);
            self.hands.push(Hand {
                by,
                over,
                password,
                at: self.hour,
                until,
            });
        }
    }

    fn renewed(&mut self, owner: i64) {
        let end = self.hour + 24;
        for hand in self.hands.iter_mut().filter(|hand| hand.over == owner && hand.password) {
            hand.until = Some(hand.until.map_or(end, |until| until.min(end)));
        }
    }

    fn second_persons(&self, all: &[OperatorRow], of: i64) -> Vec<i64> {
        let can = |row: &&OperatorRow| {
            !row.disabled
                && row.password_hash.is_some()
                && !row.password_given
                && !row.suspended
                && row.has_right_for_all_instances("Jobs_Approve")
        };
        let ids = all.iter().filter(can).map(|row| row.id.0);
        ids.filter(|id| !self.tied(of, *id)).collect()
    }

    /// What a change that was made without a second person leaves behind.
    fn made(&mut self, by: i64, change: &AccountChange, before: &[OperatorRow], after: &[OperatorRow]) {
        for row in after {
            let id = row.id.0;
            self.numbers.insert(id);
            let Some(old) = before.iter().find(|old| old.id == row.id) else {
                self.grab(by, id, false, false);
                if row.password_hash.is_some() {
                    self.grab(by, id, true, row.password_given);
                }
                let former = self
                    .removed
                    .iter()
                    .rev()
                    .find(|(name, _, at)| *name == row.name && self.hour < at + WEEK);
                if let Some((_, former, _)) = former.cloned() {
                    self.hands.push(Hand {
                        by: former,
                        over: id,
                        password: false,
                        at: self.hour,
                        until: Some(self.hour + WEEK),
                    });
                }
                continue;
            };
            let token = matches!(change, AccountChange::AddToken { operator, .. } if operator.0 == id);
            let enabled = old.disabled && !row.disabled;
            let factor_gone = old.second_factor_since.is_some() && row.second_factor_since.is_none();
            let approves_orders = |row: &OperatorRow| row.has_right_for_all_instances("Orders_Approve");
            let gains = (is_powerful(row) && !is_powerful(old)) || (approves_orders(row) && !approves_orders(old));
            if enabled || token || factor_gone || gains {
                self.grab(by, id, false, false);
            }
            if old.password_hash != row.password_hash {
                self.grab(by, id, true, row.password_given);
                if by == id {
                    self.renewed(id);
                }
            }
        }
        self.forget(before, after);
    }

    /// What an untied second person agreed to leaves nothing but the names of who was removed.
    fn forget(&mut self, before: &[OperatorRow], after: &[OperatorRow]) {
        self.numbers.extend(after.iter().map(|row| row.id.0));
        for gone in before.iter().filter(|old| after.iter().all(|row| row.id != old.id)) {
            self.removed.push((gone.name.clone(), gone.id.0, self.hour));
        }
        let has_factor = |id: i64| {
            let row = after.iter().find(|row| row.id.0 == id);
            row.is_some_and(|row| row.second_factor_since.is_some())
        };
        self.factors.retain(|id, _| has_factor(*id));
    }
}

fn is_powerful(row: &OperatorRow) -> bool {
    ["Jobs_Approve", "Operators_Manage", "Actions_Wipe"]
        .iter()
        .any(|right| row.has_right_for_all_instances(right))
}

fn change_of(over: &OperatorRow) -> AccountChange {
    AccountChange::Change {
        operator: over.id,
        name: over.name.clone(),
        password: None,
        given: true,
        rights: None,
        scope: None,
        disabled: None,
    }
}

struct Play {
    store: Store,
    clock: Clock,
    memory: Memory,
    passwords: u32,
    folder: TestFolder,
}

impl Play {
    async fn new() -> Play {
        let folder = TestFolder::new();
        let clock = Clock::manual(DateTime::from_timestamp(1_790_000_000, 0).unwrap());
        let store = Store::open(folder.path(), clock.clone(), [7; 32]).unwrap();
        let mut memory = Memory::default();
        for name in ["alice", "bob", "carol"] {
            let new = NewOperator {
                name: name.into(),
                kind: OperatorKind::Person,
                password_hash: Some("old".into()),
                rights: vec!["*".parse().unwrap()],
                scope: RightScope::default(),
                created_by: None,
            };
            memory.numbers.insert(store.add_operator(new).await.unwrap().id.0);
        }
        let role = NewRole {
            name: HELD.parse().unwrap(),
            rights: vec![WEAK.parse().unwrap()],
            summary: String::new(),
        };
        store.add_role(role).await.unwrap();
        // It is not being set up any more.
        clock.advance(TimeDelta::hours(2));
        Play {
            store,
            clock,
            memory,
            passwords: 0,
            folder,
        }
    }

    async fn all(&self) -> Vec<OperatorRow> {
        self.store.list_operators().await.unwrap()
    }

    fn hash(&mut self) -> Option<SecretHash> {
        self.passwords += 1;
        Some(SecretHash::new(format!("hash {}", self.passwords)))
    }

    /// Asks for a change, and looks that it waits exactly where the rule says so.
    async fn ask(&mut self, by: &OperatorRow, change: AccountChange) {
        let before = self.all().await;
        let had = self.memory.second_persons(&before, by.id.0);
        let outcome = policy_changes::change_accounts(&self.store, change.clone(), asker(by)).await;
        let after = self.all().await;
        match outcome {
            Ok(AccountOutcome::Made(_)) => {
                let left = self.memory.second_persons(&after, by.id.0);
                assert!(
                    had.is_empty() || !left.is_empty(),
                    "the last second person went at once: {change:?}"
                );
                for row in after.iter().filter(|row| row.id != by.id && is_powerful(row)) {
                    let old = before
                        .iter()
                        .find(|old| old.id == row.id)
                        .expect("nobody with power is made at once");
                    assert!(
                        is_powerful(old)
                            && old.password_hash == row.password_hash
                            && old.disabled <= row.disabled
                            && old.second_factor_since == row.second_factor_since,
                        "control over an account with power was gained at once: {change:?}"
                    );
                }
                self.memory.made(by.id.0, &change, &before, &after);
            }
            Ok(AccountOutcome::Waits(_)) => assert_eq!(before, after, "what waits has changed nothing: {change:?}"),
            // Nobody gives what they do not have; an administrator has to be left.
            Err(_) => assert_eq!(before, after),
        }
    }

    async fn agree(&mut self, who: &OperatorRow) {
        let Some(row) = self.store.list_relaxations(true).await.unwrap().into_iter().next() else {
            return;
        };
        let (asker, before) = (row.asked_by.unwrap().0, self.all().await);
        let is_second = self.memory.second_persons(&before, asker).contains(&who.id.0);
        let nobody = self.memory.second_persons(&before, asker).is_empty();
        let waited = self.clock.now() - row.asked_at >= TimeDelta::hours(24);
        let one_person = self.memory.tied(asker, who.id.0);
        let done =
            policy_changes::approve_relaxation(&self.store, row.id, who, ApprovalSignIn::OwnPassword, None).await;
        let after = self.all().await;
        if done.is_err() {
            assert_eq!(before, after);
            return;
        }
        assert!(
            is_second || (one_person && nobody && waited),
            "{} agreed to what {asker} asked for: {:?}",
            who.name,
            row.relaxation
        );
        match (row.relaxation, is_second) {
            (_, true) => self.memory.forget(&before, &after),
            (PolicyRelaxation::AccountChange { change, .. }, false) => {
                self.memory.made(asker, &change, &before, &after)
            }
            (PolicyRelaxation::SuspensionLift { operator, .. }, false) => {
                self.memory.grab(asker, operator.0, false, false)
            }
            (other, false) => panic!("nobody asks for this here: {other:?}"),
        }
    }

    async fn step(&mut self, step: &Step) {
        let all = self.all().await;
        let row = |place: &usize| all[place % all.len()].clone();
        match step {
            Step::Hours(hours) => self.pass(*hours),
            Step::Agree { who, after } => {
                self.pass(*after);
                self.agree(&row(who)).await;
            }
            Step::Add { by, power } => {
                let name = format!("new-{}", self.memory.numbers.len() + self.passwords as usize);
                let change = self.added(name, *power);
                self.ask(&row(by), change).await;
            }
            Step::Remove { by, over } => self.remove(&row(by), &row(over)).await,
            Step::Replace { by, over, again, power } => {
                let (over, again) = (row(over), row(again));
                self.remove(&row(by), &over).await;
                if again.id != over.id {
                    let change = self.added(over.name, *power);
                    self.ask(&again, change).await;
                }
            }
            Step::Password { by, over } => {
                let (by, over) = (row(by), row(over));
                let hash = self.hash();
                let mut change = change_of(&over);
                if let AccountChange::Change { password, given, .. } = &mut change {
                    (*password, *given) = (hash, by.id != over.id);
                }
                self.ask(&by, change).await;
            }
            Step::Rights { by, over, power } => {
                let (by, over) = (row(by), row(over));
                if by.id == over.id {
                    return;
                }
                let mut change = change_of(&over);
                if let AccountChange::Change { rights, .. } = &mut change {
                    *rights = Some(vec![if *power { "Jobs_*" } else { "Devices_Read" }.parse().unwrap()]);
                }
                self.ask(&by, change).await;
            }
            Step::Role { by, over } => {
                let (by, over) = (row(by), row(over));
                if by.id == over.id {
                    return;
                }
                let change = AccountChange::GiveRole {
                    operator: over.id,
                    name: over.name,
                    role: if self.passwords.is_multiple_of(2) {
                        "approver"
                    } else {
                        HELD
                    }
                    .parse()
                    .unwrap(),
                    scope: RightScope::default(),
                };
                self.ask(&by, change).await;
            }
            Step::HeldRole { by, power } => {
                let change = AccountChange::ChangeRole {
                    role: HELD.parse().unwrap(),
                    rights: Some(vec![if *power { "Jobs_Approve" } else { WEAK }.parse().unwrap()]),
                    summary: None,
                };
                self.ask(&row(by), change).await;
            }
            Step::Enrol { over } => {
                let over = row(over);
                let new = NewSecondFactor {
                    operator: over.id,
                    sealed: "a seed".into(),
                    used_step: 0,
                    recovery_codes: Vec::new(),
                };
                if self.store.add_second_factor(new).await.unwrap() {
                    self.memory.factors.insert(over.id.0, self.memory.hour);
                }
            }
            Step::ResetFactor { by, over } => {
                let (by, over) = (row(by), row(over));
                if by.id == over.id {
                    return;
                }
                let change = AccountChange::ResetSecondFactor {
                    operator: over.id,
                    name: over.name,
                };
                self.ask(&by, change).await;
            }
            Step::Suspend { over } => self.suspend(&row(over)),
            Step::Lift { by, over } => {
                let asked = policy_changes::request_suspension_lift(&self.store, row(over).id, asker(&row(by)));
                assert_eq!(asked.await.unwrap().is_some(), row(over).suspended);
                assert_eq!(all, self.all().await, "what waits has changed nothing");
            }
            Step::Switch { by, over, off } => {
                let (by, over) = (row(by), row(over));
                if by.id == over.id {
                    return;
                }
                let mut change = change_of(&over);
                if let AccountChange::Change { disabled, .. } = &mut change {
                    *disabled = Some(*off);
                }
                self.ask(&by, change).await;
            }
            Step::Token { by, over } => {
                let over = row(over);
                self.passwords += 1;
                let change = AccountChange::AddToken {
                    operator: over.id,
                    name: over.name,
                    label: "mine".into(),
                    sha256: SecretHash::new(format!("{:064x}", self.passwords)),
                    scope: RightScope::default(),
                    expires_at: None,
                };
                self.ask(&row(by), change).await;
            }
        }
    }

    fn added(&mut self, name: String, power: bool) -> AccountChange {
        AccountChange::Add {
            name,
            account: OperatorKind::Person,
            password: self.hash(),
            given: true,
            rights: vec![if power { "*" } else { "Devices_Read" }.parse().unwrap()],
            scope: RightScope::default(),
        }
    }

    async fn remove(&mut self, by: &OperatorRow, over: &OperatorRow) {
        if by.id != over.id {
            let change = AccountChange::Remove {
                operator: over.id,
                name: over.name.clone(),
            };
            self.ask(by, change).await;
        }
    }

    /// As the tripwire does it in the store.
    fn suspend(&self, over: &OperatorRow) {
        let database = rusqlite::Connection::open(self.folder.path().join("bus.db")).unwrap();
        database.busy_timeout(std::time::Duration::from_secs(60)).unwrap();
        let done = database.execute(
            "UPDATE operator SET suspended_at = 1, suspended_why = 'a test' WHERE id = ?1",
            [over.id.0],
        );
        assert_eq!(done.unwrap(), 1);
    }

    fn pass(&mut self, hours: i64) {
        self.clock.advance(TimeDelta::hours(hours));
        self.memory.hour += hours;
    }

    async fn compare(&self) {
        let (rows, controls) = (self.all().await, self.store.list_controls().await.unwrap());
        let ties = TiedAccounts::from_controls(&rows, &controls, self.clock.now());
        for one in &self.memory.numbers {
            for other in &self.memory.numbers {
                let found = ties.are_tied(OperatorId(*one), OperatorId(*other));
                assert_eq!(
                    found,
                    self.memory.tied(*one, *other),
                    "{one} and {other}: {:?}",
                    self.memory.hands
                );
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn a9_random_histories_of_accounts_tie_whom_the_rule_ties(steps in prop::collection::vec(step(), 1..25)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut play = Play::new().await;
            for step in &steps {
                play.step(step).await;
                play.compare().await;
            }
        });
    }
}
