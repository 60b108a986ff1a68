//! Where a management server stands in the feed of one instance, and which of two places is further on.
//!
//! Within one generation a server walks one way: *snapshot*, *live*, *leaving*, and around again when it comes back into
//! the audience or was away for too long. Acknowledgements arrive in any order, and a server that put its own backup back
//! walks a part of the way twice. So they are judged by the place alone, never by how often somebody has read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{InstanceId, Row, Seq};

/// What a server is being told of one instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FeedPhase {
    /// Change by change.
    #[serde(rename = "l")]
    Live,
    /// Between the marks of a snapshot (F4); `begun_at` is the head when it began: tombstones up to there are left out.
    #[serde(rename = "s")]
    Snapshot { begun_at: Seq },
    /// Taken out of the audience: every device is told gone, in the order of rows (F7). Whoever is in the audience (again)
    /// begins with a snapshot.
    #[serde(rename = "u")]
    Leaving { after: Row },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedPosition {
    /// Everything up to here was delivered.
    #[serde(rename = "q")]
    pub seq: Seq,
    #[serde(rename = "p")]
    pub phase: FeedPhase,
    /// How often the way began anew in this generation, by a snapshot or by leaving. Tells two places apart that are
    /// equal otherwise: nothing may have changed between a snapshot's end and the next one's beginning.
    #[serde(rename = "n", default, skip_serializing_if = "is_first")]
    pub lap: u32,
}

pub type FeedPositions = BTreeMap<InstanceId, FeedPosition>;

fn is_first(lap: &u32) -> bool {
    *lap == 0
}

impl FeedPosition {
    /// Whoever begins here is told everything: with a snapshot, or that all have gone where it is not in the audience.
    pub const ANEW: FeedPosition = FeedPosition {
        seq: Seq(0),
        phase: FeedPhase::Leaving { after: Row(0) },
        lap: 0,
    };

    /// Behind the last device of an instance that the server has left.
    pub const LEFT: Row = Row(i64::MAX);

    pub fn has_left(&self) -> bool {
        self.phase == FeedPhase::Leaving { after: Self::LEFT }
    }

    /// Begun at `head`, behind this place.
    pub fn begin_snapshot(before: Option<FeedPosition>, head: Seq) -> FeedPosition {
        FeedPosition {
            seq: Seq(0),
            phase: FeedPhase::Snapshot { begun_at: head },
            lap: before.map_or(0, |before| before.lap.saturating_add(1)),
        }
    }

    /// The same way, further on.
    pub fn is_ahead_of(&self, other: &FeedPosition) -> bool {
        self.progress_rank() > other.progress_rank()
    }

    /// Rises along the way. A snapshot stands where it began: what is live behind that came later, what is live before it
    /// came earlier.
    fn progress_rank(&self) -> (Seq, u32, u8, i64) {
        match self.phase {
            FeedPhase::Snapshot { begun_at } => (begun_at, self.lap, 0, self.seq.0),
            FeedPhase::Live => (self.seq, self.lap, 1, 0),
            FeedPhase::Leaving { after } => (self.seq, self.lap, 2, after.0),
        }
    }

    /// On the way out, from the first device on unless it is under way already.
    pub fn begin_leaving(self) -> FeedPosition {
        match self.phase {
            FeedPhase::Leaving { .. } => self,
            FeedPhase::Live | FeedPhase::Snapshot { .. } => FeedPosition {
                seq: self.newest_seq(),
                phase: FeedPhase::Leaving { after: Row(0) },
                lap: self.lap.saturating_add(1),
            },
        }
    }

    /// The newest place of the feed that this one speaks of.
    pub fn newest_seq(&self) -> Seq {
        match self.phase {
            FeedPhase::Snapshot { begun_at } => self.seq.max(begun_at),
            FeedPhase::Live | FeedPhase::Leaving { .. } => self.seq,
        }
    }
}

/// The newest place of the feed that any of these speaks of: beyond the head, the store has gone back.
pub fn newest_seq_of(positions: &FeedPositions) -> Seq {
    positions
        .values()
        .map(FeedPosition::newest_seq)
        .max()
        .unwrap_or_default()
}

/// What is acknowledged once `acknowledged` is, too: of each instance the place that is further on. An instance that is not
/// `acknowledged` stays where it is.
pub fn merge_acknowledged(known: &FeedPositions, acknowledged: &FeedPositions) -> FeedPositions {
    let mut all = known.clone();
    for (instance, position) in acknowledged {
        match all.get(instance) {
            Some(known) if !position.is_ahead_of(known) => (),
            _ => {
                all.insert(*instance, *position);
            }
        }
    }
    all
}

