//! What the program asks of the operating system before it does anything: its memory is written to no file.
//!
//! A core dump would hold passwords in flight, session tokens and the root keys.

use rustix::process::{Resource, Rlimit, setrlimit};

/// No core dumps, and no other process of the same person may look into the memory.
///
/// # Errors
/// When the system refuses; the program then does not go on.
pub(crate) fn no_core_dumps() -> std::io::Result<()> {
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    setrlimit(Resource::Core, none)?;
    // The limit says nothing where dumps go to a program (`core_pattern` with a pipe); this flag holds there too.
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)?;
    Ok(())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_zero_and_the_flag_is_off() {
        no_core_dumps().expect("allowed");
        let limits = std::fs::read_to_string("/proc/self/limits").expect("readable");
        let core = limits.lines().find(|line| line.starts_with("Max core file size"));
        let words: Vec<&str> = core.expect("listed").split_whitespace().collect();
        assert_eq!(words[4..6], ["0", "0"], "{words:?}");
        let flag = rustix::process::dumpable_behavior().expect("readable");
        assert_eq!(flag, rustix::process::DumpableBehavior::NotDumpable);
    }
}
