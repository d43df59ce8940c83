//! What a script may use. Each limit is an error of its own kind when it is reached.

/// Longest script, in bytes.
pub const TEXT_BYTES_MAX: usize = 64 * 1024;
/// Most operations of one call of a handler.
pub const OPERATIONS_MAX: u64 = 20_000;
/// Deepest nesting of calls.
pub const CALL_LEVELS_MAX: usize = 16;
/// Deepest nesting of expressions.
pub const EXPRESSION_DEPTH_MAX: usize = 48;
/// Most variables in scope.
pub const VARIABLES_MAX: usize = 128;
/// Most functions.
pub const FUNCTIONS_MAX: usize = 128;
/// Longest string, in bytes.
pub const STRING_BYTES_MAX: usize = 2_048;
/// Largest array, those inside it included.
pub const ARRAY_MAX: usize = 512;
/// Largest map, those inside it included.
pub const MAP_MAX: usize = 256;
/// Most values in the state, at any depth.
pub const STATE_VALUES_MAX: usize = 4_096;
/// Most bytes of text in the state.
pub const STATE_BYTES_MAX: usize = 64 * 1024;
/// Most intents of one call.
pub const INTENTS_MAX: usize = 64;
/// Most indicators.
pub const INDICATORS_MAX: usize = 64;
/// Most instruments.
pub const SLOTS_MAX: usize = 64;
/// Furthest that a window reaches back.
pub const WINDOW_MAX: usize = 5_000;
/// Most bars of warm-up.
pub const WARM_UP_MAX: usize = 100_000;
/// Longest reason, in characters; the rest is cut.
pub const REASON_CHARS_MAX: usize = 240;
