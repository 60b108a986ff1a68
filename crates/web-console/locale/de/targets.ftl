nav-targets = Ziele
targets-what = Ein Ziel hält die Geräte aus Intune in einem anderen Inventar aktuell: in OCS Inventory, Snipe-IT, GLPI, NetBox, ServiceNow, einer PostgreSQL-Datenbank oder einer Datei.
targets-none = Es ist kein Ziel installiert.
targets-none-help = Installieren Sie eines der Ziele unten. Der Assistent prüft die Verbindung; die ersten 20 Einträge werden geschrieben, dann wartet das Ziel, bis Sie sie angesehen haben.
targets-none-ask = Wer das Recht Instances_Manage hat, kann eines installieren.
targets-none-match = Nichts passt zu den Filtern.
targets-show-all = Alle anzeigen
targets-parts = Teile dieses Ziels
targets-not-yours = Ihr Konto darf Ziele ansehen, aber nichts daran ändern.
targets-facts = Über dieses Ziel
targets-target = Ziel
targets-kind = Inventar
targets-kinds = Arten von Zielen
targets-proven = Erprobt mit
targets-abilities = Was es kann
targets-retire-actions = Was aus dem Eintrag eines entfallenen Geräts werden kann
targets-install = Installieren
targets-see-product = Produkt ansehen
targets-writes-single = Schreibt mit jeder Anfrage einen Eintrag
targets-writes-bulk = Schreibt mit einer Anfrage viele Einträge
targets-adopts = Findet Einträge, die andere angelegt haben
targets-assigns-users = Weist Benutzer zu
targets-makes-fields = Legt fehlende Felder an
targets-state-stopped = Angehalten
targets-state-paused = Pausiert
targets-state-closed = Außerhalb seiner Zeit
targets-state-waiting = Wartet auf Zustimmung
targets-state-canary = Schreibt die ersten Einträge
targets-state-open = Schreibt
targets-phase = Schreiben
targets-phase-canary = Die ersten 20 Einträge einer Zuordnung, dann wartet es
targets-phase-waiting = Nichts, bis jemand zustimmt
targets-phase-open = So viel, wie an einem gewöhnlichen Tag anfällt
targets-lag = Rückstand
targets-behind = { $count ->
    [one] { $shown } Änderung
   *[other] { $shown } Änderungen
}
targets-oldest = die älteste:
targets-up-to-date = Aktuell
targets-linked = Geräte mit Eintrag
targets-gone = Einträge entfallener Geräte
targets-failing = Geräte, deren letztes Schreiben fehlschlug
targets-waits = Wartet auf jemanden
targets-writes-wait = { $count ->
    [one] { $shown } Änderung wartet auf Zustimmung
   *[other] { $shown } Änderungen warten auf Zustimmung
}
targets-devices-aside = { $count ->
    [one] { $shown } Gerät ist beiseitegelegt
   *[other] { $shown } Geräte sind beiseitegelegt
}
targets-devices-failing = { $count ->
    [one] Das letzte Schreiben schlug bei { $shown } Gerät fehl
   *[other] Das letzte Schreiben schlug bei { $shown } Geräten fehl
}
targets-last-write = Zuletzt geschrieben
targets-never = Nie
targets-requests = Anfragen an die andere Seite
targets-server = Managementserver
targets-microservice = Microservice
targets-microservice-go = Microservice ansehen
targets-stopped = Dieses Ziel läuft nicht: Es wird nichts geschrieben.
targets-stopped-help = Starten Sie seinen Microservice. Was sich inzwischen ändert, wird dann geschrieben.
targets-next-try = nächster Versuch
targets-canary-help = Es schreibt die ersten 20 Einträge seiner Zuordnung und wartet dann, bis jemand sie angesehen hat.
targets-canary-waits = Die ersten Einträge einer Zuordnung sind geschrieben. Der Rest wartet, bis jemand sie angesehen hat.
targets-more-than-usual = Das ist mehr, als an einem gewöhnlichen Tag anfällt.
targets-question-go = Änderungen ansehen
targets-aside-go = Entscheiden
targets-class-create = Neue Einträge
targets-class-change = Geänderte Einträge
targets-class-retire = Einträge entfallener Geräte
targets-class-move = Wieder in Gebrauch genommene Einträge
targets-no-value = kein Wert
targets-question = Zustimmung
targets-question-none = Keine Änderung wartet auf Zustimmung.
targets-question-none-help = Ein Ziel fragt nach den ersten 20 Einträgen einer Zuordnung und wenn es mehr schreiben würde, als an einem gewöhnlichen Tag anfällt. Was es jetzt schreiben würde:
targets-canary-look = Die Zuordnung ist neu, und ihre ersten Einträge sind geschrieben. Sehen Sie sie auf der anderen Seite an, bevor Sie dem Rest zustimmen.
targets-more-than-usual-look = Das ist mehr, als an einem gewöhnlichen Tag anfällt. Sehen Sie die Geräte an, bevor Sie zustimmen.
targets-asked = Gefragt
targets-digest = Prüfsumme
targets-written = Erste Einträge, zum Ansehen
targets-written-help = Suchen Sie diese Einträge in { $kind }: Sind ihre Felder, wie sie sein sollen, und ist nichts überschrieben, was dort Menschen pflegen?
targets-write = Änderung
targets-record = Eintrag
targets-record-id = Eintrag { $id }
targets-record-new = neu
targets-field = Feld
targets-fields = Felder
targets-planned = Geplante Änderungen
targets-planned-first = Die ersten { $listed } von { $total } sind aufgeführt.
targets-planned-all = Alle führt die Befehlszeile auf: intune-connector targets question { $name } --all
targets-planned-none = Keines dieser Geräte gehört zu dem, was Sie sehen dürfen.
targets-consent = Zustimmen
targets-consent-help = Ihre Zustimmung gilt für genau diese Änderungen. Werden es inzwischen andere, werden Sie erneut gefragt.
targets-consent-looked = Ich habe die ersten Einträge auf der anderen Seite angesehen, und sie stimmen.
targets-consent-agree = Ich habe die Geräte angesehen, und diese Änderungen sind gewollt.
targets-consent-do = Schreiben
targets-consent-not-yours = Wer das Recht Targets_Manage hat, entscheidet darüber.
targets-type-number = Geben Sie die Zahl ein: { $number }
targets-changed = Was wartet, hat sich geändert, seit Sie es angesehen haben
targets-changed-devices = Von jeder Art so viele Änderungen wie zuvor, aber andere Geräte oder eine andere Zuordnung.
targets-not-agreed = Der Haken ist nicht gesetzt.
targets-not-agreed-cure = Setzen Sie ihn, wenn Sie das wollen.
targets-wrong-number = Die Zahl stimmt nicht; es wurde nichts getan.
targets-wrong-number-cure = Sehen Sie die Seite noch einmal an, und geben Sie die Zahl ein, die sie zeigt.
targets-set-aside = Beiseitegelegt
targets-aside-what = Bei diesen Geräten steht nicht fest, welcher Eintrag ihrer ist. Für sie wird nichts geschrieben, bis ein Mensch entscheidet; bei allen anderen geht es weiter.
targets-aside-none = Kein Gerät ist beiseitegelegt.
targets-aside-none-help = Ein Gerät wird beiseitegelegt, wenn mehrere Einträge seiner sein könnten oder die andere Seite seinen Eintrag ablehnt.
targets-aside-unlisted = { $count ->
    [one] { $shown } weiteres Gerät ist hier nicht aufgeführt. Es folgt, wenn über einige entschieden ist.
   *[other] { $shown } weitere Geräte sind hier nicht aufgeführt. Sie folgen, wenn über einige entschieden ist.
}
targets-aside-not-yours = Wer das Recht Targets_Manage hat, entscheidet darüber.
targets-reason-serialtwice = Mehrere Einträge haben seine Seriennummer
targets-reason-idtwice = Mehrere Einträge haben seine Intune-Geräte-Id
targets-reason-mergedbyname = Es hat keine brauchbare Seriennummer, und die andere Seite würde es mit einem Gerät gleichen Namens zusammenlegen
targets-reason-linkedelsewhere = Sein Eintrag gehört zu einem anderen Gerät derselben Instanz
targets-reason-syncedbyothers = Ein anderer Abgleich dort pflegt seinen Eintrag
targets-reason-refused = Die andere Seite hat seinen Eintrag abgelehnt
targets-reason-mappingfailed = Die Zuordnung ergibt keine Werte für das Gerät
targets-aside-help-serialtwice = Wählen Sie den Eintrag, der seiner ist, oder führen Sie die Einträge zuvor dort zusammen.
targets-aside-help-idtwice = Wählen Sie den Eintrag, der seiner ist; die anderen behalten, was sie haben.
targets-aside-help-mergedbyname = Legen Sie einen Eintrag an, wenn es verschiedene Geräte sind, oder übernehmen Sie den, der seiner ist.
targets-aside-help-linkedelsewhere = Meist wurde das Gerät neu registriert: Übernehmen Sie dann den Eintrag, oder legen Sie einen anderen an.
targets-aside-help-syncedbyothers = Schalten Sie den anderen Abgleich dafür aus, und übernehmen Sie dann den Eintrag; oder lassen Sie das Gerät hier aus.
targets-aside-help-refused = Berichtigen Sie, was die andere Seite beanstandet, oder die Zuordnung, und senden Sie das Gerät dann erneut.
targets-aside-help-mappingfailed = Berichtigen Sie die Zuordnung, und senden Sie das Gerät dann erneut.
targets-in-intune = In Intune
targets-over-there = Dort
targets-synced-by-others = von einem anderen Abgleich gepflegt
targets-record-state-active = In Gebrauch
targets-record-state-retired = Nicht mehr in Gebrauch
targets-record-state-deleted = Gelöscht
targets-user = Benutzer
targets-adopt-record = Eintrag { $record } übernehmen
targets-create-new = Neuen Eintrag anlegen
targets-ignore = Gerät auslassen
targets-decision-adopt = Entschieden: Es übernimmt den Eintrag
targets-decision-create = Entschieden: Es bekommt einen neuen Eintrag
targets-decision-ignore = Entschieden: Es bekommt keinen Eintrag
targets-decided-waits = Mit dem nächsten Durchgang wird es geschrieben.
targets-no-decision = Es ist keine Entscheidung gewählt.
targets-no-decision-cure = Drücken Sie eine der Schaltflächen des Geräts.
targets-search = Suche
targets-links = Verknüpfungen
targets-links-what = Welcher Eintrag dort zu welchem Gerät gehört.
targets-links-none = Noch hat kein Gerät einen Eintrag.
targets-links-none-help = Was geschrieben würde, zeigt ein Blick voraus:
targets-origin = Herkunft
targets-origin-created = Vom Ziel angelegt
targets-origin-adopted = War schon da
targets-link-phase-intended = Wird angelegt
targets-link-phase-active = Wird aktuell gehalten
targets-link-phase-gone = Gerät ist entfallen
targets-link-phase-released = Bleibt, wie er ist
targets-failing-only = Nur, wo das letzte Schreiben fehlschlug
targets-first = Erste Seite
targets-export = Alle als CSV exportieren
targets-resend = Erneut senden
targets-resend-one = Ein Gerät erneut senden
targets-resend-help = Das Gerät wird geschrieben, ob es sich geändert hat oder nicht. Felder, die dort jemand geändert hat, bekommen wieder den Wert der Zuordnung.
targets-resend-from-device = Wählen Sie zuerst das Gerät; seine Seite führt hierher:
targets-choose = An welches Ziel?
targets-for-this-device = Erneut an ein Ziel senden
targets-no-instance = Das ist kein Name einer Instanz.
targets-no-instance-cure = Geben Sie den Namen an, wie ihn die Seite des Geräts zeigt: IntuneConnector_1.
targets-forget = Verknüpfung vergessen
targets-forget-all = Alle Verknüpfungen vergessen
targets-forget-help = Die Einträge bleiben. Das Ziel sucht sie erneut an Intune-Geräte-Id und Seriennummer und legt Geräte beiseite, für die es mehrere findet. Werte von vorher lassen sich danach nicht mehr zurücknehmen.
targets-forget-agree = Das Ziel darf vergessen, welcher Eintrag zu welchem Gerät gehört.
targets-forget-effect = { $count ->
    [one] { $shown } Verknüpfung wird vergessen.
   *[other] { $shown } Verknüpfungen werden vergessen.
}
targets-forget-do = Vergessen
targets-runs = Läufe
targets-runs-what = Was zusammen geschrieben wurde, das Neueste zuerst. Werte von vorher bleiben 30 Tage gespeichert; so lange lässt sich ein Lauf zurücknehmen.
targets-runs-none = Es wurde noch nichts geschrieben.
targets-run = Lauf
targets-run-normal = Änderungen
targets-run-canary = erste Einträge einer Zuordnung
targets-run-revert = nimmt Lauf zurück:
targets-started = Begonnen
targets-goes-on = dauert an
targets-wrote = Geschrieben
targets-wrote-nothing = nichts
targets-revert = Zurücknehmen
targets-revert-run = Lauf { $run } zurücknehmen
targets-revert-help = Jedes Feld, das noch den Wert dieses Laufs hat, bekommt seinen Wert von vorher. Felder, die seither jemand geändert hat, bleiben, wie sie sind, und werden aufgeführt. Einträge, die der Lauf angelegt hat, bleiben.
targets-revert-mapping = Die Zuordnung dieses Laufs gilt noch und schreibt dasselbe wieder, wenn sich ein Gerät ändert. Ändern Sie sie zuerst, wenn sie falsch war:
targets-revert-agree = Werte dort dürfen sich zurückändern.
targets-reverted-by = zurückgenommen durch Lauf { $run }
targets-put-back = { $count ->
    [one] { $shown } Feld hat wieder seinen Wert von vorher
   *[other] { $shown } Felder haben wieder ihre Werte von vorher
}
targets-put-back-records = { $count ->
    [one] in { $shown } Eintrag.
   *[other] in { $shown } Einträgen.
}
targets-revert-incomplete = Es hat zu lange gedauert und ist nicht vollständig. Nehmen Sie den Lauf noch einmal zurück, um fortzufahren.
targets-left = Geblieben, wie sie sind
targets-left-none = Es ist nichts übrig.
targets-left-help = Diese hat seither jemand geändert, oder sie ließen sich nicht zurücknehmen.
targets-left-unlisted = { $count ->
    [one] { $shown } weiteres Feld ist hier nicht aufgeführt; die API nennt alle.
   *[other] { $shown } weitere Felder sind hier nicht aufgeführt; die API nennt alle.
}
targets-ours = Vom Lauf geschrieben
targets-now = Wert jetzt
targets-whole-record = der ganze Eintrag
targets-mapping = Zuordnung
targets-mapping-what = Die Zuordnung sagt, welches Feld dort was bekommt und was aus dem Eintrag eines entfallenen Geräts wird. Sie ist ein JSON-Dokument und lässt sich von einem Testsystem in das echte übernehmen.
targets-mapping-current = Gilt jetzt
targets-mapping-consented = Zugestimmt
targets-mapping-new = Neu: Nur ihre ersten 20 Einträge werden geschrieben
targets-mapping-default = Sie ist die Vorgabe dieser Art.
targets-mapping-changed = Geändert
targets-mapping-export = Herunterladen
targets-mapping-text = Zuordnung (JSON)
targets-mapping-help = Jede Zeile von fields nennt ein Feld dort, seine Quelle (from: ein Feld des Geräts, expression: CEL oder value: ein Text) und wer es pflegt (mode):
targets-mode-own = das Ziel schreibt jede Änderung
targets-mode-fill = das Ziel schreibt nur, solange das Feld leer ist
targets-mode-leave = das Ziel schreibt es nie
targets-mapping-file = Oder aus einer Datei
targets-mapping-wrong-lines = Wo sie falsch ist
targets-mapping-no-json = Das ist kein JSON.
targets-mapping-no-json-cure = Berichtigen Sie die Zeile, die unter dem Text markiert ist: Oft fehlt davor ein Komma oder ein Anführungszeichen.
targets-review = Was sich ändert
targets-review-do = Zeigen, was sich ändert
targets-review-nothing = Es ändert sich keine Regel.
targets-review-canary = Nach dem Speichern werden die ersten 20 Einträge damit geschrieben. Dann wartet das Ziel, bis jemand sie angesehen hat.
targets-before = Vorher
targets-after = Nachher
targets-fields-show = Felder der anderen Seite zeigen
targets-fields-title = Felder der anderen Seite
targets-fields-none = Die andere Seite hat keine Felder.
targets-fields-missing = Die Zuordnung nennt Felder, die der anderen Seite fehlen. Sie werden erst geschrieben, wenn es sie gibt.
targets-fields-make = Anlegen
targets-fields-make-there = Lassen Sie sie dort anlegen: Diese Art von Zielen legt keine an.
targets-rule = Regel, oder eine Zeile zum Kopieren
targets-values = Werte
targets-values-any = Beliebig
targets-field-custom = Eigenes Feld
targets-field-fixed = Keine Zuordnung schreibt es
targets-sources = Felder eines Geräts, als Quellen
targets-sources-help = Außerdem: instance und primaryUser.
targets-default-title = Vorgabe der Art
targets-default-help = Sie ersetzt die ganze Zuordnung. Laden Sie Ihre zuerst herunter, wenn Sie sie behalten wollen.
targets-default-agree = Meine Zuordnung darf ersetzt werden.
targets-default-do = Vorgabe verwenden
targets-preview = Vorschau
targets-preview-what = Was das Ziel jetzt schreiben würde, wenn niemand zustimmen müsste. Die Vorschau fragt die andere Seite und schreibt nichts; sie kann eine Minute dauern.
targets-preview-do = Vorausschauen
targets-preview-again = Noch einmal vorausschauen
targets-preview-result = Was geschehen würde
targets-preview-incomplete = Es hat zu lange gedauert und ist nicht vollständig: Die Zahlen gelten für einen Teil der Geräte.
targets-preview-nothing = Es würde nichts geschrieben.
targets-preview-first = { $count ->
    [one] { $shown } Gerät ist aufgeführt; gezählt sind alle.
   *[other] Die ersten { $shown } Geräte sind aufgeführt; gezählt sind alle.
}
targets-preview-creates = Bekämen einen neuen Eintrag
targets-preview-adoptions = Würden einen Eintrag übernehmen
targets-preview-changes = Würden geändert
targets-preview-retirements = Entfallen: Eintrag nach der Zuordnung behandelt
targets-preview-set-aside = Würden beiseitegelegt
targets-preview-unchanged = Unverändert
targets-outcome = Was geschehen würde
targets-outcome-create = Neuer Eintrag
targets-outcome-adopt = Übernimmt einen Eintrag
targets-outcome-change = Geändert
targets-outcome-retire = Entfallen
targets-outcome-move = Wieder in Gebrauch
targets-outcome-setaside = Beiseitegelegt
targets-found-deviceid = an der Intune-Geräte-Id gefunden
targets-found-serialnumber = an der Seriennummer gefunden
targets-retire-leave = bleibt, wie er ist
targets-retire-retire = als nicht mehr in Gebrauch markiert
targets-retire-stock = auf Lager gelegt
targets-retire-delete = gelöscht, wenn das Ziel ihn angelegt hat
targets-check = Prüfung
targets-check-what = Die Prüfung geht jeden Schritt einzeln durch: Erreichbarkeit, Version, Anmeldung, jedes Recht durch ein Lesen, Felder und Statuslabel. Sie ändert nichts.
targets-check-incomplete = Die Prüfung hat zu lange gedauert und wurde vor ihrem letzten Schritt beendet.
problem-target-unreachable = Die andere Seite ist nicht erreichbar.
problem-target-unreachable-cure = Es wird wieder versucht. Prüfen Sie Adresse, Proxy und Firewall.
problem-target-throttled = Die andere Seite bittet zu warten.
problem-target-throttled-cure = Es wird wieder versucht. Senken Sie die Zahl der Anfragen je Minute in den Einstellungen, wenn das anhält.
problem-target-unavailable = Die andere Seite ist nicht verfügbar.
problem-target-unavailable-cure = Es wird wieder versucht. Prüfen Sie die andere Seite.
problem-target-sign-in = Die andere Seite lehnt die Anmeldung ab.
problem-target-sign-in-cure = Prüfen Sie die Zugangsdaten in den Einstellungen des Ziels.
problem-target-misconfigured = Die andere Seite ist dafür nicht eingerichtet.
problem-target-misconfigured-cure = Führen Sie die Prüfung aus: Sie nennt, was fehlt.
problem-target-refused = Die andere Seite lehnt den Eintrag ab.
problem-target-refused-cure = Berichtigen Sie den Eintrag dort oder die Zuordnung, und senden Sie das Gerät dann erneut.
problem-target-not-there = Den Eintrag gibt es nicht mehr.
problem-target-not-there-cure = Sie müssen nichts tun: Das Gerät wird erneut gesucht.
problem-target-lost-answer = Ob die andere Seite es geschrieben hat, ist nicht bekannt.
problem-target-lost-answer-cure = Sie müssen nichts tun: Bevor etwas erneut gesendet wird, wird die andere Seite gefragt.
problem-target-unreadable = Die Antwort der anderen Seite ist nicht lesbar.
problem-target-unreadable-cure = Prüfen Sie, ob die Adresse zum richtigen Produkt führt.
problem-target-filter = Der Filter des Ziels lässt sich nicht verwenden.
problem-target-filter-cure = Berichtigen Sie ihn auf der Seite seines Managementservers, unter Beschränkungen.
problem-target-write-window = Es ist außerhalb der Zeit, in der dieses Ziel schreibt.
problem-target-write-window-cure = Sie müssen nichts tun. Die Zeit steht in seinen Einstellungen.
problem-target-silent = Die andere Seite hat nicht rechtzeitig geantwortet.
problem-target-silent-cure = Prüfen Sie die andere Seite, und versuchen Sie es dann noch einmal.
problem-target-busy = Gerade fragt schon jemand bei diesem Ziel an oder nimmt einen Lauf zurück.
problem-target-busy-cure = Warten Sie, bis das beendet ist, und versuchen Sie es dann noch einmal.
problem-question-changed = Was wartet, hat sich geändert, seit es gezeigt wurde.
problem-question-changed-cure = Sehen Sie an, was jetzt wartet, und stimmen Sie dem zu.
problem-not-set-aside = Dieses Gerät ist nicht mehr beiseitegelegt.
problem-not-set-aside-cure = Laden Sie die Seite neu, um zu sehen, welche Geräte warten.
problem-wrong-record = Dieser Eintrag lässt sich nicht übernehmen.
problem-wrong-record-cure = Wählen Sie einen der gezeigten Einträge.
problem-too-many-resent = Zu viele Geräte warten darauf, erneut gesendet zu werden.
problem-too-many-resent-cure = Warten Sie, bis sie geschrieben sind, und versuchen Sie es dann noch einmal.
problem-mapping-file = Diese Zuordnung lässt sich nicht verwenden.
problem-mapping-file-cure = Berichtigen Sie die Zeile, die unter dem Text markiert ist.
problem-mapping-field = Die Zuordnung nennt ein Feld, das ein Gerät nicht hat.
problem-mapping-field-cure = Die Felder eines Geräts stehen am Ende dieser Seite.
problem-mapping-expression = Ein Ausdruck der Zuordnung ist falsch.
problem-mapping-expression-cure = Berichtigen Sie die Zeile, die unter dem Text markiert ist.
problem-mapping-action = Das kann diese Art von Zielen mit einem Eintrag nicht tun.
problem-mapping-action-cure = Was jede Art kann, steht auf der Seite aller Ziele.
attention-target-question = { $count ->
    [one] Das Ziel { $target } wartet auf Zustimmung zu { $shown } Änderung.
   *[other] Das Ziel { $target } wartet auf Zustimmung zu { $shown } Änderungen.
}
attention-target-question-advice = Sehen Sie an, was es schreiben würde, und stimmen Sie dann auf seiner Seite zu.
attention-target-set-aside = { $count ->
    [one] { $shown } Gerät ist am Ziel { $target } beiseitegelegt: Jemand muss sagen, welcher Eintrag seiner ist.
   *[other] { $shown } Geräte sind am Ziel { $target } beiseitegelegt: Jemand muss sagen, welcher Eintrag ihrer ist.
}
attention-target-set-aside-advice = Sehen Sie jedes Gerät an, und entscheiden Sie dann.
attention-target-paused = { $cause ->
    [unreachable] Das Ziel { $target } hat seit mehr als 15 Minuten nichts geschrieben: Die andere Seite ist nicht erreichbar.
    [throttled] Das Ziel { $target } hat seit mehr als 15 Minuten nichts geschrieben: Die andere Seite bittet zu warten.
    [unavailable] Das Ziel { $target } hat seit mehr als 15 Minuten nichts geschrieben: Die andere Seite ist nicht verfügbar.
    [signIn] Das Ziel { $target } hat seit mehr als 15 Minuten nichts geschrieben: Die andere Seite lehnt die Anmeldung ab.
    [misconfigured] Das Ziel { $target } hat seit mehr als 15 Minuten nichts geschrieben: Die andere Seite ist dafür nicht eingerichtet.
    [unreadable] Das Ziel { $target } hat seit mehr als 15 Minuten nichts geschrieben: Die Antwort der anderen Seite ist nicht lesbar.
   *[other] Das Ziel { $target } hat seit mehr als 15 Minuten nichts geschrieben: { $problem }
}
attention-target-paused-advice = Die Seite des Ziels sagt, was zu tun ist.
attention-target-sign-in-expired = Kennwort, Geheimnis oder Token des Ziels { $target } ist am { $endsAt } abgelaufen.
attention-target-sign-in-expired-advice = Erzeugen Sie dort ein neues, und tragen Sie es in den Einstellungen des Ziels ein.
attention-target-sign-in-ending = { $count ->
    [one] Kennwort, Geheimnis oder Token des Ziels { $target } läuft in { $shown } Tag ab, am { $endsAt }.
   *[other] Kennwort, Geheimnis oder Token des Ziels { $target } läuft in { $shown } Tagen ab, am { $endsAt }.
}
attention-target-sign-in-ending-advice = Erzeugen Sie dort rechtzeitig ein neues, und tragen Sie es in den Einstellungen des Ziels ein.
attention-target-certificate-expired = Das Clientzertifikat des Ziels { $target } ist am { $endsAt } abgelaufen.
attention-target-certificate-expired-advice = Besorgen Sie ein neues, und tragen Sie es mit seinem Schlüssel in den Einstellungen des Ziels ein.
attention-target-certificate-ending = { $count ->
    [one] Das Clientzertifikat des Ziels { $target } läuft in { $shown } Tag ab, am { $endsAt }.
   *[other] Das Clientzertifikat des Ziels { $target } läuft in { $shown } Tagen ab, am { $endsAt }.
}
attention-target-certificate-ending-advice = Besorgen Sie rechtzeitig ein neues, und tragen Sie es mit seinem Schlüssel in den Einstellungen des Ziels ein.
dashboard-waiting-targets = { $count ->
    [one] { $shown } Änderung eines Ziels wartet auf Zustimmung
   *[other] { $shown } Änderungen von Zielen warten auf Zustimmung
}
dashboard-waiting-target-devices = { $count ->
    [one] { $shown } Gerät ist an einem Ziel beiseitegelegt
   *[other] { $shown } Geräte sind an Zielen beiseitegelegt
}
done-target-consented = Sie haben zugestimmt. Die Änderungen werden jetzt geschrieben.
done-target-decided = Es ist entschieden. Das Gerät wird mit dem nächsten Durchgang geschrieben.
done-target-resent = Das Gerät wird erneut gesendet.
done-target-forgotten = Die Verknüpfungen sind vergessen.
done-target-mapping-set = Die Zuordnung ist gespeichert. Ihre ersten 20 Einträge werden geschrieben; dann wartet das Ziel, bis Sie sie angesehen haben.
done-target-fields-made = Die Felder sind angelegt.
done-target-fields-left = Einige Felder ließen sich nicht anlegen; sie sind unten aufgeführt.
