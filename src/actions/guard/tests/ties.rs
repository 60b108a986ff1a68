//! Ties against the rule written down a second time, naively: as sets of accounts that somebody's hands reach.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::actions::guard::tied_accounts::TiedAccounts;
use crate::model::{AccountControl, AccountTies, ControlKind};

const ACCOUNTS: i64 = 6;

/// What can happen among few accounts.
#[derive(Debug, Clone)]
enum Event {
    /// One gained control over another; agreed to by an untied second person, or not.
    Controls {
        by: i64,
        over: i64,
        how: ControlKind,
        agreed: bool,
    },
    /// Somebody sets the password of somebody else.
    Resets {
        by: i64,
        over: i64,
        agreed: bool,
    },
    /// The owner sets one of their own.
    Renews {
        owner: i64,
    },
    /// Removed, and added again under the same name by somebody: the same person's for all that is known.
    Replaced {
        account: i64,
        by: i64,
    },
    Hours(i64),
}

fn event() -> impl Strategy<Value = Event> {
    let account = || 1..=ACCOUNTS;
    let how = prop_oneof![
        Just(ControlKind::Made),
        Just(ControlKind::Rights),
        Just(ControlKind::Role),
        Just(ControlKind::Token),
        Just(ControlKind::Enabled),
        Just(ControlKind::SuspensionLifted),
        Just(ControlKind::SecondFactor),
    ];
    prop_oneof![
        4 => (account(), account(), how, any::<bool>()).prop_map(|(by, over, how, agreed)| Event::Controls { by, over, how, agreed }),
        2 => (account(), account(), any::<bool>()).prop_map(|(by, over, agreed)| Event::Resets { by, over, agreed }),
        2 => account().prop_map(|owner| Event::Renews { owner }),
        1 => (account(), account()).prop_map(|(account, by)| Event::Replaced { account, by }),
        3 => (0i64..100).prop_map(Event::Hours),
    ]
}

/// The naive rule's memory: who had a hand on whose account, and until which hour; `None`: until the owner renews it.
type Hand = (i64, i64, bool, Option<i64>);

