messages-no-right = Sie dürfen weder das Log noch das Prüfprotokoll lesen.
messages-no-right-cure = Bitten Sie einen Administrator um das Recht Log_Read oder Audit_Read.
messages-log = Log
messages-audit = Prüfprotokoll
messages-level = Stufe
messages-level-all = Alle
messages-level-error = Fehler
messages-level-warn = Warnung
messages-level-info = Information
messages-level-debug = Debug
messages-level-trace = Trace
messages-text = Text
messages-text-help = Eine Stufe zeigt ihre Zeilen und die wichtigerer Stufen. Der Text wird in der Meldung und in ihren Feldern (Name=Wert) gesucht. Welche Zeilen überhaupt geschrieben werden, steht in bus.ini: level in [log].
messages-time = Zeit
messages-message = Meldung
messages-none = Keine Zeile des Logs passt. Entfernen Sie einen Filter, um mehr zu sehen.
messages-none-yet = Keine der durchsuchten Zeilen passt. Suchen Sie in älteren weiter.
messages-older = Ältere Zeilen
messages-newest = Zu den neuesten Zeilen
messages-pause = Anhalten
messages-continue = Fortsetzen
messages-follows = Neue Zeilen erscheinen von selbst, solange der Anfang der Liste zu sehen ist.
messages-paused = Angehalten. Neue Zeilen warten.
messages-ended = Es kommen keine neuen Zeilen mehr. Laden Sie die Seite neu, um fortzufahren.
messages-full = Diese Seite hat so viele Zeilen, wie sie fassen kann. Laden Sie sie neu, um fortzufahren.
messages-new-one = # neue Zeile – anzeigen
messages-new-more = # neue Zeilen – anzeigen
messages-audit-help = Wer was getan hat. Kein Eintrag kann geändert oder entfernt werden, ohne dass es auffällt.
messages-broken-glass = { $count ->
    [one] { $shown } Notfallaktion wurde noch nicht von einer zweiten Person geprüft.
   *[other] { $shown } Notfallaktionen wurden noch nicht von einer zweiten Person geprüft.
}
messages-verify = Protokoll prüfen
messages-head = Neuester Wert der Kette (Kopf)
messages-head-noted = Ein Kopf, den Sie notiert haben
messages-head-optional = freiwillig
messages-copy = Kopieren
messages-verdict = Ergebnis der Prüfung
messages-trail-whole = { $count ->
    [one] Das Protokoll ist vollständig: { $shown } Eintrag, keiner geändert, keiner fehlt.
   *[other] Das Protokoll ist vollständig: { $shown } Einträge, keiner geändert, keiner fehlt.
}
messages-trail-broken = Das Protokoll ist bei Eintrag { $entry } gebrochen: Er oder einer davor wurde geändert.
messages-trail-cut = { $count ->
    [one] Das Ende des Protokolls wurde abgeschnitten. { $shown } Eintrag ist übrig.
   *[other] Das Ende des Protokolls wurde abgeschnitten. { $shown } Einträge sind übrig.
}
messages-trail-cure = Vergleichen Sie es mit dem Kopf in einer Kopie des Tageslogs, die nicht auf diesem Rechner liegt. Spielen Sie eine frühere Sicherung ein und finden Sie heraus, wer in bus.db schreiben konnte.
messages-trail-compared = { $count ->
    [one] Es wurde mit { $shown } Kopf verglichen.
   *[other] Es wurde mit { $shown } Köpfen verglichen.
}
messages-trail-compared-help = Köpfe sind in den Tageslogs notiert. Notieren Sie den heutigen außerhalb dieses Rechners: Später hier angegeben, zeigt er, dass nichts davor geändert wurde.
messages-trail-before-restore = { $count ->
    [one] { $shown } Kopf in den Tageslogs gehört zu Einträgen, die beim Zurückspielen des Speichers verloren gingen.
   *[other] { $shown } Köpfe in den Tageslogs gehören zu Einträgen, die beim Zurückspielen des Speichers verloren gingen.
}
messages-trail-restored = Der Speicher wurde auf einen früheren Stand zurückgespielt (Eintrag { $entry }). Einträge seit diesem Stand sind nicht im Protokoll.
messages-missing-sequence = Eintrag { $entry }: Der Speicher hatte diese Nummer vergeben.
messages-missing-log = Eintrag { $entry } mit Kopf { $head }: notiert in { $file }.
messages-missing-given = Eintrag { $entry } mit Kopf { $head }: von Ihnen angegeben.
messages-export = Ganzes Protokoll exportieren
messages-export-shown = Diese Einträge exportieren
messages-act-all = Alles
messages-any-text = Text irgendwo
messages-oldest-entries = Zu den ältesten Einträgen
messages-newer-entries = Neuere Einträge
messages-evidence = Nachweis eines Zeitraums
messages-entries = Einträge
messages-actor = Von
messages-actor-bus = Der Bus
messages-act = Was
messages-subject = Woran
messages-no-filter = Ohne Filter
messages-number = Nummer
messages-shown = { $count ->
    [one] { $shown } Eintrag auf dieser Seite
   *[other] { $shown } Einträge auf dieser Seite
}
messages-no-entries = Kein Eintrag passt. Entfernen Sie einen Filter, um mehr zu sehen.
messages-older-entries = Ältere Einträge
messages-newest-entries = Zu den neuesten Einträgen
messages-all-details = Alles anzeigen
messages-action-act-begun = Schritt einer Installation begonnen
messages-action-application-icon = Bild einer Anwendung geändert
messages-action-application-removed = Anwendung entfernt
messages-action-application-retried = Anwendung erneut versucht
messages-action-application-saved = Anwendung gespeichert
messages-action-audit-exported = Prüfprotokoll exportiert
messages-action-backup-taken = Sicherung erstellt
messages-action-brake-released = Bremse gelöst
messages-action-change-rejected = Änderung von einem Server beiseitegelegt
messages-action-devices-exported = Geräte exportiert
messages-action-evidence-made = Nachweis erstellt
messages-action-glass-acknowledged = Notfallaktion geprüft
messages-action-glass-broken = Notfallaktion ohne zweite Person
messages-action-installation-changed = Installation geändert
messages-action-installation-ended = Installation beendet
messages-action-installation-planned = Installation geplant
messages-action-installation-removed = Installation entfernt
messages-action-instance-added = Instanz angelegt
messages-action-instance-changed = Instanz geändert
messages-action-instance-removed = Instanz entfernt
messages-action-instance-restarted = Microservice neu gestartet
messages-action-instance-started = Microservice gestartet
messages-action-instance-starttype = Starttyp geändert
messages-action-instance-stopped = Microservice angehalten
messages-action-instance-tokenfileset = Tokendatei einer Instanz eingestellt
messages-action-job-accepted = Job angenommen
messages-action-job-approved = Job freigegeben
messages-action-job-cancelled = Job abgebrochen
messages-action-job-refused = Job verweigert
messages-action-job-rejected = Job abgelehnt
messages-action-job-resolved = Ergebnis festgehalten
messages-action-job-secretsshown = Geheimnisse eines Jobs angezeigt
messages-action-key-distrusted = Schlüssel nicht mehr vertraut
messages-action-key-trusted = Schlüssel vertraut
messages-action-killswitch-on = Notstopp eingeschaltet
messages-action-limits-changed = Limits geändert
messages-action-loosening-approved = Lockerung freigegeben
messages-action-loosening-asked = Lockerung beantragt
messages-action-loosening-rejected = Lockerung abgelehnt
messages-action-operator-added = Konto angelegt
messages-action-operator-changed = Konto geändert
messages-action-operator-recovered = Konto am Rechner wiederhergestellt
messages-action-operator-removed = Konto entfernt
messages-action-operator-suspended = Zerstörende Rechte ausgesetzt
messages-action-order-approved = Bestellung freigegeben
messages-action-order-cancelled = Bestellung abgebrochen
messages-action-order-placed = Bestellung aufgegeben
messages-action-order-rejected = Bestellung abgelehnt
messages-action-order-retried = Bestellung erneut versucht
messages-action-policy-set = Richtlinie eingestellt
messages-action-product-added = Paket hinzugefügt
messages-action-product-removed = Produkt entfernt
messages-action-product-updated = Produkt aktualisiert
messages-action-recoverycode-used = Wiederherstellungscode benutzt
messages-action-registration-begun = Registrierung begonnen
messages-action-report-exported = Bericht exportiert
messages-action-report-scheduled = Zeitplan eines Berichts eingestellt
messages-action-report-unscheduled = Zeitplan eines Berichts entfernt
messages-action-restore-refused = Zurückspielen verweigert
messages-action-role-added = Rolle angelegt
messages-action-role-changed = Rolle geändert
messages-action-role-given = Rolle gegeben
messages-action-role-removed = Rolle entfernt
messages-action-role-taken = Rolle genommen
messages-action-run-cancelled = Lauf angehalten
messages-action-run-started = Lauf gestartet
messages-action-scan-previewed = Vorschau eines Scans
messages-action-scan-started = Scan gestartet
messages-action-secondfactor-removed = Zweiter Faktor entfernt
messages-action-secondfactor-reset = Zweiter Faktor zurückgesetzt
messages-action-secondfactor-set = Zweiter Faktor eingerichtet
messages-action-server-accepted = Managementserver angenommen
messages-action-server-announced = Managementserver angemeldet
messages-action-server-jobs = Managementserver darf Jobs senden
messages-action-server-limited = Managementserver eingeschränkt
messages-action-server-removed = Managementserver entfernt
messages-action-server-resent = Gerät noch einmal gesendet
messages-action-server-resynchronised = Alles noch einmal gesendet
messages-action-server-rewound = Managementserver zurückgesetzt
messages-action-session-begun = Angemeldet
messages-action-session-confirmed = Kennwort noch einmal angegeben
messages-action-session-ended = Sitzung beendet
messages-action-setup = Erster Benutzer eingerichtet
messages-action-signin = Angemeldet mit Name oder Token
messages-action-signin-failed = Anmeldung fehlgeschlagen
messages-action-signin-slowed = Anmeldungen verlangsamt
messages-action-signinlink-made = Anmeldelink erstellt
messages-action-signinlink-used = Anmeldelink benutzt
messages-action-snapshot-confirmed = Geräteliste bestätigt
messages-action-store-restored = Speicher zurückgespielt
messages-action-token-added = Token erstellt
messages-action-token-removed = Token widerrufen
messages-action-view-removed = Ansicht entfernt
messages-action-view-saved = Ansicht gespeichert
messages-action-workflow-changed = Workflow geändert
messages-action-workflow-disabled = Workflow deaktiviert
messages-action-workflow-enabled = Workflow aktiviert
messages-action-workflow-installed = Workflow installiert
messages-action-workflow-leftbehind = Workflow zurückgelassen
messages-action-workflow-offered = Workflow angeboten
messages-action-workflow-withdrawn = Workflow zurückgezogen
