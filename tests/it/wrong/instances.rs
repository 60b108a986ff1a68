//! Wrong commands on instances, products, workflows and installations of a running bus.

use super::WrongCommand;

pub const ROWS: &[WrongCommand] = &[
    (
        "instances show IntuneConnector_9",
        5,
        &["IntuneConnector_9", "does not exist"],
    ),
    ("instances show", 2, &["<NAME>", "--help"]),
    ("instances start Nothing_1", 5, &["Nothing_1", "does not exist"]),
    (
        "instances stop Nothing_1",
        5,
        &["Nothing_1", "does not exist", "intune-connector instances running"],
    ),
    ("instances restart Nothing_1", 5, &["Nothing_1", "does not exist"]),
    ("instances set IntuneConnector_1", 2, &["no change", "--set KEY=VALUE"]),
    (
        "instances set IntuneConnector_1 --set servers=cmbd",
        5,
        &[
            "no server is called cmbd yet (did you mean cmdb?)",
            "30 devices are affected",
            "--yes-i-mean 30",
        ],
    ),
    (
        "instances set IntuneConnector_1 --set pagesize=3",
        2,
        &["pagesize", "did you mean page_size"],
    ),
    (
        "instances set IntuneConnector_1 --set page_size=ten",
        2,
        &["page_size", r#""ten""#, "1 to 1000"],
    ),
    (
        "instances set IntuneConnector_1 --set secret=hunter2",
        2,
        &["secret", "secret_file"],
    ),
    (
        "instances set IntuneConnector_1 --settings own.ini",
        2,
        &["own.ini:1", "page_size", "1 to 1000"],
    ),
    (
        "instances set IntuneConnector_1 --settings absent.ini",
        2,
        &["absent.ini", "check the path"],
    ),
    (
        "instances set IntuneConnector_1 --start-type sometimes",
        2,
        &[r#""sometimes""#, "automatic, manual or disabled"],
    ),
    (
        "instances set IntuneConnector_1 --set fields=deviceName,serialNumbr --yes-i-mean 30",
        2,
        &["serialNumbr", "serialNumber"],
    ),
    (
        "instances set IntuneConnector_1 --set 'never_touch=operatingsystem == 1'",
        2,
        &[r#""operatingsystem""#, r#"did you mean "operatingSystem""#],
    ),
    (
        r#"instances set IntuneConnector_1 --set 'never_touch=isSupervised == "true"'"#,
        2,
        &["isSupervised is true or false"],
    ),
    (
        r#"instances set IntuneConnector_1 --set 'node.default.policy_1=NONCOMPLIANT: isEncrypted == "false"'"#,
        2,
        &["isEncrypted is true or false"],
    ),
    (
        "instances set IntuneConnector_1 --set filter=nonsense",
        2,
        &[r#""nonsense""#],
    ),
    (
        "instances set IntuneConnector_1 --set verbs=explode",
        2,
        &["verbs", r#""explode""#, "intune-connector actions"],
    ),
    (
        r#"instances set IntuneConnector_1 --set 'filter=operatingSystem == "iOS"'"#,
        5,
        &["devices are affected", "--yes-i-mean"],
    ),
    (
        "instances set IntuneConnector_1 --set 'node.default.header=bad header'",
        2,
        &["node.default.header", "not a valid header name", "x-intune"],
    ),
    (
        "instances set IntuneConnector_1 --set 'node.my gate.header=x-id'",
        2,
        &[
            "node.my gate.header",
            r#""my gate" is not the name of a node"#,
            "1 to 40 letters",
        ],
    ),
    (
        "instances set IntuneConnector_1 --set personal_allowed=wipe,sync",
        2,
        &[
            "personal_allowed",
            "sync is never refused",
            "wipe, locate, resetPasscode, freshStart",
        ],
    ),
    (
        "instances set IntuneConnector_1 --set tenant_id=contoso.example",
        2,
        &[
            "tenant_id",
            "the tenant of an instance cannot be changed",
            "add another instance",
        ],
    ),
    (
        "instances set IntuneConnector_1 --set secret_file=data/secret.key",
        2,
        &["secret_file", "is the key of the bus", "the secret itself"],
    ),
    (
        "instances set IntuneConnector_9 --set page_size=10",
        5,
        &["IntuneConnector_9", "does not exist"],
    ),
    (
        "instances add --tenant contoso.example --client 00000000-0000-4000-8000-00000000000a",
        2,
        &["credential", "secret_file, pfx_file"],
    ),
    (
        "instances clone IntuneConnector_9",
        5,
        &["IntuneConnector_9", "does not exist"],
    ),
    (
        "instances reconfigure IntuneConnector_9 --set page_size=3",
        5,
        &["IntuneConnector_9", "does not exist"],
    ),
    // Another word for `set`.
    (
        "instances change IntuneConnector_9 --set page_size=3",
        5,
        &["IntuneConnector_9", "does not exist"],
    ),
    (
        "instances reauthenticate IntuneConnector_9 --set secret_file=pw",
        5,
        &["IntuneConnector_9", "does not exist"],
    ),
    (
        "instances reauthenticate IntuneConnector_1 --set secret_file=absent",
        2,
        &["secret", "absent", "check the path"],
    ),
    (
        "instances disable IntuneConnector_9",
        5,
        &["IntuneConnector_9", "does not exist"],
    ),
    (
        "instances enable IntuneConnector_9",
        5,
        &["IntuneConnector_9", "does not exist"],
    ),
    (
        "instances remove IntuneConnector_1",
        5,
        &["30 devices are affected", "--yes-i-mean 30"],
    ),
    (
        "instances remove IntuneConnector_1 --yes-i-mean 3",
        5,
        &["30 devices are affected", "--yes-i-mean 30"],
    ),
    (
        "instances uninstall IntuneConnector_1",
        5,
        &["30 devices are affected", "--yes-i-mean 30"],
    ),
    (
        "instances uninstall IntuneConnector_9",
        5,
        &["IntuneConnector_9", "does not exist"],
    ),
    ("products show nothing", 5, &["product nothing", "does not exist"]),
    ("products add absent.zip", 2, &["absent.zip", "check the path"]),
    ("products add notes.txt", 2, &["not a plain zip", "products pack"]),
    ("products update nothing", 5, &["product nothing", "products list"]),
    ("products remove nothing", 5, &["product nothing", "does not exist"]),
    (
        "products remove intune-connector",
        5,
        &["IntuneConnector_1", "--with-instances"],
    ),
    ("products trust notes.txt", 2, &["Ed25519", "products keygen"]),
    ("products trust absent", 2, &["absent", "check the path"]),
    ("products distrust 00", 5, &["key 00", "products trusted"]),
    (
        "products register nothing --out new",
        5,
        &["product nothing", "does not exist"],
    ),
    (
        "products register --set verbs=explode --out new",
        2,
        &["verbs", r#""explode""#, "remoteLock"],
    ),
    (
        "products register --instance IntuneConnector_9 --out new",
        5,
        &["IntuneConnector_9", "does not exist"],
    ),
    (
        "products check-registration 5d4b1f4e-3a52-4a4b-9c8e-2f1f7c2f0d11",
        5,
        &["registration 5d4b1f4e", "does not exist", "older than 30 days"],
    ),
    (
        "products check-registration 5d4b1f4e-3a52-4a4b-9c8e-2f1f7c2f0d11 --instance IntuneConnector_9",
        5,
        &["IntuneConnector_9", "does not exist"],
    ),
    ("workflows show Nothing_1", 5, &["workflow Nothing_1", "does not exist"]),
    ("workflows show ''", 2, &["the workflow is empty"]),
    ("workflows text Nothing_1", 5, &["workflow Nothing_1", "does not exist"]),
    ("workflows runs 99", 5, &["run 99", "does not exist"]),
    ("workflows runs Nothing_1", 5, &["workflow Nothing_1", "does not exist"]),
    (
        "workflows start Nothing_1",
        5,
        &["workflow Nothing_1", "does not exist"],
    ),
    (
        "workflows start StaleDevices_1 --set days",
        2,
        &[r#""days""#, "NAME=VALUE"],
    ),
    (
        "workflows start StaleDevices_1 --set colour=red",
        2,
        &["colour", "silentFor, filter, file"],
    ),
    (
        "workflows start StaleDevices_1 --set silentFor=soon",
        2,
        &["silentFor", "a duration", "such as 60d"],
    ),
    (
        "workflows dry-run StaleDevices_1 --hash 00",
        5,
        &["StaleDevices_1", "hash"],
    ),
    ("workflows cancel 99", 5, &["run 99", "does not exist"]),
    ("workflows cancel x", 2, &["x", "--help"]),
    (
        "workflows enable Nothing_1",
        5,
        &["workflow Nothing_1", "does not exist"],
    ),
    (
        "workflows enable StaleDevices_1 --hash 00",
        5,
        &["hash", "workflows show StaleDevices_1"],
    ),
    (
        "workflows disable Nothing_1",
        5,
        &["workflow Nothing_1", "does not exist"],
    ),
    ("install nothing", 5, &["product nothing", "does not exist"]),
    ("install --set tenantid=x", 2, &["tenantid", "did you mean tenant_id"]),
    (
        "install --set tenant_id=x",
        2,
        &["tenant_id", r#""x""#, "contoso.onmicrosoft.com"],
    ),
    ("install --set secret=hunter2", 2, &["secret", "secret_file = PATH"]),
    ("install --answers absent.ini", 2, &["absent.ini", "check the path"]),
    ("install --answers folder", 1, &["folder"]),
    // Standard input has nothing.
    ("install --answers -", 1, &["tenant_id", "answer is required"]),
    (
        "install --answers own.ini",
        2,
        &["own.ini:1", "page_size", "--print-answers"],
    ),
    ("install --set nonsense", 2, &["no =", "--set NAME=VALUE"]),
    (
        "install intune-target-postgresql --set host=postgresql://intune:hunter2@db.example/assets --set database=assets --set user=intune --set password_file=pw",
        1,
        &["host", "…@db.example", "the name of the machine alone"],
    ),
    (
        "install intune-target-netbox --set url=https://netbox.example --set token_file=pw --set writing_fields=yes --set id_field=Intune-ID",
        1,
        &["id_field", "the name of a custom field", "intune_id"],
    ),
    (
        "install intune-target-snipe-it --set url=https://127.0.0.1:1 --set token_file=pw --set allow_private_addresses=yes",
        1,
        &["cannot reach", "correct the address", "then try again"],
    ),
    (
        "instances set IntuneConnector_1 incremental=2m",
        2,
        &["'--set incremental=2m'"],
    ),
    (
        "instances uninstall IntuneWorkflowEngine_1",
        5,
        &["is a part of IntuneConnector_1"],
    ),
    (
        "run --quiet --listen 127.0.0.1:0",
        75,
        &["already", "leave that one running"],
    ),
    (
        r#"instances set IntuneConnector_1 --set 'class_x=phone: model == "x"'"#,
        2,
        &["class_x", "a number from 1 to 99", "such as class_1"],
    ),
    (
        r#"instances set IntuneConnector_1 --set 'class_N=phone: model == "x"'"#,
        2,
        &["class_N", "a number from 1 to 99", "such as class_1"],
    ),
    (
        "instances set IntuneConnector_1 --set 'servers=cmdb; itam'",
        2,
        &["servers", "a semicolon", "write a comma between them"],
    ),
];
