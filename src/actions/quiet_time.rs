//! How long no task of an instance can be due: until the first of those that wait is, as long as nothing is written that may concern
//! the instance, and as long as the clock goes forward. Pure.

use crate::model::Timestamp;
use crate::store::WriteMark;

/// Begins with a look at the store that found nothing due.
#[derive(Debug, Clone)]
pub(super) struct QuietTime {
    /// Taken before that look.
    mark: WriteMark,
    /// The clock when it was looked at last.
    clock_at: Timestamp,
    /// `None`: no task waits for a time.
    next_due: Option<Timestamp>,
}

impl QuietTime {
    pub(super) fn new(mark: WriteMark, now: Timestamp, next_due: Option<Timestamp>) -> QuietTime {
        QuietTime {
            mark,
            clock_at: now,
            next_due,
        }
    }

    /// Whether nothing can be due yet. A clock that was set back has tasks planned anew (E3), which takes a look.
    pub(super) fn goes_on(&mut self, mark: WriteMark, now: Timestamp) -> bool {
        let is_forward = now >= std::mem::replace(&mut self.clock_at, now);
        is_forward && mark == self.mark && self.next_due.is_none_or(|due| now < due)
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};

    use super::*;
    use crate::model::InstanceId;
    use crate::observe::Clock;
    use crate::store::{NewInstance, Store};

    fn at(seconds: i64) -> Timestamp {
        DateTime::from_timestamp(1_790_000_000, 0).unwrap() + TimeDelta::seconds(seconds)
    }

    #[tokio::test]
    async fn it_ends_with_a_write_with_the_next_task_and_with_a_clock_that_is_set_back() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), Clock::system(), [0; 32]).unwrap();
        let mark = store.read_write_mark(InstanceId(1));
        let mut quiet = QuietTime::new(mark, at(0), None);
        assert!(quiet.goes_on(mark, at(1)) && quiet.goes_on(mark, at(100_000)));
        assert!(!quiet.goes_on(mark, at(99_999)), "the clock was set back");
        assert!(quiet.goes_on(mark, at(100_000)));
        let mut quiet = QuietTime::new(mark, at(0), Some(at(60)));
        assert!(quiet.goes_on(mark, at(59)) && !quiet.goes_on(mark, at(60)));
        let new = NewInstance {
            prefix: "IntuneConnector".into(),
            tenant_id: "t".into(),
            client_id: "c".into(),
            audience: None,
        };
        store.add_instance(new).await.unwrap();
        let mut quiet = QuietTime::new(mark, at(0), None);
        assert!(!quiet.goes_on(store.read_write_mark(InstanceId(1)), at(1)));
    }
}
