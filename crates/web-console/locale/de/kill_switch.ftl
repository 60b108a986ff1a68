kill-switch = Notstopp
kill-switch-on = Notstopp ist an
kill-switch-help = Solange er an ist, wird nichts Zerstörendes oder Störendes an ein Gerät gesendet. Was Intune schon hat, kann nicht zurückgeholt werden.
kill-switch-is-off = Der Notstopp ist aus. Aktionen werden gesendet.
kill-switch-on-heading = Einschalten
kill-switch-where = Für
kill-switch-all-tenants = Alle Mandanten
kill-switch-reason-help = Für alle, die ihn eingeschaltet finden: was geschehen ist, und wen man fragt.
kill-switch-turn-on = Alle Aktionen anhalten
kill-switch-turn-off = Ausschalten beantragen
kill-switch-off-help = Er bleibt an, bis eine zweite Person zustimmt; sie sieht, was dann gesendet würde.
kill-switch-off-asked = Das Ausschalten ist beantragt; eine zweite Person muss zustimmen.
kill-switch-everywhere = An für alle Mandanten
kill-switch-tenant = An für Mandant { $tenant }
kill-switch-waiting = { $count ->
    [one] { $shown } Antrag auf Ausschalten wartet auf eine zweite Person.
   *[other] { $shown } Anträge auf Ausschalten warten auf eine zweite Person.
}
kill-switch-under-way = Intune hat bereits
kill-switch-under-way-help = Diese Aktionen wurden vorher an Intune übergeben und können von hier nicht zurückgeholt werden.
kill-switch-none-under-way = Nichts.
done-kill-switch-on = Der Notstopp ist an: Nichts Zerstörendes oder Störendes wird gesendet.
done-kill-switch-asked = Er bleibt an, bis eine zweite Person zustimmt.
