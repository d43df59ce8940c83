//! The token buckets, over time that is paused.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::Instant;
use tradewind_venues::rate_limit::{Call, EndpointClass, Priority, Quota, RateLimitError, RateLimiter};

use super::support::venue;

const ORDERS: EndpointClass = EndpointClass::Orders;
const FOREVER: Duration = Duration::MAX;

fn limiter(quota: Quota) -> Arc<RateLimiter> {
    Arc::new(RateLimiter::new(venue(), [(ORDERS, quota)]))
}

fn order() -> Call<'static> {
    Call::of(ORDERS)
}

fn cancel() -> Call<'static> {
    Call {
        priority: Priority::Cancel,
        ..order()
    }
}

fn tokens(limiter: &RateLimiter) -> u32 {
    limiter.snapshot()[0].tokens
}

#[tokio::test(start_paused = true)]
async fn a_bucket_gives_its_burst_at_once_and_then_its_rate() {
    let limiter = limiter(Quota::new(10, Duration::from_secs(1)));
    let started = Instant::now();
    for _ in 0..10 {
        limiter.acquire(&order(), FOREVER).await.unwrap();
    }
    assert_eq!(started.elapsed(), Duration::ZERO);
    for _ in 0..20 {
        limiter.acquire(&order(), FOREVER).await.unwrap();
    }
    assert_eq!(started.elapsed().as_millis() / 10, 200);
}

#[tokio::test(start_paused = true)]
async fn cancels_find_the_tokens_that_are_reserved_for_them() {
    let limiter = limiter(Quota::new(10, Duration::from_secs(10)).reserving_for_cancels(3));
    for _ in 0..7 {
        limiter.try_acquire(&order()).unwrap();
    }
    assert!(
        limiter.try_acquire(&order()).is_err(),
        "the last three are not for orders"
    );
    for _ in 0..3 {
        limiter.try_acquire(&cancel()).unwrap();
    }
    assert!(limiter.try_acquire(&cancel()).is_err());
}

#[tokio::test(start_paused = true)]
async fn cancels_overtake_everything_that_waits() {
    let limiter = limiter(Quota::new(1, Duration::from_secs(1)));
    limiter.try_acquire(&order()).unwrap();
    let served = Arc::new(Mutex::new(Vec::new()));
    let mut tasks = Vec::new();
    for (name, call) in [
        ("o1", order()),
        ("o2", order()),
        ("c1", cancel()),
        ("o3", order()),
        ("c2", cancel()),
    ] {
        let (limiter, served) = (Arc::clone(&limiter), Arc::clone(&served));
        tasks.push(tokio::spawn(async move {
            limiter.acquire(&call, FOREVER).await.unwrap();
            served.lock().unwrap().push(name);
        }));
        tokio::task::yield_now().await;
    }
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(*served.lock().unwrap(), ["c1", "c2", "o1", "o2", "o3"]);
}

#[tokio::test(start_paused = true)]
async fn accounts_are_counted_apart_where_the_venue_counts_so() {
    let limiter = limiter(Quota::new(1, Duration::from_secs(1)).per_account());
    let of = |account| Call {
        account: Some(account),
        ..order()
    };
    limiter.try_acquire(&of("a")).unwrap();
    limiter.try_acquire(&of("b")).unwrap();
    assert!(limiter.try_acquire(&of("a")).is_err());
    let shared = Arc::new(RateLimiter::new(
        venue(),
        [(ORDERS, Quota::new(1, Duration::from_secs(1)))],
    ));
    shared.try_acquire(&of("a")).unwrap();
    assert!(shared.try_acquire(&of("b")).is_err(), "one bucket for the venue");
}

#[tokio::test(start_paused = true)]
async fn classes_are_counted_apart_and_one_without_quota_is_free() {
    let limiter = limiter(Quota::new(1, Duration::from_secs(1)));
    limiter.try_acquire(&order()).unwrap();
    for _ in 0..1_000 {
        limiter.try_acquire(&Call::of(EndpointClass::MarketData)).unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn retry_after_closes_the_bucket_until_then() {
    let limiter = limiter(Quota::new(10, Duration::from_secs(1)));
    limiter.retry_after(ORDERS, None, Duration::from_secs(20));
    let started = Instant::now();
    limiter.acquire(&order(), FOREVER).await.unwrap();
    assert_eq!(started.elapsed().as_secs(), 20);
}

#[tokio::test(start_paused = true)]
async fn the_venues_own_count_lowers_the_bucket_but_never_raises_it() {
    let limiter = limiter(Quota::new(100, Duration::from_secs(60)));
    limiter.observe_used(ORDERS, None, 90);
    assert_eq!(tokens(&limiter), 10);
    limiter.observe_remaining(ORDERS, None, 4);
    assert_eq!(tokens(&limiter), 4);
    limiter.observe_used(ORDERS, None, 1);
    assert_eq!(
        tokens(&limiter),
        4,
        "an old answer that comes late gives nothing back"
    );
    limiter.observe_used(ORDERS, None, 5_000);
    assert_eq!(tokens(&limiter), 0);
}

#[tokio::test(start_paused = true)]
async fn heavy_calls_cost_their_weight_and_the_impossible_is_refused() {
    let limiter = limiter(Quota::new(10, Duration::from_secs(10)).reserving_for_cancels(2));
    limiter.try_acquire(&Call { weight: 6, ..order() }).unwrap();
    assert_eq!(tokens(&limiter), 4);
    let refused = limiter.acquire(&Call { weight: 9, ..order() }, FOREVER).await;
    assert!(
        matches!(
            refused,
            Err(RateLimitError::TooHeavy {
                weight: 9,
                limit: 8,
                ..
            })
        ),
        "{refused:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_wait_longer_than_allowed_is_refused_at_once() {
    let limiter = limiter(Quota::new(1, Duration::from_secs(60)));
    limiter.try_acquire(&order()).unwrap();
    let started = Instant::now();
    let refused = limiter.acquire(&order(), Duration::from_secs(30)).await;
    assert!(matches!(refused, Err(RateLimitError::TooLong { retry_in, .. }) if retry_in.as_secs() == 60));
    assert_eq!(started.elapsed(), Duration::ZERO);
    assert_eq!(
        limiter.snapshot()[0].waiting,
        0,
        "who is refused leaves the queue"
    );
}

#[tokio::test(start_paused = true)]
async fn the_queue_is_bounded_but_a_cancel_always_finds_a_place() {
    let limiter = limiter(Quota::new(1, Duration::from_secs(1)));
    limiter.try_acquire(&order()).unwrap();
    let (order, cancel) = (order(), cancel());
    let mut waiting: Vec<_> = (0..1_000)
        .map(|_| Box::pin(limiter.acquire(&order, FOREVER)))
        .collect();
    for one in &mut waiting {
        assert!(futures_util::poll!(one).is_pending());
    }
    let refused = limiter.acquire(&order, FOREVER).await;
    assert!(matches!(
        refused,
        Err(RateLimitError::TooManyWaiting { waiting: 1_000, .. })
    ));
    limiter.acquire(&cancel, FOREVER).await.unwrap();
    drop(waiting);
    assert_eq!(limiter.snapshot()[0].waiting, 0);
}
