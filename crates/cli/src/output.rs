//! What the program says, on standard output and error, in one place.
//!
//! Whoever reads has seen enough (`tradewind … | head`): that is no failure. What is said afterwards goes nowhere, and
//! the command ends as it would have; one that writes without end stops by [`seen_enough`]. Output that cannot be
//! written for another reason (a full disk) is kept and fails the command at its end, see [`finish`].
//!
//! `print!`, `println!`, `eprint!` and `eprintln!` of this crate are these, not the standard library's, which panic.

use std::fmt::Arguments;
use std::io::{self, ErrorKind, Write};
use std::sync::{Mutex, PoisonError};

use crate::failure::Failure;

/// What first went wrong with standard output.
static FAULT: Mutex<Option<io::Error>> = Mutex::new(None);

macro_rules! print {
    ($($text:tt)*) => { $crate::output::say(format_args!($($text)*)) };
}

macro_rules! println {
    () => { $crate::output::say(format_args!("\n")) };
    ($($text:tt)*) => { $crate::output::say_line(format_args!($($text)*)) };
}

macro_rules! eprint {
    ($($text:tt)*) => { $crate::output::complain(format_args!($($text)*)) };
}

macro_rules! eprintln {
    () => { $crate::output::complain(format_args!("\n")) };
    ($($text:tt)*) => { $crate::output::complain_line(format_args!($($text)*)) };
}

pub(crate) fn say(text: Arguments<'_>) {
    keep(io::stdout().write_fmt(text));
}

pub(crate) fn say_line(text: Arguments<'_>) {
    let mut output = io::stdout().lock();
    keep(output.write_fmt(text).and_then(|()| output.write_all(b"\n")));
}

/// Nobody can be told that standard error is gone.
pub(crate) fn complain(text: Arguments<'_>) {
    let _ = io::stderr().write_fmt(text);
}

pub(crate) fn complain_line(text: Arguments<'_>) {
    let mut output = io::stderr().lock();
    let _ = output.write_fmt(text).and_then(|()| output.write_all(b"\n"));
}

fn keep(written: io::Result<()>) {
    if let Err(error) = written
        && error.kind() != ErrorKind::BrokenPipe
    {
        FAULT
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get_or_insert(error);
    }
}

/// The end of a command that writes by itself: that nobody reads any more is no failure.
pub(crate) fn seen_enough(written: io::Result<()>) -> Result<(), Failure> {
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}

/// The end of the program: what was said is out, or why it is not.
pub(crate) fn finish() -> Result<(), Failure> {
    keep(io::stdout().flush());
    let fault = FAULT.lock().unwrap_or_else(PoisonError::into_inner).take();
    fault.map_or(Ok(()), |error| {
        Err(Failure::failed(format!("the output cannot be written: {error}")))
    })
}
