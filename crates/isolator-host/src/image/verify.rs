//! Machine code is loaded only from files whose content is known, without hashing 150 MB each time.
//!
//! Beside each such file lies a record: the content's digest, and what the operating system said of the file (length, times,
//! inode) right after the content was checked. As long as that is the same, nobody wrote to the file since: the change time
//! cannot be set back. When it differs, or where there is no change time, the content is hashed again. The digest is BLAKE3, since a program that
//! was just installed waits for it: on one core it took 22 to 40 ms for 64 MB where SHA-256, with instructions for it, took 55 to 90.
//!
//! What was installed as a part of this program (`Origin::Installed`) is trusted as the program's own library is, whose content nobody hashes
//! either: who could write it could write that. There only a mistake can be wrong, a file of another build or half of one, and pieces of it tell
//! that: a first start would otherwise be 45 ms of hashing 150 MB, and each start where the program may not write a record.

use super::trust::{self, Origin};
use isolator_abi::manifest::MachineCode;
use serde::{Deserialize, Serialize};
use std::fs::{File, Metadata};
use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// What is recorded of a file whose content was checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    pub blake3: String,
    /// None where the operating system does not tell enough.
    pub stamp: Option<Stamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stamp {
    bytes: u64,
    pub device: u64,
    pub inode: u64,
    modified_ns: i64,
    changed_ns: i64,
}

#[cfg(unix)]
pub(super) fn stamp(metadata: &Metadata) -> Option<Stamp> {
    use std::os::unix::fs::MetadataExt;
    let ns = |seconds: i64, ns: i64| seconds.wrapping_mul(1_000_000_000).wrapping_add(ns);
    Some(Stamp {
        bytes: metadata.len(),
        device: metadata.dev(),
        inode: metadata.ino(),
        modified_ns: ns(metadata.mtime(), metadata.mtime_nsec()),
        changed_ns: ns(metadata.ctime(), metadata.ctime_nsec()),
    })
}

#[cfg(not(unix))]
pub(super) fn stamp(_: &Metadata) -> Option<Stamp> {
    None
}

fn record_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".json");
    name.into()
}

/// The record, unless somebody else could have written it.
fn read_record(path: &Path, origin: Origin) -> Option<Record> {
    read_json(&record_path(path), origin)
}

fn read_json(path: &Path, origin: Origin) -> Option<Record> {
    let mut file = File::open(path).ok()?;
    trust::file(&file, path, origin).ok()?;
    let mut json = Vec::new();
    file.read_to_end(&mut json).ok()?;
    serde_json::from_slice(&json).ok()
}

/// Opens a file and makes sure that its content has the expected digest, or the recorded one if none is expected.
/// The error says why not.
pub(super) fn open_verified(
    path: &Path,
    expected: Option<&str>,
    origin: Origin,
) -> Result<File, String> {
    let mut file = File::open(path).map_err(|error| format!("it cannot be opened: {error}"))?;
    trust::file(&file, path, origin)?;
    let found = stamp(
        &file
            .metadata()
            .map_err(|error| format!("its metadata cannot be read: {error}"))?,
    );
    let record = read_record(path, origin);
    let expected = match (expected, &record) {
        (Some(expected), _) => expected,
        (None, Some(record)) => record.blake3.as_str(),
        (None, None) => return Err("nothing is recorded about its content".into()),
    };
    if let Some(record) = &record
        && record.blake3 == expected
        && record.stamp.is_some()
        && record.stamp == found
    {
        return Ok(file);
    }
    let digest = digest(&mut file).map_err(|error| format!("it cannot be read: {error}"))?;
    if digest != expected {
        return Err(format!(
            "its BLAKE3 is {digest}, and it should be {expected}: it was changed after it was written"
        ));
    }
    tracing::debug!(path = %path.display(), "verified by its digest");
    // Best effort: without the record the next load hashes again.
    let _ = write_record(
        path,
        &Record {
            blake3: digest,
            stamp: found,
        },
    );
    Ok(file)
}

/// Bytes from the beginning of one piece to that of the next. A build that differs anywhere has other addresses in nearly all that comes after.
const APART: usize = 512 << 10;
/// Bytes of a piece.
const PIECE: u64 = 4 << 10;

/// The digest of a content's length, of pieces of it all along, and of its end.
fn pieces(content: &mut (impl Read + Seek)) -> io::Result<String> {
    let length = content.seek(SeekFrom::End(0))?;
    let mut hasher = blake3::Hasher::new();
    hasher.update(&length.to_le_bytes());
    let mut piece = Vec::new();
    let along = (0..length).step_by(APART);
    for at in along.chain([length.saturating_sub(PIECE)]) {
        content.seek(SeekFrom::Start(at))?;
        piece.clear();
        content.by_ref().take(PIECE).read_to_end(&mut piece)?;
        hasher.update(&piece);
    }
    Ok(hasher.finalize().to_string())
}

/// Opens a file of this program's installation, and makes sure that it is the one that the manifest means.
/// The error says why not.
pub(super) fn open_installed(path: &Path, expected: &str) -> Result<File, String> {
    let mut file = File::open(path).map_err(|error| format!("it cannot be opened: {error}"))?;
    trust::file(&file, path, Origin::Installed)?;
    let found = pieces(&mut file).map_err(|error| format!("it cannot be read: {error}"))?;
    if found != expected {
        return Err(format!(
            "BLAKE3 of pieces of it is {found}, and it should be {expected}: it is not of the same build as the manifest"
        ));
    }
    Ok(file)
}

