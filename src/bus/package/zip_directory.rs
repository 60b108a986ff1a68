//! How the archive is made, judged on its bytes before anything is unpacked.
//!
//! Zip allows one archive to mean different things to different readers: a directory that differs from what it points
//! to, files that overlap, something before, between or behind them, two endings. A package is made in one plain way
//! (files one behind the other from the first byte, the directory behind them, the ending last), and every other way
//! is refused; so whatever unpacks it sees what was judged.

use super::error::PackageError;

const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
const LOCAL_BYTES: usize = 30;
const CENTRAL_BYTES: usize = 46;
const END_BYTES: usize = 22;
/// Stored as they are, or deflated.
const METHODS: [u16; 2] = [0, 8];
/// The name is UTF-8; how hard the packer tried. Anything else (encryption, sizes behind the data) is refused.
const FLAGS_ALLOWED: u16 = 0x0806;
/// Kind of file in the mode that Unix packers note: none, or a regular one.
const KINDS_ALLOWED: [u32; 2] = [0, 0o100_000];

/// One file as the directory has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ZipEntry {
    pub name: String,
    pub packed_bytes: u64,
    pub unpacked_bytes: u64,
    pub is_file: bool,
}

struct ZipBytes<'b>(&'b [u8]);

impl<'b> ZipBytes<'b> {
    fn slice_at(&self, at: usize, length: usize) -> Option<&'b [u8]> {
        self.0.get(at..at.checked_add(length)?)
    }

    fn u16_at(&self, at: usize) -> Option<u16> {
        let part: [u8; 2] = self.slice_at(at, 2)?.try_into().ok()?;
        Some(u16::from_le_bytes(part))
    }

    fn u32_at(&self, at: usize) -> Option<u32> {
        let part: [u8; 4] = self.slice_at(at, 4)?.try_into().ok()?;
        Some(u32::from_le_bytes(part))
    }

    fn size_at(&self, at: usize) -> Option<usize> {
        usize::try_from(self.u32_at(at)?).ok()
    }
}

const fn structure_error(why: &'static str) -> PackageError {
    PackageError::Structure(why)
}

/// The files, in the order in which they stand.
pub(crate) fn read_directory(bytes: &[u8], most: usize) -> Result<Vec<ZipEntry>, PackageError> {
    let all = ZipBytes(bytes);
    let end = bytes
        .len()
        .checked_sub(END_BYTES)
        .ok_or(structure_error("it is too short"))?;
    if all.u32_at(end) != Some(END) {
        return Err(structure_error("it does not end with the end record"));
    }
    let ending = (|| {
        let disks = (all.u16_at(end + 4)?, all.u16_at(end + 6)?, all.u16_at(end + 8)?);
        let count = all.u16_at(end + 10)?;
        Some((
            disks,
            count,
            all.size_at(end + 12)?,
            all.size_at(end + 16)?,
            all.u16_at(end + 20)?,
        ))
    })();
    let (disks, count, length, start, comment) = ending.ok_or(structure_error("its end record is truncated"))?;
    if disks != (0, 0, count) || comment != 0 || start.checked_add(length) != Some(end) {
        return Err(structure_error("its end record does not match the file"));
    }
    if usize::from(count) > most {
        return Err(PackageError::TooMany);
    }
    let (mut central, mut local) = (start, 0);
    let mut entries = Vec::new();
    for _ in 0..count {
        let entry = read_entry(&all, &mut central, &mut local, start)
            .ok_or(structure_error("its directory is truncated"))??;
        entries.push(entry);
    }
    if central != end || local != start {
        return Err(structure_error("it contains data outside its files"));
    }
    Ok(entries)
}

/// One line of the directory and the file that it points to, which has to begin where the last one ended.
fn read_entry(
    all: &ZipBytes<'_>,
    central: &mut usize,
    local: &mut usize,
    start: usize,
) -> Option<Result<ZipEntry, PackageError>> {
    let (at, file) = (*central, *local);
    let name_bytes = usize::from(all.u16_at(at + 28)?);
    let behind_name = usize::from(all.u16_at(at + 30)?) + usize::from(all.u16_at(at + 32)?);
    let name = all.slice_at(at + CENTRAL_BYTES, name_bytes)?;
    all.slice_at(at + CENTRAL_BYTES + name_bytes, behind_name)?;
    let (packed, unpacked) = (all.size_at(at + 20)?, all.size_at(at + 24)?);
    if all.u32_at(at)? != CENTRAL || all.size_at(at + 42)? != file || all.u32_at(file)? != LOCAL {
        return Some(Err(structure_error("its directory and its files differ")));
    }
    // Version, flags, method, time, checksum, both sizes, length of the name: the same in both places.
    if all.slice_at(at + 6, 24)? != all.slice_at(file + 4, 24)? {
        return Some(Err(structure_error("its directory and its files differ")));
    }
    let local_name = all.slice_at(file + LOCAL_BYTES, name_bytes)?;
    if local_name != name {
        return Some(Err(structure_error("a file has two names")));
    }
    let local_extra = usize::from(all.u16_at(file + 28)?);
    let next = file + LOCAL_BYTES + name_bytes + local_extra + packed;
    if next > start || u64::try_from(unpacked).ok()? >= u64::from(u32::MAX) {
        return Some(Err(structure_error("a file overlaps the directory")));
    }
    if behind_name != 0 || local_extra != 0 {
        return Some(Err(structure_error("a file has more than a name and content")));
    }
    if all.u16_at(at + 8)? & !FLAGS_ALLOWED != 0 || !METHODS.contains(&all.u16_at(at + 10)?) {
        return Some(Err(structure_error(
            "a file is encrypted, or uses an unsupported compression",
        )));
    }
    let Ok(name) = String::from_utf8(name.to_vec()) else {
        return Some(Err(structure_error("a name is not UTF-8")));
    };
    let kind = (all.u32_at(at + 38)? >> 16) & 0o170_000;
    *central = at + CENTRAL_BYTES + name_bytes;
    *local = next;
    Some(Ok(ZipEntry {
        name,
        packed_bytes: packed as u64,
        unpacked_bytes: unpacked as u64,
        is_file: KINDS_ALLOWED.contains(&kind),
    }))
}
