//! Connections to venues: sockets, REST, breakers, rate limits, and the feeds on top of them.
//!
//! The way of data: a [`connection::Dialer`] opens a byte stream, a [`connection::Connection`] speaks
//! WebSocket over it and keeps it alive, a venue's [`connection::Protocol`] turns messages into events, and
//! the consumer reads [`connection::Delivery`] values from a bounded queue. [`http::RestClient`] asks the
//! same venue over REST behind a [`breaker::CircuitBreaker`] and the venue's [`rate_limit::RateLimiter`].
//! [`diagnostics`] counts and remembers what went wrong.
//!
//! What is absent: no venue's format is known to `connection` or `http`, nothing here decides about orders,
//! and nothing reads the wall clock except through a [`clock::Clock`].

pub mod breaker;
pub mod clock;
pub mod connection;
pub mod diagnostics;
pub mod feeds;
pub mod http;
pub mod rate_limit;
