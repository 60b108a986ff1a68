//! Reading: assets of a device, of a serial number, one by its id, and all of them; and users. Nothing here writes.
//!
//! Our id is looked for in all three lists, because each hides what is in the others. A serial number is asked for in the
//! path, where archived assets and those in the trash answer as well; one that cannot stand in a path is looked for by a
//! search, whose hits are compared by us. A server that ignores a filter shows itself by rows that do not fit.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::answer::{ApiTrouble, explain_missing_right};
use super::asset_row::{AssetRow, read_asset};
use super::client::{PAGE_ROWS, QueryPart, SnipeClient};
use super::list_place::{AssetList, ListPlace, ListStep};
use super::list_rows::{id_of, is_same_name, read_list, text_of};
use crate::targets::{RecordId, TargetFault};

/// Rows of a search that should have one hit.
const HITS_MAX: &str = "100";
/// Pages of a search by text; beyond 50,000 hits it is no search.
const SEARCH_PAGES: usize = 100;
/// A user that was found is believed to be there so long, and one that was not found, to be away.
const USERS_KEPT_FOR: Duration = Duration::from_secs(15 * 60);
const USERS_KEPT_MAX: usize = 50_000;

/// What an asset is looked for by.
#[derive(Debug, Clone, Copy)]
enum AssetMark<'a> {
    Column { column: &'a str, value: &'a str },
    Serial(&'a str),
}

impl<'a> AssetMark<'a> {
    fn text(self) -> &'a str {
        match self {
            AssetMark::Column { value, .. } => value,
            AssetMark::Serial(serial) => serial,
        }
    }

    /// Whatever a server says fits, we look ourselves.
    fn fits(self, row: &AssetRow) -> bool {
        let own = match self {
            AssetMark::Column { column, .. } => row.custom_value(column),
            AssetMark::Serial(_) => row.text("serial"),
        };
        own.is_some_and(|own| is_same_name(own, self.text()))
    }
}

impl SnipeClient {
    /// Assets with this value in this column, in whatever state.
    pub(super) async fn find_by_column(&self, column: &str, value: &str) -> Result<Vec<AssetRow>, TargetFault> {
        let mark = AssetMark::Column { column, value };
        let mut found = Vec::new();
        for list in AssetList::ALL {
            let rows = self.read_hits(list, (column, value)).await?;
            // A server that does not know the filter gives any.
            if rows.iter().all(|row| mark.fits(row)) {
                add_new(&mut found, rows);
            } else {
                add_new(&mut found, self.search_all(list, mark).await?);
            }
        }
        Ok(found)
    }

    /// Assets with this serial number, in whatever state.
    pub(super) async fn find_by_serial(&self, serial: &str) -> Result<Vec<AssetRow>, TargetFault> {
        let mark = AssetMark::Serial(serial);
        let Some(path) = serial_path(serial) else {
            let mut found = Vec::new();
            for list in AssetList::ALL {
                add_new(&mut found, self.search_all(list, mark).await?);
            }
            return Ok(found);
        };
        let query = [("deleted", "true"), ("limit", HITS_MAX)];
        match self.read(&path, &query).await {
            Ok(answer) => {
                let (mut rows, _) = read_rows(answer)?;
                rows.retain(|row| mark.fits(row));
                Ok(rows)
            }
            // No hit is an error over there.
            Err(ApiTrouble::Said(_)) => Ok(Vec::new()),
            Err(trouble) => Err(trouble.into_fault("GET hardware/byserial")),
        }
    }

    /// One asset, also an archived one and one in the trash; `None`: there is none.
    pub(super) async fn read_row(&self, id: &RecordId) -> Result<Option<AssetRow>, TargetFault> {
        let Some(id) = asset_number(id) else {
            return Ok(None);
        };
        match self.read(&["hardware", &id], &[]).await {
            Ok(answer) => read_asset(&answer).map(Some).ok_or_else(|| TargetFault::Unreadable {
                problem: "an asset of Snipe-IT has no id".to_owned(),
            }),
            Err(ApiTrouble::Said(_)) => Ok(None),
            // There, and of another company: it must not look like one that is gone.
            Err(ApiTrouble::Forbidden) => Err(TargetFault::Refused {
                problem: "Snipe-IT does not show this asset to the user of the token".to_owned(),
                field: None,
            }),
            Err(trouble) => Err(trouble.into_fault("GET hardware")),
        }
    }

