//! The server's side of the WebSocket protocol, version 13 (RFC 6455).
//!
//! [`upgrade`] checks the request that opens a socket, [`decode`] turns bytes into messages as they come, [`encode`]
//! makes frames, [`socket`] joins both to a connection. Written for the hub, which has needs that a general library
//! does not know: a socket that waits keeps no buffer, a frame is made once and its bytes are shared by all sockets,
//! what gathered for a socket goes out in one write, and every violation is answered with its close code, at the first
//! byte that shows it.
//!
//! What is absent: extensions (none is ever agreed to; what is compressed would be compressed once per socket), the
//! client's side, and knowledge of what messages mean.

pub(crate) mod decode;
pub(crate) mod encode;
pub(crate) mod socket;
pub(crate) mod upgrade;

/// Close codes of RFC 6455, 7.4.1, that this side sends.
pub(crate) mod code {
    /// All is done.
    pub(crate) const NORMAL: u16 = 1000;
    /// The peer broke the protocol.
    pub(crate) const PROTOCOL: u16 = 1002;
    /// Text that is no UTF-8.
    pub(crate) const NOT_UTF8: u16 = 1007;
    /// Against a rule of ours.
    pub(crate) const POLICY: u16 = 1008;
    /// Longer than this side takes.
    pub(crate) const TOO_LONG: u16 = 1009;
}
