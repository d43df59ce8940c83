//! A writer dies at 200 seeded points of an import, a compaction and a tail flush: what is read then is the old or the
//! new, nothing that was acknowledged is lost, and a second run completes.

use std::fmt;
use std::io::Write as _;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, TryStreamExt as _};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use tradewind_store::catalog::import::ImportOptions;
use tradewind_store::catalog::{Catalog, Files, Tail};
use tradewind_store::{Db, DbConfig, migrate};
use tradewind_types::UnixNanos;
use tradewind_types::random::SplitMix64;

use super::rows::{MINUTE, START, bars, plain, read, series, write};

/// Points of each scenario at which the writer dies.
const POINTS: u64 = 200;

/// What happens at the point of death.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Death {
    /// The operation is not done, and neither is anything after it.
    Before,
    /// The operation is done, but nobody hears of it.
    After,
    /// The process ends at once, as by SIGKILL.
    Abort,
}

/// A store that dies after so many operations.
#[derive(Debug)]
pub(crate) struct Mortal {
    inner: Arc<dyn ObjectStore>,
    left: Arc<AtomicI64>,
    death: Death,
}

impl Mortal {
    pub(crate) fn new(inner: Arc<dyn ObjectStore>, operations: i64, death: Death) -> Self {
        Self {
            inner,
            left: Arc::new(AtomicI64::new(operations)),
            death,
        }
    }

    fn counter(&self) -> Arc<AtomicI64> {
        Arc::clone(&self.left)
    }

    /// Whether the operation is done, and whether it is heard of.
    fn gate(&self) -> (bool, bool) {
        match self.left.fetch_sub(1, Ordering::SeqCst) {
            1 if self.death == Death::Abort => std::process::abort(),
            1 => (self.death == Death::After, false),
            n => (n > 1, n > 1),
        }
    }

    async fn at<T>(&self, operation: impl Future<Output = Result<T>>) -> Result<T> {
        let (done, heard) = self.gate();
        let result = if done { Some(operation.await) } else { None };
        match result {
            Some(result) if heard => result,
            _ => Err(dead()),
        }
    }
}

fn dead() -> object_store::Error {
    object_store::Error::Generic {
        store: "mortal",
        source: "the writer is dead".into(),
    }
}

impl fmt::Display for Mortal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "mortal {}", self.inner)
    }
}

#[async_trait]
impl ObjectStore for Mortal {
    async fn put_opts(&self, location: &Path, payload: PutPayload, opts: PutOptions) -> Result<PutResult> {
        self.at(self.inner.put_opts(location, payload, opts)).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        opts: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.at(self.inner.put_multipart_opts(location, opts)).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.at(self.inner.get_opts(location, options)).await
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.at(self.inner.get_ranges(location, ranges)).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let (done, heard) = self.gate();
        if !done {
            return futures_util::stream::once(async { Err(dead()) }).boxed();
        }
        let deleted = self.inner.delete_stream(locations);
        if heard {
            deleted
        } else {
            deleted.and_then(|_| async { Err(dead()) }).boxed()
        }
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        match self.gate() {
            (true, true) => self.inner.list(prefix),
            _ => futures_util::stream::once(async { Err(dead()) }).boxed(),
        }
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.at(self.inner.list_with_delimiter(prefix)).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.at(self.inner.copy_opts(from, to, options)).await
    }
}

/// What is there before: three hours around the end of a month.
pub(crate) fn before() -> Vec<(i64, i64)> {
    (0..180).map(|minute| (minute, 1_000 + minute)).collect()
}

/// What is imported: corrections of every seventh bar and two more months' worth of hours.
pub(crate) fn more() -> Vec<(i64, i64)> {
    let corrected = (0..180).step_by(7).map(|minute| (minute, 5_000 + minute));
    let later = (180..400)
        .chain(45_000..45_100)
        .chain(90_000..90_050)
        .map(|minute| (minute, 1_000 + minute % 977));
    corrected.chain(later).collect()
}

pub(crate) fn csv(folder: &std::path::Path, bars: &[(i64, i64)]) -> PathBuf {
    let path = folder.join("more.csv");
    let mut file = std::fs::File::create(&path).expect("a file");
    writeln!(file, "ts,open,high,low,close,volume").expect("written");
    for (minute, price) in bars {
        let of = |mantissa: i64| format!("{}.{:02}", mantissa / 100, mantissa % 100);
        let (open, high, low, close) = (of(*price), of(price + 3), of(price - 2), of(price + 1));
        writeln!(
            file,
            "{},{open},{high},{low},{close},0.001",
            START + minute * MINUTE
        )
        .expect("written");
    }
    path
}

pub(crate) fn options(now: i64) -> ImportOptions {
    ImportOptions {
        price_scale: Some(2),
        size_scale: Some(4),
        ..ImportOptions::bars(
            series().instrument,
            series().interval.expect("bars"),
            UnixNanos(now as u64),
        )
    }
}

