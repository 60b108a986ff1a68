console-name = Intune Connector
skip-to-content = Skip to the content
menu = Menu
navigation = Navigation
find-device = Find a device
live-lost = Connection lost. Reconnecting …
theme-light = Light
theme-dark = Dark
theme-system = As the system
to-dashboard = Go to the dashboard
to-approvals = Go to the approvals
pages = Pages
page-previous = Previous
page-next = Next
page-of = Page { $page } of { $pages }
rows-found = { $count ->
    [one] { $shown } hit
   *[other] { $shown } hits
}
rows-hidden = { $count ->
    [one] { $shown } filtered out
   *[other] { $shown } filtered out
}
rows-new = { $count ->
    [one] { $shown } new – show
   *[other] { $shown } new – show
}
columns = Columns
save = Save
cancel = Cancel
remove = Remove
back = Back
next = Next
apply = Apply
period-from = From (UTC)
period-until = Until (UTC)
period-no-day = This is not a day.
period-no-day-cure = Write a day as 2026-11-28.
change = Change
close = Close
yes = Yes
no = No
none = None
unknown = Unknown
name = Name
state = State
since = Since
reason = Reason
details = Details
export = Export
advice = What to do
by-operator = by { $name }
job-number = Job { $number }
nav-dashboard = Dashboard
nav-products = Products
nav-microservices = Microservices
nav-workflows = Workflows
nav-servers = Management servers
nav-devices = Devices
nav-jobs = Jobs
nav-actions = New job
nav-lost = Lost or stolen
nav-reports = Reports
nav-operators = Users
nav-access-review = Access review
nav-messages = Messages
nav-settings = Settings
nav-api = API
nav-account = Your account
time-now = now
time-seconds-ago = { $shown } s ago
time-seconds-ahead = in { $shown } s
time-minutes-ago = { $shown } min ago
time-minutes-ahead = in { $shown } min
time-hours-ago = { $count ->
    [one] { $shown } hour ago
   *[other] { $shown } hours ago
}
time-hours-ahead = { $count ->
    [one] in { $shown } hour
   *[other] in { $shown } hours
}
time-days-ago = { $count ->
    [one] { $shown } day ago
   *[other] { $shown } days ago
}
time-days-ahead = { $count ->
    [one] in { $shown } day
   *[other] in { $shown } days
}
time-months-ago = { $count ->
    [one] { $shown } month ago
   *[other] { $shown } months ago
}
time-months-ahead = { $count ->
    [one] in { $shown } month
   *[other] in { $shown } months
}
time-years-ago = { $count ->
    [one] { $shown } year ago
   *[other] { $shown } years ago
}
time-years-ahead = { $count ->
    [one] in { $shown } year
   *[other] in { $shown } years
}
failure-not-found = This page does not exist.
failure-not-found-cure = Check the address, or start from the dashboard.
failure-page = The page could not be shown.
failure-page-cure = See the messages; if it happens again, report it.
failure-form = The form could not be read.
failure-form-cure = Go back, reload the page, and send it again.
failure-form-token = This form is from another session.
failure-form-token-cure = Reload the page and send the form again. Allow cookies for this address.
failure-too-large = The file is too large.
failure-too-large-cure = Choose a file of at most 12 MB.
failure-too-large-stranger = The form is too large.
failure-too-large-stranger-cure = Before the sign-in a form has at most 16 KiB. Shorten what you typed, or sign in first.
failure-passwords-differ = The two passwords differ.
failure-passwords-differ-cure = Type the same password twice.
