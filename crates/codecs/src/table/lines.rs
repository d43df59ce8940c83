//! Lines of a delimited text through a fixed buffer, and the cells of a line: memory does not grow with the text.

use std::io::{self, Read};
use std::ops::Range;

/// Bytes read at once; also the longest line.
pub const LINE_BYTES_MAX: usize = 1 << 18;

/// Why there is no next line.
#[derive(Debug)]
pub enum LineError {
    /// The source failed.
    Read(io::Error),
    /// The line with this number, counted from 1, is longer than [`LINE_BYTES_MAX`].
    TooLong(u64),
}

impl std::fmt::Display for LineError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            LineError::Read(error) => error.fmt(f),
            LineError::TooLong(_) => write!(f, "the line is longer than {LINE_BYTES_MAX} bytes"),
        }
    }
}

/// Cuts a source of bytes into lines.
pub struct Lines<R> {
    input: R,
    buffer: Vec<u8>,
    /// Unread bytes of the buffer.
    unread: Range<usize>,
    ended: bool,
    number: u64,
    taken: u64,
}

impl<R: Read> Lines<R> {
    /// Nothing is read yet.
    pub fn new(input: R) -> Self {
        Self {
            input,
            buffer: vec![0; LINE_BYTES_MAX],
            unread: 0..0,
            ended: false,
            number: 0,
            taken: 0,
        }
    }

    /// Number of the last line, counted from 1.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Bytes of the lines so far.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.taken
    }

    /// The next line without its end (`\n` or `\r\n`), as a range for [`Lines::text`]; `None` at the end.
    ///
    /// # Errors
    /// When the source fails, or a line is too long; [`Lines::skip_line`] passes over it then.
    #[inline]
    pub fn next_line(&mut self) -> Result<Option<Range<usize>>, LineError> {
        loop {
            let unread = &self.buffer[self.unread.clone()];
            let from = self.unread.start;
            let (end, next) = match memchr::memchr(b'\n', unread) {
                Some(at) => (from + at, from + at + 1),
                None if !self.ended => {
                    self.refill()?;
                    continue;
                }
                None if unread.is_empty() => return Ok(None),
                None => (self.unread.end, self.unread.end),
            };
            self.number += 1;
            self.taken += (next - from) as u64;
            self.unread.start = next;
            let end = if end > from && self.buffer[end - 1] == b'\r' {
                end - 1
            } else {
                end
            };
            return Ok(Some(from..end));
        }
    }

    /// The bytes of a line; valid until the next one is asked for.
    #[inline]
    #[must_use]
    pub fn text(&self, line: Range<usize>) -> &[u8] {
        &self.buffer[line]
    }

    /// Passes over the rest of a line that was too long.
    ///
    /// # Errors
    /// When the source fails.
    pub fn skip_line(&mut self) -> io::Result<()> {
        self.number += 1;
        loop {
            let from = self.unread.start;
            if let Some(at) = memchr::memchr(b'\n', &self.buffer[self.unread.clone()]) {
                self.unread.start = from + at + 1;
                self.taken += (at + 1) as u64;
                return Ok(());
            }
            self.taken += self.unread.len() as u64;
            self.unread = 0..self.input.read(&mut self.buffer)?;
            if self.unread.is_empty() {
                self.ended = true;
                return Ok(());
            }
        }
    }

    fn refill(&mut self) -> Result<(), LineError> {
        self.buffer.copy_within(self.unread.clone(), 0);
        self.unread = 0..self.unread.len();
        if self.unread.end == self.buffer.len() {
            return Err(LineError::TooLong(self.number + 1));
        }
        let free = &mut self.buffer[self.unread.end..];
        let read = self.input.read(free).map_err(LineError::Read)?;
        self.unread.end += read;
        self.ended = read == 0;
        Ok(())
    }
}

/// The first cell and what follows the mark after it. Quoted cells come without their quotes.
#[inline]
#[must_use]
pub fn cut(cells: &[u8], mark: u8) -> (&[u8], Option<&[u8]>) {
    if let Some(quoted) = cells.strip_prefix(b"\"") {
        let end = quoted.iter().position(|b| *b == b'"').unwrap_or(quoted.len());
        let after = quoted.get(end + 1..).unwrap_or_default();
        return (&quoted[..end], after.strip_prefix(&[mark]));
    }
    match cells.iter().position(|b| *b == mark) {
        Some(at) => (&cells[..at], Some(&cells[at + 1..])),
        None => (cells, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &[u8]) -> Vec<String> {
        let mut lines = Lines::new(text);
        let mut found = Vec::new();
        while let Some(line) = lines.next_line().expect("short lines") {
            found.push(String::from_utf8_lossy(lines.text(line)).into_owned());
        }
        assert_eq!(lines.bytes(), text.len() as u64);
        found
    }

    #[test]
    fn lines_end_with_either_mark_and_the_last_needs_none() {
        assert_eq!(all(b"a\r\n\nbc"), ["a", "", "bc"]);
        assert!(all(b"").is_empty());
    }

    #[test]
    fn a_line_that_is_too_long_can_be_passed_over() {
        let mut text = b"a\n".to_vec();
        text.extend(std::iter::repeat_n(b'x', 3 * LINE_BYTES_MAX));
        text.extend(b"\nb\n");
        let mut lines = Lines::new(text.as_slice());
        assert!(lines.next_line().expect("a").is_some());
        assert!(matches!(lines.next_line(), Err(LineError::TooLong(2))));
        lines.skip_line().expect("memory");
        let line = lines.next_line().expect("b").expect("a line");
        assert_eq!((lines.text(line), lines.number()), (&b"b"[..], 3));
        assert_eq!(lines.bytes(), text.len() as u64);
    }

    #[test]
    fn cells_are_cut_at_the_mark_and_quotes_fall() {
        assert_eq!(cut(b"a,b", b','), (&b"a"[..], Some(&b"b"[..])));
        assert_eq!(cut(b"\"a,b\",c", b','), (&b"a,b"[..], Some(&b"c"[..])));
        assert_eq!(cut(b"a;b", b';'), (&b"a"[..], Some(&b"b"[..])));
        assert_eq!(cut(b"\"a", b','), (&b"a"[..], None));
    }
}
