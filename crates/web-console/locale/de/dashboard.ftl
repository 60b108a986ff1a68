dashboard-all-well = Alles in Ordnung
dashboard-need-you = { $count ->
    [one] { $shown } Punkt braucht Sie
   *[other] { $shown } Punkte brauchen Sie
}
dashboard-to-watch = { $count ->
    [one] { $shown } Punkt zu beobachten
   *[other] { $shown } Punkte zu beobachten
}
dashboard-visit = Seit Ihrem letzten Besuch:
dashboard-visit-help = Gezählt ab diesem Tag, in diesem Browser.
dashboard-visit-marked = Auf dieser Seite als neu markiert
dashboard-new = Neu
dashboard-fix = Beheben
dashboard-look = Ansehen
dashboard-first-steps = Erste Schritte
dashboard-step-product = Produkt installieren
dashboard-step-product-help = Der Assistent verbindet einen Mandanten, prüft die Verbindung und zeigt, was der erste Scan finden wird, bevor er läuft.
dashboard-step-product-go = Zu den Produkten
dashboard-step-server = Managementserver hinzufügen
dashboard-step-server-help = Er liest jede Änderung der Geräte und sendet Aktionen an sie. Die Seite enthält die Zeilen für die Gegenstelle.
dashboard-step-server-go = Zu den Managementservern
dashboard-needs = Was jemanden braucht
dashboard-microsoft = Microsoft arbeitet nicht wie gewohnt
dashboard-microsoft-help = Der Fehler liegt nicht bei Ihnen. Anfragen werden wiederholt, nichts geht verloren; hier ist nichts zu tun.
dashboard-waiting = Was wartet
dashboard-waiting-approvals = { $count ->
    [one] { $shown } Freigabe
   *[other] { $shown } Freigaben
}
dashboard-waiting-orders = { $count ->
    [one] { $shown } Bestellung zu genehmigen
   *[other] { $shown } Bestellungen zu genehmigen
}
dashboard-waiting-outcomes = { $count ->
    [one] { $shown } Job mit unbekanntem Ausgang
   *[other] { $shown } Jobs mit unbekanntem Ausgang
}
dashboard-waiting-brake = { $count ->
    [one] { $shown } Gerät hinter der Löschbremse
   *[other] { $shown } Geräte hinter der Löschbremse
}
dashboard-waiting-servers = { $count ->
    [one] { $shown } Managementserver anzunehmen
   *[other] { $shown } Managementserver anzunehmen
}
dashboard-waiting-records = { $count ->
    [one] { $shown } zurückgestellter Datensatz
   *[other] { $shown } zurückgestellte Datensätze
}
dashboard-instances = Instanzen
dashboard-instance = Instanz
dashboard-running = Was gerade läuft
dashboard-running-none = Zurzeit läuft nichts.
dashboard-what = Was
dashboard-progress = Fortschritt
dashboard-of = { $done } von { $total }
dashboard-work-scan = Scan
dashboard-work-job = Job
dashboard-work-installation = Installation
dashboard-work-run = Lauf
dashboard-watch = Zu beobachten
dashboard-fleet = Bestand
dashboard-devices = { $count ->
    [one] { $shown } Gerät
   *[other] { $shown } Geräte
}
dashboard-by-platform = Nach Plattform
dashboard-by-compliance = Nach Konformität
dashboard-by-ownership = Nach Besitz
dashboard-by-check-in = Nach letzter Meldung
dashboard-others = Alle anderen
dashboard-age-today = In den letzten 24 Stunden
dashboard-age-week = Vor 1 bis 7 Tagen
dashboard-age-month = Vor 7 bis 30 Tagen
dashboard-age-quarter = Vor 30 bis 90 Tagen
dashboard-age-older = Früher oder nie
dashboard-days = Die letzten 30 Tage
dashboard-day = Tag (UTC)
dashboard-changes = Änderungen an Geräten
dashboard-actions = Beendete Aktionen
dashboard-series-added = Neu
dashboard-visit-added = Neue Geräte
dashboard-series-changed = Geändert
dashboard-visit-changed = Geänderte Geräte
dashboard-series-gone = Entfallen
dashboard-visit-gone = Entfallene Geräte
dashboard-series-well = Ohne Fehler
dashboard-series-failed = Fehlgeschlagen
dashboard-as-table = Als Tabelle
dashboard-number = Anzahl
dashboard-share = Anteil
dashboard-percent = { $percent } %
dashboard-credentials = Anmeldedaten
dashboard-credential-kind = Wofür
dashboard-left = Verbleibend
dashboard-ends = Ende
dashboard-days-left = { $count ->
    [one] { $shown } Tag
   *[other] { $shown } Tage
}
dashboard-has-ended = Abgelaufen
dashboard-budgets = Anfragen an Microsoft
dashboard-budgets-help = Wie viel des Anfragekontingents in den letzten 20 Sekunden verbraucht wurde. Instanzen derselben App-Registrierung teilen es sich.
dashboard-used = Verbraucht
dashboard-slowed = Microsoft bittet um eine Pause
dashboard-removed-account = einem entfernten Konto
dashboard-time-never = nie
scan-kind-full = Vollständiger Scan
scan-kind-incremental = Inkrementeller Scan
credential-scan = Scans
credential-next = Nächste Anmeldedaten
credential-actions = Aktionen
credential-orders = Aufträge
requests-signin = Anmeldung
requests-devices = Geräte
requests-count = Anzahl der Geräte
requests-actions = Aktionen
requests-reports = Berichte
requests-other = Sonstige
attention-instance-misconfigured = { $instance } kann nicht starten: { $detail }
attention-instance-misconfigured-advice = Berichtigen Sie die Einstellungen; danach startet die Instanz wieder.
attention-microsoft-outage = { $instance } kann den Mandanten nicht lesen, weil Microsoft nicht wie gewohnt antwortet: { $detail }
attention-microsoft-outage-advice = Nichts zu tun: Anfragen werden wiederholt, nichts geht verloren. Störungen zeigt der Dienststatus von Microsoft.
attention-no-connection = { $instance } erreicht Microsoft nicht: { $detail }
attention-store-failed-scan = { $instance } kann nicht speichern, was gelesen wird: { $detail }
attention-sign-in-refused = Entra lehnt die Anmeldung von { $instance } ab: { $detail }
attention-instance-failing = { $instance } kann den Mandanten nicht lesen: { $detail }
attention-brake-on = { $count ->
    [one] Die Löschbremse von { $instance } hält { $shown } Gerät zurück.
   *[other] Die Löschbremse von { $instance } hält { $shown } Geräte zurück.
}
attention-brake-on-advice = Prüfen Sie, ob die Geräte wirklich entfallen sind, und bestätigen Sie es; andernfalls klären Sie, warum Intune sie nicht auflistet.
attention-records-set-aside = { $count ->
    [one] { $instance } konnte { $shown } Datensatz oder Eigenschaft der Geräte nicht lesen.
   *[other] { $instance } konnte { $shown } Datensätze oder Eigenschaften der Geräte nicht lesen.
}
attention-records-set-aside-advice = Die Seite der Instanz nennt jeden mit dem Grund; berichtigen Sie ihn in Intune oder melden Sie ihn Microsoft.
attention-snapshot-open = Momentaufnahmen von { $instance } bleiben offen, weil der Bestand nicht als vollständig nachgewiesen ist: { $detail }.
attention-snapshot-open-advice = Vollständige Scans versuchen es von selbst wieder. Ist die letzte Liste vollständig, bestätigen Sie sie auf der Seite der Instanz.
attention-scans-overdue = Seit drei Intervallen ist kein Scan von { $instance } gelungen; der letzte: { $last }.
attention-scans-overdue-advice = Sehen Sie nach, warum die Scans fehlschlagen oder nicht starten: Die Seite der Instanz zeigt Scans und Zeitplan.
attention-requests-paused = { $instance } sendet bis { $until } keine Anfragen der Art „{ $what }“: { $detail }
attention-requests-refused = { $instance } sendet bis { $until } keine Anfragen der Art „{ $what }“: { $detail }
attention-clock-wrong = Die Uhr dieses Rechners wurde zurückgestellt: Ein Scan von { $instance } endete um { $last }, und jetzt ist es { $now }.
attention-clock-wrong-advice = Synchronisieren Sie die Uhr dieses Rechners (NTP).
attention-credential-expired = Die Anmeldedaten ({ $purpose }) von { $instance } sind am { $endsAt } abgelaufen.
attention-credential-expired-advice = Erneuern Sie sie: Die Seite erzeugt ein neues Zertifikat oder nimmt ein neues Geheimnis, und die Instanz stellt um.
attention-credential-ending = { $count ->
    [one] Die Anmeldedaten ({ $purpose }) von { $instance } laufen in { $shown } Tag ab, am { $endsAt }.
   *[other] Die Anmeldedaten ({ $purpose }) von { $instance } laufen in { $shown } Tagen ab, am { $endsAt }.
}
attention-credential-ending-advice = Erneuern Sie sie rechtzeitig: Die Instanz stellt ohne Unterbrechung um.
attention-node-from-inventory = Der Konformitätsknoten { $node } von { $instance } antwortet aus dem Bestand, weil Graph nicht antwortet.
attention-node-from-inventory-advice = Nichts zu tun: Anmeldungen über Gateways gelingen mit dem letzten bekannten Zustand des Geräts, und Graph wird bei jeder Entscheidung wieder gefragt.
attention-node-failing = Der Konformitätsknoten { $node } von { $instance } kann nicht entscheiden: Weder Graph noch der Bestand antwortet. Wer an ihm vorbei muss, kann sich über ein Gateway nicht anmelden, außer das Gateway lässt bei Fehlern ein.
attention-node-failing-advice = Sehen Sie nach, warum die Instanz ihren Mandanten nicht lesen kann.
attention-node-broken = Der Konformitätsknoten { $node } von { $instance } ist unbrauchbar: { $detail }
attention-node-broken-advice = Berichtigen Sie die Einstellungen des Knotens.
attention-member-failed = Der Microservice { $member } kann nicht laufen: { $detail }
attention-member-restarting = Der Microservice { $member } ist ausgefallen und wird nach einer Pause neu gestartet: { $detail }
attention-member-stopped = Der Microservice { $member } läuft nicht, obwohl er mit dem Bus startet.
attention-member-stopped-advice = Starten Sie ihn, oder stellen Sie den Starttyp auf manuell, wenn das so gewollt ist.
attention-bus-not-running = Auf diesem Datenordner läuft kein Bus: Nichts wird gescannt, gesendet oder entschieden.
attention-bus-not-running-advice = Starten Sie den Bus.
attention-workflow-offered = Ein anderer Text des Workflows { $workflow } (Version { $version }) läuft erst, wenn ihn jemand einschaltet.
attention-workflow-offered-advice = Sehen Sie an, was er ändert, und schalten Sie ihn ein; bis dahin läuft der jetzige.
attention-workflow-failed = Der letzte Lauf des Workflows { $workflow } endete als { $outcome }: { $detail }
attention-workflow-failed-advice = Sehen Sie die Schritte des Laufs { $run } an.
attention-product-update = Das Produkt { $product } kann auf Version { $version } aktualisiert werden.
attention-product-update-advice = Sehen Sie an, was das Update ändert, und aktualisieren Sie.
attention-installation-failed = Die Installation { $installation } von { $product } ist fehlgeschlagen, und nichts ist davon übrig: { $detail }
attention-installation-failed-advice = { $advice } Installieren Sie noch einmal.
attention-server-to-accept = Der Managementserver { $server } wartet darauf, angenommen zu werden.
attention-server-to-accept-advice = Prüfen Sie, wer ihn angemeldet hat, und nehmen Sie ihn an oder entfernen Sie ihn.
attention-server-silent = { $count ->
    [one] Der Managementserver { $server } hat seit { $seenAt } nicht gelesen; { $shown } Änderung wartet auf ihn.
   *[other] Der Managementserver { $server } hat seit { $seenAt } nicht gelesen; { $shown } Änderungen warten auf ihn.
}
attention-server-silent-advice = Prüfen Sie, ob er läuft und den Bus erreicht; entfernen Sie ihn, wenn er nicht mehr gebraucht wird.
attention-server-behind = { $count ->
    [one] Der Managementserver { $server } liegt { $shown } Änderung zurück; zuletzt bestätigt hat er um { $acknowledgedAt }.
   *[other] Der Managementserver { $server } liegt { $shown } Änderungen zurück; zuletzt bestätigt hat er um { $acknowledgedAt }.
}
attention-server-behind-advice = Prüfen Sie, ob er speichert und bestätigt, was er liest.
attention-server-webhook-set-aside = Der Webhook des Managementservers { $server } ({ $address }) wurde zurückgestellt: Dorthin wird nichts gesendet. { $detail }
attention-server-webhook-set-aside-advice = Prüfen Sie den Empfänger, dann: intune-connector servers webhook { $server } --test
attention-server-webhook-failing = Der Webhook des Managementservers { $server } ({ $address }) hat seit { $failingSince } nichts angenommen. { $detail }
attention-server-webhook-failing-advice = Prüfen Sie den Empfänger: Der Bus versucht es einen Tag lang erneut, danach stellt er die Adresse zurück.
attention-store-not-writable = Der Speicher des Busses nimmt nichts an: Nichts wird gescannt oder gesendet. { $detail }
attention-store-not-writable-advice = Schaffen Sie Platz, oder beheben Sie den Fehler der Festplatte; nichts Bestätigtes ist verloren.
attention-store-damaged = Der Speicher des Busses ist beschädigt: { $detail }
attention-store-damaged-advice = Prüfen Sie die Festplatte. Wo ein vollständiger Scan die Geräte neu liest, warten Sie ihn ab; sonst spielen Sie eine Sicherung ein.
attention-store-went-back = Der Speicher des Busses ist auf einen früheren Stand zurückgegangen: { $detail } Keine Aktion wird gesendet.
attention-store-went-back-advice = Prüfen Sie, was seither gesendet wurde, und beantragen Sie dann, den Notstopp auszuschalten.
attention-disk-low = Am Ort des Datenordners sind nur { $free } MiB frei; mindestens { $least } MiB sollten es sein.
attention-disk-low-advice = Schaffen Sie Platz auf der Festplatte.
attention-job-waits-for-approval = { $count ->
    [one] Job { $job } von { $operator } wartet auf Freigabe durch eine zweite Person: { $action } auf { $shown } Gerät.
   *[other] Job { $job } von { $operator } wartet auf Freigabe durch eine zweite Person: { $action } auf { $shown } Geräten.
}
attention-job-waits-for-approval-advice = Sehen Sie die Geräte an, und geben Sie ihn frei oder lehnen Sie ihn ab.
attention-job-needs-operator = { $count ->
    [one] Bei Job { $job } ({ $action }) ist unbekannt, was aus { $shown } Gerät wurde; nicht mehr aufgelistet: { $gone }.
   *[other] Bei Job { $job } ({ $action }) ist unbekannt, was aus { $shown } Geräten wurde; nicht mehr aufgelistet: { $gone }.
}
attention-job-needs-operator-advice = Stellen Sie in Intune fest, was aus jedem wurde, und tragen Sie es beim Job ein.
attention-loosening-waits = Eine Änderung wartet auf eine zweite Person, weil sie lockert, was Aktionen und Konten schützt: { $detail }
attention-loosening-waits-advice = Sehen Sie sie an, und geben Sie sie frei oder lehnen Sie sie ab.
attention-broken-glass-open = { $by } hat ohne zweite Person gehandelt: { $action } auf einem Gerät, Job { $job }. Niemand hat es nachgeprüft.
attention-broken-glass-open-advice = Eine zweite Person prüft es nach und bestätigt das.
attention-kill-switch-on = { $scope ->
    [all] Der Notstopp ist für alle Mandanten an, durch { $by }: { $reason }. Keine Aktion wird gesendet.
   *[one] Der Notstopp ist für Mandant { $subject } an, durch { $by }: { $reason }. Keine Aktion wird gesendet.
}
attention-kill-switch-on-advice = Ist der Grund weggefallen, beantragen Sie das Ausschalten; eine zweite Person muss zustimmen.
attention-operator-suspended = Die zerstörenden Rechte von { $operator } sind ausgesetzt: { $reason }.
attention-operator-suspended-advice = Klären Sie, was geschehen ist; die Aussetzung wird auf Antrag durch eine zweite Person aufgehoben.
attention-notice = { $text }
attention-notice-advice = Nichts zu tun, wenn das so gewollt war.
light-cause-disabled = in den Einstellungen ausgeschaltet
light-cause-stopped = angehalten
light-cause-operatordisabled = sein Konto ist gesperrt oder entfernt
light-cause-instancemisconfigured = Einstellungen falsch
light-cause-microsoftoutage = Microsoft antwortet nicht
light-cause-noconnection = keine Verbindung
light-cause-storefailedscan = kann nicht speichern
light-cause-signinrefused = Anmeldung abgelehnt
light-cause-instancefailing = Scans schlagen fehl
light-cause-brakeon = Löschbremse
light-cause-recordssetaside = Datensätze zurückgestellt
light-cause-snapshotopen = Bestand nicht als vollständig nachgewiesen
light-cause-scansoverdue = Scans überfällig
light-cause-requestspaused = manche Anfragen pausieren
light-cause-requestsrefused = manche Anfragen abgelehnt
light-cause-clockwrong = Uhr geht falsch
light-cause-credentialexpired = Anmeldedaten abgelaufen
light-cause-credentialending = Anmeldedaten laufen bald ab
light-cause-servertoaccept = wartet auf Annahme
light-cause-serversilent = liest nicht
light-cause-serverbehind = weit zurück
light-cause-serverwebhooksetaside = Webhook zurückgestellt
light-cause-serverwebhookfailing = Webhook nimmt nichts an
cause-throttled = Microsoft begrenzt die Anfragen dieser App.
cause-server-error = Microsoft hat mit einem eigenen Fehler geantwortet.
cause-bad-gateway = Microsoft hat mit einem eigenen Fehler geantwortet (502).
cause-unavailable = Der Dienst von Microsoft ist nicht verfügbar (503).
cause-gateway-timeout = Der Dienst von Microsoft hat nicht rechtzeitig geantwortet (504).
cause-timed-out = Microsoft hat nicht rechtzeitig geantwortet.
cause-sign-in-throttled = Entra begrenzt die Anmeldungen dieser App.
cause-sign-in-unavailable = Die Anmeldung bei Microsoft ist nicht verfügbar.
cause-name-not-found = Der Name des Servers von Microsoft konnte nicht aufgelöst werden.
cause-name-not-found-cure = Prüfen Sie das DNS dieses Rechners.
cause-connection-refused = Die Verbindung wurde abgewiesen.
cause-connection-refused-cure = Prüfen Sie Firewall und Proxy dieses Rechners.
cause-unreachable = Der Server von Microsoft ist nicht erreichbar.
cause-unreachable-cure = Prüfen Sie Netzwerk und Firewall dieses Rechners.
cause-connection-reset = Die Verbindung wurde getrennt.
cause-connection-reset-cure = Prüfen Sie, ob eine Firewall oder ein Proxy Verbindungen trennt.
cause-no-connection = Es besteht keine Verbindung.
cause-no-connection-cure = Prüfen Sie Netzwerk, Proxy und Firewall dieses Rechners.
cause-tls-untrusted = Dem Zertifikat der Gegenstelle wird nicht vertraut: oft ein Proxy, der TLS öffnet.
cause-tls-untrusted-cure = Geben Sie die Zertifizierungsstelle des Proxys in den Einstellungen an, oder nehmen Sie die Adressen von Microsoft von der Prüfung aus.
cause-tls-failed = Es kam keine verschlüsselte Verbindung zustande.
cause-tls-failed-cure = Prüfen Sie, ob ein Proxy oder eine Firewall TLS öffnet.
cause-proxy-unreachable = Der Proxy ist nicht erreichbar.
cause-proxy-unreachable-cure = Prüfen Sie Adresse und Port des Proxys in den Einstellungen.
cause-proxy-wants-password = Der Proxy verlangt Name und Kennwort.
cause-proxy-wants-password-cure = Tragen Sie beides in den Einstellungen ein.
cause-proxy-refused = Der Proxy lehnt die Verbindung ab.
cause-proxy-refused-cure = Lassen Sie die Adressen von Microsoft auf dem Proxy zu.
cause-disk-full = Die Festplatte ist voll.
cause-disk-full-cure = Schaffen Sie Platz auf der Festplatte des Datenordners.
cause-disk-failed = Die Festplatte meldet Fehler.
cause-disk-failed-cure = Prüfen Sie die Festplatte dieses Rechners.
cause-store-damaged = Der Speicher ist beschädigt.
cause-store-damaged-cure = Prüfen Sie die Festplatte, und spielen Sie dann eine Sicherung ein.
cause-forbidden = Der App fehlt eine Berechtigung.
cause-forbidden-cure = Erteilen Sie die fehlende Berechtigung in Entra und stimmen Sie ihr zu; die Verbindungsprüfung nennt sie.
cause-unauthorized = Graph nimmt die Anmeldung nicht an.
cause-unauthorized-cure = Führen Sie die Verbindungsprüfung aus: Sie zeigt, welcher Schritt fehlschlägt.
cause-aadsts7000215 = Der geheime Clientschlüssel ist falsch.
cause-aadsts7000215-cure = Tragen Sie den Wert des Geheimnisses ein, nicht seine Id.
cause-aadsts7000222 = Der geheime Clientschlüssel ist abgelaufen.
cause-aadsts7000222-cure = Erstellen Sie ein neues Geheimnis oder Zertifikat, und tragen Sie es ein.
cause-aadsts700016 = Der Mandant kennt die Anwendung nicht.
cause-aadsts700016-cure = Prüfen Sie Anwendungs-Id und Mandanten-Id.
cause-aadsts90002 = Den Mandanten gibt es nicht.
cause-aadsts90002-cure = Prüfen Sie die Mandanten-Id.
cause-aadsts700027 = Entra kennt das Zertifikat nicht.
cause-aadsts700027-cure = Laden Sie den öffentlichen Teil des Zertifikats in die App-Registrierung.
cause-aadsts7000112 = Die Anwendung ist im Mandanten deaktiviert.
cause-aadsts7000112-cure = Aktivieren Sie die Anwendung in Entra.
cause-aadsts53003 = Der bedingte Zugriff lehnt die Anmeldung ab.
cause-aadsts53003-cure = Nehmen Sie die Anwendung oder die Adresse dieses Rechners in der Richtlinie für bedingten Zugriff aus.
