nav-orders = Bestellungen
orders-new = Bestellen
orders-place = Bestellung aufgeben
orders-list = Bestellungen, neueste zuerst
orders-order = Bestellung
orders-order-id = Bestellung { $id }
orders-id = Id der Bestellung
orders-application = Anwendung
orders-device = Gerät
orders-user = Benutzer
orders-search = Suche
orders-phases = Phasen
orders-placed = Bestellt
orders-acts = Aktionen
orders-waiting = Bestellungen, die auf Genehmigung warten
orders-all-waiting = Alle Bestellungen, die auf Genehmigung warten
orders-none = Es gibt noch keine Bestellungen.
orders-none-applications = Zuerst muss eine App verknüpft werden:
orders-none-match = Keine Bestellung passt zu den Filtern.
orders-show-all = Alle Bestellungen anzeigen
orders-none-orderable = Keine Anwendung kann bestellt werden. Verknüpfen Sie zuerst eine App, oder warten Sie, bis ihre Gruppen angelegt sind.
orders-cancel = Bestellung stornieren
orders-retry = Noch einmal versuchen
orders-facts = Über diese Bestellung
orders-instance = Instanz
orders-note = Bemerkung
orders-note-help = Wer die Bestellung genehmigt, liest sie.
orders-approval = Genehmigung
orders-approval-none = Nicht nötig
orders-approval-operator = Durch ein Konto dieses Busses
orders-approval-callback = Durch das System des Shops
orders-ask-approval = Diese Bestellung soll genehmigt werden, auch wenn die Anwendung es nicht verlangt
orders-decide = Genehmigen oder ablehnen
orders-approve = Genehmigen
orders-reject = Ablehnen
orders-by-callback = Das System des Shops genehmigt diese Bestellung. Hier kann sie nur abgelehnt werden.
orders-decided-elsewhere = das System des Shops
orders-decision-reason = Grund (sichtbar für alle, die die Bestellung sehen)
orders-reject-help = Zum Ablehnen ist kein Kennwort nötig; Ihre Anmeldung genügt.
orders-processed = Gruppe geändert
orders-deadline = Frist für eine Meldung
orders-ended = Beendet
orders-expires = Wird zurückgenommen
orders-next-attempt = Nächster Versuch:
orders-attempts = { $count ->
    [one] { $shown } Versuch fehlgeschlagen
   *[other] { $shown } Versuche fehlgeschlagen
}
orders-devices = Geräte
orders-devices-later = Die Geräte erscheinen, sobald sie im Mandanten gefunden sind.
orders-devices-none = Es ist kein Gerät bekannt.
orders-install-state = Zustand in Intune
orders-reported = Gemeldet
orders-error-code = Fehlercode
orders-install-none = Noch nichts gemeldet
orders-install-installed = Installiert
orders-install-failed = Fehlgeschlagen
orders-install-notinstalled = Nicht installiert
orders-install-uninstallfailed = Deinstallation fehlgeschlagen
orders-install-pendinginstall = Wartet auf das Gerät
orders-install-unknown = Unbekannt
orders-install-notapplicable = Passt nicht zum Gerät
orders-kind = Was bestellt wird
orders-kind-install = Installieren
orders-kind-uninstall = Deinstallieren
orders-for = Für wen
orders-for-user = Für Benutzer
orders-for-device = Für Gerät
orders-target = Name oder Id
orders-target-help = Gerät: Name, Intune-Geräte-Id oder Entra-Geräte-Id. Benutzer: Anmeldename oder Entra-Objekt-Id.
orders-choose-application = Anwendung wählen
orders-application-typed = Geben Sie die Id einer Anwendung ein.
orders-no-application = Keine Anwendung ist gewählt.
orders-no-application-cure = Wählen Sie, was bestellt wird.
orders-no-target = Es fehlt, für wen die Bestellung ist.
orders-no-target-cure = Geben Sie einen Benutzer oder ein Gerät an.
orders-for-this-device = Anwendung für dieses Gerät bestellen
orders-state-waitingforapproval = Wartet auf Genehmigung
orders-state-waitingforlicence = Wartet auf eine Lizenz
orders-state-accepted = Angenommen
orders-state-processing = In Arbeit
orders-state-processed = An Intune übergeben
orders-state-done = Erledigt
orders-state-failed = Fehlgeschlagen
orders-state-rejected = Abgelehnt
orders-state-cancelled = Storniert
orders-state-replaced = Durch spätere Bestellung ersetzt
orders-phase-requested = Bestellt
orders-phase-approved = Genehmigt
orders-phase-processed = An Intune übergeben
orders-phase-delivered = Auf dem Gerät
orders-phase-finished = Abgeschlossen
orders-phase-state-waiting = noch nicht
orders-phase-state-active = läuft
orders-phase-state-done = erledigt
orders-phase-state-failed = fehlgeschlagen
orders-phase-state-skipped = nicht nötig
orders-event-placed = Bestellt
orders-event-approvalrequested = Genehmigung angefragt
orders-event-approved = Genehmigt
orders-event-rejected = Abgelehnt
orders-event-waitingforlicence = Wartet auf eine Lizenz
orders-event-accepted = Angenommen
orders-event-resolved = Im Mandanten gefunden
orders-event-removedfromgroup = Aus einer Gruppe entfernt
orders-event-addedtogroup = In die Gruppe aufgenommen
orders-event-processed = An Intune übergeben
orders-event-syncsent = Gerät zum Abgleich aufgefordert
orders-event-syncfailed = Gerät konnte nicht zum Abgleich aufgefordert werden
orders-event-statusread = Zustand aus Intune gelesen
orders-event-retried = Noch einmal versucht
orders-event-delayed = Verzögert
orders-event-done = Erledigt
orders-event-failed = Fehlgeschlagen
orders-event-cancelled = Storniert
orders-event-replaced = Durch spätere Bestellung ersetzt
orders-event-reminderdue = Erinnerung an das Ende der Laufzeit
orders-event-termended = Laufzeit beendet
orders-event-membershipremoved = Aus der Gruppe entfernt
problem-order-conflict = Dieses Formular wurde schon mit anderem Inhalt gesendet.
problem-order-conflict-cure = Öffnen Sie das Formular neu und senden Sie es noch einmal.
problem-not-orderable = Diese Anwendung kann jetzt nicht bestellt werden.
problem-not-orderable-cure = Sehen Sie den Zustand der Anwendung an.
problem-already-ordered = Diese Anwendung wurde für diesen Benutzer oder dieses Gerät schon bestellt.
problem-already-ordered-cure = Sehen Sie die frühere Bestellung an; erlauben Sie bei der Anwendung eine erneute Bestellung, wenn das gewollt ist.
problem-wrong-target = Dafür kann die Anwendung nicht bestellt werden.
problem-wrong-target-cure = Bestellen Sie sie für ein Gerät statt für einen Benutzer, oder umgekehrt.
problem-no-approval-address = Das System des Shops soll genehmigen, aber seine Adresse fehlt.
problem-no-approval-address-cure = Tragen Sie sie in den Einstellungen der Instanz ein, oder ändern Sie, wer genehmigt.
problem-order-ended = Die Bestellung ist schon beendet.
problem-order-ended-cure = Laden Sie die Seite neu, um zu sehen, was daraus wurde.
problem-callback-decides = Das System des Shops genehmigt diese Bestellung.
problem-callback-decides-cure = Warten Sie darauf, oder lehnen Sie die Bestellung hier ab oder stornieren Sie sie.
problem-not-repeatable = Die Bestellung kann nicht noch einmal versucht werden.
problem-not-repeatable-cure = Geben Sie eine neue Bestellung auf, wenn sie noch gebraucht wird.
problem-own-order = Das ist Ihre eigene Bestellung.
problem-own-order-cure = Eine zweite Person muss sie genehmigen.
problem-not-an-approver = Bei der Anwendung ist festgelegt, wer ihre Bestellungen genehmigt; Sie gehören nicht dazu.
problem-not-an-approver-cure = Eine der genannten Personen muss entscheiden.
attention-orders-wait-for-approval = { $count ->
    [one] { $shown } Bestellung von { $instance } wartet auf Genehmigung.
   *[other] { $shown } Bestellungen von { $instance } warten auf Genehmigung.
}
attention-orders-wait-for-approval-advice = Sehen Sie jede an, dann genehmigen Sie sie oder lehnen sie ab.
attention-order-webhooks-dead = { $count ->
    [one] { $shown } Nachricht von { $instance } zu Bestellungen konnte dem Shop nicht zugestellt werden, und der Bus hat es aufgegeben.
   *[other] { $shown } Nachrichten von { $instance } zu Bestellungen konnten dem Shop nicht zugestellt werden, und der Bus hat es aufgegeben.
}
attention-order-webhooks-dead-advice = Prüfen Sie die Adressen in den Einstellungen der Instanz. Die Nachrichten zeigt intune-connector orders webhooks --dead; --retry ID sendet eine erneut. Was dem Shop fehlt, liest er mit GET /sics/v1/order-changes.
attention-orders-not-processed = { $count ->
    [one] { $shown } Bestellung ist offen, und { $instance } läuft nicht: Niemand bearbeitet sie.
   *[other] { $shown } Bestellungen sind offen, und { $instance } läuft nicht: Niemand bearbeitet sie.
}
attention-orders-not-processed-advice = Starten Sie den Microservice.
attention-orders-stopped = { $count ->
    [one] { $shown } Bestellung ist offen, und der Notstopp ist an: { $instance } ändert nichts im Mandanten.
   *[other] { $shown } Bestellungen sind offen, und der Notstopp ist an: { $instance } ändert nichts im Mandanten.
}
attention-orders-stopped-advice = Ist der Grund behoben, lassen Sie den Notstopp ausschalten.
attention-orders-lost-by-restore = { $count ->
    [one] { $shown } Bestellung von { $instance } ist fehlgeschlagen, weil der Speicher zurückgesetzt wurde: Was aus ihr wurde, ist nicht bekannt.
   *[other] { $shown } Bestellungen von { $instance } sind fehlgeschlagen, weil der Speicher zurückgesetzt wurde: Was aus ihnen wurde, ist nicht bekannt.
}
attention-orders-lost-by-restore-advice = Vergleichen Sie sie mit dem Mandanten, und wiederholen Sie, was noch gebraucht wird.
done-order-placed = Die Bestellung ist aufgegeben. Diese Seite zeigt den Fortschritt.
done-order-placed-approval = Die Bestellung ist aufgegeben. Zuerst muss sie jemand genehmigen.
done-order-placed-licence = Die Bestellung ist aufgegeben. Sie wartet, bis eine Lizenz frei ist.
done-order-approved = Die Bestellung ist genehmigt und wird ausgeführt.
done-order-approved-licence = Die Bestellung ist genehmigt. Sie wartet, bis eine Lizenz frei ist.
done-order-rejected = Die Bestellung ist abgelehnt.
done-order-cancelled = Die Bestellung ist storniert.
done-order-retried = Es wird jetzt noch einmal versucht.
