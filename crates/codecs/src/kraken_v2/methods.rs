//! Answers of Kraken's second protocol: to subscriptions, to pings, and to what only accounts may ask.

use crate::decoded::{Core, Decoded, ignored};
use crate::error::{DecodeError, cut};
use crate::json::Object;
use crate::kraken_book::KrakenBooks;

pub(super) fn answer(
    core: &mut Core,
    books: &mut KrakenBooks,
    message: &Object<'_>,
    out: &mut Vec<Decoded>,
) -> Result<(), DecodeError> {
    let request_id = message
        .optional("req_id")
        .map(|_| message.integer("req_id"))
        .transpose()?;
    let method = message.text_or_none("method")?.unwrap_or_default();
    if message.has("params") {
        out.push(ignored("a request to the venue"));
        return Ok(());
    }
    if !matches!(
        method.as_ref(),
        "" | "subscribe" | "unsubscribe" | "ping" | "pong"
    ) {
        out.push(ignored(format!(
            "the answer to `{}` is an account's, not market data",
            cut(&method)
        )));
        return Ok(());
    }
    if let Some(error) = message.text_or_none("error")? {
        out.push(Decoded::VenueError {
            message: error.into_owned(),
            request_id,
        });
        return Ok(());
    }
    let mut detail = String::new();
    if message.has("result") {
        let result = Object::read(message.get("result")?, "result")?;
        let channel = result.text("channel")?;
        let symbol = result.text_or_none("symbol")?.unwrap_or_default();
        detail = format!("{channel} {symbol}").trim_end().to_owned();
        if channel == "book" && method == "subscribe" && result.has("depth") {
            let depth = usize::try_from(result.integer("depth")?).unwrap_or(usize::MAX);
            let slot = core.symbols.resolve(&symbol)?;
            books.tell_depth(slot, depth);
        }
    } else if !matches!(method.as_ref(), "ping" | "pong") {
        let detail = "an answer without `result` or `error`".to_owned();
        return Err(DecodeError::Shape { detail });
    }
    out.push(Decoded::Ack {
        method: method.into_owned(),
        detail,
        request_id,
    });
    Ok(())
}
