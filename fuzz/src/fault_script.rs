//! Fault scripts of the simulator on any text: no panic.

/// Reads the bytes as a fault script.
pub fn run(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = tradewind_simulator::FaultScript::parse(text);
    }
}

/// The shape of a script.
pub fn seeds() -> Vec<Vec<u8>> {
    [b"seed = 1\n[[fault]]\nkind = \"drop\"\nat = \"5s\"\nfor = \"2s\"\n".to_vec()].into()
}
