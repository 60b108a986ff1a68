//! Notices to people: each kind over each channel, to a real mail server and a receiver of webhooks; what is refused; what
//! happens where the bus is killed.

mod channels;
mod each_kind;
mod heartbeat;
mod kills;
mod office;
mod restored;
