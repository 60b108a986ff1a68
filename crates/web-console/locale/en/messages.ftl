messages-no-right = You may read neither the log nor the audit trail.
messages-no-right-cure = Ask an administrator for the right Log_Read or Audit_Read.
messages-log = Log
messages-audit = Audit trail
messages-level = Level
messages-level-all = All
messages-level-error = Error
messages-level-warn = Warning
messages-level-info = Information
messages-level-debug = Debug
messages-level-trace = Trace
messages-text = Text
messages-text-help = A level shows its lines and those of more important ones. The text is looked for in the message and in its fields (name=value). Which lines are written at all stands in bus.ini: level in [log].
messages-time = Time
messages-message = Message
messages-none = No line of the log fits. Take away a filter to see more.
messages-none-yet = None of the lines that were looked through fits. Look on among older ones.
messages-older = Older lines
messages-newest = To the newest lines
messages-pause = Pause
messages-continue = Continue
messages-follows = New lines appear by themselves while the top of the list is in view.
messages-paused = Paused. New lines wait.
messages-ended = New lines do not come any more. Reload the page to go on.
messages-full = This page has as many lines as it can hold. Reload it to go on.
messages-new-one = # new line – show
messages-new-more = # new lines – show
messages-audit-help = Who did what. No entry can be changed or removed without this being noticed.
messages-broken-glass = { $count ->
    [one] { $shown } emergency action was not reviewed by a second person yet.
   *[other] { $shown } emergency actions were not reviewed by a second person yet.
}
messages-verify = Check the trail
messages-head = Newest value of the chain (head)
messages-head-noted = A head that you have noted
messages-head-optional = optional
messages-copy = Copy
messages-verdict = Result of the check
messages-trail-whole = { $count ->
    [one] The trail is whole: { $shown } entry, none changed, none missing.
   *[other] The trail is whole: { $shown } entries, none changed, none missing.
}
messages-trail-broken = The trail is broken at entry { $entry }: it, or one before it, was changed.
messages-trail-cut = { $count ->
    [one] The end of the trail was cut off. { $shown } entry is left.
   *[other] The end of the trail was cut off. { $shown } entries are left.
}
messages-trail-cure = Compare it with the head in a copy of the daily log that is kept off this machine. Restore an earlier backup, and find out who could write to bus.db.
messages-trail-compared = { $count ->
    [one] It was compared with { $shown } head.
   *[other] It was compared with { $shown } heads.
}
messages-trail-compared-help = Heads are noted in the daily logs. Note today's outside this machine: given here again later, it shows that nothing before it was changed.
messages-trail-before-restore = { $count ->
    [one] { $shown } head in the daily logs belongs to entries that were lost when the store was restored.
   *[other] { $shown } heads in the daily logs belong to entries that were lost when the store was restored.
}
messages-trail-restored = The store was restored to an earlier state (entry { $entry }). Entries since that state are not in the trail.
messages-missing-sequence = Entry { $entry }: the store had given out this number.
messages-missing-log = Entry { $entry } with head { $head }: noted in { $file }.
messages-missing-given = Entry { $entry } with head { $head }: given by you.
messages-export = Export the whole trail
messages-export-shown = Export these entries
messages-act-all = Anything
messages-any-text = Text anywhere
messages-oldest-entries = To the oldest entries
messages-newer-entries = Newer entries
messages-evidence = Evidence of a period
messages-entries = Entries
messages-actor = By
messages-actor-bus = The bus
messages-act = What
messages-subject = To what
messages-no-filter = Without filter
messages-number = Number
messages-shown = { $count ->
    [one] { $shown } entry on this page
   *[other] { $shown } entries on this page
}
messages-no-entries = No entry fits. Take away a filter to see more.
messages-older-entries = Older entries
messages-newest-entries = To the newest entries
messages-all-details = Show all
messages-action-act-begun = Step of an installation begun
messages-action-application-icon = Picture of an application changed
messages-action-application-removed = Application removed
messages-action-application-retried = Application tried again
messages-action-application-saved = Application saved
messages-action-audit-exported = Audit trail exported
messages-action-backup-taken = Backup taken
messages-action-brake-released = Brake released
messages-action-change-rejected = Change set aside by a server
messages-action-devices-exported = Devices exported
messages-action-evidence-made = Evidence made
messages-action-glass-acknowledged = Emergency action reviewed
messages-action-glass-broken = Emergency action without a second person
messages-action-installation-changed = Installation changed
messages-action-installation-ended = Installation ended
messages-action-installation-planned = Installation planned
messages-action-installation-removed = Installation removed
messages-action-instance-added = Instance added
messages-action-instance-changed = Instance changed
messages-action-instance-removed = Instance removed
messages-action-instance-restarted = Microservice restarted
messages-action-instance-started = Microservice started
messages-action-instance-starttype = Start type changed
messages-action-instance-stopped = Microservice stopped
messages-action-instance-tokenfileset = Token file of an instance set
messages-action-job-accepted = Job accepted
messages-action-job-approved = Job approved
messages-action-job-cancelled = Job cancelled
messages-action-job-refused = Job refused
messages-action-job-rejected = Job rejected
messages-action-job-resolved = Outcome recorded
messages-action-job-secretsshown = Secrets of a job shown
messages-action-key-distrusted = Key no longer trusted
messages-action-key-trusted = Key trusted
messages-action-killswitch-on = Kill switch turned on
messages-action-limits-changed = Limits changed
messages-action-loosening-approved = Loosening approved
messages-action-loosening-asked = Loosening asked for
messages-action-loosening-rejected = Loosening rejected
messages-action-operator-added = Account added
messages-action-operator-changed = Account changed
messages-action-operator-recovered = Account recovered on the machine
messages-action-operator-removed = Account removed
messages-action-operator-suspended = Destructive rights suspended
messages-action-order-approved = Order approved
messages-action-order-cancelled = Order cancelled
messages-action-order-placed = Order placed
messages-action-order-rejected = Order rejected
messages-action-order-retried = Order tried again
messages-action-policy-set = Policy set
messages-action-product-added = Package added
messages-action-product-removed = Product removed
messages-action-product-updated = Product updated
messages-action-recoverycode-used = Recovery code used
messages-action-registration-begun = Registration begun
messages-action-report-exported = Report exported
messages-action-report-scheduled = Report scheduled
messages-action-report-unscheduled = Schedule of a report removed
messages-action-restore-refused = Restore refused
messages-action-role-added = Role added
messages-action-role-changed = Role changed
messages-action-role-given = Role given
messages-action-role-removed = Role removed
messages-action-role-taken = Role taken
messages-action-run-cancelled = Run stopped
messages-action-run-started = Run started
messages-action-scan-previewed = Scan previewed
messages-action-scan-started = Scan started
messages-action-secondfactor-removed = Second factor removed
messages-action-secondfactor-reset = Second factor reset
messages-action-secondfactor-set = Second factor set up
messages-action-server-accepted = Management server accepted
messages-action-server-announced = Management server announced
messages-action-server-jobs = Management server may send jobs
messages-action-server-limited = Management server limited
messages-action-server-removed = Management server removed
messages-action-server-resent = Device sent again
messages-action-server-resynchronised = Everything sent again
messages-action-server-rewound = Management server rewound
messages-action-session-begun = Signed in
messages-action-session-confirmed = Password given again
messages-action-session-ended = Session ended
messages-action-setup = First operator set up
messages-action-signin = Signed in by name or token
messages-action-signin-failed = Sign-in failed
messages-action-signin-slowed = Sign-ins slowed down
messages-action-signinlink-made = Sign-in link made
messages-action-signinlink-used = Sign-in link used
messages-action-snapshot-confirmed = List of devices confirmed
messages-action-store-restored = Store restored
messages-action-token-added = Token created
messages-action-token-removed = Token revoked
messages-action-view-removed = View removed
messages-action-view-saved = View saved
messages-action-workflow-changed = Workflow changed
messages-action-workflow-disabled = Workflow disabled
messages-action-workflow-enabled = Workflow enabled
messages-action-workflow-installed = Workflow installed
messages-action-workflow-leftbehind = Workflow left behind
messages-action-workflow-offered = Workflow offered
messages-action-workflow-withdrawn = Workflow withdrawn
