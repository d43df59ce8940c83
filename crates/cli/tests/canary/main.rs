//! Canary secrets: known passwords, tokens, keys and seeds go through the real program, and then every file that it
//! wrote, its logs and its answers are searched for them, as they are, in hex and in base64.
//!
//! Where one has to appear, and nowhere else: the answer that hands it out, and what the command line prints.

mod program;
mod search;

use http::Method;
use serde_json::{Value, json};

use program::{Answer, Program};
use search::Canaries;

/// What is no secret: it has to be found, or the search finds nothing at all.
const MARKER: &str = "Visible Canary Marker";
const FIRST: &str = "canary-one-first-password-5c1b";
const SECOND: &str = "canary-two-second-password-88e0";
const OTHER: &str = "canary-three-of-another-person-31fa";
const BY_COMMAND: &str = "canary-four-from-the-command-line-d7";
const MISTYPED: &str = "canary-five-typed-as-a-password-0b9";
const AS_NAME: &str = "canary-six-typed-as-a-name-77aa";
const AS_FIELD: &str = "canary-seven-in-an-unknown-field-c2";
const AS_LIST: &str = "canary-eight-in-a-list-4e5f";
const BAD_KEY: &str = "twk_0badc0de_canary-nine-no-key-of-ours-9d";

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field]
        .as_str()
        .unwrap_or_else(|| panic!("no `{field}` in the answer"))
}

/// Session cookie and CSRF token of an answer that signs in.
fn session(answer: &Answer) -> [(&'static str, String); 2] {
    let cookie = answer.headers["set-cookie"].to_str().expect("text");
    let pair = cookie.split(';').next().expect("a pair").to_owned();
    [
        ("cookie", pair),
        ("x-csrf-token", text(&answer.json(), "csrf_token").to_owned()),
    ]
}

fn token_of(cookie: &str) -> &str {
    cookie.split_once('=').expect("name=value").1
}

#[tokio::test]
async fn no_secret_is_in_the_database_the_journal_the_logs_or_an_answer() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut canaries = Canaries::new();
    for (name, secret) in [
        ("first password", FIRST),
        ("second password", SECOND),
        ("password of another person", OTHER),
        ("password from the command line", BY_COMMAND),
        ("mistyped password", MISTYPED),
        ("password typed as a name", AS_NAME),
        ("password in an unknown field", AS_FIELD),
        ("password in a list", AS_LIST),
        ("key of nobody", BAD_KEY),
    ] {
        canaries.add(name, secret);
    }

    let mut program = Program::start(folder.path()).await;
    let setup = program.printed_token("#setup=").await;
    canaries.add("set-up token", &setup);
    let body = json!({ "token": setup, "username": "asha", "display_name": MARKER, "password": FIRST });
    let made = program
        .ask(Method::POST, "/setup", &[], Some(&body))
        .await
        .expect(201);
    let old = session(&made);
    canaries.add("first session", token_of(&old[0].1));

    wrong_tries(&program, &canaries).await;
    let body = json!({ "username": "asha", "password": FIRST });
    let signed_in = program
        .ask(Method::POST, "/session", &[], Some(&body))
        .await
        .expect(200);
    let who = session(&signed_in);
    canaries.add("second session", token_of(&who[0].1));
    canaries.absent("signing in", &signed_in.body);

    let body = json!({ "current": FIRST, "new": SECOND });
    let changed = program
        .ask(Method::POST, "/me/password", &who, Some(&body))
        .await
        .expect(204);
    canaries.absent("changing the password", &changed.body);
    let body = json!({ "username": "bhavna", "display_name": "B", "password": OTHER, "role": "TRADER" });
    let other = program
        .ask(Method::POST, "/users", &who, Some(&body))
        .await
        .expect(201);
    canaries.absent("making a person", &other.whole());
    let body = json!({ "name": "canary", "scopes": ["READ", "MANAGE", "ADMIN"] });
    let key = program
        .ask(Method::POST, "/keys", &who, Some(&body))
        .await
        .expect(201);
    canaries.absent("making a key", &key.headers_text());
    let key = text(&key.json(), "key").to_owned();
    canaries.add("API key", &key);
    let ticket = program
        .ask(Method::POST, "/stream/tickets", &who, None)
        .await
        .expect(201);
    canaries.add("ticket", text(&ticket.json(), "ticket"));

    let body = json!({ "password": SECOND });
    let factor = program
        .ask(Method::POST, "/me/mfa/totp", &who, Some(&body))
        .await
        .expect(200);
    canaries.add("seed of one-time codes", text(&factor.json(), "secret"));
    let body = json!({ "username": "bhavna", "password": OTHER });
    let tokens = program
        .ask(Method::POST, "/tokens", &[], Some(&body))
        .await
        .expect(200);
    canaries.add("access token", text(&tokens.json(), "access_token"));
    canaries.add("refresh token", text(&tokens.json(), "refresh_token"));

    let bearer = [("authorization", format!("Bearer {key}"))];
    let asked = read_everything(&program, &canaries, &[&who, &bearer]).await;
    assert!(asked >= 30, "only {asked} endpoints were read");
    let refused = [("authorization", format!("Bearer {BAD_KEY}"))];
    canaries.absent(
        "refused key",
        &program
            .ask(Method::GET, "/users", &refused, None)
            .await
            .expect(401)
            .whole(),
    );
    let in_query = format!("/status?access_token={key}");
    canaries.absent(
        "key in a query",
        &program.ask(Method::GET, &in_query, &[], None).await.whole(),
    );

    program.kill();
    let files = canaries.absent_below(folder.path());
    for wanted in ["tradewind.db", "tradewind.db-wal", "server.log"] {
        assert!(
            files.iter().any(|name| name.ends_with(wanted)),
            "{wanted} is not among {files:?}"
        );
    }
    assert!(
        files.iter().any(|name| name.contains("journal/")),
        "no journal among {files:?}"
    );
    assert!(
        search::hits(folder.path(), MARKER) > 0,
        "what is no secret was not found either"
    );

    // The command line: what it prints is for whoever typed it, what it writes is not.
    let link = program.command(&["user", "link", "asha"], None);
    canaries.add("sign-in link", link.trim().trim_start_matches("#signin="));
    let key = program.command(
        &["key", "add", "--user", "asha", "--name", "k", "--scope", "read"],
        None,
    );
    canaries.add("key of the command line", key.trim());
    program.command(&["user", "add", "chitra"], Some(BY_COMMAND));
    let mut program = Program::start(folder.path()).await;
    let body = json!({ "token": link.trim().trim_start_matches("#signin=") });
    let linked = program
        .ask(Method::POST, "/session/link", &[], Some(&body))
        .await
        .expect(200);
    canaries.add("session by link", token_of(&session(&linked)[0].1));
    let bearer = [("authorization", format!("Bearer {}", key.trim()))];
    canaries.absent(
        "key in use",
        &program
            .ask(Method::GET, "/status", &bearer, None)
            .await
            .expect(200)
            .whole(),
    );
    program.stop();
    canaries.absent_below(folder.path());
}

