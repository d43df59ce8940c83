//! Frames of the server: never masked, never in parts.

/// Longest head of a frame of ours: two bytes and a length of eight.
const HEAD_MAX: usize = 10;

const FINAL: u8 = 0x80;
const PONG: u8 = 0x8a;
const CLOSE: u8 = 0x88;

/// A ping without payload.
pub(crate) const PING: &[u8] = &[0x89, 0x00];

/// What a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text = 1,
    Binary = 2,
}

/// The bytes of one frame. The payload is written first, behind room for the head, so that nothing is moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Encoded {
    bytes: Box<[u8]>,
    begins: u8,
    head: u8,
}

impl Encoded {
    /// Begins a frame: the payload is to be appended.
    pub(crate) fn begin(payload_bytes: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEAD_MAX + payload_bytes);
        bytes.extend_from_slice(&[0; HEAD_MAX]);
        bytes
    }

    /// Ends a frame that [`Encoded::begin`] began.
    pub(crate) fn end(mut bytes: Vec<u8>, kind: Kind) -> Self {
        let length = bytes.len().saturating_sub(HEAD_MAX);
        let (head, written) = head(FINAL | kind as u8, length);
        let begins = HEAD_MAX - written;
        bytes[begins..HEAD_MAX].copy_from_slice(&head[..written]);
        Self {
            bytes: bytes.into_boxed_slice(),
            // Both are at most ten.
            begins: begins as u8,
            head: written as u8,
        }
    }

    /// What goes over the wire.
    pub(crate) fn wire(&self) -> &[u8] {
        &self.bytes[usize::from(self.begins)..]
    }

    /// The message within.
    pub(crate) fn payload(&self) -> &[u8] {
        &self.bytes[usize::from(self.begins + self.head)..]
    }
}

fn head(first: u8, length: usize) -> ([u8; HEAD_MAX], usize) {
    let mut head = [0; HEAD_MAX];
    head[0] = first;
    if let Ok(short @ 0..=125) = u8::try_from(length) {
        head[1] = short;
        (head, 2)
    } else if let Ok(middle) = u16::try_from(length) {
        head[1] = 126;
        head[2..4].copy_from_slice(&middle.to_be_bytes());
        (head, 4)
    } else {
        head[1] = 127;
        head[2..].copy_from_slice(&(length as u64).to_be_bytes());
        (head, HEAD_MAX)
    }
}

/// The answer to a ping, with its payload of at most 125 bytes.
pub(crate) fn pong(payload: &[u8]) -> Box<[u8]> {
    control(PONG, payload)
}

/// A close frame; without a code it has no payload.
pub(crate) fn close(code: Option<u16>, reason: &str) -> Box<[u8]> {
    let mut payload = Vec::with_capacity(2 + reason.len());
    if let Some(code) = code {
        payload.extend_from_slice(&code.to_be_bytes());
        payload.extend_from_slice(reason.as_bytes());
    }
    control(CLOSE, &payload)
}

fn control(first: u8, payload: &[u8]) -> Box<[u8]> {
    debug_assert!(payload.len() <= 125, "a control frame is short");
    let (head, written) = head(first, payload.len());
    [&head[..written], payload].concat().into_boxed_slice()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(length: usize) -> Encoded {
        let mut bytes = Encoded::begin(length);
        bytes.resize(bytes.len() + length, b'x');
        Encoded::end(bytes, Kind::Text)
    }

    #[test]
    fn lengths_take_the_fewest_bytes() {
        for (length, head) in [
            (0, vec![0x81, 0]),
            (125, vec![0x81, 125]),
            (126, vec![0x81, 126, 0, 126]),
            (65_535, vec![0x81, 126, 0xff, 0xff]),
            (65_536, vec![0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
        ] {
            let frame = text(length);
            assert_eq!(&frame.wire()[..head.len()], head, "{length}");
            assert_eq!(frame.wire().len(), head.len() + length);
            assert_eq!(frame.payload().len(), length);
            assert!(frame.payload().iter().all(|b| *b == b'x'));
        }
    }

    #[test]
    fn control_frames_are_as_the_standard_shows_them() {
        assert_eq!(&*pong(b"Hello"), b"\x8a\x05Hello");
        assert_eq!(&*close(None, "unsaid"), b"\x88\x00");
        assert_eq!(&*close(Some(1000), "bye"), b"\x88\x05\x03\xe8bye");
    }
}
