microservices-none = No product is installed yet, so nothing runs here.
microservices-none-go = Install a product
microservices-none-match = No microservice matches the filter.
microservices-find = Name or profile
microservices-any = Any
microservices-supervisor = Supervisor { $name }
microservices-supervisor-facts = Version { $version } · runs { $kinds }
microservices-supervisor-off = No bus runs on this data folder: start it, and its microservices start with it.
microservices-name-profile = Name, profile
microservices-steps = Steps
microservices-start = Start
microservices-stop = Stop
microservices-restart = Restart
microservices-start-type = Start type
microservices-start-type-help = Automatic: with the bus. Manual: when somebody starts it. Disabled: not at all, and it is stopped now.
microservices-start-automatic = Automatic
microservices-start-manual = Manual
microservices-start-disabled = Disabled
microservices-requests = Requests
microservices-rows = Devices or steps
microservices-queue = Queue
microservices-last-error = Last error
microservices-version = Version
microservices-next-start = Next start
microservices-restarts = Restarts after failures
microservices-kind = Kind
microservices-product = Product
microservices-parts = Parts of this microservice
microservices-overview = Overview
microservices-check = Connection check
microservices-log = Log
microservices-brake = Deletion brake
microservices-brake-tab = Deletion brake ({ $shown })
microservices-state-running = Running
microservices-state-starting = Starting
microservices-state-stopping = Stopping
microservices-state-stopped = Stopped
microservices-state-backingoff = Waits to restart
microservices-state-failed = Failed
microservices-state-disabled = Disabled
microservices-instance-idle = Waits for its next scan
microservices-instance-scanning = Scanning
microservices-instance-failing = Scans fail
microservices-instance-braked = Deletion brake holds
microservices-instance-stopped = Not started
microservices-instance-disabled = Disabled in its settings
microservices-instance-misconfigured = Settings are wrong
microservices-devices = { $count ->
    [one] { $shown } device
   *[other] { $shown } devices
}
microservices-scanning = Scans
microservices-complete = Fleet complete
microservices-next-try = The next full scan that tries to prove it:
microservices-snapshot-go = Why, and what to do
microservices-next-full = Next full scan
microservices-next-incremental = Next incremental scan
microservices-primary-users = Primary users
microservices-tenant = Tenant
microservices-credential-left = Credential valid for
microservices-scan-now = Scan now
microservices-scan-help = An incremental scan reads what checked in since the last one, and the number of enrolled devices; another number makes a full scan begin. A full scan reads everything, and is the only one that finds devices gone, and what was edited in the Intune portal.
microservices-scans = Scans
microservices-scans-none = No scan yet. Start one above, or wait for the schedule.
microservices-scans-help = The newest 20 scans.
microservices-scan-number = No.
microservices-scan-running = Running
microservices-scan-completed = Completed
microservices-scan-failed = Failed
microservices-scan-filtered = { $count ->
    [one] { $shown } left out by a filter
   *[other] { $shown } left out by a filter
}
microservices-scan-aside = { $count ->
    [one] { $shown } record set aside
   *[other] { $shown } records set aside
}
microservices-scan-properties = { $count ->
    [one] { $shown } property left out
   *[other] { $shown } properties left out
}
microservices-scan-missing = { $count ->
    [one] { $shown } device missing from the list
   *[other] { $shown } devices missing from the list
}
microservices-scan-missed = { $count ->
    [one] { $shown } device that incremental scans had missed
   *[other] { $shown } devices that incremental scans had missed
}
microservices-scan-reason-othercount = began early: the number of enrolled devices had changed
microservices-scan-reason-stillmissing = began early: devices were missing from the list before
microservices-took-ms = { $shown } ms
microservices-took-s = { $shown } s
microservices-took-min = { $shown } min
microservices-started = Started
microservices-took = Took
microservices-seen = Read
microservices-new = New
microservices-changed = Changed
microservices-gone = Gone
microservices-remarks = Remarks
microservices-refused = Paused requests
microservices-refused-what = Requests
microservices-until = Until
microservices-asked = Microsoft gave the time
microservices-unread = Records set aside
microservices-unread-count = { $count ->
    [one] { $shown } record or property could not be read.
   *[other] { $shown } records or properties could not be read.
}
microservices-unread-shown = { $count ->
    [one] { $shown } is shown here.
   *[other] { $shown } are shown here.
}
microservices-unread-no-id = Without a readable id
microservices-unread-whole = The whole record
microservices-unread-noobject = The record is no JSON object
microservices-unread-toolarge = Too large
microservices-unread-noid = Has no id
microservices-unread-badid = Its id is no GUID
microservices-unread-wrongtype = Another type than Microsoft's schema says
microservices-unread-baddate = A date that is none
microservices-unread-brokenvalue = Nested too deeply, or broken text
microservices-unread-condition = A filter or rule cannot judge it
microservices-device = Device
microservices-property = Property
microservices-changed-workflows = Workflows with another text that is not enabled
microservices-members = Installed together
microservices-remove = Remove
microservices-remove-help = The instance and everything that was installed with it is removed; its devices are reported to management servers as gone. The next page says how many, and asks again.
microservices-remove-go = Remove the installation …
microservices-change = Change
microservices-renew = Renew the credential
microservices-settings-none = No settings.
microservices-settings-help = Settings that are not listed have their default.
microservices-setting = Setting
microservices-value = Value
microservices-secret-set = Set
microservices-secret-not-set = Not set
microservices-check-help = The check takes every step of the connection one by one: names, proxy, certificate, sign-in, each right, a device, management servers. It changes nothing.
microservices-check-run = Check the connection
microservices-check-again = Check again
microservices-check-not-yours = Your account may not run the check.
microservices-check-ok = OK
microservices-check-failed = Failed
microservices-check-skipped = Skipped
microservices-check-note = Could be better
microservices-check-well = All steps succeeded.
microservices-check-failures = { $count ->
    [one] { $shown } step failed. It says what to do.
   *[other] { $shown } steps failed. Each says what to do; begin with the first.
}
microservices-step-name = Look up the name
microservices-step-proxy = Proxy
microservices-step-tls = Certificate
microservices-step-connect = Connect
microservices-step-token = Sign in
microservices-step-right = Right
microservices-step-device = Read a device
microservices-step-count = Count the devices
microservices-step-node = Compliance node
microservices-step-audits = Audit log of Intune
microservices-step-server = Management server
microservices-log-find = Text in message or fields
microservices-log-none = No line matches. Take the filter away, or look at older lines.
microservices-log-older = Older lines
microservices-log-all = All messages
microservices-log-not-yours = Your account may not read the log.
microservices-level = Level
microservices-level-error = Error
microservices-level-warn = Warning
microservices-level-info = Information
microservices-level-debug = Details
microservices-level-trace = Every step
microservices-time = Time
microservices-message = Message
microservices-brake-holds = { $count ->
    [one] The deletion brake withholds { $shown } device.
   *[other] The deletion brake withholds { $shown } devices.
}
microservices-brake-go = Look at them
microservices-brake-help = Intune no longer lists them, or a filter leaves them out, and they are more than a scan may report as gone by itself. Management servers keep them until somebody decides.
microservices-brake-none = The brake withholds nothing.
microservices-brake-find = Name, serial number or user
microservices-brake-confirm = { $count ->
    [one] Confirm that { $shown } device has gone
   *[other] Confirm that { $shown } devices have gone
}
microservices-brake-effect = This confirms exactly the devices that are listed, on all pages. Those that a filter leaves out are reported as gone at once; the others are read one by one, and only what Intune does not find is reported as gone. If they have not gone, do nothing, and find out why Intune does not list them.
microservices-brake-agree = I have checked that these devices have really gone.
microservices-brake-do = Confirm as gone
microservices-brake-not-yours = Your account may not confirm it.
microservices-withheld-deleted = Missing from the list
microservices-withheld-confirmed = Confirmed, being read one by one
microservices-withheld-filtered = Left out by a filter or rule
microservices-type-count = Type the number of devices: { $count }
microservices-not-confirmed = The box is not ticked, or the number is not the one that is shown.
microservices-not-confirmed-cure = Check what is listed, tick the box, and type the number of devices.
microservices-snapshot = Open snapshots
microservices-snapshot-proven = The fleet is proven complete; no snapshot is held open.
microservices-snapshot-help = Management servers that receive a snapshot may delete nothing that is absent from it until the fleet is proven complete. It is not, because:
microservices-snapshot-nothing = There is nothing to confirm at present; wait for the next full scan.
microservices-snapshot-confirm = Confirm that the last list is complete
microservices-snapshot-effect = { $count ->
    [one] Open snapshots end: management servers keep { $shown } device of the last list and delete all others.
   *[other] Open snapshots end: management servers keep the { $shown } devices of the last list and delete all others.
}
microservices-snapshot-agree = I have checked in Intune that the list is complete.
microservices-snapshot-do = Confirm the list
microservices-unproven-notscanned = No full scan yet
microservices-unproven-emptylist = The list is empty
microservices-unproven-shortlist = The list is much shorter than the tenant says
microservices-unproven-othercount = List and number of enrolled devices differ a little
microservices-unproven-nocount = The number of enrolled devices could not be read
microservices-unproven-missing = Devices are missing without proof that they have gone
microservices-unproven-unlisted = Devices exist, but are not in the list
microservices-unproven-recordswithoutid = Records without a readable id
microservices-unproven-toomanysetaside = Too many records were set aside
microservices-unproven-listsdiffer = Two lists differ too much
microservices-unproven-secondscan = A second full scan is needed
done-microservice-started = It is being started.
done-microservice-stopped = It stops after its current work.
done-microservice-restarted = It restarts after its current work.
done-microservice-start-type = The start type is changed.
done-scan-started = The scan is running.
done-scan-running = A scan was running already; its progress is below.
done-brake-released = The brake is released for these devices.
done-snapshot-confirmed = The list is confirmed; open snapshots end.
