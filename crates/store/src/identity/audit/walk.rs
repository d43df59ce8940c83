//! Looking the whole chain over, row by row; the log is never held in memory.

use super::anchors::Anchor;
use super::{ChainHash, Entry, Head, anchors, read};
use crate::sql::query;
use crate::{Db, StoreError};

/// Rows read at once.
const PAGE: i64 = 1_000;
/// How often the way is begun anew because its beginning was deleted meanwhile; that happens once a day at most.
const TRIES_MAX: u32 = 4;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Walked {
    /// Rows that are there and in order.
    pub entries: u64,
    /// The last of them.
    pub head: Head,
    /// Where the chain begins, when rows were deleted because their time was over.
    pub anchor: Option<Anchor>,
    /// The first thing that is not as it has to be; what comes behind was not looked at.
    pub first_bad: Option<Bad>,
}

/// Something that is not as it has to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bad {
    /// Number of the row, or of the one that is missing.
    pub seq: i64,
    /// What is wrong with it.
    pub what: String,
}

/// Follows the chain from its beginning, or from the newest anchor, provided that `trusted` says so, to its end, and
/// compares it with what is known of it from outside: `known` places, in ascending order.
///
/// # Errors
/// Those of the database.
pub async fn walk(db: &Db, known: &[Head], trusted: impl Fn(&Anchor) -> bool) -> Result<Walked, StoreError> {
    follow(db, None, known, &trusted).await
}

/// Follows the chain to its end from a place that is known from outside, or from the newest anchor where the rows up to
/// it were deleted: whether the log is what was known, and what was appended to it.
///
/// # Errors
/// Those of the database.
pub async fn onward(db: &Db, from: Head, trusted: impl Fn(&Anchor) -> bool) -> Result<Walked, StoreError> {
    follow(db, Some(from), &[from], &trusted).await
}

async fn follow(
    db: &Db,
    from: Option<Head>,
    known: &[Head],
    trusted: &impl Fn(&Anchor) -> bool,
) -> Result<Walked, StoreError> {
    let mut tries = 1;
    loop {
        let (walked, begin) = once(db, from, known, trusted).await?;
        if walked.is_intact() || tries == TRIES_MAX {
            return Ok(walked);
        }
        // Rows whose time was over may have been deleted on the way, which looks like rows that are missing.
        match anchors::newest(db).await {
            Ok(Some(anchor)) if anchor.through.seq > begin => tries += 1,
            Ok(_) | Err(StoreError::Corrupt { .. }) => return Ok(walked),
            Err(error) => return Err(error),
        }
    }
}

/// One time along the chain; with the number of the row behind which the anchor lets it begin.
async fn once(
    db: &Db,
    from: Option<Head>,
    known: &[Head],
    trusted: &impl Fn(&Anchor) -> bool,
) -> Result<(Walked, i64), StoreError> {
    let anchor = match anchors::newest(db).await {
        Ok(anchor) => anchor,
        Err(StoreError::Corrupt { what, value }) => {
            return Ok((Walked::broken(0, format!("{what} is not a hash: {value}")), 0));
        }
        Err(error) => return Err(error),
    };
    if let Some(anchor) = anchor.as_ref().filter(|anchor| !trusted(anchor)) {
        let seq = anchor.through.seq;
        let what = "the signature of the anchor does not hold".to_owned();
        return Ok((Walked::broken(seq, what), seq));
    }
    let begin = anchor.as_ref().map_or(Head::default(), |anchor| anchor.through);
    let mut walk = Walk {
        head: begin,
        entries: 0,
        known: &known[known.partition_point(|place| place.seq < begin.seq)..],
    };
    let mut after = i64::MIN;
    let mut first_bad = match from.filter(|from| from.seq > begin.seq) {
        Some(from) => {
            after = from.seq;
            walk.enter(db, from).await?.err()
        }
        None => walk.compare().err(),
    };
    while first_bad.is_none() {
        let rows = query(
            "SELECT seq, org_id, ts, actor, action, subject, outcome, ip, correlation_id, detail, person, personal,
                 hash
             FROM audit WHERE seq > $1 ORDER BY seq LIMIT $2",
        )
        .bind(after)
        .bind(PAGE)
        .fetch_all(db)
        .await?;
        for row in &rows {
            // A cell that is of another type now was changed by other hands, too.
            let step = read(row).map_err(|error| walk.bad(error.to_string()));
            if let Err(bad) = step.and_then(|entry| walk.step(&entry)) {
                first_bad = Some(bad);
                break;
            }
        }
        if (rows.len() as i64) < PAGE {
            break;
        }
        after = walk.head.seq;
    }
    if let (None, Some(place)) = (&first_bad, walk.known.first()) {
        let what = format!(
            "the log ends at {}, but a checkpoint says that it went on to {}",
            walk.head.seq, place.seq
        );
        first_bad = Some(walk.bad(what));
    }
    let walked = Walked {
        entries: walk.entries,
        head: walk.head,
        anchor,
        first_bad,
    };
    Ok((walked, begin.seq))
}

impl Walked {
    fn broken(seq: i64, what: String) -> Self {
        Self {
            entries: 0,
            head: Head::default(),
            anchor: None,
            first_bad: Some(Bad { seq, what }),
        }
    }

    /// Whether everything was as it has to be.
    #[must_use]
    pub fn is_intact(&self) -> bool {
        self.first_bad.is_none()
    }
}

struct Walk<'a> {
    head: Head,
    entries: u64,
    /// Places that are still ahead.
    known: &'a [Head],
}

impl Walk<'_> {
    /// Goes to a place that is known from outside, provided that the log has it.
    async fn enter(&mut self, db: &Db, place: Head) -> Result<Result<(), Bad>, StoreError> {
        let row = query("SELECT hash FROM audit WHERE seq = $1")
            .bind(place.seq)
            .fetch_optional(db)
            .await?;
        let Some(row) = row else {
            let what = "a checkpoint names the row, and it is not there: the log was cut off or written anew"
                .to_owned();
            return Ok(Err(Bad { seq: place.seq, what }));
        };
        let hash = row.get::<String>("hash").ok();
        self.head = Head {
            seq: place.seq,
            hash: hash.and_then(|text| ChainHash::parse(&text)).unwrap_or_default(),
        };
        Ok(self.compare())
    }

    /// Of the next row.
    fn bad(&self, what: String) -> Bad {
        Bad {
            seq: self.head.seq.saturating_add(1),
            what,
        }
    }

    fn step(&mut self, entry: &Entry) -> Result<(), Bad> {
        let next = self.head.next(&entry.row);
        if entry.seq != next.seq {
            let what = format!(
                "row {} is expected, row {} is there: rows are missing or too many",
                next.seq, entry.seq
            );
            return Err(self.bad(what));
        }
        if ChainHash::parse(&entry.hash) != Some(next.hash) {
            return Err(self.bad("the row or the one before it is not what was written".to_owned()));
        }
        self.head = next;
        self.entries += 1;
        self.compare()
    }

    /// With what is known from outside of the place where we are.
    fn compare(&mut self) -> Result<(), Bad> {
        while let Some((place, rest)) = self.known.split_first() {
            if place.seq > self.head.seq {
                break;
            }
            if place.hash != self.head.hash {
                let what =
                    "the row has another hash than a checkpoint says: the log was written anew".to_owned();
                return Err(Bad { seq: place.seq, what });
            }
            self.known = rest;
        }
        Ok(())
    }
}
