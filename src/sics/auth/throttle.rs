//! Guessing at passwords is slowed: failures are counted per name and per address, and beyond a bound the next attempt
//! is only looked at after a time that doubles with each; until then the answer is 429 with the time to wait. Nobody
//! sleeps here.
//!
//! An attempt counts as a failure from its beginning until it has succeeded, so that many at once do not slip through.
//! Counting per name alone would let anybody lock a management server out: an address from which that name signed in
//! lately is only held to the bound of its address. Counting per address alone would let anybody lock out everybody
//! behind it, by names that they make up: beyond that bound the names of accounts are still looked at, until as many of
//! *their* passwords were wrong there. Which names those are can't be seen from outside: the same is counted for names
//! that nobody has, and [`ThrottleVerdict::Late`] is answered alike for all.
//!
//! All of it is in memory and forgotten by a restart; a guesser gains a handful of attempts by one.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use crate::model::{OperatorId, Timestamp};
use crate::sics::api_limits::LoginLimits;

pub(crate) struct SignInThrottle {
    limits: LoginLimits,
    /// Names by a keyed hash: strangers choose them, and how long they are.
    failures_by_name: FailureCounts<u64>,
    name_hasher: RandomState,
    failures_by_address: FailureCounts<IpAddr>,
    /// Failures of names that exist.
    account_failures_by_address: FailureCounts<IpAddr>,
    /// Wrong codes behind a right password.
    failures_by_code: FailureCounts<OperatorId>,
    trusted_pairs: HashMap<(String, IpAddr), Timestamp>,
}

/// An attempt that begins.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SignInAttempt<'a> {
    /// `None` for a token, which is only counted by address.
    pub name: Option<&'a str>,
    /// An account has this name, and a password.
    pub account_exists: bool,
    pub address: IpAddr,
}

/// Refused, for so long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SignInDelay {
    pub retry_after_s: u64,
}

/// What is done with an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ThrottleVerdict {
    /// The password is looked at.
    Look,
    /// The address has had its failures. Whatever is wrong is answered late, alike for all names; only where `look` is
    /// set is the password looked at meanwhile.
    Late { held: SignInDelay, look: bool },
    /// Nothing is looked at.
    Refuse(SignInDelay),
}

impl SignInThrottle {
    pub(crate) fn new(limits: LoginLimits) -> Self {
        SignInThrottle {
            limits,
            failures_by_name: FailureCounts::default(),
            name_hasher: RandomState::new(),
            failures_by_address: FailureCounts::default(),
            account_failures_by_address: FailureCounts::default(),
            failures_by_code: FailureCounts::default(),
            trusted_pairs: HashMap::new(),
        }
    }

    pub(crate) fn begin_attempt(&mut self, attempt: SignInAttempt<'_>, now: Timestamp) -> ThrottleVerdict {
        let address = network_prefix(attempt.address);
        self.failures_by_address.make_room(now, &self.limits);
        self.account_failures_by_address.make_room(now, &self.limits);
        self.failures_by_name.make_room(now, &self.limits);
        let failures_max = self.limits.failures_per_address;
        let at_address = self
            .failures_by_address
            .count_failure(address, failures_max, now, &self.limits);
        let Some(name) = attempt.name.map(str::to_lowercase) else {
            return at_address.map_or_else(ThrottleVerdict::Refuse, |()| ThrottleVerdict::Look);
        };
        let trusted = self.is_trusted(&name, address, now);
        let bound = if trusted {
            failures_max
        } else {
            self.limits.failures_per_name
        };
        let name = self.name_hasher.hash_one(&name);
        if let Err(held) = self.failures_by_name.count_failure(name, bound, now, &self.limits) {
            return ThrottleVerdict::Refuse(held);
        }
        let of_account = attempt.account_exists.then(|| {
            self.account_failures_by_address
                .count_failure(address, failures_max, now, &self.limits)
        });
        match at_address {
            Ok(()) => ThrottleVerdict::Look,
            Err(held) => ThrottleVerdict::Late {
                held,
                look: of_account.is_some_and(|counted| trusted || counted.is_ok()),
            },
        }
    }

    /// It was the right one: it never counted.
    pub(crate) fn record_success(&mut self, name: Option<&str>, address: IpAddr, now: Timestamp) {
        let address = network_prefix(address);
        self.failures_by_address.forgive_failure(&address);
        if let Some(name) = name.map(str::to_lowercase) {
            self.account_failures_by_address.forgive_failure(&address);
            self.failures_by_name.forgive_failure(&self.name_hasher.hash_one(&name));
            if self.trusted_pairs.len() >= self.limits.tracked_entries {
                self.trusted_pairs.clear();
            }
            self.trusted_pairs.insert((name, address), now);
        }
    }

