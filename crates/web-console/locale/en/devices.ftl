devices-new = new or changed – show
devices-stale = Many devices have changed. Show them as they are now
devices-views = Views
devices-view-all = All devices
devices-view-of = of { $name }
devices-view-shared = shared
devices-view-manage = Save or remove a view
devices-view-name = Name of the view
devices-view-share = Everybody may use it
devices-view-help = A view is what you see now: columns, filter and order. A view of the same name is replaced.
devices-view-save = Save the view
devices-view-remove = Remove view { $name }
done-view-saved = The view is saved.
done-view-removed = The view is removed.
devices-search = Search
devices-any = Any
devices-unfilter = Show all devices
devices-more-filters = Filter by column or expression
devices-checked-in-after = Checked in on or after (UTC)
devices-checked-in-before = Checked in before (UTC)
devices-expression = Expression
devices-expression-help = A condition in CEL over the fields of a device. Names of fields are completed as you type; arrow keys and Enter choose. Example:
devices-field-names = Names of fields
devices-columns-help = Ticked columns are shown. The filter stays.
devices-columns-usual = Usual columns
devices-unjudged = { $count ->
    [one] { $shown } device could not be judged by the expression and is left out
   *[other] { $shown } devices could not be judged by the expression and are left out
}
devices-unjudged-help = Change the expression so that it asks first whether the field has a value, as in model != null && model.startsWith("X"). The first 100 devices:
devices-tick-page = Tick all devices of this page
devices-tick = Tick { $name }
devices-ticked = ticked
devices-all-matching = { $count ->
    [one] The one device that matches
   *[other] All { $shown } devices that match, on all pages
}
devices-disruptive = Actions that interrupt whoever works on the device
devices-no-action = None of your actions works on the ticked devices.
devices-destructive-help = These actions remove data or access. They take ticked devices only, at most as many as the limits of the bus allow. The next page shows what happens to each device, and nothing is sent before you have confirmed it there.
devices-not-asked = Nothing is listed because the filter cannot be used as it is.
devices-past-the-end = There are fewer pages than that.
devices-first-page = Show the first page
devices-no-hit = { $count ->
    [one] No device matches; { $shown } device is filtered out.
   *[other] No device matches; { $shown } devices are filtered out.
}
devices-no-hit-help = Shorten the search, take a filter away, or choose Any for a column.
devices-no-instance = There is no instance whose devices you may see. Install a product that reads Intune, or ask for the right to an instance.
devices-install = Install a product
devices-none = No devices yet.
devices-none-help = Devices come with the first scan of an instance. Management servers get them once they are accepted.
devices-start-scan = Start a scan
devices-accept = Accept a management server
devices-export = { $count ->
    [one] Export the one device that matches
   *[other] Export all { $shown } devices that match
}
devices-format = Format
devices-separator = Separator (CSV)
devices-decimal = Decimal mark (CSV)
devices-comma = Comma
devices-semicolon = Semicolon
devices-tab = Tab
devices-point = Point
devices-export-help = The file has the columns that are shown, in this order, and every device that matches. The export is recorded in the audit trail.
devices-export-unjudged = Devices that could not be judged are not in the file.
failure-devices-none = No device is ticked.
failure-devices-none-cure = Tick devices in the list, then choose the action.
failure-devices-no-action = No such action.
failure-devices-no-action-cure = Choose one of the actions above the list.
failure-devices-instances = These devices belong to several instances, and a job is about one.
failure-devices-instances-cure = Filter by one instance, or tick devices of one instance, and send a job for each.
failure-devices-destructive = Actions that destroy do not take more than 100 devices by a filter.
failure-devices-destructive-cure = Tick the devices one by one, or narrow the filter to at most 100.
failure-devices-search = A search cannot be handed to a job of more than 100 devices.
failure-devices-search-cure = Filter by columns or by an expression instead of the search.
failure-devices-format = There is no such format.
failure-devices-format-cure = Choose CSV, XLSX or JSON below the list of devices.
problem-wrong-filter = The expression cannot be used.
problem-wrong-filter-cure = An expression is a CEL condition over the fields of a device, such as operatingSystem == "iOS". Check names of fields, quotes and brackets.
problem-wrong-sort = The list cannot be sorted by this column.
problem-wrong-sort-cure = Choose another column.
problem-wrong-time = A time of the filter is not a time.
problem-wrong-time-cure = Write it as 2026-11-28 or 2026-11-28T12:00:00Z.
