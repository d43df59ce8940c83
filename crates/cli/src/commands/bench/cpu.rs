//! Processor time of this process, for figures that are about one core on a machine that others use too.

/// Seconds of processor time used so far, all threads together; 0 where the system does not tell.
#[allow(
    unsafe_code,
    reason = "clock_gettime has no safe face in the standard library"
)]
pub(super) fn cpu_seconds() -> f64 {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `time` is a valid place to write one timespec to, and lives longer than the call.
    let code = unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
    if code == 0 {
        time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
    } else {
        0.0
    }
}
