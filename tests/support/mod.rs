//! What tests share.

pub mod accounts;
pub mod attack;
pub mod browser;
pub mod canary;
pub mod folder;
pub mod hang_up;
pub mod machine_clock;
pub mod nobody;
pub mod order_acts;
pub mod order_bodies;
pub mod order_tenant;
pub mod orders;
pub mod program;
pub mod rig;
pub mod scripted;
pub mod shelf;
pub mod skips;
pub mod totp;
pub mod view;
pub mod wait;
pub mod webhook_receiver;
pub mod workshop;
