//! Frames of a client, byte by byte into messages.
//!
//! | what is wrong | code |
//! | --- | --- |
//! | reserved bits, unknown opcode, no mask, length not in its fewest bytes or with its highest bit set, control frame in parts or over 125 bytes, part without a beginning, message begun within another, close code that may not be sent or of one byte | 1002 |
//! | text, or the reason of a close, that is no UTF-8 | 1007 |
//! | a message in more than [`PARTS_MAX`] parts | 1008 |
//! | a message that is, or announces itself as, longer than the limit | 1009 |
//!
//! Each is told at the first byte that shows it: a forbidden length before its payload has come, a wrong byte of text
//! in the middle of a frame. After a violation nothing more is read.

use super::code;
use super::encode::Kind;

/// Parts in which a message may come. They are not counted as messages, so that they need a limit of their own.
pub(crate) const PARTS_MAX: u32 = 1_024;
/// Longest payload of a control frame (RFC 6455, 5.5).
const CONTROL_MAX: usize = 125;
/// Longest head: two bytes, a length of eight, a mask of four.
const HEAD_MAX: usize = 14;

/// Something whole that a client said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Heard {
    Text(String),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong,
    /// With its code, when it has one.
    Close(Option<u16>),
}

/// How the protocol was broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Violation {
    pub(crate) code: u16,
    pub(crate) reason: &'static str,
}

const fn broken(reason: &'static str) -> Violation {
    Violation {
        code: code::PROTOCOL,
        reason,
    }
}

