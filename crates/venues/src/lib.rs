//! Connections to venues: sockets, REST, breakers, rate limits, feeds, replay.
