//! Which devices, and is each still the one that the requester saw (A2)?

use std::collections::HashSet;

use super::{JobError, JobIntake, JobRequester};
use crate::actions::subject::Subject;
use crate::contract::{JobBody, JobTargetBody};
use crate::inventory::audience::is_in_audience;
use crate::inventory::{ConditionError, DeviceCondition, FILTER_ADVICE, UnjudgedDevices, usable_serial};
use crate::model::{
    ActionDanger, ActionKind, DeviceId, DeviceSighting, IdentityPin, InstanceId, InstanceName, KnownDevice,
    SightingError, Timestamp, parse_time,
};
use crate::store::{InstanceRow, KnownTarget};

/// Devices that one job may name.
const NAMED_MAX: usize = 10_000;
/// Devices that a filter may find.
const FOUND_MAX: usize = 500_000;

/// A device as it is known, and what it has to be when the call is made.
type PinnedTarget = (KnownTarget, Option<IdentityPin>);

/// A device, found, and still the one that was meant.
pub(crate) struct ResolvedTarget {
    pub subject: Subject,
    /// What the device has to be when the call is made; none for harmless verbs.
    pub pin: Option<IdentityPin>,
    pub read_at: Timestamp,
    /// For a dry run, which asks the conditions of the settings right away.
    pub body: Option<String>,
}

/// The instances that the requester may act on.
async fn visible_instances(intake: &JobIntake, requester: &JobRequester) -> Result<Vec<InstanceRow>, JobError> {
    let rows = intake.store.list_instances().await?;
    let mut seen = Vec::new();
    for row in rows.into_iter().filter(|row| row.removed_at.is_none()) {
        let receives = requester
            .server
            .as_ref()
            .is_none_or(|server| is_in_audience(server, &requester.operator, &row));
        // What they may do there otherwise shows them no devices.
        if receives && requester.may_send_to(&row.name) {
            seen.push(row);
        }
    }
    Ok(seen)
}

pub(crate) fn unknown_instance(name: &InstanceName) -> JobError {
    JobError::invalid_request(
        "unknownInstance",
        format!("instance {name} not found among those that you may act on"),
        "GET /sics/v1 lists the instances that you can see, and so does `intune-connector instances`.",
    )
}

/// The one instance that a job is for.
pub(crate) async fn resolve_instance(
    intake: &JobIntake,
    requester: &JobRequester,
    request: &JobBody,
) -> Result<InstanceRow, JobError> {
    let visible = visible_instances(intake, requester).await?;
    if let Some(name) = &request.instance {
        let found = visible.into_iter().find(|row| row.name == *name);
        return found.ok_or_else(|| unknown_instance(name));
    }
    let Some(first) = request.devices.first() else {
        let mut visible = visible;
        return match visible.len() {
            1 => Ok(visible.remove(0)),
            _ => Err(JobError::invalid_request(
                "instance",
                "a job with a filter must name its instance",
                "Set `instance`; GET /sics/v1 lists those that you can see.",
            )),
        };
    };
    let known = intake.store.list_instances_of_device(first.id).await?;
    let mut matching = visible.into_iter().filter(|row| known.contains(&row.id));
    match (matching.next(), matching.next()) {
        (Some(row), None) => Ok(row),
        (Some(one), Some(other)) => Err(JobError::invalid_request(
            "instance",
            format!("device {} exists in both {} and {}", first.id, one.name, other.name),
            "Name one of them in `instance`.",
        )),
        (None, _) => Err(unknown_devices(&[first.id])),
    }
}

