//! Bad input: typed, counted, kept raw; the link stays up and the next message is processed.

use futures_util::SinkExt;
use rstest::rstest;
use rust_decimal::Decimal;
use tokio::io::AsyncWriteExt;
use tokio_tungstenite::tungstenite::Message;
use tradewind_venues::connection::*;
use tradewind_venues::diagnostics::RingLimits;

use super::support::*;

#[rstest]
#[case::malformed_json(r#"{"type":"trade","price""#, BadKind::Malformed)]
#[case::not_json_at_all("hello", BadKind::Malformed)]
#[case::missing_field(r#"{"type":"trade","size":"1"}"#, BadKind::MissingField)]
#[case::null_field(r#"{"type":"trade","price":null,"size":"1"}"#, BadKind::NullField)]
#[case::wrong_type(r#"{"type":"trade","price":[1],"size":"1"}"#, BadKind::WrongType)]
#[case::not_a_number(r#"{"type":"trade","price":"cheap","size":"1"}"#, BadKind::WrongType)]
#[case::nan(r#"{"type":"trade","price":"NaN","size":"1"}"#, BadKind::NotFinite)]
#[case::infinity(r#"{"type":"trade","price":"1","size":"Infinity"}"#, BadKind::NotFinite)]
#[case::zero_price(r#"{"type":"trade","price":"0","size":"1"}"#, BadKind::NotPositive)]
#[case::negative_price(r#"{"type":"trade","price":"-1","size":"1"}"#, BadKind::NotPositive)]
#[case::zero_size(r#"{"type":"trade","price":"1","size":"0.0"}"#, BadKind::NotPositive)]
#[case::negative_size(r#"{"type":"trade","price":"1","size":"-2"}"#, BadKind::NotPositive)]
#[case::unknown_message(r#"{"type":"dance"}"#, BadKind::UnknownMessage)]
#[tokio::test(start_paused = true)]
async fn bad_input_is_typed_counted_and_kept_and_the_next_message_is_processed(
    #[case] raw: &str,
    #[case] kind: BadKind,
) {
    let mut venue = memory(|_| {});
    let mut socket = venue.connected().await;
    say(&mut socket, raw).await;
    say(&mut socket, trade("42")).await;
    let (session, event) = venue.fixture.event().await;
    assert_eq!(session, SessionId(1), "the link stayed up");
    assert!(matches!(event, Event::Trade { price, .. } if price == 42.into()));
    let snapshot = venue.fixture.monitor().diagnostics().snapshot();
    assert_eq!(snapshot.counts.bad, 1);
    assert_eq!(snapshot.bad_by_kind, [(kind, 1)]);
    assert_eq!(snapshot.bad_messages[0].raw, raw.as_bytes());
    assert_eq!(snapshot.bad_messages[0].kind, kind);
}

#[tokio::test(start_paused = true)]
async fn one_bad_item_does_not_cost_the_good_ones_of_its_message() {
    let mut venue = memory(|_| {});
    let mut socket = venue.connected().await;
    let items = r#"{"price":"1","size":"1"},{"price":"0","size":"1"},{"price":"3","size":"1"}"#;
    say(&mut socket, format!(r#"{{"type":"trades","items":[{items}]}}"#)).await;
    for expected in [1, 3] {
        let event = venue.fixture.event().await.1;
        assert!(
            matches!(event, Event::Trade { price, .. } if price == Decimal::from(expected)),
            "{event:?}"
        );
    }
    assert_eq!(
        venue.fixture.monitor().diagnostics().snapshot().bad_by_kind,
        [(BadKind::NotPositive, 1)]
    );
}

#[tokio::test(start_paused = true)]
async fn a_message_that_turns_out_bad_delivers_nothing_but_may_ask_for_a_snapshot() {
    let mut venue = memory(|_| {});
    let mut socket = venue.connected().await;
    say(&mut socket, r#"{"type":"half"}"#).await;
    say(&mut socket, "+next").await;
    assert_eq!(venue.fixture.event().await.1, Event::Text("next".into()));
    assert_eq!(text(&mut socket).await, "unsubscribe a");
    assert_eq!(text(&mut socket).await, "subscribe a");
}

#[tokio::test(start_paused = true)]
async fn the_ring_of_bad_messages_is_bounded_in_number_and_bytes() {
    let limits = RingLimits {
        records_max: 5,
        record_bytes_max: 16,
        total_bytes_max: 64,
    };
    let mut venue = memory(|s| s.bad_messages = limits);
    let mut socket = venue.connected().await;
    for n in 0..50 {
        say(&mut socket, format!("bad message number {n} with a long tail")).await;
    }
    say(&mut socket, "+end").await;
    venue.fixture.event().await;
    let snapshot = venue.fixture.monitor().diagnostics().snapshot();
    assert_eq!(snapshot.counts.bad, 50);
    assert_eq!(snapshot.bad_messages.len(), 4, "four times 16 bytes are 64");
    assert!(
        snapshot
            .bad_messages
            .iter()
            .all(|m| m.raw.len() == 16 && m.size_bytes > 16)
    );
    assert!(
        snapshot.bad_messages[3].detail.contains("expected"),
        "the decoder's words are kept"
    );
}

#[tokio::test(start_paused = true)]
async fn binary_messages_are_read_like_text() {
    let mut venue = memory(|_| {});
    let mut socket = venue.connected().await;
    socket
        .send(Message::Binary(trade("7").into_bytes().into()))
        .await
        .unwrap();
    assert!(matches!(venue.fixture.event().await.1, Event::Trade { price, .. } if price == 7.into()));
}

#[tokio::test(start_paused = true)]
async fn text_that_is_not_utf8_is_typed_and_costs_the_session_as_the_standard_demands() {
    let mut venue = memory(|_| {});
    let mut first = venue.connected().await;
    // A text frame of two bytes that are no UTF-8.
    first
        .get_mut()
        .write_all(&[0x81, 0x02, 0xC3, 0x28])
        .await
        .unwrap();
    assert!(matches!(
        venue.fixture.end().await,
        DisconnectReason::Protocol { .. }
    ));
    let mut second = venue.accept().await;
    say(&mut second, "+after").await;
    assert_eq!(
        venue.fixture.event().await,
        (SessionId(2), Event::Text("after".into()))
    );
    assert_eq!(
        venue.fixture.monitor().diagnostics().snapshot().bad_by_kind,
        [(BadKind::NotUtf8, 1)]
    );
}

#[rstest]
#[case::eighteen_decimals("0.123456789012345678")]
#[case::big_and_small("1234567890.123456789012345678")]
#[tokio::test(start_paused = true)]
async fn eighteen_decimals_survive_the_way_to_the_consumer(#[case] price: &str) {
    let mut venue = memory(|_| {});
    let mut socket = venue.connected().await;
    say(&mut socket, trade(price)).await;
    let Event::Trade { price: got, .. } = venue.fixture.event().await.1 else {
        panic!("a trade")
    };
    assert_eq!(got.to_string(), price);
}

#[tokio::test(start_paused = true)]
async fn scientific_notation_is_read() {
    let mut venue = memory(|_| {});
    let mut socket = venue.connected().await;
    say(&mut socket, trade("1.5e-7")).await;
    let Event::Trade { price, .. } = venue.fixture.event().await.1 else {
        panic!("a trade")
    };
    assert_eq!(price, Decimal::new(15, 8));
}