/// Whether a server that holds what was told up to `held` ends with the right view if it goes on from `acknowledged`: it
/// holds at least what lies before, in every instance. Only places of one line of generations can be compared: since
/// the server was made to start over, it was told another fleet (its fields, its filter) than before.
pub fn can_resume(acknowledged: &FeedPositions, held: &FeedPositions) -> bool {
    acknowledged.iter().all(|(instance, place)| match place.phase {
        FeedPhase::Live => held
            .get(instance)
            .is_some_and(|held| held.phase == FeedPhase::Live && held.seq >= place.seq),
        FeedPhase::Snapshot { .. } => false,
        FeedPhase::Leaving { after } => after == Row(0),
    })
}

/// Everything anew, in every instance that anybody knows of.
pub fn restart_positions<'a>(instances: impl IntoIterator<Item = &'a InstanceId>) -> FeedPositions {
    instances.into_iter().map(|id| (*id, FeedPosition::ANEW)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: InstanceId = InstanceId(1);

    fn at(lap: u32, seq: i64, phase: FeedPhase) -> FeedPosition {
        FeedPosition {
            seq: Seq(seq),
            phase,
            lap,
        }
    }

    fn snapshot(lap: u32, begun_at: i64, seq: i64) -> FeedPosition {
        at(
            lap,
            seq,
            FeedPhase::Snapshot {
                begun_at: Seq(begun_at),
            },
        )
    }

    fn live(lap: u32, seq: i64) -> FeedPosition {
        at(lap, seq, FeedPhase::Live)
    }

    fn leaving(lap: u32, seq: i64, after: i64) -> FeedPosition {
        at(lap, seq, FeedPhase::Leaving { after: Row(after) })
    }

    #[test]
    fn cr_v7_f3_places_rise_along_the_way_and_nothing_else_counts() {
        let way = [
            FeedPosition::ANEW,
            snapshot(0, 100, 0),
            snapshot(0, 100, 40),
            // A device that changed meanwhile was told behind the place where the snapshot began.
            snapshot(0, 100, 120),
            live(0, 120),
            live(0, 180),
            leaving(1, 180, 0),
            leaving(1, 180, 7),
            leaving(1, 180, i64::MAX),
            // Nothing has changed since it left.
            snapshot(2, 180, 0),
            snapshot(2, 180, 90),
            live(2, 180),
            // Away for so long that tombstones were swept.
            snapshot(3, 400, 0),
            live(3, 400),
        ];
        for (n, earlier) in way.iter().enumerate() {
            for (m, later) in way.iter().enumerate() {
                assert_eq!(later.is_ahead_of(earlier), m > n, "{later:?} and {earlier:?}");
            }
        }
    }

    #[test]
    fn cr_v7_f3_an_acknowledgement_moves_each_instance_forward_and_none_back() {
        let two = InstanceId(2);
        let known = FeedPositions::from([(ONE, live(0, 280)), (two, live(0, 50))]);
        let told = FeedPositions::from([(ONE, live(0, 243)), (two, live(0, 60)), (InstanceId(3), live(0, 1))]);
        let all = merge_acknowledged(&known, &told);
        assert_eq!(
            all,
            FeedPositions::from([(ONE, live(0, 280)), (two, live(0, 60)), (InstanceId(3), live(0, 1))])
        );
        assert_eq!(
            merge_acknowledged(&all, &FeedPositions::new()),
            all,
            "what is not told stays"
        );
    }

    #[test]
    fn cr_v3_f3_only_who_holds_what_lies_before_goes_on_from_what_was_acknowledged() {
        let of = |place| FeedPositions::from([(ONE, place)]);
        let held = of(live(0, 100));
        assert!(
            can_resume(&FeedPositions::new(), &held),
            "nothing is acknowledged: it begins with a snapshot"
        );
        assert!(can_resume(&of(FeedPosition::ANEW), &held));
        assert!(can_resume(&of(live(4, 100)), &held), "rewound to what it holds");
        assert!(can_resume(&of(live(0, 3)), &held));
        assert!(!can_resume(&of(live(0, 101)), &held));
        assert!(
            !can_resume(&of(snapshot(0, 3, 1)), &held),
            "its begin mark is not what it holds"
        );
        assert!(!can_resume(&of(leaving(0, 3, 1)), &held));
        assert!(!can_resume(&of(live(0, 3)), &of(snapshot(0, 100, 50))));
        assert!(!can_resume(&of(live(0, 3)), &FeedPositions::new()));
    }

    #[test]
    fn cr_v6_f3_what_a_snapshot_began_at_counts_as_a_place_of_the_feed() {
        let places = FeedPositions::from([(ONE, snapshot(0, 9, 2)), (InstanceId(2), live(0, 7))]);
        assert_eq!(newest_seq_of(&places), Seq(9));
        assert_eq!(newest_seq_of(&FeedPositions::new()), Seq(0));
    }

    #[test]
    fn f3_a_place_from_before_laps_were_counted_is_read() {
        let old: FeedPosition = serde_json::from_str(r#"{"q":7,"p":{"s":{"begun_at":9}}}"#).unwrap();
        assert_eq!(old, snapshot(0, 9, 7));
        let text = serde_json::to_string(&live(0, 7)).unwrap();
        assert_eq!(text, r#"{"q":7,"p":"l"}"#);
    }
}
