//! Backtests through their public face: reckoned by hand, against another library, and what is refused.

mod by_hand;
mod case;
mod cheating;
mod depth;
mod models;
mod refused;
mod truth;
mod variants;
