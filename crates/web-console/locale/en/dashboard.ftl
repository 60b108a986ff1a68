dashboard-all-well = All well
dashboard-need-you = { $count ->
    [one] { $shown } needs you
   *[other] { $shown } need you
}
dashboard-to-watch = { $count ->
    [one] { $shown } to watch
   *[other] { $shown } to watch
}
dashboard-visit = Since your last visit:
dashboard-visit-help = Counted from that day on, in this browser.
dashboard-visit-marked = Marked as new on this page
dashboard-new = New
dashboard-fix = Fix
dashboard-look = Look at it
dashboard-first-steps = First steps
dashboard-step-product = Install the product
dashboard-step-product-help = The wizard connects a tenant, checks the connection, and shows what the first scan will find before it runs.
dashboard-step-product-go = Go to the products
dashboard-step-server = Add a management server
dashboard-step-server-help = It reads every change of the devices and sends actions for them. The page has the lines for its other end.
dashboard-step-server-go = Go to the management servers
dashboard-needs = What needs somebody
dashboard-microsoft = Microsoft does not work as it should
dashboard-microsoft-help = This is not a fault of yours. Requests are repeated, and nothing is lost; there is nothing to do here.
dashboard-waiting = What waits
dashboard-waiting-approvals = { $count ->
    [one] { $shown } approval
   *[other] { $shown } approvals
}
dashboard-waiting-orders = { $count ->
    [one] { $shown } order to approve
   *[other] { $shown } orders to approve
}
dashboard-waiting-outcomes = { $count ->
    [one] { $shown } job of unknown outcome
   *[other] { $shown } jobs of unknown outcome
}
dashboard-waiting-brake = { $count ->
    [one] { $shown } device behind the deletion brake
   *[other] { $shown } devices behind the deletion brake
}
dashboard-waiting-servers = { $count ->
    [one] { $shown } management server to accept
   *[other] { $shown } management servers to accept
}
dashboard-waiting-records = { $count ->
    [one] { $shown } record set aside
   *[other] { $shown } records set aside
}
dashboard-instances = Instances
dashboard-instance = Instance
dashboard-running = What runs now
dashboard-running-none = Nothing runs at the moment.
dashboard-what = What
dashboard-progress = Progress
dashboard-of = { $done } of { $total }
dashboard-work-scan = Scan
dashboard-work-job = Job
dashboard-work-installation = Installation
dashboard-work-run = Run
dashboard-watch = To watch
dashboard-fleet = Fleet
dashboard-devices = { $count ->
    [one] { $shown } device
   *[other] { $shown } devices
}
dashboard-by-platform = By platform
dashboard-by-compliance = By compliance
dashboard-by-ownership = By ownership
dashboard-by-check-in = By last check-in
dashboard-others = All others
dashboard-age-today = Within 24 hours
dashboard-age-week = 1 to 7 days ago
dashboard-age-month = 7 to 30 days ago
dashboard-age-quarter = 30 to 90 days ago
dashboard-age-older = Longer ago, or never
dashboard-days = The last 30 days
dashboard-day = Day (UTC)
dashboard-changes = Changes of devices
dashboard-actions = Actions that ended
dashboard-series-added = New
dashboard-visit-added = New devices
dashboard-series-changed = Changed
dashboard-visit-changed = Changed devices
dashboard-series-gone = Gone
dashboard-visit-gone = Devices gone
dashboard-series-well = Without error
dashboard-series-failed = Failed
dashboard-as-table = As a table
dashboard-number = Number
dashboard-share = Share
dashboard-percent = { $percent } %
dashboard-credentials = Credentials
dashboard-credential-kind = What for
dashboard-left = Left
dashboard-ends = End
dashboard-days-left = { $count ->
    [one] { $shown } day
   *[other] { $shown } days
}
dashboard-has-ended = Has ended
dashboard-budgets = Requests to Microsoft
dashboard-budgets-help = How much of the budget of requests was used in the last 20 seconds. Instances of one app registration share it.
dashboard-used = Used
dashboard-slowed = Microsoft asks for a pause
dashboard-removed-account = a removed account
dashboard-time-never = never
scan-kind-full = Full scan
scan-kind-incremental = Incremental scan
credential-scan = Scans
credential-next = Next credential
credential-actions = Actions
credential-orders = Orders
requests-signin = sign-in
requests-devices = devices
requests-count = number of devices
requests-actions = actions
requests-reports = reports
requests-other = other
attention-instance-misconfigured = { $instance } cannot start: { $detail }
attention-instance-misconfigured-advice = Correct the settings; the instance then starts again.
attention-microsoft-outage = { $instance } cannot read its tenant, because Microsoft does not answer as it should: { $detail }
attention-microsoft-outage-advice = No action needed: requests are repeated, and nothing is lost. Microsoft's service health shows outages.
attention-no-connection = { $instance } cannot reach Microsoft: { $detail }
attention-store-failed-scan = { $instance } cannot save what it reads: { $detail }
attention-sign-in-refused = Entra refuses the sign-in of { $instance }: { $detail }
attention-instance-failing = { $instance } cannot read its tenant: { $detail }
attention-brake-on = { $count ->
    [one] The deletion brake of { $instance } withholds { $shown } device.
   *[other] The deletion brake of { $instance } withholds { $shown } devices.
}
attention-brake-on-advice = Check whether the devices have really gone, then confirm; otherwise find out why Intune does not list them.
attention-records-set-aside = { $count ->
    [one] { $instance } could not read { $shown } record or property of its devices.
   *[other] { $instance } could not read { $shown } records or properties of its devices.
}
attention-records-set-aside-advice = The page of the instance names each with its reason; correct it in Intune, or report it to Microsoft.
attention-snapshot-open = Snapshots of { $instance } stay open, because its fleet is not proven complete: { $detail }.
attention-snapshot-open-advice = Full scans try again by themselves. If the last list is complete, confirm it on the page of the instance.
attention-scans-overdue = No scan of { $instance } has succeeded for three intervals; the last one: { $last }.
attention-scans-overdue-advice = See why the scans fail or do not start: the page of the instance shows its scans and its schedule.
attention-requests-paused = { $instance } sends no requests of the kind “{ $what }” until { $until }: { $detail }
attention-requests-refused = { $instance } sends no requests of the kind “{ $what }” until { $until }: { $detail }
attention-clock-wrong = The clock of this machine was set back: a scan of { $instance } ended at { $last }, and now it is { $now }.
attention-clock-wrong-advice = Synchronise the clock of this machine (NTP).
attention-credential-expired = The credential ({ $purpose }) of { $instance } expired on { $endsAt }.
attention-credential-expired-advice = Renew it: the page makes a new certificate or takes a new secret, and the instance changes over.
attention-credential-ending = { $count ->
    [one] The credential ({ $purpose }) of { $instance } expires in { $shown } day, on { $endsAt }.
   *[other] The credential ({ $purpose }) of { $instance } expires in { $shown } days, on { $endsAt }.
}
attention-credential-ending-advice = Renew it in time: the instance changes over without interruption.
attention-node-from-inventory = The compliance node { $node } of { $instance } answers from the inventory, because Graph does not answer.
attention-node-from-inventory-advice = No action needed: people can sign in through gateways with the last known state of their device, and Graph is asked again with each decision.
attention-node-failing = The compliance node { $node } of { $instance } cannot decide: neither Graph nor the inventory answers. Who has to pass it cannot sign in through a gateway, unless the gateway lets people in on errors.
attention-node-failing-advice = See why the instance cannot read its tenant.
attention-node-broken = The compliance node { $node } of { $instance } is unusable: { $detail }
attention-node-broken-advice = Correct the settings of the node.
attention-member-failed = The microservice { $member } cannot run: { $detail }
attention-member-restarting = The microservice { $member } failed and is restarted after a pause: { $detail }
attention-member-stopped = The microservice { $member } does not run, although it starts with the bus.
attention-member-stopped-advice = Start it, or set it to start manually if that is meant.
attention-bus-not-running = No bus runs on this data folder: nothing is scanned, sent or decided.
attention-bus-not-running-advice = Start the bus.
attention-workflow-offered = Another text of the workflow { $workflow } (version { $version }) does not run until somebody enables it.
attention-workflow-offered-advice = Look at what it changes, then enable it; until then the present one runs.
attention-workflow-failed = The last run of the workflow { $workflow } ended as { $outcome }: { $detail }
attention-workflow-failed-advice = See the steps of run { $run }.
attention-product-update = The product { $product } can be updated to version { $version }.
attention-product-update-advice = Look at what the update changes, then update.
attention-installation-failed = The installation { $installation } of { $product } failed, and nothing is left of it: { $detail }
attention-installation-failed-advice = { $advice } Install it again.
attention-server-to-accept = The management server { $server } waits to be accepted.
attention-server-to-accept-advice = Check who announced it, then accept or remove it.
attention-server-silent = { $count ->
    [one] The management server { $server } has not read since { $seenAt }; { $shown } change waits for it.
   *[other] The management server { $server } has not read since { $seenAt }; { $shown } changes wait for it.
}
attention-server-silent-advice = Check whether it runs and reaches the bus; remove it if it is no longer used.
attention-server-behind = { $count ->
    [one] The management server { $server } is { $shown } change behind; it last acknowledged at { $acknowledgedAt }.
   *[other] The management server { $server } is { $shown } changes behind; it last acknowledged at { $acknowledgedAt }.
}
attention-server-behind-advice = Check whether it stores and acknowledges what it reads.
attention-server-webhook-set-aside = The webhook of the management server { $server } ({ $address }) was set aside: nothing is posted to it. { $detail }
attention-server-webhook-set-aside-advice = Check the receiver, then: intune-connector servers webhook { $server } --test
attention-server-webhook-failing = The webhook of the management server { $server } ({ $address }) has taken nothing since { $failingSince }. { $detail }
attention-server-webhook-failing-advice = Check the receiver: the bus tries again for a day, then it sets the address aside.
attention-store-not-writable = The store of the bus accepts no writes: nothing is scanned or sent. { $detail }
attention-store-not-writable-advice = Free up space, or mend the disk; nothing that was confirmed is lost.
attention-store-damaged = The store of the bus is damaged: { $detail }
attention-store-damaged-advice = Check the disk. Where devices are read again by a full scan, wait for it; otherwise restore a backup.
attention-store-went-back = The store of the bus went back to an earlier state: { $detail } No action is sent.
attention-store-went-back-advice = Check what was sent since, then ask for the kill switch to be switched off.
attention-disk-low = Only { $free } MiB are free where the data folder lies; at least { $least } MiB should be.
attention-disk-low-advice = Free up disk space.
attention-job-waits-for-approval = { $count ->
    [one] Job { $job } of { $operator } waits for approval by a second person: { $action } on { $shown } device.
   *[other] Job { $job } of { $operator } waits for approval by a second person: { $action } on { $shown } devices.
}
attention-job-waits-for-approval-advice = Look at its devices, then approve or reject it.
attention-job-needs-operator = { $count ->
    [one] Of job { $job } ({ $action }) it is not known what became of { $shown } device; no longer listed: { $gone }.
   *[other] Of job { $job } ({ $action }) it is not known what became of { $shown } devices; no longer listed: { $gone }.
}
attention-job-needs-operator-advice = Find out in Intune what became of each, and record it with the job.
attention-loosening-waits = A change waits for a second person, because it loosens what guards actions and accounts: { $detail }
attention-loosening-waits-advice = Look at it, then approve or reject it.
attention-broken-glass-open = { $by } acted without a second person: { $action } on one device, job { $job }. Nobody has reviewed it.
attention-broken-glass-open-advice = A second person reviews it and says so.
attention-kill-switch-on = { $scope ->
    [all] The kill switch is on for all tenants, by { $by }: { $reason }. No action is sent.
   *[one] The kill switch is on for tenant { $subject }, by { $by }: { $reason }. No action is sent.
}
attention-kill-switch-on-advice = Once the reason is gone, ask for it to be switched off; a second person has to agree.
attention-operator-suspended = The destructive rights of { $operator } are suspended: { $reason }.
attention-operator-suspended-advice = Find out what happened; the suspension is lifted on request, by a second person.
attention-notice = { $text }
attention-notice-advice = No action needed if this was meant.
light-cause-disabled = disabled in its settings
light-cause-stopped = stopped
light-cause-operatordisabled = its account is disabled or gone
light-cause-instancemisconfigured = settings are wrong
light-cause-microsoftoutage = Microsoft does not answer
light-cause-noconnection = no connection
light-cause-storefailedscan = cannot save
light-cause-signinrefused = sign-in refused
light-cause-instancefailing = scans fail
light-cause-brakeon = deletion brake
light-cause-recordssetaside = records set aside
light-cause-snapshotopen = fleet not proven complete
light-cause-scansoverdue = scans overdue
light-cause-requestspaused = some requests paused
light-cause-requestsrefused = some requests refused
light-cause-clockwrong = clock is wrong
light-cause-credentialexpired = credential expired
light-cause-credentialending = credential ends soon
light-cause-servertoaccept = waits to be accepted
light-cause-serversilent = does not read
light-cause-serverbehind = far behind
light-cause-serverwebhooksetaside = webhook set aside
light-cause-serverwebhookfailing = webhook takes nothing
cause-throttled = Microsoft limits the requests of this app.
cause-server-error = Microsoft answered with an error of its own.
cause-bad-gateway = Microsoft answered with an error of its own (502).
cause-unavailable = Microsoft's service is unavailable (503).
cause-gateway-timeout = Microsoft's service did not answer in time (504).
cause-timed-out = Microsoft did not answer in time.
cause-sign-in-throttled = Entra limits the sign-ins of this app.
cause-sign-in-unavailable = Microsoft's sign-in is unavailable.
cause-name-not-found = The name of Microsoft's server could not be looked up.
cause-name-not-found-cure = Check the DNS of this machine.
cause-connection-refused = The connection was refused.
cause-connection-refused-cure = Check firewall and proxy of this machine.
cause-unreachable = Microsoft's server cannot be reached.
cause-unreachable-cure = Check network and firewall of this machine.
cause-connection-reset = The connection was cut.
cause-connection-reset-cure = Check whether a firewall or proxy cuts connections.
cause-no-connection = There is no connection.
cause-no-connection-cure = Check network, proxy and firewall of this machine.
cause-tls-untrusted = The certificate at the other end is not trusted: often a proxy that opens TLS.
cause-tls-untrusted-cure = Name the proxy's certificate authority in the settings, or exempt Microsoft's addresses from inspection.
cause-tls-failed = No encrypted connection could be made.
cause-tls-failed-cure = Check whether a proxy or firewall opens TLS.
cause-proxy-unreachable = The proxy cannot be reached.
cause-proxy-unreachable-cure = Check address and port of the proxy in the settings.
cause-proxy-wants-password = The proxy asks for a name and a password.
cause-proxy-wants-password-cure = Enter both in the settings.
cause-proxy-refused = The proxy refuses the connection.
cause-proxy-refused-cure = Have Microsoft's addresses allowed on the proxy.
cause-disk-full = The disk is full.
cause-disk-full-cure = Free up space on the disk of the data folder.
cause-disk-failed = The disk reports errors.
cause-disk-failed-cure = Check the disk of this machine.
cause-store-damaged = The store is damaged.
cause-store-damaged-cure = Check the disk, then restore a backup.
cause-forbidden = The app lacks a permission.
cause-forbidden-cure = Grant the missing permission in Entra and consent to it; the connection check names it.
cause-unauthorized = Graph does not accept the sign-in.
cause-unauthorized-cure = Run the connection check: it shows which step fails.
cause-aadsts7000215 = The client secret is wrong.
cause-aadsts7000215-cure = Enter the value of the secret, not its id.
cause-aadsts7000222 = The client secret has expired.
cause-aadsts7000222-cure = Make a new secret or certificate and enter it.
cause-aadsts700016 = The tenant does not know the application.
cause-aadsts700016-cure = Check application id and tenant id.
cause-aadsts90002 = The tenant does not exist.
cause-aadsts90002-cure = Check the tenant id.
cause-aadsts700027 = Entra does not know the certificate.
cause-aadsts700027-cure = Upload the public part of the certificate to the app registration.
cause-aadsts7000112 = The application is disabled in the tenant.
cause-aadsts7000112-cure = Enable the application in Entra.
cause-aadsts53003 = Conditional access refuses the sign-in.
cause-aadsts53003-cure = Exempt the application, or this machine's address, in the conditional access policy.
