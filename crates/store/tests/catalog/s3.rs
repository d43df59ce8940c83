//! The catalogue on a local S3-compatible server: moto, from PyPI. `make test-s3` installs it and runs this.

/// Says why the test did nothing.
#[cfg(not(feature = "s3"))]
#[test]
fn the_catalogue_on_s3_reads_writes_and_survives_a_crash() {
    eprintln!("SKIPPED: built without S3; `make test-s3` runs it");
}

#[cfg(feature = "s3")]
mod server {
    use std::io::{BufRead as _, BufReader, Read as _, Write as _};
    use std::net::{TcpListener, TcpStream};
    use std::process::{Child, Command, Stdio};
    use std::sync::Arc;

    use object_store::aws::AmazonS3Builder;
    use tradewind_store::catalog::{Catalog, Files, Query};

    use super::super::crash::{Death, Mortal, after, before, csv, more, old, options};
    use super::super::rows::{START, read, series, write};

    const BUCKET: &str = "tradewind";

    /// A server, stopped on drop.
    struct Moto {
        child: Child,
        port: u16,
    }

    impl Drop for Moto {
        fn drop(&mut self) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }

    impl Moto {
        /// `None` where there is no server to start.
        fn start() -> Option<Self> {
            let program = std::env::var_os("TRADEWIND_MOTO_SERVER").unwrap_or_else(|| "moto_server".into());
            let free = TcpListener::bind("127.0.0.1:0").expect("a port");
            let port = free.local_addr().expect("an address").port();
            drop(free);
            let mut child = Command::new(program)
                .args(["-H", "127.0.0.1", "-p", &port.to_string()])
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
                .ok()?;
            let mut lines = BufReader::new(child.stderr.take().expect("piped")).lines();
            let ready = lines
                .by_ref()
                .map_while(Result::ok)
                .any(|line| line.contains("Running on"));
            assert!(ready, "moto_server ended before it listened");
            // It logs every request; nobody reading would stop it.
            std::thread::spawn(move || lines.for_each(drop));
            let moto = Self { child, port };
            moto.put_bucket();
            Some(moto)
        }

        fn put_bucket(&self) {
            let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("connected");
            let request = format!(
                "PUT /{BUCKET} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            );
            stream.write_all(request.as_bytes()).expect("sent");
            let mut answer = String::new();
            stream.read_to_string(&mut answer).expect("answered");
            assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        }

        fn builder(&self) -> AmazonS3Builder {
            AmazonS3Builder::new()
                .with_bucket_name(BUCKET)
                .with_endpoint(format!("http://127.0.0.1:{}", self.port))
                .with_allow_http(true)
                .with_region("us-east-1")
                .with_access_key_id("test")
                .with_secret_access_key("test")
        }

        fn catalog(&self, prefix: &str) -> Catalog {
            Catalog::new(Files::on_s3(self.builder(), prefix).expect("a store"))
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_catalogue_on_s3_reads_writes_and_survives_a_crash() {
        let Some(moto) = Moto::start() else {
            eprintln!("SKIPPED: there is no moto_server; `make test-s3` installs one");
            return;
        };
        let folder = tempfile::tempdir().expect("a folder");
        let file = csv(folder.path(), &more());
        let files = std::slice::from_ref(&file);
        let catalog = moto.catalog("plain");
        write(&catalog, &before(), START).await;
        assert_eq!(read(&catalog).await, old());
        catalog
            .import(files, &options(START + 1), |_| true)
            .await
            .expect("imported");
        assert_eq!(read(&catalog).await, after());
        let again = catalog
            .import(files, &options(START + 2), |_| true)
            .await
            .expect("imported");
        assert!(!again.change.is_some());
        assert_eq!(catalog.list().await.expect("listed").len(), 1);
        let all = catalog.read_revisions(&Query::all(series())).await.expect("read");
        assert_eq!(all.len(), after().len() + 26);
        for (n, at) in [3, 9, 15, 21, 27, 33].into_iter().enumerate() {
            let prefix = format!("crash-{n}");
            let healthy = moto.catalog(&prefix);
            write(&healthy, &before(), START).await;
            let store = object_store::prefix::PrefixStore::new(
                moto.builder().build().expect("a store"),
                object_store::path::Path::from(prefix.as_str()),
            );
            let mortal = Catalog::new(Files::of(Arc::new(Mortal::new(
                Arc::new(store),
                at,
                Death::After,
            ))));
            let died = mortal.import(files, &options(START + 1), |_| true).await;
            let seen = read(&healthy).await;
            assert!(
                seen == old() || seen == after(),
                "half an import after operation {at}: {died:?}"
            );
            healthy
                .import(files, &options(START + 2), |_| true)
                .await
                .expect("the second run");
            assert_eq!(read(&healthy).await, after());
        }
    }
}
