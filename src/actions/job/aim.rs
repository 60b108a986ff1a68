//! Which devices, and is each still the one that the requester saw (A2)?

use std::collections::HashSet;

use super::request::{JobRequest, Target};
use super::{Desk, JobError, Requester};
use crate::actions::subject::Subject;
use crate::inventory::audience::receives;
use crate::inventory::{Condition, ConditionError, Unjudged, usable_serial};
use crate::model::{
    Danger, DeviceId, IdentityPin, InstanceId, InstanceName, KnownDevice, NotSeen, Sighting, Timestamp, Verb,
    parse_time,
};
use crate::store::{Aim, InstanceRow};

/// Devices that one job may name.
const NAMED_MAX: usize = 10_000;
/// Devices that a filter may find.
const FOUND_MAX: usize = 500_000;

/// A device as it is known, and what it has to be when the call is made.
type Found = (Aim, Option<IdentityPin>);

/// A device, found, and still the one that was meant.
pub struct Aimed {
    pub subject: Subject,
    /// What the device has to be when the call is made; none for harmless verbs.
    pub pin: Option<IdentityPin>,
    pub read_at: Timestamp,
    /// For a dry run, which asks the conditions of the settings right away.
    pub body: Option<String>,
}

/// The instances that the requester may act on.
async fn visible(desk: &Desk, who: &Requester) -> Result<Vec<InstanceRow>, JobError> {
    let rows = desk.store.instances().await?;
    let mut seen = Vec::new();
    for row in rows.into_iter().filter(|row| row.removed_at.is_none()) {
        let receives = who
            .server
            .as_ref()
            .is_none_or(|server| receives(server, &who.operator, &row));
        // What he may do there otherwise shows him no devices.
        if receives && who.may_send_to(&row.name) {
            seen.push(row);
        }
    }
    Ok(seen)
}

pub fn unknown_instance(name: &InstanceName) -> JobError {
    JobError::wrong(
        "unknownInstance",
        format!("there is no instance {name} that you may act on"),
        "GET /sics/v1 lists the instances that you see.",
    )
}

/// The one instance that a job is for.
pub async fn instance(desk: &Desk, who: &Requester, request: &JobRequest) -> Result<InstanceRow, JobError> {
    let visible = visible(desk, who).await?;
    if let Some(name) = &request.instance {
        let found = visible.into_iter().find(|row| row.name == *name);
        return found.ok_or_else(|| unknown_instance(name));
    }
    let Some(first) = request.devices.first() else {
        let mut visible = visible;
        return match visible.len() {
            1 => Ok(visible.remove(0)),
            _ => Err(JobError::wrong(
                "instance",
                "a job with a filter has to name its instance",
                "Set `instance`; GET /sics/v1 lists those that you see.",
            )),
        };
    };
    let known = desk.store.instances_of(first.id).await?;
    let mut mine = visible.into_iter().filter(|row| known.contains(&row.id));
    match (mine.next(), mine.next()) {
        (Some(row), None) => Ok(row),
        (Some(one), Some(other)) => Err(JobError::wrong(
            "instance",
            format!("device {} is known to {} and {}", first.id, one.name, other.name),
            "Name one of them in `instance`.",
        )),
        (None, _) => Err(unknown(&[first.id])),
    }
}

/// The devices of a job. A destructive one that names an unknown device is refused whole; so is any other, so that
/// nobody believes that it reached all. `unjudged` takes down what a filter could not judge.
pub async fn devices(
    desk: &Desk,
    who: &Requester,
    request: &JobRequest,
    (instance, verb): (&InstanceRow, Verb),
    unjudged: &Unjudged,
) -> Result<Vec<Aimed>, JobError> {
    let found = match (&request.filter, request.devices.is_empty()) {
        (Some(filter), true) => by_filter(desk, filter, (instance.id, verb), unjudged).await?,
        (None, false) => by_name(desk, &request.devices, instance.id, verb).await?,
        (Some(_), false) => {
            return Err(JobError::wrong(
                "target",
                "the job names devices and a filter",
                "Send one of them.",
            ));
        }
        (None, true) => {
            return Err(JobError::wrong(
                "target",
                "the job names no devices",
                "Send `devices` or `filter`.",
            ));
        }
    };
    within_reach(who, &found)?;
    found
        .into_iter()
        .map(|(aim, pin)| {
            let subject = Subject::read(&aim.body).ok_or_else(|| unknown(&[aim.id]))?;
            Ok(Aimed {
                subject,
                pin,
                read_at: aim.read_at,
                body: request.dry_run.then(|| aim.body.to_string()),
            })
        })
        .collect()
}

/// A server may act on the devices that it may see (F8).
fn within_reach(who: &Requester, found: &[Found]) -> Result<(), JobError> {
    let Some(filter) = who.server.as_ref().and_then(|server| server.filter.as_deref()) else {
        return Ok(());
    };
    let filter = compiled(filter)?;
    let foreign: Vec<DeviceId> = found
        .iter()
        .filter(|(aim, _)| !filter.holds(&aim.body.to_string()).unwrap_or(false))
        .map(|(aim, _)| aim.id)
        .collect();
    match foreign.is_empty() {
        true => Ok(()),
        false => Err(unknown(&foreign)),
    }
}

