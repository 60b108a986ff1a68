//! E6: a backup is the answer to whoever asks. What is kept of it is whole, its owner's alone, and never over a file.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;

use intune_connector::observe::Clock;
use intune_connector::store::{Store, check_backup};
use openssl::sha::sha256;
use reqwest::Method;

use super::{House, ask};

#[tokio::test(flavor = "multi_thread")]
async fn e6_a_backup_is_streamed_with_its_length_and_digest_and_opens() {
    let house = House::new();
    let bus = house.start();
    let bk = house.account("bk", "Bus_Backup");
    let answer = ask(&bus, &bk, Method::POST, "/sics/v1/backup").send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "application/vnd.sqlite3");
    let (length, digest) = (header("content-length"), header("repr-digest"));
    let bytes = answer.bytes().await.unwrap();
    assert_eq!(length, bytes.len().to_string());
    use base64::Engine;
    let own = base64::engine::general_purpose::STANDARD.encode(sha256(&bytes));
    assert_eq!(digest, format!("sha-256=:{own}:"));
    let file = house.user.path("copy.db");
    std::fs::write(&file, &bytes).unwrap();
    check_backup(&file).unwrap();
    // Nothing of it stays in the data folder, and the right is asked for.
    let left = std::fs::read_dir(house.path(""))
        .unwrap()
        .map(|entry| entry.unwrap().file_name());
    let left: Vec<String> = left.map(|name| name.into_string().unwrap()).collect();
    assert!(!left.iter().any(|name| name.contains("streamed")), "{left:?}");
    let other = house.account("other", "Devices_Read");
    let refused = ask(&bus, &other, Method::POST, "/sics/v1/backup").send().await.unwrap();
    assert_eq!(refused.status(), 403);
    let trail = house.says("audit --limit 1000").good();
    assert!(trail.contains("backup.taken"), "{trail}");
    assert_eq!(bus.stop(), 0);
}

#[test]
fn e6_the_command_writes_the_file_for_its_owner_alone_and_never_over_one() {
    let house = House::new();
    let bus = house.start();
    let file = house.user.path("monday.db");
    house.says(&format!("backup {}", file.display())).good();
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let before = std::fs::read(&file).unwrap();
    let again = house.says(&format!("backup {}", file.display()));
    assert!(again.code == 2 && again.err.contains("already exists"), "{again:?}");
    assert_eq!(std::fs::read(&file).unwrap(), before);
    let nowhere = house.says(&format!("backup {}", house.user.path("none/x.db").display()));
    assert!(
        nowhere.code != 0 && nowhere.err.contains("none does not exist"),
        "{nowhere:?}"
    );
    assert_eq!(bus.stop(), 0);
    // Where no bus runs the folder itself is opened.
    let tuesday = house.user.path("tuesday.db");
    house.says(&format!("backup {}", tuesday.display())).good();
    house.says(&format!("restore {}", tuesday.display())).good();
}

/// Between the command and the bus: hands on what comes, and does something to the answer from this byte on.
fn between(bus: &str, from: usize, spoils: bool) -> (String, std::thread::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let bus = bus.trim_start_matches("http://").to_owned();
    let served = std::thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        let mut server = TcpStream::connect(bus).unwrap();
        let (mut asked, mut asks) = (client.try_clone().unwrap(), server.try_clone().unwrap());
        let up = std::thread::spawn(move || {
            let _ = std::io::copy(&mut asked, &mut asks);
        });
        let (mut passed, mut buffer) = (0, [0; 4096]);
        loop {
            let read = server.read(&mut buffer).unwrap_or(0);
            let at = from.saturating_sub(passed);
            passed += read;
            if read == 0 || (!spoils && passed > from) {
                break;
            }
            if spoils && at < read && passed - read <= from {
                buffer[at] ^= 0xff;
            }
            if client.write_all(&buffer[..read]).is_err() {
                break;
            }
        }
        let _ = (client.shutdown(Shutdown::Both), server.shutdown(Shutdown::Both));
        up.join().unwrap();
    });
    (format!("http://{address}"), served)
}

#[test]
fn e6_a_transfer_that_broke_off_or_was_changed_leaves_nothing_that_looks_like_a_backup() {
    let house = House::new();
    let bus = house.start();
    let word = house.user.file("word", "correct horse battery");
    house
        .says(&format!(
            "operators add anna --kind server --rights Bus_Backup --new-password-file {word}"
        ))
        .good();
    for (from, spoils, why) in [(60_000, false, "the backup is damaged"), (60_000, true, "SHA-256")] {
        let (url, served) = between(&bus.url, from, spoils);
        let kept = house.user.path("kept");
        std::fs::create_dir_all(&kept).unwrap();
        let file = kept.join("x.db");
        let line = format!(
            "backup {} --url {url} --user anna --password-file {word}",
            file.display()
        );
        let said = house.user.says(&line);
        assert!(
            said.code == 1 && said.err.contains(why) && said.err.contains("discarded"),
            "{said:?}"
        );
        assert_eq!(std::fs::read_dir(&kept).unwrap().count(), 0, "spoils: {spoils}");
        served.join().unwrap();
    }
    assert_eq!(bus.stop(), 0);
}

#[tokio::test]
async fn e6_a_copy_that_was_broken_off_is_swept_at_the_next_start_and_nothing_else_is() {
    let folder = tempfile::tempdir().unwrap();
    drop(Store::open(folder.path(), Clock::system(), [0; 32]).unwrap());
    let left = folder
        .path()
        .join(format!("bus.db.streamed.{}.part", uuid::Uuid::new_v4()));
    let others = ["bus.db.streamed.mine.part", "bus.db.streamed", "notes.part"].map(|name| folder.path().join(name));
    for file in others.iter().chain([&left]) {
        std::fs::write(file, "x").unwrap();
    }
    let store = Store::open(folder.path(), Clock::system(), [0; 32]).unwrap();
    assert!(!left.exists());
    assert!(others.iter().all(|file| file.exists()));
    // Of one moment, while others write; memory is that of a buffer.
    let copy = store.create_backup_copy().await.unwrap();
    assert_eq!(copy.file.metadata().unwrap().len(), copy.bytes);
}
