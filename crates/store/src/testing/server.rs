//! A private PostgreSQL server in a temporary folder.

use std::fs::Permissions;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Instant;

/// How long it may take to begin, s.
const START_S: u64 = 60;
/// What watches over the server: it stops it when standard input ends, which it does with this process, however that ends.
const WATCH: &str =
    r#"trap '' INT TERM; "$@" & pid=$!; cat >/dev/null; kill -INT $pid 2>/dev/null; wait $pid"#;

/// A server; stopped and removed when dropped, and when the process ends.
#[derive(Debug)]
pub struct Server {
    running: Option<(Child, ChildStdin)>,
    bin: PathBuf,
    port: u16,
    /// More settings of the server, `name=value`.
    settings: Vec<String>,
    folder: tempfile::TempDir,
}

impl Server {
    /// A server, or none where PostgreSQL is not installed, which is said on standard error.
    ///
    /// # Panics
    /// When it does not start; when it is not installed and `TRADEWIND_NEED_POSTGRES` is set.
    #[must_use]
    pub fn start_or_skip() -> Option<Self> {
        Self::made(|_| Ok(Vec::new()))
    }

    /// A server that speaks TLS, with a certificate for the host `localhost` alone that `tls/ca.pem` of
    /// [`Server::folder`] vouches for; `tls/other-ca.pem` is an authority that knows nothing of it. Needs `openssl`.
    ///
    /// # Panics
    /// As [`Server::start_or_skip`]; also when certificates cannot be made.
    #[must_use]
    pub fn start_with_tls_or_skip() -> Option<Self> {
        Self::made(|folder| {
            certificates(folder)?;
            let path = |file: &str| folder.join("tls").join(file).display().to_string();
            Ok(vec![
                "ssl=on".to_owned(),
                format!("ssl_cert_file={}", path("server.pem")),
                format!("ssl_key_file={}", path("server.key")),
            ])
        })
    }

    fn made(prepare: impl FnOnce(&Path) -> Result<Vec<String>, String>) -> Option<Self> {
        let Some(bin) = binaries() else {
            let needed = std::env::var_os("TRADEWIND_NEED_POSTGRES").is_some();
            assert!(
                !needed,
                "TRADEWIND_NEED_POSTGRES is set and PostgreSQL is not installed"
            );
            eprintln!(
                "SKIPPED: PostgreSQL is not installed (no initdb in pg_config --bindir or /usr/lib/postgresql)"
            );
            return None;
        };
        match Self::make(bin, prepare) {
            Ok(server) => Some(server),
            Err(error) => panic!("PostgreSQL did not start: {error}"),
        }
    }

    fn make(
        bin: PathBuf,
        prepare: impl FnOnce(&Path) -> Result<Vec<String>, String>,
    ) -> Result<Self, String> {
        let text = |error: std::io::Error| error.to_string();
        let folder = tempfile::Builder::new().prefix("tw-pg").tempdir().map_err(text)?;
        // The server's user has to get in; the folder's name is random and it is gone after the test.
        std::fs::set_permissions(folder.path(), Permissions::from_mode(0o777)).map_err(text)?;
        let done = as_postgres(&bin.join("initdb"))
            .args(["-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync", "-D"])
            .arg(folder.path().join("data"))
            .output()
            .map_err(text)?;
        if !done.status.success() {
            return Err(format!("initdb: {}", String::from_utf8_lossy(&done.stderr)));
        }
        let probe = TcpListener::bind(("127.0.0.1", 0)).map_err(text)?;
        let port = probe.local_addr().map_err(text)?.port();
        drop(probe);
        let settings = prepare(folder.path())?;
        let mut server = Self {
            running: None,
            bin,
            port,
            settings,
            folder,
        };
        server.begin()?;
        Ok(server)
    }