async fn by_filter(
    desk: &Desk,
    filter: &str,
    (instance, verb): (InstanceId, Verb),
    unjudged: &Unjudged,
) -> Result<Vec<Found>, JobError> {
    if verb.danger() == Danger::Destructive {
        return Err(JobError::wrong(
            "filter",
            format!("{verb} takes no filter: it has to name each device, as it was seen"),
            "Send `devices`, each with `seq`, or with serialNumber, enrolledDateTime and userPrincipalName.",
        ));
    }
    let filter = Condition::compile_at(filter, desk.clock.now()).map_err(unusable)?;
    let matching = filter.matching(unjudged);
    let found = desk.store.aims_matching(instance, matching, FOUND_MAX).await?;
    let lacking = unjudged.view().sentence();
    if found.is_empty() {
        let problem = match &lacking {
            Some(lacking) => format!("the filter finds no device; {lacking}"),
            None => "the filter finds no device".to_owned(),
        };
        return Err(JobError::wrong(
            "noDevices",
            problem,
            "Try it with GET /sics/v1/devices?filter=.",
        ));
    }
    if let Some(lacking) = lacking {
        tracing::warn!(instance.id = %instance, verb = %verb, why = lacking, "the filter of a job could not judge every device");
    }
    let pinned = verb.danger() != Danger::Harmless;
    Ok(found
        .into_iter()
        .map(|aim| (pinned.then(|| IdentityPin::of(&aim.identity)), aim))
        .map(|(pin, aim)| (aim, pin))
        .collect())
}

fn compiled(filter: &str) -> Result<Condition, JobError> {
    Condition::compile(filter).map_err(unusable)
}

fn unusable(error: ConditionError) -> JobError {
    JobError::wrong(
        "filter",
        format!("the filter can't be used: {error}"),
        "Correct the condition.",
    )
}

async fn by_name(desk: &Desk, targets: &[Target], instance: InstanceId, verb: Verb) -> Result<Vec<Found>, JobError> {
    if targets.len() > NAMED_MAX {
        return Err(JobError::wrong(
            "tooManyDevices",
            format!("the job names {} devices, {NAMED_MAX} are the most", targets.len()),
            "Send several jobs, or a filter.",
        ));
    }
    let mut ids = HashSet::new();
    if let Some(twice) = targets.iter().find(|target| !ids.insert(target.id)) {
        return Err(JobError::wrong(
            "deviceTwice",
            format!("device {} is named twice", twice.id),
            "Name each device once.",
        ));
    }
    let aims = desk
        .store
        .aims(instance, targets.iter().map(|target| target.id).collect())
        .await?;
    let missing: Vec<DeviceId> = targets
        .iter()
        .zip(&aims)
        .filter(|(_, aim)| aim.is_none())
        .map(|(target, _)| target.id)
        .collect();
    if !missing.is_empty() {
        return Err(unknown(&missing));
    }
    let pairs = targets.iter().zip(aims.into_iter().flatten());
    pairs
        .map(|(target, aim)| Ok((pin(target, &aim, verb)?, aim)))
        .map(|pair| pair.map(|(pin, aim)| (aim, pin)))
        .collect()
}

fn unknown(ids: &[DeviceId]) -> JobError {
    let shown: Vec<String> = ids.iter().take(5).map(ToString::to_string).collect();
    let more = ids.len().saturating_sub(shown.len());
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    JobError::wrong(
        "unknownDevice",
        format!(
            "the job names devices that are not known here: {}{more}",
            shown.join(", ")
        ),
        "Nothing was done. Check the ids (the Intune device id, not the Entra one) and the instance; scan if they are new.",
    )
}

/// What pins the device: what the requester saw, never what happens to be there when the call is made.
fn pin(target: &Target, aim: &Aim, verb: Verb) -> Result<Option<IdentityPin>, JobError> {
    if verb.danger() == Danger::Harmless {
        return Ok(None);
    }
    let known = KnownDevice {
        identity: &aim.identity,
        identity_seq: aim.identity_seq,
        newest_seq: aim.newest_seq,
    };
    let pin = sighting(target, verb)?.pin(&known);
    pin.map(Some).map_err(|why| not_seen(target.id, &known, why))
}

/// What the request says of a device, as far as it says it.
fn sighting(target: &Target, verb: Verb) -> Result<Sighting, JobError> {
    let named = (
        &target.serial_number,
        &target.enrolled_date_time,
        &target.user_principal_name,
    );
    match (target.seq, named) {
        (Some(seq), _) => Ok(Sighting::Numbered(seq)),
        (None, (Some(serial), Some(enrolled), Some(user))) => Ok(Sighting::Named(IdentityPin::new(
            serial.as_deref().and_then(usable_serial),
            enrolled.as_deref().map(|text| time(target.id, text)).transpose()?,
            user.clone(),
        ))),
        (None, _) => Err(JobError::wrong(
            "missingPin",
            format!("{verb} on device {} does not say which state of it was seen", target.id),
            "Give `seq`, or serialNumber, enrolledDateTime and userPrincipalName (null where it has none), for each device.",
        )),
    }
}

fn not_seen(id: DeviceId, known: &KnownDevice<'_>, why: NotSeen) -> JobError {
    let advice = "Look at the device again and send its newest seq.";
    match why {
        NotSeen::TooOld => JobError::wrong(
            "seenTooOld",
            format!(
                "device {id} has changed its identity at sequence number {}, behind the one given: it is not the one that was seen",
                known.identity_seq
            ),
            advice,
        ),
        NotSeen::NeverHandedOut => JobError::wrong(
            "neverHandedOut",
            format!(
                "device {id} was never shown with this sequence number; its newest is {}",
                known.newest_seq
            ),
            advice,
        ),
    }
}

fn time(id: DeviceId, text: &str) -> Result<Timestamp, JobError> {
    parse_time(text).ok_or_else(|| {
        JobError::wrong(
            "enrolledDateTime",
            format!("enrolledDateTime of device {id} is no date"),
            "Send it as it was read.",
        )
    })
}