/// Passwords where they do not belong.
async fn wrong_tries(program: &Program, canaries: &Canaries) {
    for (body, status) in [
        (json!({ "username": "asha", "password": MISTYPED }), 401),
        (json!({ "username": AS_NAME, "password": "x" }), 401),
        (
            json!({ "username": "asha", "password": "x", (AS_FIELD): AS_FIELD }),
            422,
        ),
        (json!({ "username": "asha", "password": [AS_LIST] }), 422),
    ] {
        let answer = program
            .ask(Method::POST, "/session", &[], Some(&body))
            .await
            .expect(status);
        // Whoever sent an unknown field is told its name.
        if status == 401 {
            canaries.absent("a refused sign-in", &answer.whole());
        }
    }
}

/// Asks every endpoint that reads without anything in its path, as each of some callers; how many there are.
async fn read_everything(
    program: &Program,
    canaries: &Canaries,
    callers: &[&[(&'static str, String)]],
) -> usize {
    let document = program
        .ask(Method::GET, "/openapi.json", &[], None)
        .await
        .expect(200)
        .json();
    let paths = document["paths"].as_object().expect("paths");
    let plain = paths
        .iter()
        .filter(|(path, item)| !path.contains('{') && item["get"].is_object());
    let plain: Vec<&str> = plain
        .filter_map(|(path, _)| path.strip_prefix("/api/v1"))
        .collect();
    for path in plain.iter().filter(|path| **path != "/stream") {
        for caller in callers {
            let answer = program.ask(Method::GET, path, caller, None).await;
            canaries.absent(path, &answer.whole());
        }
    }
    plain.len()
}

#[tokio::test]
async fn the_running_program_writes_no_core_dumps() {
    let folder = tempfile::tempdir().expect("a folder");
    let program = Program::start(folder.path()).await;
    let Some(limits) = program.limits() else {
        println!("skipped: there is no /proc here");
        return;
    };
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"))
        .expect("listed");
    let words: Vec<&str> = core.split_whitespace().collect();
    assert_eq!(words[4..6], ["0", "0"], "{core}");
}