    /// The page of all assets that begins at `place`, and where the next one begins.
    pub(super) async fn read_page(&self, place: ListPlace) -> Result<(Vec<AssetRow>, Option<ListPlace>), TargetFault> {
        let mut offset = place.first_offset();
        loop {
            let (rows, total) = self.read_part(place.list, offset, None).await?;
            let ids: Vec<u64> = rows.iter().map(|row| row.id).collect();
            match place.judge_page(offset, &ids, total) {
                ListStep::StepBack(earlier) => offset = earlier,
                ListStep::GoOn(next) => {
                    let is_new = |row: &AssetRow| row.id > place.last_id;
                    return Ok((rows.into_iter().filter(is_new).collect(), next));
                }
            }
        }
    }

    async fn read_hits(&self, list: AssetList, part: QueryPart<'_>) -> Result<Vec<AssetRow>, TargetFault> {
        let mut query = vec![part, ("limit", HITS_MAX), ("sort", "id"), ("order", "asc")];
        query.extend(list.status().map(|status| ("status", status)));
        let answer = self.read(&["hardware"], &query).await;
        let answer = answer.map_err(|trouble| trouble.into_fault("GET hardware"))?;
        Ok(read_rows(answer)?.0)
    }

    /// All hits of a search by text that fit.
    async fn search_all(&self, list: AssetList, mark: AssetMark<'_>) -> Result<Vec<AssetRow>, TargetFault> {
        let (mut found, mut read) = (Vec::new(), 0);
        for _ in 0..SEARCH_PAGES {
            let (rows, total) = self.read_part(list, read, Some(mark.text())).await?;
            let count = rows.len() as u64;
            read += count;
            found.extend(rows.into_iter().filter(|row| mark.fits(row)));
            if count == 0 || read >= total {
                return Ok(found);
            }
        }
        Err(TargetFault::Unreadable {
            problem: "a search of Snipe-IT does not end".to_owned(),
        })
    }

    async fn read_part(
        &self,
        list: AssetList,
        offset: u64,
        search: Option<&str>,
    ) -> Result<(Vec<AssetRow>, u64), TargetFault> {
        let (limit, from) = (PAGE_ROWS.to_string(), offset.to_string());
        let mut query = vec![
            ("limit", limit.as_str()),
            ("offset", from.as_str()),
            ("sort", "id"),
            ("order", "asc"),
        ];
        query.extend(list.status().map(|status| ("status", status)));
        query.extend(search.map(|text| ("search", text)));
        let answer = self.read(&["hardware"], &query).await;
        read_rows(answer.map_err(|trouble| trouble.into_fault("GET hardware"))?)
    }

    /// Users with this value in this member, compared by us.
    async fn find_users(&self, member: &str, value: &str) -> Result<Vec<Value>, TargetFault> {
        let query = [(member, value), ("limit", HITS_MAX), ("sort", "id"), ("order", "asc")];
        let rows = match self.read(&["users"], &query).await {
            Ok(answer) => read_list(answer)?.rows,
            Err(ApiTrouble::Forbidden) => return Err(explain_missing_right("GET users")),
            Err(trouble) => return Err(trouble.into_fault("GET users")),
        };
        let fits = |row: &Value| text_of(row, member).is_some_and(|text| is_same_name(&text, value));
        Ok(rows.into_iter().filter(fits).collect())
    }
}

/// Archived assets stand in the list of those in use as well, where a setting over there says so.
fn add_new(found: &mut Vec<AssetRow>, rows: Vec<AssetRow>) {
    for row in rows {
        if found.iter().all(|known| known.id != row.id) {
            found.push(row);
        }
    }
}

