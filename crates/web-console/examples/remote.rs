//! The console of a bus elsewhere: `cargo run -p web-console --example remote -- http://127.0.0.1:3900 127.0.0.1:3901`.
//! For working on pages without building the bus.

use std::net::SocketAddr;

use sics_client::{ClientAuth, PlainHttp, SicsClient};
use url::Url;
use web_console::{ApiClients, Console, ConsoleSettings, Visitor, build_router};

struct RemoteClients(SicsClient);

impl ApiClients for RemoteClients {
    fn open_client(&self, auth: ClientAuth, _visitor: &Visitor) -> SicsClient {
        self.0.with_auth(auth)
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let bus: Url = arguments.next().ok_or("the address of the bus")?.parse()?;
    let listen: SocketAddr = arguments.next().ok_or("the address to listen on")?.parse()?;
    let client = SicsClient::new(&bus, ClientAuth::Nobody, None, PlainHttp::Refused)?;
    let settings = ConsoleSettings {
        base_path: String::new(),
        secure: false,
        cookie_suffix: listen.port().to_string(),
    };
    let console = Console::new(RemoteClients(client), settings);
    let listener = tokio::net::TcpListener::bind(listen).await?;
    println!("http://{listen}");
    let service = build_router(&console).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).await?;
    Ok(())
}
