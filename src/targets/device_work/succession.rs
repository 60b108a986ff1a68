//! A device that enrolled again keeps its record (S7): by what the feed says it replaces, over any number of ids, or by an
//! older id of the same hardware that Intune still lists.
//!
//! *Replaced.* The older id has gone, so its link becomes that of the new one. *Still listed.* Both have the record, and the
//! new one fills it; but only where the older one has been silent since the new one enrolled. Two machines that both check
//! in are two machines, whatever their serial numbers say: they would fight over one record, and a person decides.

use super::planned_step::{DevicePlanned, inherited_link};
use super::{DevicePlanner, KnownLink, MadeRecord, found_link};
use crate::contract::{LinkPhase, SetAsideReason};
use crate::model::{DeviceId, Timestamp, parse_time};
use crate::store::{DeviceHistoryKey, FormerDevice, StoreError};
use crate::targets::target_context::TargetContext;
use crate::targets::user_lookup::AssignedUser;
use crate::targets::work_error::WorkError;
use crate::targets::{DeviceKey, LinkState, SourceDevice};

/// Clocks of a tenant and of a device differ by so much at most.
const CLOCK_DOUBT: chrono::TimeDelta = chrono::TimeDelta::minutes(10);

/// The link of an older id.
enum OlderLink {
    Kept(KnownLink),
    /// The making of its record was begun; this is what was found.
    Found(KnownLink),
    /// Nothing may be concluded: a record may be there, or several.
    Unclear(SetAsideReason),
}

