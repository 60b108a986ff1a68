nav-targets = Targets
targets-what = A target keeps the devices of Intune right in another inventory: OCS Inventory, Snipe-IT, GLPI, NetBox, ServiceNow, a PostgreSQL database or a file.
targets-none = No target is installed.
targets-none-help = Install one from the kinds below. Its wizard checks the connection; the first 20 records are written, then the target waits for your look.
targets-none-ask = Somebody with the right Instances_Manage can install one.
targets-none-match = Nothing matches the filters.
targets-show-all = Show all
targets-parts = Parts of this target
targets-not-yours = Your account may look at targets, and change nothing.
targets-facts = About this target
targets-target = Target
targets-kind = Inventory
targets-kinds = Kinds of targets
targets-proven = Proven on
targets-abilities = What it does
targets-retire-actions = What can become of the record of a device that is gone
targets-install = Install
targets-see-product = See the product
targets-writes-single = Writes one record with each request
targets-writes-bulk = Writes many records with one request
targets-adopts = Finds records that others made
targets-assigns-users = Assigns users
targets-makes-fields = Makes missing fields
targets-state-stopped = Stopped
targets-state-paused = Paused
targets-state-closed = Outside its hours
targets-state-waiting = Waits for consent
targets-state-canary = Writes the first records
targets-state-open = Writes
targets-phase = Writing
targets-phase-canary = The first 20 records of a mapping, then it waits
targets-phase-waiting = Nothing until somebody consents
targets-phase-open = What an ordinary day does
targets-lag = Behind
targets-behind = { $count ->
    [one] { $shown } change
   *[other] { $shown } changes
}
targets-oldest = the oldest:
targets-up-to-date = Up to date
targets-linked = Devices with a record
targets-gone = Records of devices that are gone
targets-failing = Devices whose last write failed
targets-waits = Waits for somebody
targets-writes-wait = { $count ->
    [one] { $shown } write waits for consent
   *[other] { $shown } writes wait for consent
}
targets-devices-aside = { $count ->
    [one] { $shown } device is set aside
   *[other] { $shown } devices are set aside
}
targets-devices-failing = { $count ->
    [one] The last write of { $shown } device failed
   *[other] The last write of { $shown } devices failed
}
targets-last-write = Last write
targets-never = Never
targets-requests = Requests sent to the other side
targets-server = Management server
targets-microservice = Microservice
targets-microservice-go = See the microservice
targets-stopped = This target does not run: nothing is written.
targets-stopped-help = Start its microservice. What changes meanwhile is written then.
targets-next-try = next try
targets-canary-help = It writes the first 20 records of its mapping, and then waits until somebody has looked at them.
targets-canary-waits = The first records of a mapping are written. The rest waits until somebody has looked at them.
targets-more-than-usual = These are more than an ordinary day has.
targets-question-go = Look at the writes
targets-aside-go = Decide
targets-class-create = New records
targets-class-change = Changed records
targets-class-retire = Records of devices that are gone
targets-class-move = Records brought back into use
targets-no-value = no value
targets-question = Consent
targets-question-none = No write waits for consent.
targets-question-none-help = A target asks after the first 20 records of a mapping, and when it would write more than an ordinary day has. What it would write now:
targets-canary-look = The mapping is new, and its first records are written. Look at them on the other side before you consent to the rest.
targets-more-than-usual-look = This is more than an ordinary day has. Look at the devices before you consent.
targets-asked = Asked
targets-digest = Digest
targets-written = First records, for your look
targets-written-help = Look for these records in { $kind }: are their fields as they should be, and is nothing overwritten that people keep there?
targets-write = Write
targets-record = Record
targets-record-id = record { $id }
targets-record-new = new
targets-field = Field
targets-fields = Fields
targets-planned = Planned writes
targets-planned-first = The first { $listed } of { $total } are listed.
targets-planned-all = The command line lists all: intune-connector targets question { $name } --all
targets-planned-none = None of these devices are within what you may see.
targets-consent = Consent
targets-consent-help = Your consent holds for exactly these writes. Should they change meanwhile, you are asked again.
targets-consent-looked = I have looked at the first records on the other side, and they are right.
targets-consent-agree = I have looked at the devices, and these writes are meant.
targets-consent-do = Write them
targets-consent-not-yours = Somebody with the right Targets_Manage decides about it.
targets-type-number = Type the number: { $number }
targets-changed = What waits has changed since you looked
targets-changed-devices = As many writes of each kind as before, but other devices or another mapping.
targets-not-agreed = The box is not ticked.
targets-not-agreed-cure = Tick it if that is what you want.
targets-wrong-number = The number is wrong; nothing was done.
targets-wrong-number-cure = Look at the page again, and type the number that it shows.
targets-set-aside = Set aside
targets-aside-what = For these devices it is not certain which record is theirs. Nothing is written for them until a person decides; all others go on.
targets-aside-none = No device is set aside.
targets-aside-none-help = A device is set aside where several records could be its, or the other side refuses its record.
targets-aside-unlisted = { $count ->
    [one] { $shown } further device is not listed here. It follows when some of these are decided.
   *[other] { $shown } further devices are not listed here. They follow when some of these are decided.
}
targets-aside-not-yours = Somebody with the right Targets_Manage decides about them.
targets-reason-serialtwice = Several records have its serial number
targets-reason-idtwice = Several records have its Intune device id
targets-reason-mergedbyname = It has no usable serial number, and the other side would merge it with a device of the same name
targets-reason-linkedelsewhere = Its record belongs to another device of the same instance
targets-reason-syncedbyothers = Another synchronisation over there keeps its record
targets-reason-refused = The other side refused its record
targets-reason-mappingfailed = The mapping gives no values for it
targets-aside-help-serialtwice = Choose the record that is its, or merge the records over there first.
targets-aside-help-idtwice = Choose the record that is its; the others keep what they have.
targets-aside-help-mergedbyname = Create a record if the devices are different, or adopt the one that is its.
targets-aside-help-linkedelsewhere = Mostly the device was enrolled again: adopt the record if so, or create another.
targets-aside-help-syncedbyothers = Switch the other synchronisation off for it, then adopt the record; or ignore the device here.
targets-aside-help-refused = Correct what the other side complains about, or the mapping, then send the device again.
targets-aside-help-mappingfailed = Correct the mapping, then send the device again.
targets-in-intune = In Intune
targets-over-there = Over there
targets-synced-by-others = kept by another synchronisation
targets-record-state-active = In use
targets-record-state-retired = No longer in use
targets-record-state-deleted = Deleted
targets-user = User
targets-adopt-record = Adopt record { $record }
targets-create-new = Create a new record
targets-ignore = Ignore the device
targets-decision-adopt = Decided: it adopts the record
targets-decision-create = Decided: it gets a new record
targets-decision-ignore = Decided: it gets no record
targets-decided-waits = It is written with the next round.
targets-no-decision = No decision is chosen.
targets-no-decision-cure = Press one of the buttons of the device.
targets-search = Search
targets-links = Links
targets-links-what = Which record over there belongs to which device.
targets-links-none = No device has a record yet.
targets-links-none-help = What would be written shows a look ahead:
targets-origin = Origin
targets-origin-created = Created by the target
targets-origin-adopted = Was there before
targets-link-phase-intended = Is being created
targets-link-phase-active = Kept up to date
targets-link-phase-gone = Device is gone
targets-link-phase-released = Left untouched
targets-failing-only = Only where the last write failed
targets-first = First page
targets-export = Export all as CSV
targets-resend = Send again
targets-resend-one = Send a device again
targets-resend-help = The device is written whether it has changed or not. Fields that somebody changed over there get the value of the mapping again.
targets-resend-from-device = Choose the device first; its page leads here:
targets-choose = To which target?
targets-for-this-device = Send to a target again
targets-no-instance = This is no name of an instance.
targets-no-instance-cure = Give the name as the page of the device shows it: IntuneConnector_1.
targets-forget = Forget the link
targets-forget-all = Forget all links
targets-forget-help = The records stay. The target looks for them again by Intune device id and serial number, and sets devices aside for which it finds several. Values from before its writes can't be put back afterwards.
targets-forget-agree = The target may forget which record belongs to which device.
targets-forget-effect = { $count ->
    [one] { $shown } link is forgotten.
   *[other] { $shown } links are forgotten.
}
targets-forget-do = Forget
targets-runs = Runs
targets-runs-what = What was written together, newest first. Values from before are kept for 30 days; until then a run can be put back.
targets-runs-none = Nothing has been written yet.
targets-run = Run
targets-run-normal = changes
targets-run-canary = first records of a mapping
targets-run-revert = puts back run
targets-started = Started
targets-goes-on = goes on
targets-wrote = Wrote
targets-wrote-nothing = nothing
targets-revert = Put back
targets-revert-run = Put back run { $run }
targets-revert-help = Every field that still has the value this run wrote gets its value from before. Fields that somebody changed since stay as they are and are listed. Records that the run made stay.
targets-revert-mapping = The mapping of this run is still in use, and writes the same again when a device changes. Change it first, if it was wrong:
targets-revert-agree = Values over there may change back.
targets-reverted-by = put back by run { $run }
targets-put-back = { $count ->
    [one] { $shown } field has its value from before again
   *[other] { $shown } fields have their values from before again
}
targets-put-back-records = { $count ->
    [one] in { $shown } record.
   *[other] in { $shown } records.
}
targets-revert-incomplete = It took too long and is not complete. Put it back again to go on.
targets-left = Left as they are
targets-left-none = Nothing was left.
targets-left-help = Somebody changed these since, or they could not be put back.
targets-left-unlisted = { $count ->
    [one] { $shown } further field is not listed here; the API has all.
   *[other] { $shown } further fields are not listed here; the API has all.
}
targets-ours = Written by the run
targets-now = Value now
targets-whole-record = the whole record
targets-mapping = Mapping
targets-mapping-what = The mapping says which field over there gets what, and what becomes of the record of a device that is gone. It is a JSON document, and can be carried from a test system to the real one.
targets-mapping-current = In use
targets-mapping-consented = Agreed to
targets-mapping-new = New: only its first 20 records are written
targets-mapping-default = It is the default of this kind.
targets-mapping-changed = Changed
targets-mapping-export = Download
targets-mapping-text = Mapping (JSON)
targets-mapping-help = Each row of fields names a field over there, its source (from: a field of the device, expression: CEL, or value: a text) and who keeps it (mode):
targets-mode-own = the target writes each change
targets-mode-fill = the target writes only while the field is empty
targets-mode-leave = the target never writes it
targets-mapping-file = Or from a file
targets-mapping-wrong-lines = Where it is wrong
targets-mapping-no-json = This is not JSON.
targets-mapping-no-json-cure = Correct the line that is marked below the text: often a comma or a quotation mark is missing before it.
targets-review = What changes
targets-review-do = Show what changes
targets-review-nothing = No rule changes.
targets-review-canary = After saving, the first 20 records are written with it. Then the target waits until somebody has looked at them.
targets-before = Before
targets-after = After
targets-fields-show = Show the fields of the other side
targets-fields-title = Fields of the other side
targets-fields-none = The other side has no fields.
targets-fields-missing = The mapping names fields that the other side lacks. They are not written until they are there.
targets-fields-make = Make them
targets-fields-make-there = Have them made over there: this kind of target makes none.
targets-rule = Rule, or a row to copy
targets-values = Values
targets-values-any = Any
targets-field-custom = Custom field
targets-field-fixed = No mapping writes it
targets-sources = Fields of a device, as sources
targets-sources-help = Besides these: instance and primaryUser.
targets-default-title = Default of the kind
targets-default-help = It replaces the whole mapping. Download yours first, if you want to keep it.
targets-default-agree = My mapping may be replaced.
targets-default-do = Use the default
targets-preview = Preview
targets-preview-what = What the target would write now, if nobody had to consent. It asks the other side and writes nothing; it can take a minute.
targets-preview-do = Look ahead
targets-preview-again = Look again
targets-preview-result = What would happen
targets-preview-incomplete = It took too long and is not complete: the numbers are of a part of the devices.
targets-preview-nothing = Nothing would be written.
targets-preview-first = { $count ->
    [one] { $shown } device is listed; all are counted.
   *[other] The first { $shown } devices are listed; all are counted.
}
targets-preview-creates = Would get a new record
targets-preview-adoptions = Would adopt a record
targets-preview-changes = Would be changed
targets-preview-retirements = Gone: record treated as the mapping says
targets-preview-set-aside = Would be set aside
targets-preview-unchanged = Unchanged
targets-outcome = What would happen
targets-outcome-create = New record
targets-outcome-adopt = Adopts a record
targets-outcome-change = Changed
targets-outcome-retire = Gone
targets-outcome-move = Brought back
targets-outcome-setaside = Set aside
targets-found-deviceid = found by its Intune device id
targets-found-serialnumber = found by its serial number
targets-retire-leave = leave it as it is
targets-retire-retire = mark it as no longer in use
targets-retire-stock = put it in stock
targets-retire-delete = delete it, if the target made it
targets-check = Check
targets-check-what = The check takes every step one by one: reach, version, sign-in, each right by a read, fields and labels. It changes nothing.
targets-check-incomplete = The check took too long and was ended before its last step.
problem-target-unreachable = The other side can't be reached.
problem-target-unreachable-cure = It is tried again. Check address, proxy and firewall.
problem-target-throttled = The other side asks to wait.
problem-target-throttled-cure = It is tried again. Lower the requests a minute in the settings if this lasts.
problem-target-unavailable = The other side is not available.
problem-target-unavailable-cure = It is tried again. Check the other side.
problem-target-sign-in = The other side refuses the sign-in.
problem-target-sign-in-cure = Check the credential in the settings of the target.
problem-target-misconfigured = The other side is not set up for it.
problem-target-misconfigured-cure = Run the check: it names what is missing.
problem-target-refused = The other side refuses the record.
problem-target-refused-cure = Correct the record over there or the mapping, then send the device again.
problem-target-not-there = The record is not there any more.
problem-target-not-there-cure = No action needed: the device is looked for again.
problem-target-lost-answer = Whether the other side wrote it is not known.
problem-target-lost-answer-cure = No action needed: the other side is asked before anything is sent again.
problem-target-unreadable = The answer of the other side can't be read.
problem-target-unreadable-cure = Check that the address leads to the right product.
problem-target-filter = The filter of the target can't be used.
problem-target-filter-cure = Correct it on the page of its management server, under limits.
problem-target-write-window = It is outside of the hours in which this target writes.
problem-target-write-window-cure = No action needed. The hours stand in its settings.
problem-target-silent = The other side did not answer in time.
problem-target-silent-cure = Check the other side, then try again.
problem-target-busy = Somebody is already looking at this target, or putting back a run.
problem-target-busy-cure = Wait until that ends, then try again.
problem-question-changed = What waits has changed since it was shown.
problem-question-changed-cure = Look at what waits now, and consent to that.
problem-not-set-aside = This device is not set aside any more.
problem-not-set-aside-cure = Load the page anew to see which devices wait.
problem-wrong-record = This record can't be adopted.
problem-wrong-record-cure = Choose one of the records that are shown.
problem-too-many-resent = Too many devices wait to be sent again.
problem-too-many-resent-cure = Wait until they are written, then try again.
problem-mapping-file = This mapping can't be used.
problem-mapping-file-cure = Correct the row that is marked below the text.
problem-mapping-field = The mapping names a field that a device does not have.
problem-mapping-field-cure = See the fields of a device at the end of this page.
problem-mapping-expression = An expression of the mapping is wrong.
problem-mapping-expression-cure = Correct the row that is marked below the text.
problem-mapping-action = This kind of target can't do that with a record.
problem-mapping-action-cure = See on the page of all targets what each kind can do.
attention-target-question = { $count ->
    [one] The target { $target } waits for consent to { $shown } write.
   *[other] The target { $target } waits for consent to { $shown } writes.
}
attention-target-question-advice = Look at what it would write, then consent on its page.
attention-target-set-aside = { $count ->
    [one] { $shown } device is set aside at the target { $target }: a person has to say which record is its.
   *[other] { $shown } devices are set aside at the target { $target }: a person has to say which record is theirs.
}
attention-target-set-aside-advice = Look at each device, then decide.
attention-target-paused = { $cause ->
    [unknown] The target { $target } has written nothing for more than 15 minutes.
   *[other] The target { $target } has written nothing for more than 15 minutes: { $problem }
}
attention-target-paused-advice = The page of the target says what to do.
attention-target-sign-in-expired = The password, secret or token of the target { $target } expired on { $endsAt }.
attention-target-sign-in-expired-advice = Make a new one on the other side, and enter it in the settings of the target.
attention-target-sign-in-ending = { $count ->
    [one] The password, secret or token of the target { $target } expires in { $shown } day, on { $endsAt }.
   *[other] The password, secret or token of the target { $target } expires in { $shown } days, on { $endsAt }.
}
attention-target-sign-in-ending-advice = Make a new one on the other side in time, and enter it in the settings of the target.
attention-target-certificate-expired = The client certificate of the target { $target } expired on { $endsAt }.
attention-target-certificate-expired-advice = Get a new one, and enter it with its key in the settings of the target.
attention-target-certificate-ending = { $count ->
    [one] The client certificate of the target { $target } expires in { $shown } day, on { $endsAt }.
   *[other] The client certificate of the target { $target } expires in { $shown } days, on { $endsAt }.
}
attention-target-certificate-ending-advice = Get a new one in time, and enter it with its key in the settings of the target.
dashboard-waiting-targets = { $count ->
    [one] { $shown } write of a target waits for consent
   *[other] { $shown } writes of targets wait for consent
}
dashboard-waiting-target-devices = { $count ->
    [one] { $shown } device is set aside at a target
   *[other] { $shown } devices are set aside at targets
}
done-target-consented = You have consented. The writes go out now.
done-target-decided = It is decided. The device is written with the next round.
done-target-resent = The device is sent again.
done-target-forgotten = The links are forgotten.
done-target-mapping-set = The mapping is saved. Its first 20 records are written; then the target waits for your look.
done-target-fields-made = The fields are made.
done-target-fields-left = Some fields could not be made; they are listed below.
