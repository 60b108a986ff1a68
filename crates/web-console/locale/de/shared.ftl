console-name = Intune Connector
skip-to-content = Zum Inhalt springen
menu = Menü
navigation = Navigation
find-device = Gerät suchen
live-lost = Verbindung unterbrochen. Sie wird neu aufgebaut …
theme-light = Hell
theme-dark = Dunkel
theme-system = Wie das System
to-dashboard = Zum Dashboard
to-approvals = Zu den Freigaben
pages = Seiten
page-previous = Zurück
page-next = Weiter
page-of = Seite { $page } von { $pages }
rows-found = { $count ->
    [one] { $shown } Treffer
   *[other] { $shown } Treffer
}
rows-hidden = { $count ->
    [one] { $shown } ausgefiltert
   *[other] { $shown } ausgefiltert
}
rows-new = { $count ->
    [one] { $shown } neu – anzeigen
   *[other] { $shown } neu – anzeigen
}
columns = Spalten
save = Speichern
cancel = Abbrechen
remove = Entfernen
back = Zurück
next = Weiter
apply = Anwenden
period-from = Von (UTC)
period-until = Bis (UTC)
period-no-day = Das ist kein Tag.
period-no-day-cure = Schreiben Sie einen Tag so: 2026-11-28.
change = Ändern
close = Schließen
yes = Ja
no = Nein
none = Keine
unknown = Unbekannt
name = Name
state = Zustand
since = Seit
reason = Grund
details = Details
export = Exportieren
advice = Was zu tun ist
by-operator = von { $name }
job-number = Job { $number }
nav-dashboard = Dashboard
nav-products = Produkte
nav-microservices = Microservices
nav-workflows = Workflows
nav-servers = Managementserver
nav-devices = Geräte
nav-jobs = Jobmonitor
nav-actions = Neuer Job
nav-lost = Verloren oder gestohlen
nav-reports = Berichte
nav-operators = Benutzer
nav-access-review = Rechteprüfung
nav-messages = Meldungen
nav-settings = Einstellungen
nav-api = API
nav-account = Ihr Konto
time-now = jetzt
time-seconds-ago = vor { $shown } s
time-seconds-ahead = in { $shown } s
time-minutes-ago = vor { $shown } min
time-minutes-ahead = in { $shown } min
time-hours-ago = { $count ->
    [one] vor { $shown } Stunde
   *[other] vor { $shown } Stunden
}
time-hours-ahead = { $count ->
    [one] in { $shown } Stunde
   *[other] in { $shown } Stunden
}
time-days-ago = { $count ->
    [one] vor { $shown } Tag
   *[other] vor { $shown } Tagen
}
time-days-ahead = { $count ->
    [one] in { $shown } Tag
   *[other] in { $shown } Tagen
}
time-months-ago = { $count ->
    [one] vor { $shown } Monat
   *[other] vor { $shown } Monaten
}
time-months-ahead = { $count ->
    [one] in { $shown } Monat
   *[other] in { $shown } Monaten
}
time-years-ago = { $count ->
    [one] vor { $shown } Jahr
   *[other] vor { $shown } Jahren
}
time-years-ahead = { $count ->
    [one] in { $shown } Jahr
   *[other] in { $shown } Jahren
}
failure-not-found = Diese Seite gibt es nicht.
failure-not-found-cure = Prüfen Sie die Adresse, oder beginnen Sie beim Dashboard.
failure-page = Die Seite konnte nicht angezeigt werden.
failure-page-cure = Sehen Sie in die Meldungen. Wenn es wieder vorkommt, melden Sie es.
failure-form = Das Formular konnte nicht gelesen werden.
failure-form-cure = Gehen Sie zurück, laden Sie die Seite neu und senden Sie es noch einmal.
failure-form-token = Dieses Formular stammt aus einer anderen Sitzung.
failure-form-token-cure = Laden Sie die Seite neu und senden Sie das Formular noch einmal. Erlauben Sie Cookies für diese Adresse.
failure-too-large = Die Datei ist zu groß.
failure-too-large-cure = Wählen Sie eine Datei von höchstens 12 MB.
failure-too-large-stranger = Das Formular ist zu groß.
failure-too-large-stranger-cure = Vor der Anmeldung hat ein Formular höchstens 16 KiB. Kürzen Sie Ihre Eingaben, oder melden Sie sich zuerst an.
failure-passwords-differ = Die beiden Kennwörter sind verschieden.
failure-passwords-differ-cure = Geben Sie zweimal dasselbe Kennwort ein.
