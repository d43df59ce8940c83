//! Two who change the same thing at the same moment.

use serde_json::{Value, json};
use tradewind_wire::{MemberRole, Role};

use crate::desk::Desk;

/// Often enough that the two interleave in one of them.
const ROUNDS: u32 = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_super_administrators_who_demote_each_other_at_once_one_stays() {
    let desk = Desk::open().await;
    for round in 0..ROUNDS {
        let org = desk.organisation(&format!("org{round}")).await;
        let ana = desk
            .person_of(&org, &format!("ana{round}"), Role::SuperAdmin)
            .await;
        let ben = desk
            .person_of(&org, &format!("ben{round}"), Role::SuperAdmin)
            .await;
        let (as_ana, as_ben) = (desk.session(&ana).await, desk.session(&ben).await);
        // Both are known already, so that neither request waits for the database before the other.
        for who in [&as_ana, &as_ben] {
            assert_eq!(desk.get(who, "/api/v1/session").await.status, 200);
        }
        let body = if round % 2 == 0 {
            json!({"role": "VIEWER"})
        } else {
            json!({"disabled": true})
        };
        let paths = [&ben, &ana].map(|user| format!("/api/v1/users/{user}"));
        let (one, two) = tokio::join!(
            desk.call(&as_ana, "PATCH", &paths[0], body.clone()),
            desk.call(&as_ben, "PATCH", &paths[1], body.clone())
        );
        let done = [&one, &two].iter().filter(|answer| answer.status == 200).count();
        assert_eq!(done, 1, "round {round}: {} and {}", one.status, two.status);
        let left = [(&as_ana, &one), (&as_ben, &two)]
            .into_iter()
            .find(|(_, answer)| answer.status == 200);
        let (who, _) = left.expect("one stays");
        let people = desk.get(who, "/api/v1/users").await.json();
        let supers = people["items"].as_array().expect("items").iter();
        let supers = supers
            .filter(|u| u["role"] == "SUPER_ADMIN" && u["disabled"] == false)
            .count();
        assert_eq!(supers, 1, "{people}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_owners_who_leave_or_demote_each_other_at_once_one_stays() {
    let desk = Desk::open().await;
    let ana = desk.person("ana", Role::Trader).await;
    let ben = desk.person("ben", Role::Trader).await;
    let (as_ana, as_ben) = (desk.session(&ana).await, desk.session(&ben).await);
    for round in 0..ROUNDS {
        let both = [(&ana, MemberRole::Owner), (&ben, MemberRole::Owner)];
        let account = desk.account(&format!("a-{round}"), &both).await;
        let path = |user: &tradewind_types::UserId| format!("/api/v1/accounts/{account}/members/{user}");
        for who in [&as_ana, &as_ben] {
            assert_eq!(
                desk.get(who, &format!("/api/v1/accounts/{account}")).await.status,
                200
            );
        }
        let (method, body) = if round % 2 == 0 {
            ("PUT", json!({"role": "VIEWER"}))
        } else {
            ("DELETE", Value::Null)
        };
        let (of_ben, of_ana) = (path(&ben), path(&ana));
        let (one, two) = tokio::join!(
            desk.call(&as_ana, method, &of_ben, body.clone()),
            desk.call(&as_ben, method, &of_ana, body.clone())
        );
        let done = [&one, &two]
            .iter()
            .filter(|answer| answer.status.is_success())
            .count();
        assert_eq!(done, 1, "round {round}: {} and {}", one.status, two.status);
        let members = tradewind_store::identity::memberships::of_account(&desk.db, &account)
            .await
            .expect("store");
        assert_eq!(
            members.iter().filter(|m| m.role == "OWNER").count(),
            1,
            "{members:?}"
        );
    }
}

#[tokio::test]
async fn people_and_memberships_change_only_on_the_version_that_was_read() {
    let desk = Desk::open().await;
    let root = desk.person("root", Role::SuperAdmin).await;
    let ben = desk.person("ben", Role::Trader).await;
    let account = desk.account("a-root", &[(&root, MemberRole::Owner)]).await;
    let who = desk.session(&root).await;
    let user = format!("/api/v1/users/{ben}");
    let member = format!("/api/v1/accounts/{account}/members/{ben}");
    let if_match = http::header::IF_MATCH;
    let send = async |method: &str, path: &str, tag: &str, body: Value| {
        desk.with_header(&who, (method, path), (if_match.clone(), tag), &body)
            .await
    };
    let read = desk.get(&who, &user).await;
    assert_eq!(
        (&read.headers["etag"], &read.json()["version"]),
        (&http::HeaderValue::from_static("\"1\""), &1.into())
    );
    let changed = send("PATCH", &user, "\"1\"", json!({"role": "ANALYST"})).await;
    assert_eq!(
        (changed.status.as_u16(), &changed.headers["etag"]),
        (200, &http::HeaderValue::from_static("\"2\""))
    );
    let stale = send("PATCH", &user, "\"1\"", json!({"role": "VIEWER"})).await;
    assert_eq!(
        (stale.status.as_u16(), stale.problem().as_str()),
        (412, "VERSION_CONFLICT")
    );

    assert_eq!(
        send("PUT", &member, "*", json!({"role": "VIEWER"})).await.status,
        412,
        "there is none"
    );
    let made = desk.call(&who, "PUT", &member, json!({"role": "VIEWER"})).await;
    assert_eq!((made.status.as_u16(), &made.json()["version"]), (200, &1.into()));
    let made = send("PUT", &member, "\"1\"", json!({"role": "TRADER"})).await;
    assert_eq!((made.status.as_u16(), &made.json()["version"]), (200, &2.into()));
    assert_eq!(
        send("DELETE", &member, "\"1\"", Value::Null).await.problem(),
        "VERSION_CONFLICT"
    );
    assert_eq!(send("DELETE", &member, "\"2\"", Value::Null).await.status, 204);
}