/// Whether one pair of hands reaches both: each account in turn is taken for the one whose hands they are, and whatever
/// they reach is added until nothing more is.
fn naive(hands: &[Hand], hour: i64, one: i64, other: i64, highest: i64) -> bool {
    (1..=highest).any(|whose| {
        let mut reached = BTreeSet::from([whose]);
        for _ in 0..=hands.len() {
            for (by, over, _, end) in hands {
                if reached.contains(by) && end.is_none_or(|end| hour < end) {
                    reached.insert(*over);
                }
            }
        }
        reached.contains(&one) && reached.contains(&other)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn a9_ties_are_what_the_rule_says_whatever_happens(events in prop::collection::vec(event(), 0..30)) {
        let (mut hour, mut highest) = (0, ACCOUNTS);
        let (mut controls, mut hands): (Vec<AccountControl>, Vec<Hand>) = (Vec::new(), Vec::new());
        let mut ids: Vec<i64> = (0..=ACCOUNTS).collect();
        let at = |hour: i64| now() + TimeDelta::hours(hour);
        for event in &events {
            match event {
                Event::Hours(hours) => hour += hours,
                Event::Controls { by, over, how, agreed } => {
                    let (by, over) = (ids[*by as usize], ids[*over as usize]);
                    if by != over && !agreed {
                        controls.push(AccountControl::new(OperatorId(by), OperatorId(over), *how, at(hour)));
                        hands.push((by, over, false, Some(hour + 7 * 24)));
                    }
                }
                Event::Resets { by, over, agreed } => {
                    let (by, over) = (ids[*by as usize], ids[*over as usize]);
                    if by != over && !agreed {
                        controls.push(AccountControl::by_temporary_password(OperatorId(by), OperatorId(over), at(hour)));
                        hands.push((by, over, true, None));
                    }
                }
                Event::Renews { owner } => {
                    let owner = ids[*owner as usize];
                    // As the store writes it down.
                    for control in controls.iter_mut().filter(|control| control.over == OperatorId(owner)) {
                        let end = at(hour) + crate::model::RENEWED;
                        if control.kind == ControlKind::Password && control.ends_at.is_none_or(|ends| ends > end) {
                            control.ends_at = Some(end);
                        }
                    }
                    for (_, _, _, end) in hands.iter_mut().filter(|(_, over, password, _)| *over == owner && *password) {
                        *end = Some(end.map_or(hour + 24, |end| end.min(hour + 24)));
                    }
                }
                Event::Replaced { account, by } => {
                    let (old, by) = (ids[*account as usize], ids[*by as usize]);
                    if by == old {
                        continue;
                    }
                    highest += 1;
                    ids[*account as usize] = highest;
                    for (by, how) in [(by, ControlKind::Made), (old, ControlKind::SameName)] {
                        controls.push(AccountControl::new(OperatorId(by), OperatorId(highest), how, at(hour)));
                        hands.push((by, highest, false, Some(hour + 7 * 24)));
                    }
                }
            }
            let ties = AccountTies::from_controls(&controls, at(hour));
            for one in 1..=highest {
                for other in 1..=highest {
                    let expected = naive(&hands, hour, one, other, highest);
                    prop_assert_eq!(ties.are_tied(OperatorId(one), OperatorId(other)), expected, "{} and {}", one, other);
                }
            }
        }
    }
}

fn controls(pairs: &[(i64, i64)]) -> Vec<AccountControl> {
    let control =
        |(by, over): &(i64, i64)| AccountControl::new(OperatorId(*by), OperatorId(*over), ControlKind::Made, now());
    pairs.iter().map(control).collect()
}

#[test]
fn sec_c1_grandchildren_and_siblings_are_one_person() {
    let ties = AccountTies::from_controls(&controls(&[(1, 2), (2, 3), (1, 4)]), now());
    for (one, other) in [(1, 2), (1, 3), (2, 3), (3, 4), (2, 4)] {
        assert!(ties.are_tied(OperatorId(one), OperatorId(other)), "{one} and {other}");
    }
    assert!(!ties.are_tied(OperatorId(1), OperatorId(5)));
}

#[test]
fn a9_a_tool_that_two_people_had_their_hands_on_ties_them_not() {
    let ties = AccountTies::from_controls(&controls(&[(1, 9), (2, 9)]), now());
    assert!(ties.are_tied(OperatorId(1), OperatorId(9)) && ties.are_tied(OperatorId(2), OperatorId(9)));
    assert!(
        !ties.are_tied(OperatorId(1), OperatorId(2)),
        "else nobody would be left to agree, and a day later the one who asked might"
    );
}

#[test]
fn a9_a_password_that_somebody_else_set_ties_nobody_where_the_owners_second_factor_was_left_alone() {
    let (alice, bob) = (OperatorId(1), OperatorId(2));
    let reset_at = now() - TimeDelta::hours(2);
    let temporary = AccountControl::by_temporary_password(alice, bob, reset_at);
    let tied = |since: Option<TimeDelta>, controls: &[AccountControl]| {
        let mut rows = vec![person(1, &["*"]), person(2, &["*"])];
        rows[1].second_factor_since = since.map(|before| reset_at - before);
        let people = TiedAccounts::from_controls(&rows, controls, now());
        people.are_tied(alice, bob)
    };
    let one = std::slice::from_ref(&temporary);
    assert!(tied(None, one), "whoever set the password can sign in with it");
    assert!(!tied(Some(TimeDelta::days(1)), one), "they lack bob's second factor");
    assert!(tied(Some(TimeDelta::zero()), one), "it may be theirs");
    assert!(
        tied(Some(-TimeDelta::hours(1)), one),
        "set up afterwards, it may be theirs"
    );
    // It holds off a password, and nothing else.
    for how in [
        ControlKind::Made,
        ControlKind::Rights,
        ControlKind::SecondFactor,
        ControlKind::Token,
    ] {
        let other = AccountControl::new(alice, bob, how, reset_at);
        assert!(tied(Some(TimeDelta::days(1)), &[temporary.clone(), other]), "{how:?}");
    }
}
