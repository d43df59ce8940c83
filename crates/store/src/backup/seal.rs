//! A stream in sealed pieces.
//!
//! ```text
//! "TWBACKUP1\n"  prefix of the nonces (16 bytes)  then pieces: length (u32, big endian) + that many bytes
//! ```
//! The nonce of a piece is the prefix, its number (7 bytes) and whether it is the last (1 byte), after the STREAM construction
//! (Hoang, Reyhanitabar, Rogaway, Vizár, "Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance", 2015).

use std::io::{self, Read, Write};

use chacha20poly1305::aead::{Aead as _, KeyInit as _};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};

use super::BackupKey;

const MAGIC: &[u8; 10] = b"TWBACKUP1\n";
/// Plain bytes of a piece.
const PIECE: usize = 64 * 1024;
/// Bytes that sealing adds.
const TAG: usize = 16;

struct Nonces {
    prefix: [u8; 16],
    next: u64,
}

impl Nonces {
    fn take(&mut self, last: bool) -> io::Result<XNonce> {
        let number = self.next.to_be_bytes();
        if number[0] != 0 {
            return Err(io::Error::other("a backup has at most 2^56 pieces"));
        }
        self.next += 1;
        let mut nonce = [0; 24];
        nonce[..16].copy_from_slice(&self.prefix);
        nonce[16..23].copy_from_slice(&number[1..]);
        nonce[23] = u8::from(last);
        Ok(XNonce::from(nonce))
    }
}

fn cipher(key: &BackupKey) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&Key::from(*key.bytes()))
}

/// Seals what is written to it.
pub(super) struct Sealer<W: Write> {
    to: W,
    cipher: XChaCha20Poly1305,
    nonces: Nonces,
    plain: Vec<u8>,
}

impl<W: Write> Sealer<W> {
    pub(super) fn new(mut to: W, key: &BackupKey) -> io::Result<Self> {
        let mut prefix = [0; 16];
        #[allow(clippy::disallowed_methods, reason = "the nonces of a backup")]
        getrandom::fill(&mut prefix).map_err(|e| io::Error::other(e.to_string()))?;
        to.write_all(MAGIC)?;
        to.write_all(&prefix)?;
        Ok(Self {
            to,
            cipher: cipher(key),
            nonces: Nonces { prefix, next: 0 },
            plain: Vec::with_capacity(PIECE),
        })
    }

    fn seal(&mut self, last: bool) -> io::Result<()> {
        let nonce = self.nonces.take(last)?;
        let sealed = self.cipher.encrypt(&nonce, self.plain.as_slice());
        let sealed = sealed.map_err(|_| io::Error::other("a piece could not be sealed"))?;
        let length = u32::try_from(sealed.len()).map_err(io::Error::other)?;
        self.to.write_all(&length.to_be_bytes())?;
        self.to.write_all(&sealed)?;
        self.plain.clear();
        Ok(())
    }

    /// Writes the last piece.
    pub(super) fn finish(mut self) -> io::Result<W> {
        self.seal(true)?;
        self.to.flush()?;
        Ok(self.to)
    }
}

impl<W: Write> Write for Sealer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.plain.len() == PIECE {
            self.seal(false)?;
        }
        let taken = bytes.len().min(PIECE - self.plain.len());
        self.plain.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        // A piece is sealed when it is full or the last.
        Ok(())
    }
}

/// Opens what was sealed; an error where it was changed, cut off, or sealed with another key.
pub(super) struct Opener<R: Read> {
    from: R,
    cipher: XChaCha20Poly1305,
    nonces: Nonces,
    plain: Vec<u8>,
    at: usize,
    ended: bool,
}

fn broken(text: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, text)
}

impl<R: Read> Opener<R> {
    pub(super) fn new(mut from: R, key: &BackupKey) -> io::Result<Self> {
        let mut magic = [0; MAGIC.len()];
        let mut prefix = [0; 16];
        let header = from
            .read_exact(&mut magic)
            .and_then(|()| from.read_exact(&mut prefix));
        if header.is_err() || magic != *MAGIC {
            return Err(broken("this is no backup of Tradewind"));
        }
        Ok(Self {
            from,
            cipher: cipher(key),
            nonces: Nonces { prefix, next: 0 },
            plain: Vec::new(),
            at: 0,
            ended: false,
        })
    }

