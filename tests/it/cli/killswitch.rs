//! The kill switch from the command line while strangers drive out connections.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::program::{Bus, User};

/// A door before the bus that closes so many connections unanswered, and leads all later ones to it.
struct LossyDoor {
    url: String,
    closed: Arc<AtomicUsize>,
}

impl LossyDoor {
    fn before(bus: &Bus, closes: usize) -> LossyDoor {
        let target: SocketAddr = bus.url.trim_start_matches("http://").parse().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let closed = Arc::<AtomicUsize>::default();
        let count = closed.clone();
        std::thread::spawn(move || {
            for caller in listener.incoming().map_while(Result::ok) {
                if count.load(Ordering::SeqCst) < closes {
                    count.fetch_add(1, Ordering::SeqCst);
                    continue;
                }
                let server = TcpStream::connect(target).unwrap();
                pass_on(caller.try_clone().unwrap(), server.try_clone().unwrap());
                pass_on(server, caller);
            }
        });
        LossyDoor { url, closed }
    }
}

fn pass_on(mut from: TcpStream, mut to: TcpStream) {
    std::thread::spawn(move || {
        let mut buffer = [0; 8_192];
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            if to.write_all(&buffer[..count]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Write);
    });
}

#[test]
fn e8_switching_on_is_sent_again_where_its_connection_is_driven_out() {
    let user = User::new();
    std::fs::create_dir(user.path("data")).unwrap();
    let password = user.file("password", "correct horse battery\n");
    let added = format!("operators add anna --rights KillSwitch_* --new-password-file {password} --data data");
    user.says(&added).good();
    let bus = Bus::start(&user, &user.path("data"));
    let door = LossyDoor::before(&bus, 4);
    let signed_in = format!("--url {} --user anna --password-file {password}", door.url);
    let said = user.says(&format!("killswitch on --reason flood {signed_in}"));
    assert!(
        said.code == 0 && said.out.contains("the kill switch is ON for all tenants, by anna"),
        "{said:?}"
    );
    assert!(said.err.contains("sending the request again"), "{said:?}");
    assert_eq!(door.closed.load(Ordering::SeqCst), 4);

    // Somebody who is refused is told so at once.
    let wrong = user.file("wrong", "another password\n");
    let said = user.says(&format!(
        "killswitch on --reason flood --url {} --user anna --password-file {wrong}",
        bus.url
    ));
    assert!(said.code != 0 && !said.err.contains("again"), "{said:?}");
}
