//! Venues on loopback: a seeded exchange that speaks real venue protocols, with faults by script.