/// The rows (minute, price, revision) after both.
pub(crate) fn after() -> Vec<(i64, i64, i64)> {
    let mut rows: std::collections::BTreeMap<i64, (i64, i64)> = before()
        .into_iter()
        .map(|(minute, price)| (minute, (price, 0)))
        .collect();
    for (minute, price) in more() {
        rows.entry(minute)
            .and_modify(|row| *row = (price, row.1 + 1))
            .or_insert((price, 0));
    }
    rows.into_iter()
        .map(|(minute, (price, revision))| (minute, price, revision))
        .collect()
}

pub(crate) fn old() -> Vec<(i64, i64, i64)> {
    before()
        .into_iter()
        .map(|(minute, price)| (minute, price, 0))
        .collect()
}

async fn copy_of(store: &InMemory) -> Arc<InMemory> {
    Arc::new(store.fork())
}

fn catalog(store: Arc<dyn ObjectStore>) -> Catalog {
    Catalog::new(Files::of(store))
}

/// The seeded points of a scenario of so many operations, each with a way to die.
fn points(operations: i64, seed: u64) -> Vec<(i64, Death)> {
    let mut random = SplitMix64::new(seed);
    (0..POINTS)
        .map(|n| {
            let at = 1 + (random.next_u64() % operations.unsigned_abs()) as i64;
            (at, if n % 2 == 0 { Death::Before } else { Death::After })
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_during_an_import_leaves_the_old_or_the_new_and_the_next_run_completes() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = csv(folder.path(), &more());
    let first = InMemory::new();
    let start = Arc::new(first);
    write(&catalog(start.clone()), &before(), START).await;

    let whole = Mortal::new(copy_of(&start).await, i64::MAX, Death::Before);
    let counter = whole.counter();
    let files = std::slice::from_ref(&file);
    catalog(Arc::new(whole))
        .import(files, &options(START + 1), |_| true)
        .await
        .expect("imported");
    let operations = i64::MAX - counter.load(Ordering::SeqCst);
    assert!(operations > 20, "{operations} operations are too few to die in");

    let (mut olds, mut news) = (0, 0);
    for (at, death) in points(operations, 7) {
        let store = copy_of(&start).await;
        let mortal = catalog(Arc::new(Mortal::new(store.clone(), at, death)));
        let died = mortal.import(files, &options(START + 1), |_| true).await;
        assert!(
            died.is_err() || at == operations,
            "it outlived operation {at} of {operations}"
        );
        let healthy = catalog(store);
        let seen = read(&healthy).await;
        if seen == old() {
            olds += 1;
        } else {
            assert_eq!(seen, after(), "half an import after operation {at}, {death:?}");
            news += 1;
        }
        healthy
            .import(files, &options(START + 2), |_| true)
            .await
            .expect("the second run");
        assert_eq!(
            read(&healthy).await,
            after(),
            "after the second run, {at} {death:?}"
        );
        let revisions = healthy
            .read_revisions(&tradewind_store::catalog::Query::all(series()))
            .await
            .expect("read");
        assert_eq!(
            plain(&revisions).len(),
            after().len() + 26,
            "a replaced row is lost, {at} {death:?}"
        );
    }
    assert!(
        olds > 0 && news > 0,
        "{olds} old, {news} new: the points are not spread"
    );
}

async fn database(folder: &std::path::Path) -> Db {
    let db = Db::open(&DbConfig::file(&folder.join("t.db")))
        .await
        .expect("a database");
    migrate::up(&db, UnixNanos(1)).await.expect("a schema");
    db
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_during_compaction_loses_nothing_and_shows_nothing_twice() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = database(folder.path()).await;
    let tail = Tail::new(db.clone());
    let rows = bars(more(), START + 1);
    // What a compaction of both does: the tail's rows carry revision 0, so that corrections are the next ones.
    let wanted = after();
    let start = Arc::new(InMemory::new());
    write(&catalog(start.clone()), &before(), START).await;

    tail.append(&series(), &rows).await.expect("acknowledged");
    let whole = Mortal::new(copy_of(&start).await, i64::MAX, Death::Before);
    let counter = whole.counter();
    catalog(Arc::new(whole))
        .with_tail(tail.clone())
        .compact(i64::MAX)
        .await
        .expect("compacted");
    let operations = i64::MAX - counter.load(Ordering::SeqCst);

    let mut interrupted = 0;
    for (at, death) in points(operations, 11) {
        tail.append(&series(), &rows).await.expect("acknowledged");
        let store = copy_of(&start).await;
        let mortal = catalog(Arc::new(Mortal::new(store.clone(), at, death))).with_tail(tail.clone());
        interrupted += usize::from(mortal.compact(i64::MAX).await.is_err());
        let healthy = catalog(store).with_tail(tail.clone());
        assert_eq!(read(&healthy).await, wanted, "after operation {at}, {death:?}");
        healthy.compact(i64::MAX).await.expect("the second run");
        assert_eq!(
            read(&healthy).await,
            wanted,
            "after the second run, {at} {death:?}"
        );
        assert!(
            tail.series().await.expect("read").is_empty(),
            "the tail is not empty"
        );
    }
    assert!(
        interrupted > POINTS as usize / 2,
        "{interrupted} compactions were interrupted"
    );
}
