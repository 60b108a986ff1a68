//! Who has a place among the connections, and who goes when there is none left (E8): decisions, without IO.
//!
//! A connection is a stranger's until somebody has signed in over it. Strangers share few places, so that what all of
//! them together can hold is small; those who are known have places of their own, which no stranger takes. Nobody is
//! turned away because places run out: of those who hold most, the oldest goes. So a flood from one network drives out
//! itself, and whoever comes new is looked at.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use crate::model::OperatorId;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SlotBounds {
    pub strangers: usize,
    pub known: usize,
    /// Of those, for one account.
    pub per_account: usize,
}

/// A connection, by a number that is never used again: a lower one is older.
pub(crate) type ConnectionId = u64;

#[derive(Debug)]
struct ConnectionSlot {
    network: IpAddr,
    account: Option<OperatorId>,
    /// A sign-in failed over it: it has had its chance.
    sign_in_failed: bool,
    /// Sign-ins of accounts that exist are being checked over it: it stays.
    running_checks: usize,
}

#[derive(Debug)]
pub(crate) struct ConnectionSlots {
    bounds: SlotBounds,
    last_id: ConnectionId,
    slots: HashMap<ConnectionId, ConnectionSlot>,
    /// Sent away; they hold memory until their end has run.
    closing: HashSet<ConnectionId>,
}

/// What becomes of a connection that comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SlotDecision {
    /// It has a place; another one may have to go for it.
    Seated {
        place: ConnectionId,
        evicts: Option<ConnectionId>,
    },
    /// So many are on their way out that one more would go beyond the bound.
    Refused,
}

impl ConnectionSlots {
    pub(crate) fn new(bounds: SlotBounds) -> Self {
        ConnectionSlots {
            bounds,
            last_id: 0,
            slots: HashMap::new(),
            closing: HashSet::new(),
        }
    }

    pub(crate) fn open_count(&self) -> usize {
        self.slots.len() + self.closing.len()
    }

    /// A connection comes, from a network whose addresses count as one.
    pub(crate) fn admit_connection(&mut self, network: IpAddr) -> SlotDecision {
        if self.closing.len() > self.bounds.strangers / 2 {
            return SlotDecision::Refused;
        }
        let strangers = self.slots.values().filter(|slot| slot.account.is_none()).count();
        let mut evicts = None;
        if strangers >= self.bounds.strangers {
            let Some(evicted) = self.stranger_to_evict() else {
                return SlotDecision::Refused;
            };
            self.evict_connection(evicted);
            evicts = Some(evicted);
        }
        self.last_id += 1;
        let slot = ConnectionSlot {
            network,
            account: None,
            sign_in_failed: false,
            running_checks: 0,
        };
        self.slots.insert(self.last_id, slot);
        SlotDecision::Seated {
            place: self.last_id,
            evicts,
        }
    }

    /// Somebody has signed in over it: from now on it is theirs. Answers who has to go for it.
    pub(crate) fn mark_signed_in(&mut self, connection_id: ConnectionId, account: OperatorId) -> Option<ConnectionId> {
        let slot = self.slots.get_mut(&connection_id)?;
        slot.sign_in_failed = false;
        if slot.account.replace(account) == Some(account) {
            return None;
        }
        let mut by_account: HashMap<OperatorId, usize> = HashMap::new();
        for account in self.slots.values().filter_map(|slot| slot.account) {
            *by_account.entry(account).or_default() += 1;
        }
        let slots_of = |account: OperatorId| by_account.get(&account).copied().unwrap_or_default();
        let own_only = slots_of(account) > self.bounds.per_account;
        if !own_only && by_account.values().sum::<usize>() <= self.bounds.known {
            return None;
        }
        let others = self.slots.iter().filter(|(id, _)| **id != connection_id);
        let known = others.filter_map(|(id, slot)| Some((*id, slot.account?)));
        let eligible = known.filter(|(_, holder)| !own_only || *holder == account);
        let eviction_key = |(id, holder): (ConnectionId, OperatorId)| (std::cmp::Reverse(slots_of(holder)), id);
        let (_, evicted) = eligible.map(eviction_key).min()?;
        self.evict_connection(evicted);
        Some(evicted)
    }

    /// A sign-in failed over it. Whose account it was known by, where that is the one that failed, is known no more.
    pub(crate) fn mark_sign_in_failed(&mut self, connection_id: ConnectionId, account: Option<OperatorId>) {
        if let Some(slot) = self.slots.get_mut(&connection_id) {
            if account.is_some() && slot.account == account {
                slot.account = None;
            }
            slot.sign_in_failed = true;
        }
    }

    pub(crate) fn is_known(&self, connection_id: ConnectionId) -> bool {
        self.account(connection_id).is_some()
    }

    pub(crate) fn account(&self, connection_id: ConnectionId) -> Option<OperatorId> {
        self.slots.get(&connection_id).and_then(|slot| slot.account)
    }

    /// Keeps it until as many [`ConnectionSlots::end_check`] have come.
    pub(crate) fn begin_check(&mut self, connection_id: ConnectionId) {
        if let Some(slot) = self.slots.get_mut(&connection_id) {
            slot.running_checks += 1;
        }
    }

    pub(crate) fn end_check(&mut self, connection_id: ConnectionId) {
        if let Some(slot) = self.slots.get_mut(&connection_id) {
            slot.running_checks = slot.running_checks.saturating_sub(1);
        }
    }

    /// It has ended.
    pub(crate) fn release_slot(&mut self, connection_id: ConnectionId) {
        self.slots.remove(&connection_id);
        self.closing.remove(&connection_id);
    }