    fn next_piece(&mut self) -> io::Result<()> {
        let mut length = [0; 4];
        self.from
            .read_exact(&mut length)
            .map_err(|_| broken("it ends before its last piece"))?;
        let length = u32::from_be_bytes(length) as usize;
        if !(TAG..=PIECE + TAG).contains(&length) {
            return Err(broken("a piece has an impossible length"));
        }
        let mut sealed = vec![0; length];
        self.from
            .read_exact(&mut sealed)
            .map_err(|_| broken("it ends within a piece"))?;
        let number = self.nonces.next;
        let mut open = |last: bool| {
            self.nonces.next = number;
            let nonce = self.nonces.take(last)?;
            self.cipher
                .decrypt(&nonce, sealed.as_slice())
                .map_err(|_| broken("a piece was changed, or the key is another one"))
        };
        // Only a piece that is not full can be told to be the last by its length; a full one is tried as both.
        let opened = match open(false) {
            Ok(plain) => plain,
            Err(_) => {
                let plain = open(true)?;
                self.ended = true;
                plain
            }
        };
        if self.ended && self.from.read(&mut [0])? != 0 {
            return Err(broken("something stands behind its last piece"));
        }
        self.plain = opened;
        self.at = 0;
        Ok(())
    }
}

impl<R: Read> Read for Opener<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.at == self.plain.len() {
            if self.ended {
                return Ok(0);
            }
            self.next_piece()?;
        }
        let taken = into.len().min(self.plain.len() - self.at);
        into[..taken].copy_from_slice(&self.plain[self.at..self.at + taken]);
        self.at += taken;
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(plain: &[u8], key: &BackupKey) -> Vec<u8> {
        let mut sealer = Sealer::new(Vec::new(), key).expect("begun");
        sealer.write_all(plain).expect("written");
        sealer.finish().expect("finished")
    }

    fn opened(bytes: &[u8], key: &BackupKey) -> io::Result<Vec<u8>> {
        let mut plain = Vec::new();
        Opener::new(bytes, key)?.read_to_end(&mut plain)?;
        Ok(plain)
    }

    #[test]
    fn what_is_sealed_is_opened_whatever_its_length() {
        let key = BackupKey::from_bytes([1; 32]);
        for length in [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE] {
            let plain: Vec<u8> = (0..length).map(|i| (i % 251) as u8).collect();
            assert_eq!(
                opened(&sealed(&plain, &key), &key).expect("opened"),
                plain,
                "{length}"
            );
        }
    }

    #[test]
    fn every_changed_byte_every_cut_and_another_key_are_noticed() {
        let key = BackupKey::from_bytes([1; 32]);
        let bytes = sealed(b"what nobody else may read or change", &key);
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert!(opened(&changed, &key).is_err(), "byte {at} was changed unnoticed");
            assert!(
                opened(&bytes[..at], &key).is_err(),
                "a cut at {at} was not noticed"
            );
        }
        assert!(
            opened(&[&bytes[..], b"x"].concat(), &key).is_err(),
            "more was not noticed"
        );
        assert!(
            opened(&bytes, &BackupKey::from_bytes([2; 32])).is_err(),
            "another key opened it"
        );
    }

    #[test]
    fn pieces_that_are_swapped_or_left_out_are_noticed() {
        let key = BackupKey::from_bytes([1; 32]);
        let bytes = sealed(&vec![7; 3 * PIECE], &key);
        let (head, piece) = (MAGIC.len() + 16, PIECE + TAG + 4);
        let part = |n: usize| &bytes[head + n * piece..head + (n + 1) * piece];
        let joined = |order: &[usize]| {
            let pieces: Vec<u8> = order.iter().flat_map(|n| part(*n).to_vec()).collect();
            [&bytes[..head], &pieces].concat()
        };
        assert!(opened(&joined(&[0, 1, 2]), &key).is_ok());
        for order in [&[1, 0, 2][..], &[0, 2], &[0, 1], &[0, 1, 1, 2]] {
            assert!(opened(&joined(order), &key).is_err(), "{order:?}");
        }
    }
}
