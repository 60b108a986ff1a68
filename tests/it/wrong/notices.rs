//! Wrong commands on notices: channels, recipients and the heartbeat.

use super::WrongCommand;

pub const ROWS: &[WrongCommand] = &[
    (
        "notices channels mail office --host smtp.example.com:587 --from it@example.com",
        2,
        &["smtp.example.com", "the port 587", "--port"],
    ),
    (
        "notices channels mail office --host smtp.example.com --from it-example.com",
        2,
        &["from is no mail address", "such as"],
    ),
    (
        "notices channels mail office --host smtp.example.com --from it@example.com --sign-in it",
        2,
        &["a password is needed", "--secret-file FILE"],
    ),
    (
        "notices channels webhook teams --form teams --address-file plain-address",
        2,
        &["https://", "--allow-private"],
    ),
    (
        "notices channels webhook own --address-file address",
        2,
        &["are signed", "--key-file FILE"],
    ),
    (
        "notices channels webhook own --address-file address --key-file notes.txt",
        2,
        &["does not begin with whsec_", "openssl rand"],
    ),
    (
        "notices channels webhook own --form template --address-file address",
        2,
        &["needs a template", "--template-file FILE"],
    ),
    (
        "notices channels webhook own --form template --address-file address --template-file places.json",
        2,
        &["{unknownThing}", "stands for nothing", "{title}"],
    ),
    (
        "notices channels webhook own --form template --address-file address --template-file notes.txt",
        2,
        &["notes.txt is not JSON", "line 1, column"],
    ),
    (
        "notices channels webhook own --form slak --address-file address",
        2,
        &["slak", "standard, teams, slack"],
    ),
    (
        "notices heartbeat set --address-file plain-address",
        2,
        &["https://", "--allow-private"],
    ),
    (
        "notices heartbeat set --address-file address --every 5",
        2,
        &["--every", "30..=3600"],
    ),
    ("notices heartbeat off", 5, &["there is no heartbeat"]),
    (
        "notices recipients add anna --channel nothing --address a@b.example",
        5,
        &["channel nothing", "intune-connector notices"],
    ),
    ("notices test nobody", 5, &["recipient nobody", "does not exist"]),
    (
        "servers webhook cmdb --post-to https://acmp.example/x --roll",
        2,
        &["--roll", "cannot be used with"],
    ),
    ("servers webhook cmdb --roll", 5, &["cmdb has no webhook", "--post-to"]),
    (
        "servers webhook cmdb --post-to https://anna:hunter2@acmp.example/x",
        2,
        &["a user name or a password", "signature"],
    ),
    (
        "servers webhook cmdb --post-to https://127.0.0.1/x",
        2,
        &["127.0.0.1", "--allow-private-addresses"],
    ),
    (
        "notices channels mail office --host https://mail.example.com --from it@example.com",
        2,
        &["no mail server", "such as smtp.example.com"],
    ),
    (
        "notices channels webhook desk --form slack --address-file address",
        5,
        &["desk is the name of a mail server already", "channels remove desk"],
    ),
    (
        "servers webhook posted --test",
        1,
        &["has not taken the test message", "then test again"],
    ),
    (
        "servers webhook cmdb --post-to https://*.example.com/hook",
        2,
        &["has a *", "the name of one host"],
    ),
    (
        "servers webhook cmdb --post-to https://cmdb.example/intune#frag",
        2,
        &["behind #", "never sent", "Leave out the #"],
    ),
    (
        "servers webhook cmdb --post-to https://cmdb.example:0/x",
        2,
        &["the port 0", "the port that the receiver listens on"],
    ),
    (
        "servers webhook cmdb --post-to https://cmdb.example:99999/intune",
        2,
        &["--post-to has a port", "0 to 65535"],
    ),
    (
        "notices channels mail office --host smtp.example.com --from a@b.example --ca-file notes.txt",
        2,
        &["--ca-file notes.txt", "no certificate"],
    ),
    (
        "notices channels mail office --host smtp.example.com --port 465 --security startTls --from it@example.com",
        2,
        &["the port 465", "startTls is given", "--security tls"],
    ),
    (
        "notices channels mail office --host 192.168.1.5 --from it@example.com",
        2,
        &["192.168.1.5", "a private address", "--allow-private"],
    ),
];