    fn evict_connection(&mut self, connection_id: ConnectionId) {
        if self.slots.remove(&connection_id).is_some() {
            self.closing.insert(connection_id);
        }
    }

    /// Of the network that has most, one that has failed before others, the oldest of them.
    fn stranger_to_evict(&self) -> Option<ConnectionId> {
        let strangers = || self.slots.iter().filter(|(_, slot)| slot.account.is_none());
        let mut by_network: HashMap<IpAddr, usize> = HashMap::new();
        for (_, slot) in strangers() {
            *by_network.entry(slot.network).or_default() += 1;
        }
        let free = strangers().filter(|(_, slot)| slot.running_checks == 0);
        let eviction_key = |(id, slot): (&ConnectionId, &ConnectionSlot)| {
            let held = by_network.get(&slot.network).copied().unwrap_or_default();
            (std::cmp::Reverse(held), !slot.sign_in_failed, *id)
        };
        free.map(eviction_key).min().map(|(_, _, id)| id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: OperatorId = OperatorId(1);
    const BOB: OperatorId = OperatorId(2);

    fn places() -> ConnectionSlots {
        ConnectionSlots::new(SlotBounds {
            strangers: 4,
            known: 3,
            per_account: 2,
        })
    }

    fn network(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    /// The place it has, and whom it drove out.
    fn enter(places: &mut ConnectionSlots, last: u8) -> (ConnectionId, Option<ConnectionId>) {
        match places.admit_connection(network(last)) {
            SlotDecision::Seated { place, evicts } => (place, evicts),
            SlotDecision::Refused => panic!("refused"),
        }
    }

    #[test]
    fn sec_m2_a_flood_from_one_network_drives_out_itself() {
        let mut places = places();
        let (person, _) = enter(&mut places, 9);
        for _ in 0..100 {
            let (_, evicts) = enter(&mut places, 1);
            assert_ne!(evicts, Some(person));
            if let Some(gone) = evicts {
                places.release_slot(gone);
            }
        }
        assert_eq!(places.open_count(), 4);
    }

    #[test]
    fn sec_m2_of_one_network_the_oldest_goes_and_first_those_that_failed() {
        let mut places = places();
        let ids: Vec<ConnectionId> = (0..4).map(|_| enter(&mut places, 1).0).collect();
        places.mark_sign_in_failed(ids[2], None);
        assert_eq!(enter(&mut places, 1).1, Some(ids[2]));
        assert_eq!(enter(&mut places, 1).1, Some(ids[0]));
    }

    #[test]
    fn sec_m2_whoever_is_known_is_driven_out_by_no_stranger() {
        let mut places = places();
        let (alice, _) = enter(&mut places, 1);
        assert_eq!(places.mark_signed_in(alice, ALICE), None);
        for last in 0..50 {
            let (_, evicts) = enter(&mut places, last);
            assert_ne!(evicts, Some(alice));
            if let Some(gone) = evicts {
                places.release_slot(gone);
            }
        }
        assert!(places.is_known(alice));
    }

    #[test]
    fn e8_a_sign_in_that_is_being_checked_keeps_its_place() {
        let mut places = places();
        let ids: Vec<ConnectionId> = (0..4).map(|_| enter(&mut places, 1).0).collect();
        places.begin_check(ids[0]);
        assert_eq!(enter(&mut places, 1).1, Some(ids[1]));
        places.end_check(ids[0]);
        assert_eq!(enter(&mut places, 1).1, Some(ids[0]));
    }

    #[test]
    fn e8_those_on_their_way_out_count_until_they_are_gone() {
        let mut places = places();
        let mut gone = Vec::new();
        let mut most = 0;
        for _ in 0..50 {
            match places.admit_connection(network(1)) {
                SlotDecision::Seated { evicts, .. } => gone.extend(evicts),
                SlotDecision::Refused => break,
            }
            most = most.max(places.open_count());
        }
        assert!(most <= 4 + 3, "{most}");
        for place in gone {
            places.release_slot(place);
        }
        assert!(matches!(
            places.admit_connection(network(1)),
            SlotDecision::Seated { .. }
        ));
    }

    #[test]
    fn e8_one_account_has_so_many_and_its_oldest_goes() {
        let mut places = places();
        let known = |places: &mut ConnectionSlots, account| {
            let (place, _) = enter(places, 1);
            (place, places.mark_signed_in(place, account))
        };
        let (first, _) = known(&mut places, ALICE);
        let (second, _) = known(&mut places, ALICE);
        assert_eq!(known(&mut places, ALICE).1, Some(first));
        assert_eq!(known(&mut places, BOB).1, None);
        assert_eq!(
            known(&mut places, BOB).1,
            Some(second),
            "of whoever has most, and not the new one"
        );
    }

    #[test]
    fn e8_of_two_accounts_with_as_many_the_oldest_goes() {
        for _ in 0..50 {
            let mut places = places();
            let ids: Vec<ConnectionId> = (0..4).map(|_| enter(&mut places, 1).0).collect();
            assert_eq!(places.mark_signed_in(ids[0], ALICE), None);
            assert_eq!(places.mark_signed_in(ids[1], BOB), None);
            assert_eq!(places.mark_signed_in(ids[2], ALICE), None);
            assert_eq!(places.mark_signed_in(ids[3], BOB), Some(ids[0]));
        }
    }

    #[test]
    fn an_account_that_does_not_get_in_any_more_is_known_no_more() {
        let mut places = places();
        let (place, _) = enter(&mut places, 1);
        places.mark_signed_in(place, ALICE);
        places.mark_sign_in_failed(place, Some(BOB));
        assert!(places.is_known(place), "somebody else behind the same proxy");
        places.mark_sign_in_failed(place, Some(ALICE));
        assert!(!places.is_known(place));
    }
}
