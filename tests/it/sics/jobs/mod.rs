//! Jobs over real HTTP, with a simulated tenant behind them. The clocks are moved by hand and the rounds of the instance
//! are run by hand, so nothing waits for time to pass.

mod decided;
mod history;
mod lists;
pub mod office;
mod places;
mod power;
mod results;
mod sent;
mod wrong;