/// The devices of a job. A destructive one that names an unknown device is refused whole; so is any other, so that
/// nobody believes that it reached all. `unjudged` takes down what a filter could not judge.
pub(crate) async fn resolve_targets(
    intake: &JobIntake,
    requester: &JobRequester,
    request: &JobBody,
    (instance, verb): (&InstanceRow, ActionKind),
    unjudged: &UnjudgedDevices,
) -> Result<Vec<ResolvedTarget>, JobError> {
    let found = match (&request.filter, request.devices.is_empty()) {
        (Some(filter), true) => find_by_filter(intake, filter, (instance.id, verb), unjudged).await?,
        (None, false) => find_by_id(intake, &request.devices, instance.id, verb).await?,
        (Some(_), false) => {
            return Err(JobError::invalid_request(
                "target",
                "the job names both devices and a filter",
                "Send only one of them.",
            ));
        }
        (None, true) => {
            return Err(JobError::invalid_request(
                "target",
                "the job names no devices",
                "Send `devices` or `filter`.",
            ));
        }
    };
    check_server_filter(requester, &found)?;
    found
        .into_iter()
        .map(|(known_target, pin)| {
            let subject =
                Subject::from_device(&known_target.body).ok_or_else(|| unknown_devices(&[known_target.id]))?;
            Ok(ResolvedTarget {
                subject,
                pin,
                read_at: known_target.read_at,
                body: request.dry_run.then(|| known_target.body.to_string()),
            })
        })
        .collect()
}

/// A server may act on the devices that it may see (F8).
fn check_server_filter(requester: &JobRequester, found: &[PinnedTarget]) -> Result<(), JobError> {
    let Some(filter) = requester.server.as_ref().and_then(|server| server.filter.as_deref()) else {
        return Ok(());
    };
    let filter = compile_filter(filter)?;
    let excluded: Vec<DeviceId> = found
        .iter()
        .filter(|(known_target, _)| !filter.matches_body(&known_target.body.to_string()).unwrap_or(false))
        .map(|(known_target, _)| known_target.id)
        .collect();
    if excluded.is_empty() {
        Ok(())
    } else {
        Err(unknown_devices(&excluded))
    }
}

async fn find_by_filter(
    intake: &JobIntake,
    filter: &str,
    (instance, verb): (InstanceId, ActionKind),
    unjudged: &UnjudgedDevices,
) -> Result<Vec<PinnedTarget>, JobError> {
    if verb.danger() == ActionDanger::Destructive {
        return Err(JobError::invalid_request(
            "filter",
            format!("{verb} does not accept a filter: the job must name each device as it was seen"),
            "Send `devices`, each with `seq`, or with serialNumber, enrolledDateTime and userPrincipalName; on the command line: --device ID for each, and find them with `intune-connector devices --filter`.",
        ));
    }
    let filter = DeviceCondition::compile_asked(filter, intake.clock.now()).map_err(unusable_filter)?;
    let matching = filter.into_matcher(unjudged);
    let found = intake
        .store
        .find_matching_targets(instance, matching, FOUND_MAX)
        .await?;
    let lacking = unjudged.view().describe_unjudged();
    if found.is_empty() {
        let problem = match &lacking {
            Some(lacking) => format!("no devices match the filter; {lacking}"),
            None => "no devices match the filter".to_owned(),
        };
        return Err(JobError::invalid_request(
            "noDevices",
            problem,
            "Test it with GET /sics/v1/devices?filter= or `intune-connector devices --filter`.",
        ));
    }
    if let Some(lacking) = lacking {
        tracing::warn!(instance.id = %instance, verb = %verb, why = lacking, "the filter of a job could not be evaluated for every device");
    }
    let needs_pin = verb.danger() != ActionDanger::Harmless;
    Ok(found
        .into_iter()
        .map(|known_target| {
            (
                needs_pin.then(|| IdentityPin::from_identity(&known_target.identity)),
                known_target,
            )
        })
        .map(|(pin, known_target)| (known_target, pin))
        .collect())
}

fn compile_filter(filter: &str) -> Result<DeviceCondition, JobError> {
    DeviceCondition::compile(filter).map_err(unusable_filter)
}

fn unusable_filter(error: ConditionError) -> JobError {
    JobError::invalid_request("filter", format!("the filter is not valid: {error}"), FILTER_ADVICE)
}

