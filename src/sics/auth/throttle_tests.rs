use super::*;
use std::time::Duration;

fn throttle() -> SignInThrottle {
    SignInThrottle::new(LoginLimits {
        failures_per_name: 3,
        failures_per_address: 5,
        failure_window: Duration::from_secs(60),
        delay_max: Duration::from_secs(4),
        tracked_entries: 4,
        ..LoginLimits::default()
    })
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_timestamp(1_800_000_000 + seconds, 0).expect("a date")
}

fn address(last: u8) -> IpAddr {
    IpAddr::from([192, 0, 2, last])
}

fn refused(retry_after_s: u64) -> ThrottleVerdict {
    ThrottleVerdict::Refuse(SignInDelay { retry_after_s })
}

impl SignInThrottle {
    fn tries(&mut self, name: &str, from: u8, seconds: i64) -> ThrottleVerdict {
        let attempt = SignInAttempt {
            name: Some(name),
            account_exists: true,
            address: address(from),
        };
        self.begin_attempt(attempt, at(seconds))
    }

    fn invents(&mut self, name: &str, from: u8, seconds: i64) -> ThrottleVerdict {
        let attempt = SignInAttempt {
            name: Some(name),
            account_exists: false,
            address: address(from),
        };
        self.begin_attempt(attempt, at(seconds))
    }

    fn tries_token(&mut self, from: u8) -> ThrottleVerdict {
        let attempt = SignInAttempt {
            name: None,
            account_exists: false,
            address: address(from),
        };
        self.begin_attempt(attempt, at(0))
    }
}

#[test]
fn guessing_at_one_name_gets_slower_with_each_failure_up_to_a_bound() {
    let mut throttle = throttle();
    for last in 0..3 {
        assert_eq!(throttle.tries("ACMP", last, 0), ThrottleVerdict::Look);
    }
    assert_eq!(throttle.tries("acmp", 9, 0), refused(1));
    assert_eq!(throttle.tries("acmp", 9, 1), ThrottleVerdict::Look);
    assert_eq!(throttle.tries("acmp", 9, 2), refused(1));
    assert_eq!(throttle.tries("acmp", 8, 3), ThrottleVerdict::Look);
    assert_eq!(throttle.tries("acmp", 8, 3), refused(4));
    assert_eq!(throttle.tries("acmp", 8, 7), ThrottleVerdict::Look);
    assert_eq!(throttle.tries("acmp", 7, 7), refused(4));
}

#[test]
fn failures_are_forgotten_after_the_window() {
    let mut throttle = throttle();
    while throttle.tries("acmp", 1, 0) == ThrottleVerdict::Look {}
    for _ in 0..3 {
        assert_eq!(throttle.tries("acmp", 2, 60), ThrottleVerdict::Look);
    }
}

#[test]
fn sec_m2_invented_names_hold_up_no_name_of_an_account() {
    let mut throttle = throttle();
    for n in 0..500 {
        throttle.invents(&format!("n{n}"), 1, 0);
    }
    assert!(matches!(
        throttle.invents("x", 1, 0),
        ThrottleVerdict::Late { look: false, .. }
    ));
    assert!(matches!(
        throttle.tries("alice", 1, 0),
        ThrottleVerdict::Late { look: true, .. }
    ));
    assert_eq!(
        throttle.tries("alice", 2, 0),
        ThrottleVerdict::Look,
        "elsewhere nothing happened"
    );
}

#[test]
fn guessing_at_the_names_of_accounts_from_one_address_is_held_whatever_the_name() {
    let mut throttle = throttle();
    for n in 0..5 {
        assert_eq!(throttle.tries(&format!("n{n}"), 1, 0), ThrottleVerdict::Look);
    }
    assert!(matches!(
        throttle.tries("alice", 1, 0),
        ThrottleVerdict::Late { look: false, .. }
    ));
    assert!(matches!(throttle.tries_token(1), ThrottleVerdict::Refuse(_)));
    assert_eq!(throttle.tries_token(2), ThrottleVerdict::Look);
}