    /// The password was right and something else is missing: it was no guess at it.
    pub(crate) fn forgive_attempt(&mut self, name: &str, address: IpAddr) {
        let address = network_prefix(address);
        self.failures_by_address.forgive_failure(&address);
        self.account_failures_by_address.forgive_failure(&address);
        self.failures_by_name
            .forgive_failure(&self.name_hasher.hash_one(name.to_lowercase()));
    }

    /// A code behind a right password. It is counted for the account alone, whatever the address: nobody who does not know
    /// the password can use its attempts up, and whoever does is slowed as if they guessed at a name.
    pub(crate) fn begin_code(
        &mut self,
        account: OperatorId,
        name: &str,
        address: IpAddr,
        now: Timestamp,
    ) -> Result<(), SignInDelay> {
        self.failures_by_code.make_room(now, &self.limits);
        let bound = if self.is_trusted(&name.to_lowercase(), network_prefix(address), now) {
            self.limits.failures_per_address
        } else {
            self.limits.failures_per_name
        };
        self.failures_by_code.count_failure(account, bound, now, &self.limits)
    }

    /// It was the right one.
    pub(crate) fn forgive_code(&mut self, account: OperatorId) {
        self.failures_by_code.forgive_failure(&account);
    }

    fn is_trusted(&self, name: &str, address: IpAddr, now: Timestamp) -> bool {
        let since = self.trusted_pairs.get(&(name.to_owned(), address));
        since.is_some_and(|since| {
            (now - *since)
                .to_std()
                .is_ok_and(|age| age < self.limits.trust_duration)
        })
    }
}

/// One household of IPv6 has 2^64 addresses: it counts as one.
pub fn network_prefix(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 => v4,
    }
}

/// How long after a failure the next attempt is looked at: 1, 2, 4 … seconds for the first, second, third beyond the
/// bound.
fn backoff_delay(beyond: Option<u32>, delay_max: Duration) -> Duration {
    beyond.map_or(Duration::ZERO, |beyond| {
        Duration::from_secs(1 << beyond.min(30)).min(delay_max)
    })
}

struct FailureCounts<K> {
    counts: HashMap<K, FailureCount>,
}

struct FailureCount {
    /// The newest attempt.
    last_failure_at: Timestamp,
    failures: u32,
}

impl<K> Default for FailureCounts<K> {
    fn default() -> Self {
        FailureCounts { counts: HashMap::new() }
    }
}

impl<K: Hash + Eq + Clone> FailureCounts<K> {
    fn count_failure(&mut self, key: K, bound: u32, now: Timestamp, limits: &LoginLimits) -> Result<(), SignInDelay> {
        let fresh = || FailureCount {
            last_failure_at: now,
            failures: 0,
        };
        let count = self.counts.entry(key).or_insert_with(fresh);
        let age = (now - count.last_failure_at).to_std();
        // A clock that was set back forgets rather than holding for ever.
        if age.is_err() || age.is_ok_and(|age| age >= limits.failure_window) {
            *count = fresh();
        }
        let wait = backoff_delay(count.failures.checked_sub(bound), limits.delay_max);
        let left = wait.saturating_sub(age.unwrap_or_default());
        if count.failures > 0 && left > Duration::ZERO {
            return Err(SignInDelay {
                retry_after_s: left.as_millis().div_ceil(1_000).try_into().unwrap_or(u64::MAX),
            });
        }
        count.failures += 1;
        count.last_failure_at = now;
        Ok(())
    }

    fn forgive_failure(&mut self, key: &K) {
        if let Some(count) = self.counts.get_mut(key) {
            count.failures = count.failures.saturating_sub(1);
        }
    }

    /// Full: those whose window is over go first, then the oldest tenth.
    fn make_room(&mut self, now: Timestamp, limits: &LoginLimits) {
        if self.counts.len() < limits.tracked_entries {
            return;
        }
        self.counts.retain(|_, count| {
            (now - count.last_failure_at)
                .to_std()
                .is_ok_and(|age| age < limits.failure_window)
        });
        if self.counts.len() >= limits.tracked_entries {
            let mut ages: Vec<Timestamp> = self.counts.values().map(|count| count.last_failure_at).collect();
            let (_, oldest, _) = ages.select_nth_unstable(limits.tracked_entries / 10);
            let (oldest, mut go) = (*oldest, limits.tracked_entries / 10 + 1);
            // As many as that, where many are of the same moment.
            self.counts.retain(|_, count| {
                let stays = count.last_failure_at > oldest || go == 0;
                go -= usize::from(!stays);
                stays
            });
        }
    }
}

#[cfg(test)]
mod tests {
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
}