fn read_rows(answer: Value) -> Result<(Vec<AssetRow>, u64), TargetFault> {
    let part = read_list(answer)?;
    Ok((part.rows.iter().filter_map(read_asset).collect(), part.total))
}

/// The id of an asset is a number; anything else is none of ours.
pub(super) fn asset_number(id: &RecordId) -> Option<String> {
    let number: u64 = id.0.parse().ok()?;
    Some(number.to_string())
}

/// `hardware/byserial/…`, its slashes as they are. `None`: web servers and clients take `//`, `.` and `..` out of a path.
fn serial_path(serial: &str) -> Option<Vec<&str>> {
    let parts: Vec<&str> = serial.split('/').collect();
    let is_stable = parts.iter().all(|part| !matches!(part.trim(), "" | "." | ".."));
    is_stable.then(|| [vec!["hardware", "byserial"], parts].concat())
}

/// The users that were looked for, for a while: a run asks for each of them once.
#[derive(Debug, Default)]
pub(super) struct KnownUsers {
    found: HashMap<String, (Instant, Option<u64>)>,
}

impl KnownUsers {
    /// The user with this e-mail address, else with this user name. Of several with one address, the one whose user name
    /// it is as well; else nobody.
    pub(super) async fn find_user(&mut self, client: &SnipeClient, user: &str) -> Result<Option<u64>, TargetFault> {
        let key = user.to_lowercase();
        if let Some((at, found)) = self.found.get(&key)
            && at.elapsed() < USERS_KEPT_FOR
        {
            return Ok(*found);
        }
        let by_email = client.find_users("email", user).await?;
        let found = match by_email.as_slice() {
            [] => choose_user(&client.find_users("username", user).await?, user),
            several => choose_user(several, user),
        };
        if self.found.len() >= USERS_KEPT_MAX {
            self.found.clear();
        }
        self.found.insert(key, (Instant::now(), found));
        Ok(found)
    }

    /// Somebody among them is not there any more.
    pub(super) fn forget(&mut self) {
        self.found.clear();
    }
}

fn choose_user(rows: &[Value], user: &str) -> Option<u64> {
    match rows {
        [] => None,
        [only] => id_of(only),
        several => {
            let named = |row: &&Value| text_of(row, "username").is_some_and(|name| is_same_name(&name, user));
            let mut hits = several.iter().filter(named);
            let hit = hits.next()?;
            if hits.next().is_some() {
                return None;
            }
            id_of(hit)
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_serial_number_stands_in_the_path_or_is_searched_for() {
        assert_eq!(serial_path("PF0TEST1"), Some(vec!["hardware", "byserial", "PF0TEST1"]));
        assert_eq!(
            serial_path("VMware-56 4d/8c#1?x"),
            Some(vec!["hardware", "byserial", "VMware-56 4d", "8c#1?x"])
        );
        for risky in ["A//B", "/AB", "AB/", "A/../B", "A/./B", ".."] {
            assert_eq!(serial_path(risky), None, "{risky}");
        }
    }

    #[test]
    fn an_id_that_is_no_number_is_no_asset() {
        assert_eq!(asset_number(&RecordId("41".to_owned())).as_deref(), Some("41"));
        for none in ["", "41/checkin", "-1", "x"] {
            assert_eq!(asset_number(&RecordId(none.to_owned())), None, "{none}");
        }
    }

    #[test]
    fn two_users_with_one_address_are_told_apart_by_their_name_or_not_at_all() {
        let row = |id: u64, username: &str| json!({"id": id, "username": username, "email": "anna@example.com"});
        assert_eq!(choose_user(&[], "anna@example.com"), None);
        assert_eq!(choose_user(&[row(1, "anna")], "anna@example.com"), Some(1));
        let two = [row(1, "anna"), row(2, "Anna@example.com")];
        assert_eq!(choose_user(&two, "anna@example.com"), Some(2));
        let two = [row(1, "anna"), row(2, "anna.b")];
        assert_eq!(choose_user(&two, "anna@example.com"), None);
    }
}
