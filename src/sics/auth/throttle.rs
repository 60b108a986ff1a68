//! Guessing at passwords is slowed: failures are counted per name and per address, and beyond a bound the next attempt
//! is only looked at after a time that doubles with each; until then the answer is 429 with the time to wait. Nobody
//! sleeps here.
//!
//! An attempt counts as a failure from its beginning until it has succeeded, so that many at once do not slip through.
//! Counting per name alone would let anybody lock a management server out: an address from which that name signed in
//! lately is only held to the bound of its address.
//!
//! All of it is in memory and forgotten by a restart; a guesser gains a handful of attempts by one.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use crate::model::Timestamp;
use crate::sics::limits::LoginLimits;

pub struct Throttle {
    limits: LoginLimits,
    names: Counts<String>,
    addresses: Counts<IpAddr>,
    trusted: HashMap<(String, IpAddr), Timestamp>,
}

/// Refused, for so long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    pub retry_after_s: u64,
    /// The first refusal of this window: the one that is worth an entry in the audit trail.
    pub first: bool,
}

impl Throttle {
    pub fn new(limits: LoginLimits) -> Self {
        Throttle {
            limits,
            names: Counts::default(),
            addresses: Counts::default(),
            trusted: HashMap::new(),
        }
    }

    /// An attempt begins. `name`: `None` for a token, which is only counted by address.
    pub fn begin(&mut self, name: Option<&str>, address: IpAddr, now: Timestamp) -> Result<(), Held> {
        let address = network(address);
        self.addresses.make_room(now, &self.limits);
        self.names.make_room(now, &self.limits);
        self.addresses
            .count(address, self.limits.failures_per_address, now, &self.limits)?;
        let Some(name) = name.map(str::to_lowercase) else {
            return Ok(());
        };
        let bound = match self.trusts(&name, address, now) {
            true => self.limits.failures_per_address,
            false => self.limits.failures_per_name,
        };
        self.names.count(name, bound, now, &self.limits)
    }

    /// It was the right one: it never counted.
    pub fn succeeded(&mut self, name: Option<&str>, address: IpAddr, now: Timestamp) {
        let address = network(address);
        self.addresses.forgive(&address);
        if let Some(name) = name.map(str::to_lowercase) {
            self.names.forgive(&name);
            if self.trusted.len() >= self.limits.entries {
                self.trusted.clear();
            }
            self.trusted.insert((name, address), now);
        }
    }

    fn trusts(&self, name: &str, address: IpAddr, now: Timestamp) -> bool {
        let since = self.trusted.get(&(name.to_owned(), address));
        since.is_some_and(|since| (now - *since).to_std().is_ok_and(|age| age < self.limits.trusted))
    }
}

