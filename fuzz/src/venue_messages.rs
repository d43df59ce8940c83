//! Every market-data codec on any bytes: no panic.

use tradewind_codecs::file::{FileDecoder, Venue};
use tradewind_types::UnixNanos;

/// Each line is a message, to each venue's decoder.
pub fn run(bytes: &[u8]) {
    for venue in [Venue::Coinbase, Venue::Kraken] {
        let mut decoder = FileDecoder::new(venue).expect("a decoder");
        for message in bytes.split(|b| *b == b'\n') {
            decoder.message(message, UnixNanos(0), &mut |_| {}, &mut |_| {});
        }
    }
}

/// One message of each kind, written after the venues' documentation.
pub fn seeds() -> Vec<Vec<u8>> {
    [
        r#"{"channel":"l2_data","client_id":"","timestamp":"2024-01-02T10:00:00.1Z","sequence_num":0,"events":[{"type":"snapshot","product_id":"BTC-USD","updates":[{"side":"bid","event_time":"2024-01-02T10:00:00Z","price_level":"40000.1","new_quantity":"0.5"},{"side":"offer","event_time":"2024-01-02T10:00:00Z","price_level":"40000.2","new_quantity":"0.25"}]}]}
{"channel":"l2_data","client_id":"","timestamp":"2024-01-02T10:00:00.2Z","sequence_num":1,"events":[{"type":"update","product_id":"BTC-USD","updates":[{"side":"bid","event_time":"2024-01-02T10:00:00Z","price_level":"40000.1","new_quantity":"0"}]}]}"#,
        r#"{"type":"snapshot","product_id":"BTC-USD","bids":[["40000.1","1"]],"asks":[["40000.2","2"]]}
{"type":"l2update","product_id":"BTC-USD","changes":[["buy","40000.1","0"]],"time":"2024-01-02T10:00:00.1Z"}
{"type":"match","trade_id":1,"maker_order_id":"a","taker_order_id":"b","side":"sell","size":"0.1","price":"40000.1","product_id":"BTC-USD","sequence":7,"time":"2024-01-02T10:00:00.1Z"}"#,
        r#"{"channel":"book","type":"snapshot","data":[{"symbol":"BTC/USD","bids":[{"price":40000.1,"qty":1.5}],"asks":[{"price":40000.2,"qty":0.5}],"checksum":1234567}]}
{"channel":"trade","type":"update","data":[{"symbol":"BTC/USD","side":"buy","price":40000.2,"qty":0.1,"ord_type":"limit","trade_id":5,"timestamp":"2024-01-02T10:00:00.1Z"}]}"#,
        r#"[1,{"as":[["40000.20000","0.5","1704186900.1"]],"bs":[["40000.10000","1.5","1704186900.1"]]},"book-10","XBT/USD"]
[1,{"a":[["40000.20000","0.0","1704186900.2"]],"c":"974947235"},"book-10","XBT/USD"]"#,
    ]
    .map(|text| text.as_bytes().to_vec())
    .into()
}
