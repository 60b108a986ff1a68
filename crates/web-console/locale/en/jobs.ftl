jobs-list = Jobs
jobs-new = New job
jobs-all = All
jobs-instance = Instance
jobs-server = Management server
jobs-state-open = Not finished
jobs-server-all-instances = Jobs of a management server are listed for all instances.
jobs-none = There are no jobs yet. Tick devices in the list of devices and choose an action, or use “New job”.
jobs-none-match = No job matches the filters.
jobs-show-all = Show all jobs
jobs-newest = Newest
jobs-older = Older
jobs-oldest = Oldest
jobs-newer = Newer
jobs-device-state = State of a device
jobs-sender = Account that sent it
jobs-reason-text = Text in the reason
jobs-job = Job
jobs-action = Action
jobs-outcome = Outcome
jobs-progress = Progress
jobs-asked-by = Asked by
jobs-created = Sent
jobs-urgent = Urgent
jobs-emergency = Emergency, without a second person
jobs-devices = { $count ->
    [one] { $shown } device
   *[other] { $shown } devices
}
jobs-operator-removed = an account that is removed
jobs-sent-as-server = { $operator } as management server { $server }
jobs-sent-for = { $sender }, for { $requester }
jobs-kill-switch-on = The kill switch is on: nothing disruptive or destructive is sent until it is off.
jobs-see-kill-switch = See the kill switch
jobs-broken-glass = { $count ->
    [one] { $shown } emergency action was made without a second person and waits for a review.
   *[other] { $shown } emergency actions were made without a second person and wait for a review.
}
jobs-needs-operator = Somebody has to say what became of these
jobs-needs-operator-help = The bus cannot read the outcome. Find out what happened, and record it.
jobs-waits-for-approval = Waits for a second person
jobs-all-approvals = All that wait
jobs-suspended = Operators without destructive rights
jobs-phase-waiting-approval = Nothing was sent: it waits for a second person.
jobs-phase-rejected = Rejected: nothing was sent.
jobs-phase-lapsed = Nobody approved it in time: nothing was sent.
jobs-phase-needs-operator = { $count ->
    [one] What became of { $shown } device is not known: somebody has to find out and record it.
   *[other] What became of { $shown } devices is not known: somebody has to find out and record it.
}
jobs-phase-begun = { $count ->
    [one] Under way on { $shown } device.
   *[other] Under way on { $shown } devices.
}
jobs-phase-running = { $done } of { $total } devices have finished.
jobs-phase-done = { $count ->
    [one] Done on the device.
   *[other] Done on all { $shown } devices.
}
jobs-phase-handed-over = { $count ->
    [one] Handed over to Intune. Whether it reaches the device is not reported.
   *[other] Handed over to Intune for all { $shown } devices. Whether it reaches each of them is not reported.
}
jobs-phase-partly-done = Done on { $done } of { $total } devices.
jobs-phase-devices-gone = { $count ->
    [one] The device is no longer in Intune.
   *[other] { $shown } devices are no longer in Intune; it was carried out on none of the others.
}
jobs-held-by-kill-switch = Held by the kill switch
jobs-phase-not-done = { $count ->
    [one] It was not carried out.
   *[other] It was carried out on none of the { $shown } devices.
}
jobs-facts = About this job
jobs-definition = Definition
jobs-approval = Approval
jobs-approval-none = Not needed
jobs-approval-waiting = Waits for approval
jobs-approval-approved = Approved
jobs-approval-rejected = Rejected
jobs-approval-lapsed = Not approved in time
jobs-expires = Sent until
jobs-sender-id = Id of the sender
jobs-emergency-by = By { $name }
jobs-emergency-reviewed = Reviewed by { $name }
jobs-devices-heading = Devices
jobs-device = Device
jobs-platform = Platform
jobs-sent-to-intune = Sent to Intune
jobs-confirmed-by-intune = Confirmed by Intune
jobs-on-the-device = On the device
jobs-next-look = Next look at Intune
jobs-never = Never
jobs-steps = { $count ->
    [one] { $shown } step
   *[other] { $shown } steps
}
jobs-steps-heading = Steps
jobs-first-devices = First devices
jobs-more-devices = More devices
jobs-cancel = Cancel
jobs-cancel-help = Devices to which nothing was sent yet are left alone. What Intune already has cannot be recalled.
jobs-cancel-unsent = Cancel what was not sent
jobs-record-outcome = Record the outcome
jobs-record-help = Look at the device, or ask its user, before you record anything: management servers are told what you record.
jobs-outcome-done = The action was carried out
jobs-outcome-failed = It was not carried out
jobs-outcome-notsupported = The device does not support it
jobs-outcome-devicegone = The device is gone
jobs-evidence = How you know this
jobs-evidence-help = One or two sentences for those who read it later: “The device is on my desk, empty.”
jobs-no-outcome = No outcome is chosen.
jobs-no-outcome-cure = Choose what became of the device.
jobs-secrets = Secrets
jobs-secrets-help = Unlock code, passcode or position, as far as Intune has returned one. Whoever looks is recorded in the audit trail; the bus erases them after 7 days.
jobs-secrets-show = Show
jobs-secrets-none = Intune has returned nothing yet, or it is erased. Come back when the action is done on the device.
jobs-secret-unlockpin = Unlock code
jobs-secret-passcode = Passcode
jobs-secret-position = Position (latitude, longitude)
jobs-secret-erased = Erased
jobs-position-accuracy = { $count ->
    [one] within { $shown } metre
   *[other] within { $shown } metres
}
jobs-copy = Copy
done-job-sent = The job was accepted. This page follows it.
done-job-sent-waits = The job was accepted. Nothing is sent until a second person approves it.
done-job-known = This job was accepted before; it is not carried out twice.
done-job-approved = The job is approved and will be sent.
done-job-approved-held = The job is approved. The kill switch holds it: it is sent when the switch is off.
done-job-rejected = The job is rejected; nothing is sent.
done-job-cancelled = Cancelled: nothing is sent to any of the devices.
done-job-cancelled-partly = What was not sent is cancelled. For some devices it was too late.
done-job-cancelled-too-late = Nothing could be cancelled: Intune already has the action for every device, or it has ended.
done-job-resolved = The outcome is recorded.
task-cause-accepted = Accepted; nothing was sent yet.
task-cause-approval = A second person has to approve it.
task-cause-approval-required = Another administrator of the tenant has to approve it in Intune.
task-cause-tenant-approved = Another administrator of the tenant has approved it.
task-cause-tenant-rejected = Another administrator of the tenant has rejected it.
task-cause-tenant-cancelled = The request to the other administrators of the tenant was cancelled.
task-cause-approved = Approved.
task-cause-cancelled = Cancelled.
task-cause-queued = Intune has accepted it; the device has not confirmed it yet.
task-cause-pending = The device has not carried it out yet.
task-cause-under-way = Intune shows that it is under way.
task-cause-still-pending = The device has not carried it out for two days.
task-cause-done = Reported by the device.
task-cause-not-supported = Intune reports that the device does not support it.
task-cause-cancelled-at-intune = It was cancelled in Intune.
task-cause-not-found = The device no longer exists in Intune.
task-cause-vanished = Intune no longer lists the device; nothing proves that this action is the reason.
task-cause-listed-again = Intune did not list the device for a while and now lists it again.
task-cause-expired = It expired before it could be sent.
task-cause-throttled = Intune asks to wait; it is sent later.
task-cause-daily-cap = The daily limit of Intune for this action is reached; it is sent the next day.
task-cause-unclear = It is not known whether it had an effect, and it is not sent again.
task-cause-crashed = The connector stopped between the call and its answer; whether it had an effect is looked up.
task-cause-absent = No effect was seen.
task-cause-sealed = The secret parameters can not be read with the key of this bus.
task-cause-rejected = It was not approved.
task-cause-operator = The requester's account no longer exists or is disabled.
task-cause-missing-right = The requester lacks the right.
task-cause-out-of-scope = The requester's rights do not apply there.
task-cause-suspended = The requester's destructive rights are suspended.
task-cause-verb-off = The action is switched off for this instance.
task-cause-identity-changed = The device is not the one that was seen.
task-cause-open-task = The same action is under way on this device already.
task-cause-kill-switch = The kill switch is on.
task-cause-window = Waiting for the next maintenance window.
task-cause-limit-per-hour = The limit of destructive actions in an hour is reached.
task-cause-limit-per-day = The limit of destructive actions in a day is reached.
task-cause-never-touch = The device is protected by the setting never_touch.
task-cause-personal = The device is personal, and the action is not allowed on personal devices.
task-cause-pending-at-intune = Intune shows a pending action that was not sent from here.
task-cause-platform = The action does not work on this platform.
task-cause-unknown-platform = The kind of device is not known.
task-cause-supervision = Only supervised devices can do this.
task-cause-ownership = Only company devices can do this.
task-cause-enrollment = Only devices that were enrolled in another way can do this.
task-cause-lost-mode = The device has to be in lost mode.
task-cause-encryption = The device is not encrypted.
task-cause-join-type = The device is joined in another way.
task-cause-os-version = The system of the device is too old.
task-cause-shared-ipad = Only a shared iPad can do this.
task-cause-parameter = A parameter does not fit this device.