    /// Starts the server again after [`Server::stop`], with its data and at the same address.
    ///
    /// # Errors
    /// When it does not start.
    pub fn begin(&mut self) -> Result<(), String> {
        let mut child = as_postgres(Path::new("sh"))
            .args(["-c", WATCH, "sh"])
            .arg(self.bin.join("postgres"))
            .arg("-D")
            .arg(self.folder.path().join("data"))
            .args(["-p", &self.port.to_string(), "-c", "listen_addresses=127.0.0.1"])
            // What is tested is this program, not the disk.
            .args(["-c", "fsync=off", "-c", "max_connections=120", "-k"])
            .arg(self.folder.path())
            .args(self.settings.iter().flat_map(|setting| ["-c", setting.as_str()]))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|e| e.to_string())?;
        let stdin = child.stdin.take().ok_or("no pipe to the server")?;
        self.running = Some((child, stdin));
        let begun = Instant::now();
        // Each try is a process, which paces the loop.
        while !self.answers() {
            if begun.elapsed().as_secs() > START_S {
                return Err(format!("it does not answer after {START_S} s"));
            }
        }
        Ok(())
    }

    fn answers(&self) -> bool {
        Command::new(self.bin.join("pg_isready"))
            .args(["-q", "-h", "127.0.0.1", "-p", &self.port.to_string()])
            .status()
            .is_ok_and(|status| status.success())
    }

    /// Stops it at once; connections break off.
    pub fn stop(&mut self) {
        if let Some((mut child, stdin)) = self.running.take() {
            drop(stdin);
            // Nothing can be done about a child that cannot be waited for.
            let _ = child.wait();
        }
    }

    /// Where it keeps its things.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The port at which it listens on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The URL of one of its databases.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!(
            "postgres://postgres@127.0.0.1:{}/{database}?sslmode=disable",
            self.port
        )
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

/// What makes two authorities, and a key and certificate of the server; run in the folder `tls`.
const CERTIFICATES: &str = r#"
set -e
key="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
for name in ca other-ca; do
  openssl req -x509 $key -keyout $name.key -out $name.pem -days 2 -subj "/CN=$name of a test"     -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign
done
openssl req -new $key -keyout server.key -out server.csr -subj "/CN=localhost"
printf 'subjectAltName=DNS:localhost
extendedKeyUsage=serverAuth
' > server.ext
openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out server.pem -days 2 -extfile server.ext
chmod 600 server.key
"#;

/// Makes the certificates as the user who needs the key.
fn certificates(folder: &Path) -> Result<(), String> {
    let made = as_postgres(Path::new("sh"))
        .args(["-c", r#"mkdir "$1" && cd "$1" && eval "$2""#, "sh"])
        .arg(folder.join("tls"))
        .arg(CERTIFICATES)
        .output()
        .map_err(|error| error.to_string())?;
    if made.status.success() {
        return Ok(());
    }
    Err(format!("openssl: {}", String::from_utf8_lossy(&made.stderr)))
}

/// Where `initdb` and `postgres` are.
fn binaries() -> Option<PathBuf> {
    let has = |folder: &PathBuf| folder.join("initdb").exists() && folder.join("postgres").exists();
    let told = Command::new("pg_config").arg("--bindir").output().ok();
    let told = told.map(|out| PathBuf::from(String::from_utf8_lossy(&out.stdout).trim()));
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok();
    let mut installed: Vec<PathBuf> = versions
        .into_iter()
        .flat_map(|entries| entries.flatten().map(|entry| entry.path().join("bin")))
        .collect();
    installed.sort();
    told.into_iter().chain(installed.into_iter().rev()).find(has)
}

/// A command that runs as the user `postgres` when we are root, since PostgreSQL refuses to run as root.
fn as_postgres(program: &Path) -> Command {
    let id = Command::new("id").arg("-u").output();
    if !id.is_ok_and(|out| out.stdout == b"0\n") {
        return Command::new(program);
    }
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--"]).arg(program);
    // A folder that it may not enter is no place to start in.
    command.current_dir("/tmp");
    command
}