const NOT_UTF8: Violation = Violation {
    code: code::NOT_UTF8,
    reason: "text that is no UTF-8",
};
const TOO_LONG: Violation = Violation {
    code: code::TOO_LONG,
    reason: "message too long",
};
const TOO_MANY_PARTS: Violation = Violation {
    code: code::POLICY,
    reason: "message in too many parts",
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Opcode {
    Continuation,
    Data(Kind),
    Close,
    Ping,
    Pong,
}

/// The frame whose payload is coming.
#[derive(Debug, Clone, Copy)]
struct Frame {
    opcode: Opcode,
    last: bool,
    mask: [u8; 4],
    /// Bytes of payload that have come; the mask turns with them.
    come: usize,
    length: usize,
}

/// Reads the frames of one client.
#[derive(Debug)]
pub(crate) struct Decoder {
    message_max: usize,
    head: [u8; HEAD_MAX],
    head_bytes: u8,
    frame: Option<Frame>,
    /// The message that is coming, in its parts so far.
    kind: Option<Kind>,
    parts: u32,
    message: Vec<u8>,
    /// Bytes of the message that are known to be UTF-8.
    checked: usize,
    control: Vec<u8>,
}

impl Decoder {
    /// A decoder that takes messages of so many bytes.
    pub(crate) fn new(message_max: usize) -> Self {
        Self {
            message_max,
            head: [0; HEAD_MAX],
            head_bytes: 0,
            frame: None,
            kind: None,
            parts: 0,
            message: Vec::new(),
            checked: 0,
            control: Vec::new(),
        }
    }

    /// Takes bytes off the front of `input` until something is whole, or none are left.
    ///
    /// # Errors
    /// A [`Violation`]; the connection is to be failed.
    pub(crate) fn next(&mut self, input: &mut &[u8]) -> Result<Option<Heard>, Violation> {
        loop {
            let frame = match self.frame {
                Some(frame) => frame,
                None => match self.head(input)? {
                    Some(frame) => frame,
                    None => return Ok(None),
                },
            };
            let (frame, here) = self.payload(frame, input)?;
            if frame.come < frame.length {
                self.frame = Some(frame);
                debug_assert!(input.is_empty(), "{here} bytes did not fill the frame");
                return Ok(None);
            }
            self.frame = None;
            if let Some(heard) = self.whole(frame)? {
                return Ok(Some(heard));
            }
        }
    }

    /// Gathers the head of a frame and checks each byte as it comes.
    fn head(&mut self, input: &mut &[u8]) -> Result<Option<Frame>, Violation> {
        while let Some((byte, rest)) = input.split_first() {
            *input = rest;
            let at = usize::from(self.head_bytes);
            self.head[at] = *byte;
            self.head_bytes += 1;
            match at {
                0 => self.check_first(*byte)?,
                1 => check_second(self.head[0], *byte)?,
                _ => {}
            }
            if at == 0 {
                continue;
            }
            let of_length = match self.head[1] & 0x7f {
                126 => 2,
                127 => 8,
                _ => 0,
            };
            if at + 1 == 2 + of_length {
                self.check_length()?;
            }
            if at + 1 == 2 + of_length + 4 {
                self.head_bytes = 0;
                return self.begin(at - 3).map(Some);
            }
        }
        Ok(None)
    }

    fn check_first(&self, byte: u8) -> Result<(), Violation> {
        if byte & 0x70 != 0 {
            return Err(broken("reserved bits are set"));
        }
        let last = byte & 0x80 != 0;
        match opcode(byte).ok_or(broken("unknown opcode"))? {
            Opcode::Continuation if self.kind.is_none() => Err(broken("a part without a beginning")),
            Opcode::Data(_) if self.kind.is_some() => Err(broken("a message begun within another")),
            Opcode::Close | Opcode::Ping | Opcode::Pong if !last => Err(broken("a control frame in parts")),
            _ => Ok(()),
        }
    }

    /// The length that the head tells of. Only to be asked once its bytes are there.
    fn length(&self) -> u64 {
        let h = &self.head;
        match h[1] & 0x7f {
            126 => u64::from(u16::from_be_bytes([h[2], h[3]])),
            127 => u64::from_be_bytes([h[2], h[3], h[4], h[5], h[6], h[7], h[8], h[9]]),
            short => u64::from(short),
        }
    }

    fn check_length(&self) -> Result<(), Violation> {
        let length = self.length();
        if length >> 63 != 0 {
            return Err(broken("a length with its highest bit set"));
        }
        let fewest = match self.head[1] & 0x7f {
            126 => 126,
            127 => 65_536,
            _ => 0,
        };
        if length < fewest {
            return Err(broken("a length in more bytes than it needs"));
        }
        let control = self.head[0] & 0x08 != 0;
        let room = self.message_max.saturating_sub(self.message.len()) as u64;
        if !control && length > room {
            return Err(TOO_LONG);
        }
        Ok(())
    }

    /// A frame whose head is whole; its mask is at `mask_at`.
    fn begin(&mut self, mask_at: usize) -> Result<Frame, Violation> {
        let mut mask = [0; 4];
        mask.copy_from_slice(&self.head[mask_at..mask_at + 4]);
        let frame = Frame {
            opcode: opcode(self.head[0]).ok_or(broken("unknown opcode"))?,
            last: self.head[0] & 0x80 != 0,
            mask,
            come: 0,
            length: usize::try_from(self.length()).map_err(|_| TOO_LONG)?,
        };
        match frame.opcode {
            Opcode::Data(kind) => (self.kind, self.parts) = (Some(kind), 1),
            Opcode::Continuation => self.parts += 1,
            Opcode::Close | Opcode::Ping | Opcode::Pong => {}
        }
        if self.parts > PARTS_MAX {
            return Err(TOO_MANY_PARTS);
        }
        Ok(frame)
    }

    /// Takes what there is of a frame's payload.
    fn payload(&mut self, mut frame: Frame, input: &mut &[u8]) -> Result<(Frame, usize), Violation> {
        let here = input.len().min(frame.length - frame.come);
        let (masked, rest) = input.split_at(here);
        *input = rest;
        let data = matches!(frame.opcode, Opcode::Data(_) | Opcode::Continuation);
        let into = if data {
            &mut self.message
        } else {
            &mut self.control
        };
        into.reserve(here);
        let come = frame.come;
        into.extend(
            masked
                .iter()
                .enumerate()
                .map(|(n, b)| b ^ frame.mask[(come + n) % 4]),
        );
        frame.come += here;
        if data && self.kind == Some(Kind::Text) {
            self.check_text()?;
        }
        Ok((frame, here))
    }

    /// Checks the text so far; a character that is not whole yet may still become one.
    fn check_text(&mut self) -> Result<(), Violation> {
        match std::str::from_utf8(&self.message[self.checked..]) {
            Ok(_) => self.checked = self.message.len(),
            Err(error) if error.error_len().is_none() => self.checked += error.valid_up_to(),
            Err(_) => return Err(NOT_UTF8),
        }
        Ok(())
    }

    /// What a frame completes.
    fn whole(&mut self, frame: Frame) -> Result<Option<Heard>, Violation> {
        let heard = match frame.opcode {
            Opcode::Ping => Heard::Ping(std::mem::take(&mut self.control)),
            Opcode::Pong => {
                self.control = Vec::new();
                Heard::Pong
            }
            Opcode::Close => Heard::Close(closed(&std::mem::take(&mut self.control))?),
            Opcode::Data(_) | Opcode::Continuation if !frame.last => return Ok(None),
            Opcode::Data(_) | Opcode::Continuation => {
                let message = std::mem::take(&mut self.message);
                (self.parts, self.checked) = (0, 0);
                match self.kind.take() {
                    Some(Kind::Text) => Heard::Text(String::from_utf8(message).map_err(|_| NOT_UTF8)?),
                    _ => Heard::Binary(message),
                }
            }
        };
        Ok(Some(heard))
    }
}

fn check_second(first: u8, second: u8) -> Result<(), Violation> {
    if second & 0x80 == 0 {
        return Err(broken("a frame without a mask"));
    }
    if first & 0x08 != 0 && usize::from(second & 0x7f) > CONTROL_MAX {
        return Err(broken("a control frame of more than 125 bytes"));
    }
    Ok(())
}

const fn opcode(first: u8) -> Option<Opcode> {
    Some(match first & 0x0f {
        0x0 => Opcode::Continuation,
        0x1 => Opcode::Data(Kind::Text),
        0x2 => Opcode::Data(Kind::Binary),
        0x8 => Opcode::Close,
        0x9 => Opcode::Ping,
        0xa => Opcode::Pong,
        _ => return None,
    })
}

/// The code of a close frame's payload.
fn closed(payload: &[u8]) -> Result<Option<u16>, Violation> {
    let (high, low, reason) = match payload {
        [] => return Ok(None),
        [_] => return Err(broken("a close code of one byte")),
        [high, low, reason @ ..] => (*high, *low, reason),
    };
    let code = u16::from_be_bytes([high, low]);
    if !may_be_sent(code) {
        return Err(broken("a close code that may not be sent"));
    }
    std::str::from_utf8(reason).map_err(|_| NOT_UTF8)?;
    Ok(Some(code))
}

/// Whether a close frame may carry this code: those of RFC 6455, 7.4.1, but for the three that stand for the lack of
/// one, those registered with IANA since (1012–1014), and what libraries and applications define (3000–4999).
const fn may_be_sent(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}