impl DevicePlanner<'_> {
    /// `None`: it takes over from nobody.
    pub(super) async fn plan_succession(&mut self, source: &SourceDevice) -> Result<Option<DevicePlanned>, WorkError> {
        match self.find_replaced(source).await? {
            Some(OlderLink::Kept(link)) => return Ok(Some(self.plan_takeover(source, link).await?)),
            Some(OlderLink::Found(link)) => {
                let planned = self.plan_takeover(source, link.clone()).await?;
                return Ok(Some(DevicePlanned {
                    found_before: Some(link),
                    ..self.count_as_made(planned)
                }));
            }
            Some(OlderLink::Unclear(reason)) => return Ok(Some(DevicePlanned::set_aside(reason, Vec::new()))),
            None => {}
        }
        let Some(older) = source.same_as.filter(|_| self.adapter.profile().adopts_records) else {
            return Ok(None);
        };
        let link = self.find_linked(source, older).await?.filter(KnownLink::is_active);
        match link {
            Some(link) if self.is_silent(source, link.key).await? => Ok(Some(self.plan_sharing(source, link).await?)),
            _ => Ok(None),
        }
    }

    /// Whether the record of another device of the same instance, which was found for this one, is its own.
    pub(super) async fn plan_claim(
        &mut self,
        source: &SourceDevice,
        owner: KnownLink,
    ) -> Result<Option<DevicePlanned>, WorkError> {
        let key = owner.key;
        if self
            .context
            .store
            .find_device(key.instance, key.device)
            .await?
            .is_none()
        {
            return Ok(Some(self.plan_takeover(source, owner).await?));
        }
        if source.same_as == Some(key.device) && self.is_silent(source, key).await? {
            return Ok(Some(self.plan_sharing(source, owner).await?));
        }
        Ok(None)
    }

    /// The nearest of the ids that the same hardware had before and that has a record, or has one that was being made.
    async fn find_replaced(&self, source: &SourceDevice) -> Result<Option<OlderLink>, WorkError> {
        let Some(replaced) = source.replaces else {
            return Ok(None);
        };
        if let Some(link) = self.find_older(source, replaced).await? {
            return Ok(Some(link));
        }
        for former in list_predecessors(self.context, source.key).await? {
            if former.id != replaced
                && let Some(link) = self.find_older(source, former.id).await?
            {
                return Ok(Some(link));
            }
        }
        Ok(None)
    }

    async fn find_older(&self, source: &SourceDevice, id: DeviceId) -> Result<Option<OlderLink>, WorkError> {
        let key = DeviceKey {
            instance: source.key.instance,
            device: id,
        };
        Ok(match self.memory.links.find_link(self.context, key).await? {
            Some(link) if link.has_record() => Some(OlderLink::Kept(link)),
            Some(_) => match self.find_made_record(key, &source.instance_name).await? {
                MadeRecord::Found(link) => Some(OlderLink::Found(*link)),
                MadeRecord::NotMade => None,
                MadeRecord::Unclear(reason) => Some(OlderLink::Unclear(reason)),
            },
            None => None,
        })
    }

    async fn find_linked(&self, source: &SourceDevice, id: DeviceId) -> Result<Option<KnownLink>, WorkError> {
        let key = DeviceKey {
            instance: source.key.instance,
            device: id,
        };
        let link = self.memory.links.find_link(self.context, key).await?;
        Ok(link.filter(KnownLink::has_record))
    }

    async fn plan_takeover(&mut self, source: &SourceDevice, link: KnownLink) -> Result<DevicePlanned, WorkError> {
        let moved_from = link.key;
        let planned = self.plan_sharing(source, link).await?;
        Ok(DevicePlanned {
            moved_from: Some(moved_from),
            ..planned
        })
    }

    async fn plan_sharing(&mut self, source: &SourceDevice, link: KnownLink) -> Result<DevicePlanned, WorkError> {
        let (state, assigned) = self.read_inherited(source, &link).await?;
        let planned = self.plan_shared(source, state.clone(), &assigned, true).await?;
        let mut planned = self.look_at_unseen(source, (state, true), &assigned, planned).await?;
        if link.unanswered.is_some() {
            planned.keep_values_before(&link.state.known, self.mapping);
        }
        Ok(planned)
    }

    /// A record that was retired, or of which what is known may be old, is read first; with whom it is assigned to.
    async fn read_inherited(
        &self,
        source: &SourceDevice,
        link: &KnownLink,
    ) -> Result<(LinkState, AssignedUser), WorkError> {
        let (inherited, assigned) = (inherited_link(link), AssignedUser::of_link(&link.state));
        if link.is_certain() && link.state.phase != LinkPhase::Gone {
            let state = LinkState {
                phase: LinkPhase::Active,
                ..inherited
            };
            return Ok((state, assigned));
        }
        // Where it can't be read, writing to it shows whether it is there.
        let Some(record) = self.read_linked(&link.state.record).await?.flatten() else {
            return Ok((inherited, assigned));
        };
        let seen = found_link(&record, link.state.origin);
        let Some(left) = &link.unanswered else {
            return Ok((seen, assigned));
        };
        let state = self.add_unrecorded(source, &link.state, seen, left);
        let assigned = AssignedUser::of_link(&state);
        Ok((state, assigned))
    }

    /// Whether a device that is still listed has not checked in since this one enrolled.
    async fn is_silent(&self, source: &SourceDevice, older: DeviceKey) -> Result<bool, WorkError> {
        let enrolled = source.text("enrolledDateTime").and_then(parse_time);
        let seen = self.find_last_sync(older).await?;
        Ok(is_silent_since(enrolled, seen))
    }
}

/// `enrolled`: of the new device; `seen`: when the older one checked in last.
fn is_silent_since(enrolled: Option<Timestamp>, seen: Option<Timestamp>) -> bool {
    enrolled.is_some_and(|enrolled| seen.is_none_or(|seen| seen <= enrolled + CLOCK_DOUBT))
}

/// The ids that the same hardware had before, the newest first.
pub(in crate::targets) async fn list_predecessors(
    context: &TargetContext,
    key: DeviceKey,
) -> Result<Vec<FormerDevice>, StoreError> {
    let asked = DeviceHistoryKey {
        instance: key.instance,
        device: key.device,
        before: None,
        limit: 1,
    };
    Ok(context.store.find_device_history(asked).await?.predecessors)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jamf2snipe_148_two_machines_that_both_check_in_do_not_fight_over_one_record() {
        let at = |text: &str| parse_time(text);
        let enrolled = at("2026-03-10T08:00:00Z");
        assert!(
            is_silent_since(enrolled, at("2026-03-09T23:00:00Z")),
            "it enrolled again"
        );
        assert!(is_silent_since(enrolled, at("2026-03-10T08:05:00Z")), "clocks differ");
        assert!(is_silent_since(enrolled, None));
        assert!(!is_silent_since(enrolled, at("2026-03-10T09:00:00Z")), "both are alive");
        assert!(!is_silent_since(None, at("2026-03-09T23:00:00Z")), "when is not known");
    }
}