/// One household of IPv6 has 2^64 addresses: it counts as one.
pub fn network(address: IpAddr) -> IpAddr {
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
fn delay(beyond: Option<u32>, most: Duration) -> Duration {
    beyond.map_or(Duration::ZERO, |beyond| {
        Duration::from_secs(1 << beyond.min(30)).min(most)
    })
}

struct Counts<K> {
    counts: HashMap<K, Count>,
}

struct Count {
    /// The newest attempt.
    last: Timestamp,
    failures: u32,
    told: bool,
}

impl<K> Default for Counts<K> {
    fn default() -> Self {
        Counts { counts: HashMap::new() }
    }
}

impl<K: Hash + Eq + Clone> Counts<K> {
    fn count(&mut self, key: K, bound: u32, now: Timestamp, limits: &LoginLimits) -> Result<(), Held> {
        let fresh = || Count {
            last: now,
            failures: 0,
            told: false,
        };
        let count = self.counts.entry(key).or_insert_with(fresh);
        let age = (now - count.last).to_std();
        // A clock that was set back forgets rather than holding for ever.
        if age.is_err() || age.is_ok_and(|age| age >= limits.window) {
            *count = fresh();
        }
        let wait = delay(count.failures.checked_sub(bound), limits.delay_max);
        let left = wait.saturating_sub(age.unwrap_or_default());
        if count.failures > 0 && left > Duration::ZERO {
            return Err(Held {
                retry_after_s: left.as_millis().div_ceil(1_000).try_into().unwrap_or(u64::MAX),
                first: !std::mem::replace(&mut count.told, true),
            });
        }
        count.failures += 1;
        count.last = now;
        Ok(())
    }

    fn forgive(&mut self, key: &K) {
        if let Some(count) = self.counts.get_mut(key) {
            count.failures = count.failures.saturating_sub(1);
        }
    }

    /// Full: those whose window is over go first, then the oldest.
    fn make_room(&mut self, now: Timestamp, limits: &LoginLimits) {
        if self.counts.len() < limits.entries {
            return;
        }
        self.counts
            .retain(|_, count| (now - count.last).to_std().is_ok_and(|age| age < limits.window));
        if self.counts.len() >= limits.entries {
            let oldest = self.counts.iter().min_by_key(|(_, count)| count.last);
            if let Some(key) = oldest.map(|(key, _)| key.clone()) {
                self.counts.remove(&key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn throttle() -> Throttle {
        Throttle::new(LoginLimits {
            failures_per_name: 3,
            failures_per_address: 5,
            window: Duration::from_secs(60),
            delay_max: Duration::from_secs(4),
            entries: 4,
            ..LoginLimits::default()
        })
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_timestamp(1_800_000_000 + seconds, 0).expect("a date")
    }

    fn address(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    fn held(retry_after_s: u64, first: bool) -> Result<(), Held> {
        Err(Held { retry_after_s, first })
    }

    #[test]
    fn guessing_at_one_name_gets_slower_with_each_failure_up_to_a_bound() {
        let mut throttle = throttle();
        for last in 0..3 {
            assert_eq!(throttle.begin(Some("ACMP"), address(last), at(0)), Ok(()));
        }
        assert_eq!(throttle.begin(Some("acmp"), address(9), at(0)), held(1, true));
        assert_eq!(throttle.begin(Some("acmp"), address(9), at(1)), Ok(()));
        assert_eq!(throttle.begin(Some("acmp"), address(9), at(2)), held(1, false));
        assert_eq!(throttle.begin(Some("acmp"), address(8), at(3)), Ok(()));
        assert_eq!(throttle.begin(Some("acmp"), address(8), at(3)), held(4, false));
        assert_eq!(throttle.begin(Some("acmp"), address(8), at(7)), Ok(()));
        assert_eq!(throttle.begin(Some("acmp"), address(7), at(7)), held(4, false));
    }

    #[test]
    fn failures_are_forgotten_after_the_window() {
        let mut throttle = throttle();
        while throttle.begin(Some("acmp"), address(1), at(0)).is_ok() {}
        for _ in 0..3 {
            assert_eq!(throttle.begin(Some("acmp"), address(2), at(60)), Ok(()));
        }
    }

    #[test]
    fn guessing_from_one_address_is_held_whatever_the_name() {
        let mut throttle = throttle();
        for n in 0..5 {
            assert!(throttle.begin(Some(&format!("n{n}")), address(1), at(0)).is_ok());
        }
        assert!(throttle.begin(None, address(1), at(0)).is_err());
        assert!(throttle.begin(None, address(2), at(0)).is_ok());
    }

    #[test]
    fn e2_guessing_at_a_name_does_not_lock_out_who_signed_in_with_it() {
        let mut throttle = throttle();
        throttle.begin(Some("acmp"), address(1), at(0)).expect("not held");
        throttle.succeeded(Some("acmp"), address(1), at(0));
        while throttle.begin(Some("acmp"), address(2), at(1)).is_ok() {}
        assert_eq!(throttle.begin(Some("acmp"), address(1), at(2)), Ok(()));
    }

    #[test]
    fn what_succeeds_does_not_count() {
        let mut throttle = throttle();
        for _ in 0..20 {
            throttle.begin(Some("acmp"), address(1), at(0)).expect("not held");
            throttle.succeeded(Some("acmp"), address(1), at(0));
        }
    }

    #[test]
    fn a_clock_set_back_does_not_hold_for_ever() {
        let mut throttle = throttle();
        while throttle.begin(Some("acmp"), address(1), at(1_000)).is_ok() {}
        assert_eq!(throttle.begin(Some("acmp"), address(1), at(0)), Ok(()));
    }

    #[test]
    fn names_in_mind_are_bounded_and_an_ipv6_household_is_one_address() {
        let mut throttle = throttle();
        for n in 0..50 {
            let _ = throttle.begin(Some(&format!("n{n}")), address(n), at(i64::from(n)));
        }
        assert!(throttle.names.counts.len() <= 4 && throttle.addresses.counts.len() <= 4);
        let one: IpAddr = "2001:db8::1".parse().expect("an address");
        let other: IpAddr = "2001:db8::ffff:2".parse().expect("an address");
        assert_eq!(network(one), network(other));
        assert_eq!(network("::ffff:192.0.2.1".parse().expect("an address")), address(1));
    }
}
