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
#[path = "throttle_tests.rs"]
mod tests;