#[test]
fn sec_m2_an_account_that_was_there_lately_is_looked_at_whoever_else_was_guessed_at_there() {
    let mut throttle = throttle();
    throttle.tries("alice", 1, 0);
    throttle.record_success(Some("alice"), address(1), at(0));
    for n in 0..20 {
        throttle.tries(&format!("n{n}"), 1, 0);
    }
    assert!(matches!(
        throttle.tries("bob", 1, 0),
        ThrottleVerdict::Late { look: false, .. }
    ));
    assert!(matches!(
        throttle.tries("alice", 1, 0),
        ThrottleVerdict::Late { look: true, .. }
    ));
}

#[test]
fn sec_m2_what_is_seen_from_outside_is_the_same_for_names_that_nobody_has() {
    let (mut one, mut other) = (throttle(), throttle());
    for (n, seconds) in [0, 0, 0, 0, 1, 2, 2, 3, 3, 7, 7, 9, 20].into_iter().enumerate() {
        let name = format!("n{}", n % 2);
        let (exists, invented) = (one.tries(&name, 1, seconds), other.invents(&name, 1, seconds));
        let outside = |verdict| match verdict {
            ThrottleVerdict::Look => (0, 0),
            ThrottleVerdict::Late { held, .. } => (1, held.retry_after_s),
            ThrottleVerdict::Refuse(held) => (2, held.retry_after_s),
        };
        assert_eq!(outside(exists), outside(invented), "attempt {n}");
    }
}

#[test]
fn e2_guessing_at_a_name_does_not_lock_out_who_signed_in_with_it() {
    let mut throttle = throttle();
    throttle.tries("acmp", 1, 0);
    throttle.record_success(Some("acmp"), address(1), at(0));
    while throttle.tries("acmp", 2, 1) == ThrottleVerdict::Look {}
    assert_eq!(throttle.tries("acmp", 1, 2), ThrottleVerdict::Look);
}

#[test]
fn what_succeeds_does_not_count() {
    let mut throttle = throttle();
    for _ in 0..20 {
        assert_eq!(throttle.tries("acmp", 1, 0), ThrottleVerdict::Look);
        throttle.record_success(Some("acmp"), address(1), at(0));
    }
}

#[test]
fn guessing_at_codes_gets_slower_for_the_account_wherever_it_comes_from() {
    let mut throttle = throttle();
    let anna = OperatorId(7);
    for last in 0..3 {
        assert_eq!(throttle.begin_code(anna, "anna", address(last), at(0)), Ok(()));
    }
    let held = Err(SignInDelay { retry_after_s: 1 });
    assert_eq!(throttle.begin_code(anna, "anna", address(9), at(0)), held);
    assert_eq!(throttle.begin_code(OperatorId(8), "ben", address(9), at(0)), Ok(()));
    // Where they signed in lately they have as many tries as their address has.
    throttle.record_success(Some("Anna"), address(1), at(0));
    assert_eq!(throttle.begin_code(anna, "anna", address(1), at(0)), Ok(()));
    throttle.forgive_code(anna);
    assert_eq!(
        throttle.begin_code(anna, "anna", address(9), at(60)),
        Ok(()),
        "it is forgotten"
    );
}

#[test]
fn a_right_password_without_its_code_is_no_failure() {
    let mut throttle = throttle();
    for _ in 0..20 {
        assert_eq!(throttle.tries("anna", 1, 0), ThrottleVerdict::Look);
        throttle.forgive_attempt("anna", address(1));
    }
}

#[test]
fn a_clock_set_back_does_not_hold_for_ever() {
    let mut throttle = throttle();
    while throttle.tries("acmp", 1, 1_000) == ThrottleVerdict::Look {}
    assert_eq!(throttle.tries("acmp", 1, 0), ThrottleVerdict::Look);
}

#[test]
fn names_in_mind_are_bounded_and_an_ipv6_household_is_one_address() {
    let mut throttle = throttle();
    for n in 0..50 {
        throttle.tries(&format!("n{n}"), n, i64::from(n) / 20);
    }
    assert!(throttle.failures_by_name.counts.len() <= 4 && throttle.failures_by_address.counts.len() <= 4);
    let one: IpAddr = "2001:db8::1".parse().expect("an address");
    let other: IpAddr = "2001:db8::ffff:2".parse().expect("an address");
    assert_eq!(network_prefix(one), network_prefix(other));
    assert_eq!(
        network_prefix("::ffff:192.0.2.1".parse().expect("an address")),
        address(1)
    );
}