fn digest(file: &mut File) -> io::Result<String> {
    let mut hasher = blake3::Hasher::new();
    // What the processor's caches hold; all its cores hash it.
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hasher.finalize().to_string()),
            read => {
                hasher.update_rayon(buffer.get(..read).unwrap_or_default());
            }
        }
    }
}

/// Writes what is known of a file that lies elsewhere, which may be somebody else's.
pub(super) fn note(path: &Path, record: &Record) -> io::Result<()> {
    write_to(path, &serde_json::to_vec(record)?, false)
}

/// What [`note`] wrote, unless somebody else could have written it.
pub(super) fn noted(path: &Path) -> Option<Record> {
    read_json(path, Origin::Cache)
}

fn write_record(path: &Path, record: &Record) -> io::Result<()> {
    // One that a crash loses is made again.
    note(&record_path(path), record)
}

/// Writes a file and its record. What is there under the name is the old content or the whole new one.
pub(super) fn write_verified(path: &Path, content: &[u8]) -> io::Result<MachineCode> {
    write_atomically(path, content)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let file = MachineCode {
        file: name.into_owned(),
        blake3: blake3::hash(content).to_string(),
        pieces: Some(pieces(&mut Cursor::new(content))?),
        bytes: content.len() as u64,
    };
    // After the renaming, which counts as a change.
    write_record(
        path,
        &Record {
            blake3: file.blake3.clone(),
            stamp: stamp(&std::fs::metadata(path)?),
        },
    )?;
    Ok(file)
}

/// Writes to a temporary file beside, makes sure that it is on disk, and renames it.
pub(super) fn write_atomically(path: &Path, content: &[u8]) -> io::Result<()> {
    write_to(path, content, true)
}

fn write_to(path: &Path, content: &[u8], durably: bool) -> io::Result<()> {
    let directory = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new()
        .prefix(".isolator-")
        .suffix(".tmp")
        .tempfile_in(directory)?;
    file.write_all(content)?;
    if durably {
        file.as_file().sync_all()?;
    }
    // Like any other file that a program writes, not private as temporary files are.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        file.as_file()
            .set_permissions(std::fs::Permissions::from_mode(0o644))?;
    }
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tamper(path: &Path) {
        // Longer than the file system's clock tick, as any real change after a load is.
        std::thread::sleep(std::time::Duration::from_millis(30));
        let mut content = std::fs::read(path).unwrap();
        content[0] ^= 1;
        let modified = std::fs::metadata(path).unwrap().modified().unwrap();
        std::fs::write(path, content).unwrap();
        // An attacker would set the modification time back.
        File::options()
            .write(true)
            .open(path)
            .unwrap()
            .set_modified(modified)
            .unwrap();
    }

    #[test]
    fn what_was_written_is_verified_and_what_was_changed_is_not() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("code.cwasm");
        let file = write_verified(&path, b"machine code").unwrap();
        assert_eq!((&*file.file, file.bytes), ("code.cwasm", 12));
        assert_eq!(file.blake3, blake3::hash(b"machine code").to_string());
        assert!(open_verified(&path, None, Origin::Named).is_ok());
        assert!(open_verified(&path, Some(&file.blake3), Origin::Named).is_ok());
        assert!(
            open_verified(&path, Some("00"), Origin::Named).is_err(),
            "the manifest counts more than the record"
        );
        tamper(&path);
        let problem = open_verified(&path, None, Origin::Named).unwrap_err();
        assert!(
            problem.contains("changed after it was written"),
            "{problem}"
        );
        assert!(open_verified(&path, Some(&file.blake3), Origin::Named).is_err());
    }

    #[test]
    fn pieces_tell_a_build_from_another() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("code.cwasm");
        let content: Vec<u8> = (0..3 * APART + 5000)
            .map(|i| u8::try_from(i % 251).unwrap())
            .collect();
        let file = write_verified(&path, &content).unwrap();
        let expected = file.pieces.unwrap();
        assert!(open_installed(&path, &expected).is_ok());
        let of = |content: &[u8]| pieces(&mut Cursor::new(content)).unwrap();
        assert_eq!(of(&content), expected);
        // Shifted by a byte, cut, longer, another end: what another build is.
        let shifted = [&[7], &content[..content.len() - 1]].concat();
        let mut other_end = content.clone();
        *other_end.last_mut().unwrap() ^= 1;
        for other in [
            shifted,
            content[..content.len() - 1].to_vec(),
            [&content[..], &[0]].concat(),
            other_end,
            Vec::new(),
        ] {
            assert_ne!(of(&other), expected);
            std::fs::write(&path, other).unwrap();
            let problem = open_installed(&path, &expected).unwrap_err();
            assert!(problem.contains("not of the same build"), "{problem}");
        }
    }

    #[test]
    fn a_touched_file_is_hashed_and_recorded_again() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("code.cwasm");
        write_verified(&path, b"machine code").unwrap();
        let before = read_record(&path, Origin::Named).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(30));
        std::fs::write(&path, b"machine code").unwrap();
        assert!(open_verified(&path, None, Origin::Named).is_ok());
        let after = read_record(&path, Origin::Named).unwrap();
        assert_eq!(before.blake3, after.blake3);
        if cfg!(unix) {
            assert_ne!(before.stamp, after.stamp);
        }
        std::fs::remove_file(record_path(&path)).unwrap();
        assert!(
            open_verified(&path, None, Origin::Named).is_err(),
            "without a record and an expectation nothing is known"
        );
    }
}