async fn find_by_id(
    intake: &JobIntake,
    targets: &[JobTargetBody],
    instance: InstanceId,
    verb: ActionKind,
) -> Result<Vec<PinnedTarget>, JobError> {
    if targets.len() > NAMED_MAX {
        return Err(JobError::invalid_request(
            "tooManyDevices",
            format!("the job names {} devices; the maximum is {NAMED_MAX}", targets.len()),
            "Send several jobs, or a filter.",
        ));
    }
    let mut ids = HashSet::new();
    if let Some(duplicate) = targets.iter().find(|target| !ids.insert(target.id)) {
        return Err(JobError::invalid_request(
            "deviceTwice",
            format!("device {} is named twice", duplicate.id),
            "Name each device once.",
        ));
    }
    let known_targets = intake
        .store
        .find_targets(instance, targets.iter().map(|target| target.id).collect())
        .await?;
    let missing: Vec<DeviceId> = targets
        .iter()
        .zip(&known_targets)
        .filter(|(_, known_target)| known_target.is_none())
        .map(|(target, _)| target.id)
        .collect();
    if !missing.is_empty() {
        return Err(unknown_devices(&missing));
    }
    let pairs = targets.iter().zip(known_targets.into_iter().flatten());
    pairs
        .map(|(target, known_target)| Ok((pin_target(target, &known_target, verb)?, known_target)))
        .map(|pair| pair.map(|(pin, known_target)| (known_target, pin)))
        .collect()
}

fn unknown_devices(ids: &[DeviceId]) -> JobError {
    let shown: Vec<String> = ids.iter().take(5).map(ToString::to_string).collect();
    let more = ids.len().saturating_sub(shown.len());
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    JobError::invalid_request(
        "unknownDevice",
        format!("the job names unknown devices: {}{more}", shown.join(", ")),
        "Nothing was done. Check the ids (the Intune device id, not the Entra one) and the instance; run a scan if they are new.",
    )
}

/// What pins the device: what the requester saw, never what happens to be there when the call is made.
fn pin_target(
    target: &JobTargetBody,
    known_target: &KnownTarget,
    verb: ActionKind,
) -> Result<Option<IdentityPin>, JobError> {
    if verb.danger() == ActionDanger::Harmless {
        return Ok(None);
    }
    let known = KnownDevice {
        identity: &known_target.identity,
        identity_seq: known_target.identity_seq,
        newest_seq: known_target.newest_seq,
    };
    let pin = parse_sighting(target, verb)?.to_identity_pin(&known);
    pin.map(Some).map_err(|why| sighting_error(target.id, &known, why))
}

/// What the request says of a device, as far as it says it.
fn parse_sighting(target: &JobTargetBody, verb: ActionKind) -> Result<DeviceSighting, JobError> {
    let named = (
        &target.serial_number,
        &target.enrolled_date_time,
        &target.user_principal_name,
    );
    match (target.seq, named) {
        (Some(seq), _) => Ok(DeviceSighting::Numbered(seq)),
        (None, (Some(serial), Some(enrolled), Some(user))) => Ok(DeviceSighting::Named(IdentityPin::new(
            serial.as_deref().and_then(usable_serial),
            enrolled
                .as_deref()
                .map(|text| parse_enrolled_time(target.id, text))
                .transpose()?,
            user.clone(),
        ))),
        (None, _) => Err(JobError::invalid_request(
            "missingPin",
            format!(
                "{verb} on device {} does not say which state of the device was seen",
                target.id
            ),
            "Send `seq`, or serialNumber, enrolledDateTime and userPrincipalName (null if it has none), for each device.",
        )),
    }
}

fn sighting_error(id: DeviceId, known: &KnownDevice<'_>, why: SightingError) -> JobError {
    let advice = "Look at the device again and send its newest seq.";
    match why {
        SightingError::TooOld => JobError::invalid_request(
            "seenTooOld",
            format!(
                "the identity of device {id} changed at sequence number {}, after the one given: it is not the device that was seen",
                known.identity_seq
            ),
            advice,
        ),
        SightingError::NeverHandedOut => JobError::invalid_request(
            "neverHandedOut",
            format!(
                "device {id} was never shown with this sequence number; its newest is {}",
                known.newest_seq
            ),
            advice,
        ),
    }
}

fn parse_enrolled_time(id: DeviceId, text: &str) -> Result<Timestamp, JobError> {
    parse_time(text).ok_or_else(|| {
        JobError::invalid_request(
            "enrolledDateTime",
            format!("enrolledDateTime of device {id} is not a date"),
            "Send it as it was read.",
        )
    })
}
