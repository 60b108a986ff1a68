microservices-none = Noch ist kein Produkt installiert, daher läuft hier nichts.
microservices-none-go = Produkt installieren
microservices-none-match = Kein Microservice entspricht dem Filter.
microservices-find = Name oder Profil
microservices-any = Alle
microservices-supervisor = Supervisor { $name }
microservices-supervisor-facts = Version { $version } · führt aus: { $kinds }
microservices-supervisor-off = Auf diesem Datenordner läuft kein Bus: Starten Sie ihn, mit ihm starten seine Microservices.
microservices-name-profile = Name, Profil
microservices-steps = Schritte
microservices-start = Starten
microservices-stop = Anhalten
microservices-restart = Neu starten
microservices-start-type = Starttyp
microservices-start-type-help = Automatisch: mit dem Bus. Manuell: wenn ihn jemand startet. Deaktiviert: gar nicht, und er wird jetzt angehalten.
microservices-start-automatic = Automatisch
microservices-start-manual = Manuell
microservices-start-disabled = Deaktiviert
microservices-requests = Anfragen
microservices-rows = Geräte oder Schritte
microservices-queue = Warteschlange
microservices-last-error = Letzter Fehler
microservices-version = Version
microservices-next-start = Nächster Start
microservices-restarts = Neustarts nach Ausfällen
microservices-kind = Art
microservices-product = Produkt
microservices-parts = Teile dieses Microservice
microservices-overview = Überblick
microservices-check = Verbindungsprüfung
microservices-log = Protokoll
microservices-brake = Löschbremse
microservices-brake-tab = Löschbremse ({ $shown })
microservices-state-running = Läuft
microservices-state-starting = Startet
microservices-state-stopping = Hält an
microservices-state-stopped = Angehalten
microservices-state-backingoff = Wartet auf Neustart
microservices-state-failed = Ausgefallen
microservices-state-disabled = Deaktiviert
microservices-instance-idle = Wartet auf den nächsten Scan
microservices-instance-scanning = Scannt
microservices-instance-failing = Scans schlagen fehl
microservices-instance-braked = Löschbremse hält
microservices-instance-stopped = Nicht gestartet
microservices-instance-disabled = In den Einstellungen ausgeschaltet
microservices-instance-misconfigured = Einstellungen falsch
microservices-devices = { $count ->
    [one] { $shown } Gerät
   *[other] { $shown } Geräte
}
microservices-scanning = Scans
microservices-complete = Bestand vollständig
microservices-next-try = Nächster vollständiger Scan, der es nachweisen soll:
microservices-snapshot-go = Warum, und was zu tun ist
microservices-next-full = Nächster vollständiger Scan
microservices-next-incremental = Nächster inkrementeller Scan
microservices-primary-users = Primäre Benutzer
microservices-tenant = Mandant
microservices-credential-left = Anmeldedaten noch gültig für
microservices-scan-now = Jetzt scannen
microservices-scan-help = Ein inkrementeller Scan liest, was sich seit dem letzten gemeldet hat, und die Zahl der registrierten Geräte; eine andere Zahl lässt einen vollständigen Scan beginnen. Ein vollständiger Scan liest alles und findet als einziger entfallene Geräte und das, was im Intune-Portal bearbeitet wurde.
microservices-scans = Scans
microservices-scans-none = Noch kein Scan. Starten Sie oben einen, oder warten Sie auf den Zeitplan.
microservices-scans-help = Die neuesten 20 Scans.
microservices-scan-number = Nr.
microservices-scan-running = Läuft
microservices-scan-completed = Abgeschlossen
microservices-scan-failed = Fehlgeschlagen
microservices-scan-filtered = { $count ->
    [one] { $shown } durch Filter ausgelassen
   *[other] { $shown } durch Filter ausgelassen
}
microservices-scan-aside = { $count ->
    [one] { $shown } Datensatz zurückgestellt
   *[other] { $shown } Datensätze zurückgestellt
}
microservices-scan-properties = { $count ->
    [one] { $shown } Eigenschaft ausgelassen
   *[other] { $shown } Eigenschaften ausgelassen
}
microservices-scan-missing = { $count ->
    [one] { $shown } Gerät fehlt in der Liste
   *[other] { $shown } Geräte fehlen in der Liste
}
microservices-scan-missed = { $count ->
    [one] { $shown } Gerät, das inkrementellen Scans entgangen war
   *[other] { $shown } Geräte, die inkrementellen Scans entgangen waren
}
microservices-scan-reason-othercount = früher begonnen: die Zahl der registrierten Geräte hatte sich geändert
microservices-scan-reason-stillmissing = früher begonnen: in der Liste zuvor fehlten Geräte
microservices-took-ms = { $shown } ms
microservices-took-s = { $shown } s
microservices-took-min = { $shown } min
microservices-started = Begonnen
microservices-took = Dauer
microservices-seen = Gelesen
microservices-new = Neu
microservices-changed = Geändert
microservices-gone = Entfallen
microservices-remarks = Bemerkungen
microservices-refused = Angehaltene Anfragen
microservices-refused-what = Anfragen
microservices-until = Bis
microservices-asked = Den Zeitpunkt hat Microsoft genannt
microservices-unread = Zurückgestellte Datensätze
microservices-unread-count = { $count ->
    [one] { $shown } Datensatz oder Eigenschaft konnte nicht gelesen werden.
   *[other] { $shown } Datensätze oder Eigenschaften konnten nicht gelesen werden.
}
microservices-unread-shown = { $count ->
    [one] { $shown } davon steht hier.
   *[other] { $shown } davon stehen hier.
}
microservices-unread-no-id = Ohne lesbare Id
microservices-unread-whole = Der ganze Datensatz
microservices-unread-noobject = Der Datensatz ist kein JSON-Objekt
microservices-unread-toolarge = Zu groß
microservices-unread-noid = Hat keine Id
microservices-unread-badid = Die Id ist keine GUID
microservices-unread-wrongtype = Anderer Typ als im Schema von Microsoft
microservices-unread-baddate = Ein Datum, das keines ist
microservices-unread-brokenvalue = Zu tief verschachtelt oder fehlerhafter Text
microservices-unread-condition = Ein Filter oder eine Regel kann es nicht beurteilen
microservices-device = Gerät
microservices-property = Eigenschaft
microservices-changed-workflows = Workflows mit einem anderen Text, der nicht eingeschaltet ist
microservices-members = Zusammen installiert
microservices-remove = Entfernen
microservices-remove-help = Die Instanz und alles, was mit ihr installiert wurde, wird entfernt; ihre Geräte werden den Managementservern als entfallen gemeldet. Die nächste Seite sagt, wie viele es sind, und fragt noch einmal.
microservices-remove-go = Installation entfernen …
microservices-change = Ändern
microservices-renew = Anmeldedaten erneuern
microservices-settings-none = Keine Einstellungen.
microservices-settings-help = Was nicht aufgeführt ist, hat seinen Standardwert.
microservices-setting = Einstellung
microservices-value = Wert
microservices-secret-set = Gesetzt
microservices-secret-not-set = Nicht gesetzt
microservices-check-help = Die Prüfung geht jeden Schritt der Verbindung einzeln durch: Namen, Proxy, Zertifikat, Anmeldung, jede Berechtigung, ein Gerät, Managementserver. Sie ändert nichts.
microservices-check-run = Verbindung prüfen
microservices-check-again = Noch einmal prüfen
microservices-check-not-yours = Ihr Konto darf die Prüfung nicht ausführen.
microservices-check-ok = In Ordnung
microservices-check-failed = Fehlgeschlagen
microservices-check-skipped = Ausgelassen
microservices-check-note = Verbesserbar
microservices-check-well = Alle Schritte sind gelungen.
microservices-check-failures = { $count ->
    [one] { $shown } Schritt ist fehlgeschlagen. Dort steht, was zu tun ist.
   *[other] { $shown } Schritte sind fehlgeschlagen. Bei jedem steht, was zu tun ist; beginnen Sie mit dem ersten.
}
microservices-step-name = Name auflösen
microservices-step-proxy = Proxy
microservices-step-tls = Zertifikat
microservices-step-connect = Verbinden
microservices-step-token = Anmelden
microservices-step-right = Berechtigung
microservices-step-device = Gerät lesen
microservices-step-count = Geräte zählen
microservices-step-node = Konformitätsknoten
microservices-step-audits = Überwachungsprotokoll von Intune
microservices-step-server = Managementserver
microservices-log-find = Text in Meldung oder Feldern
microservices-log-none = Keine Zeile passt. Nehmen Sie den Filter weg, oder sehen Sie ältere Zeilen an.
microservices-log-older = Ältere Zeilen
microservices-log-all = Alle Meldungen
microservices-log-not-yours = Ihr Konto darf das Protokoll nicht lesen.
microservices-level = Stufe
microservices-level-error = Fehler
microservices-level-warn = Warnung
microservices-level-info = Information
microservices-level-debug = Einzelheiten
microservices-level-trace = Jeder Schritt
microservices-time = Zeit
microservices-message = Meldung
microservices-brake-holds = { $count ->
    [one] Die Löschbremse hält { $shown } Gerät zurück.
   *[other] Die Löschbremse hält { $shown } Geräte zurück.
}
microservices-brake-go = Ansehen
microservices-brake-help = Intune listet sie nicht mehr auf, oder ein Filter lässt sie aus, und es sind mehr, als ein Scan von selbst als entfallen melden darf. Managementserver behalten sie, bis jemand entscheidet.
microservices-brake-none = Die Bremse hält nichts zurück.
microservices-brake-find = Name, Seriennummer oder Benutzer
microservices-brake-confirm = { $count ->
    [one] Bestätigen, dass { $shown } Gerät entfallen ist
   *[other] Bestätigen, dass { $shown } Geräte entfallen sind
}
microservices-brake-effect = Bestätigt werden genau die aufgeführten Geräte auf allen Seiten. Was ein Filter auslässt, wird sofort als entfallen gemeldet; die anderen werden einzeln gelesen, und nur was Intune nicht findet, wird als entfallen gemeldet. Sind sie nicht entfallen, tun Sie nichts, und klären Sie, warum Intune sie nicht auflistet.
microservices-brake-agree = Ich habe geprüft, dass diese Geräte wirklich entfallen sind.
microservices-brake-do = Als entfallen bestätigen
microservices-brake-not-yours = Ihr Konto darf das nicht bestätigen.
microservices-withheld-deleted = Fehlt in der Liste
microservices-withheld-confirmed = Bestätigt, wird einzeln gelesen
microservices-withheld-filtered = Durch Filter oder Regel ausgelassen
microservices-type-count = Geben Sie die Anzahl der Geräte ein: { $count }
microservices-not-confirmed = Das Kästchen ist nicht angekreuzt, oder die Zahl ist nicht die angezeigte.
microservices-not-confirmed-cure = Prüfen Sie die Liste, kreuzen Sie das Kästchen an, und geben Sie die Anzahl der Geräte ein.
microservices-snapshot = Offene Momentaufnahmen
microservices-snapshot-proven = Der Bestand ist als vollständig nachgewiesen; keine Momentaufnahme wird offen gehalten.
microservices-snapshot-help = Managementserver, die eine Momentaufnahme erhalten, dürfen nichts löschen, was darin fehlt, bis der Bestand als vollständig nachgewiesen ist. Das ist er nicht, denn:
microservices-snapshot-nothing = Zurzeit gibt es nichts zu bestätigen; warten Sie auf den nächsten vollständigen Scan.
microservices-snapshot-confirm = Bestätigen, dass die letzte Liste vollständig ist
microservices-snapshot-effect = { $count ->
    [one] Offene Momentaufnahmen enden: Managementserver behalten { $shown } Gerät der letzten Liste und löschen alle anderen.
   *[other] Offene Momentaufnahmen enden: Managementserver behalten die { $shown } Geräte der letzten Liste und löschen alle anderen.
}
microservices-snapshot-agree = Ich habe in Intune geprüft, dass die Liste vollständig ist.
microservices-snapshot-do = Liste bestätigen
microservices-unproven-notscanned = Noch kein vollständiger Scan
microservices-unproven-emptylist = Die Liste ist leer
microservices-unproven-shortlist = Die Liste ist viel kürzer, als der Mandant angibt
microservices-unproven-othercount = Liste und Anzahl der registrierten Geräte weichen leicht ab
microservices-unproven-nocount = Die Anzahl der registrierten Geräte war nicht lesbar
microservices-unproven-missing = Geräte fehlen ohne Nachweis, dass sie entfallen sind
microservices-unproven-unlisted = Geräte gibt es, aber nicht in der Liste
microservices-unproven-recordswithoutid = Datensätze ohne lesbare Id
microservices-unproven-toomanysetaside = Zu viele Datensätze wurden zurückgestellt
microservices-unproven-listsdiffer = Zwei Listen weichen zu stark ab
microservices-unproven-secondscan = Ein zweiter vollständiger Scan ist nötig
done-microservice-started = Er wird gestartet.
done-microservice-stopped = Er hält nach seiner laufenden Arbeit an.
done-microservice-restarted = Er startet nach seiner laufenden Arbeit neu.
done-microservice-start-type = Der Starttyp ist geändert.
done-scan-started = Der Scan läuft.
done-scan-running = Es lief bereits ein Scan; sein Fortschritt steht unten.
done-brake-released = Die Bremse ist für diese Geräte gelöst.
done-snapshot-confirmed = Die Liste ist bestätigt; offene Momentaufnahmen enden.
