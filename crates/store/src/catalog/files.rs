//! The catalogue's files: a folder on this machine, or a bucket of an S3-compatible store. Every write replaces a
//! whole file at once and is durable when it returns (on disk: temporary file, fsync, rename, fsync of the folder).

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{ObjectStore, ObjectStoreExt as _, PutPayload};
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::CatalogError;

/// File whose lock says that a process writes into the catalogue.
const LOCK_FILE: &str = ".lock";

/// Where the catalogue's files are.
#[derive(Debug, Clone)]
pub struct Files {
    store: Arc<dyn ObjectStore>,
    /// The folder, where it is on this machine.
    folder: Option<std::path::PathBuf>,
    /// The right to write within this program; clones share it.
    writer: Arc<Mutex<()>>,
}

/// Held by the one writer. Falls with the process, however it ends.
#[derive(Debug)]
pub(crate) struct WriterLock {
    _ours: OwnedMutexGuard<()>,
    _file: Option<std::fs::File>,
}

impl Files {
    /// A folder on this machine; made when missing.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn local(folder: &std::path::Path) -> Result<Self, CatalogError> {
        std::fs::create_dir_all(folder).map_err(|e| CatalogError::io(folder.display(), e))?;
        let store = LocalFileSystem::new_with_prefix(folder)?.with_fsync(true);
        Ok(Self {
            store: Arc::new(store),
            folder: Some(folder.to_owned()),
            writer: Arc::default(),
        })
    }

    /// In memory, for trials and tests.
    #[must_use]
    pub fn memory() -> Self {
        Self::of(Arc::new(object_store::memory::InMemory::new()))
    }

    /// Any object store. One program that writes at a time is the caller's promise.
    #[must_use]
    pub fn of(store: Arc<dyn ObjectStore>) -> Self {
        Self {
            store,
            folder: None,
            writer: Arc::default(),
        }
    }

    /// A folder's path, or `s3://bucket/prefix` with keys, region and endpoint from the environment (`AWS_…`).
    ///
    /// # Errors
    /// When the folder cannot be made, or the program was built without S3.
    pub fn open(place: &str) -> Result<Self, CatalogError> {
        if place.starts_with("s3://") {
            return Self::s3(place);
        }
        Self::local(std::path::Path::new(
            place.strip_prefix("file://").unwrap_or(place),
        ))
    }

    #[cfg(feature = "s3")]
    fn s3(place: &str) -> Result<Self, CatalogError> {
        let rest = &place["s3://".len()..];
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        Self::on_s3(
            object_store::aws::AmazonS3Builder::from_env().with_bucket_name(bucket),
            prefix,
        )
    }

    /// A bucket of an S3-compatible store, below a prefix that may be empty. One program that writes at a time is the
    /// caller's promise.
    ///
    /// # Errors
    /// When the settings contradict each other.
    #[cfg(feature = "s3")]
    pub fn on_s3(builder: object_store::aws::AmazonS3Builder, prefix: &str) -> Result<Self, CatalogError> {
        // Another part of the program may have chosen already: one provider serves all.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let store = builder.build()?;
        if prefix.is_empty() {
            return Ok(Self::of(Arc::new(store)));
        }
        Ok(Self::of(Arc::new(PrefixStore::new(store, Path::from(prefix)))))
    }

    #[cfg(not(feature = "s3"))]
    fn s3(place: &str) -> Result<Self, CatalogError> {
        Err(CatalogError::Refused(format!(
            "{place}: this program was built without S3; build it with `--features s3`"
        )))
    }

    /// The same files below a prefix.
    #[must_use]
    pub fn below(&self, prefix: &str) -> Self {
        Self {
            store: Arc::new(PrefixStore::new(Arc::clone(&self.store), Path::from(prefix))),
            folder: self.folder.as_ref().map(|folder| folder.join(prefix)),
            writer: Arc::default(),
        }
    }

    /// Takes the right to write: of this program, and of all programs where the files are in a folder.
    pub(crate) fn lock(&self) -> Result<WriterLock, CatalogError> {
        let ours = Arc::clone(&self.writer).try_lock_owned();
        let ours = ours.map_err(|_| CatalogError::Locked)?;
        let Some(folder) = &self.folder else {
            return Ok(WriterLock {
                _ours: ours,
                _file: None,
            });
        };
        std::fs::create_dir_all(folder).map_err(|e| CatalogError::io(folder.display(), e))?;
        let path = folder.join(LOCK_FILE);
        let file = std::fs::OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(|e| CatalogError::io(path.display(), e))?;
        match file.try_lock() {
            Ok(()) => Ok(WriterLock {
                _ours: ours,
                _file: Some(file),
            }),
            Err(std::fs::TryLockError::WouldBlock) => Err(CatalogError::Locked),
            Err(std::fs::TryLockError::Error(e)) => Err(CatalogError::io(path.display(), e)),
        }
    }

    /// Files below a prefix with their sizes, sorted by path.
    pub(crate) async fn list(&self, prefix: Option<&Path>) -> Result<Vec<(Path, u64)>, CatalogError> {
        let found = self.store.list(prefix);
        let mut found: Vec<(Path, u64)> = found
            .map_ok(|meta| (meta.location, meta.size))
            .try_collect()
            .await?;
        found.sort_unstable();
        Ok(found)
    }

    /// A whole file; `None` when there is none.
    pub(crate) async fn get(&self, path: &Path) -> Result<Option<Bytes>, CatalogError> {
        match self.store.get(path).await {
            Ok(found) => Ok(Some(found.bytes().await?)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// A file's size; `None` when there is none.
    pub(crate) async fn size(&self, path: &Path) -> Result<Option<u64>, CatalogError> {
        match self.store.head(path).await {
            Ok(meta) => Ok(Some(meta.size)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    pub(crate) async fn ranges(
        &self,
        path: &Path,
        ranges: &[Range<u64>],
    ) -> Result<Vec<Bytes>, CatalogError> {
        Ok(self.store.get_ranges(path, ranges).await?)
    }

    pub(crate) async fn put(&self, path: &Path, bytes: Bytes) -> Result<(), CatalogError> {
        self.store.put(path, PutPayload::from_bytes(bytes)).await?;
        Ok(())
    }

    pub(crate) async fn upload(
        &self,
        path: &Path,
    ) -> Result<Box<dyn object_store::MultipartUpload>, CatalogError> {
        Ok(self.store.put_multipart(path).await?)
    }

    /// Moves a file over another; nothing happens when it has been moved already.
    pub(crate) async fn rename(&self, from: &Path, to: &Path) -> Result<(), CatalogError> {
        match self.store.rename(from, to).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Removes a file that may be gone already.
    pub(crate) async fn delete(&self, path: &Path) -> Result<(), CatalogError> {
        match self.store.delete(path).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}
