//! Reading what a command left, without following any link: the command may have put one where its report should be.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, fstat, openat, statat};

/// The wanted regular files, `limit` bytes in all. What is missing, a link, or too large is left out.
pub(super) fn read(folder: &Path, wanted: &[String], limit: u64) -> BTreeMap<String, Vec<u8>> {
    let mut outputs = BTreeMap::new();
    let Ok(outer) = openat(CWD, folder, FOLDER, Mode::empty()) else { return outputs };
    let Some(out) = enter(&outer, "slipway").and_then(|slipway| enter(&slipway, "out")) else {
        return outputs;
    };
    let mut room = limit;
    for name in wanted {
        if let Some(content) = read_file(&out, name, room) {
            room -= content.len() as u64;
            outputs.insert(name.clone(), content);
        }
    }
    outputs
}

const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
const FILE: OFlags = OFlags::RDONLY.union(OFlags::NOFOLLOW).union(OFlags::NONBLOCK).union(OFlags::CLOEXEC);

fn enter(folder: &OwnedFd, name: &str) -> Option<OwnedFd> {
    openat(folder, name, FOLDER.union(OFlags::NOFOLLOW), Mode::empty()).ok()
}

/// A second name means that the file may be another's, given a name here to be read.
fn read_file(folder: &OwnedFd, name: &str, room: u64) -> Option<Vec<u8>> {
    if name.contains('/') {
        return None;
    }
    // Opening a device can have effects, so its kind is looked at first and again once it is open.
    let before = statat(folder, name, AtFlags::SYMLINK_NOFOLLOW).ok()?;
    if FileType::from_raw_mode(before.st_mode) != FileType::RegularFile {
        return None;
    }
    let file = openat(folder, name, FILE, Mode::empty()).ok()?;
    let about = fstat(&file).ok()?;
    let size = u64::try_from(about.st_size).ok()?;
    if FileType::from_raw_mode(about.st_mode) != FileType::RegularFile || about.st_nlink != 1 || size > room {
        return None;
    }
    let mut content = Vec::new();
    std::fs::File::from(file).take(room).read_to_end(&mut content).ok()?;
    Some(content)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("slipway/out")).unwrap();
        std::fs::write(folder.path().join("secret"), b"secret").unwrap();
        folder
    }

    fn names(folder: &Path, limit: u64) -> Vec<String> {
        let wanted = ["report", "link", "hard", "pipe", "../../secret", "large"].map(str::to_owned);
        read(folder, &wanted, limit).into_keys().collect()
    }

    #[test]
    fn a_regular_file_is_read_and_nothing_that_leads_elsewhere() {
        let folder = folder();
        let out = folder.path().join("slipway/out");
        std::fs::write(out.join("report"), b"r").unwrap();
        symlink("../../secret", out.join("link")).unwrap();
        std::fs::hard_link(folder.path().join("secret"), out.join("hard")).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(out.join("pipe")).status().unwrap().success());
        std::fs::write(out.join("large"), vec![0; 100]).unwrap();
        assert_eq!(names(folder.path(), 50), ["report"]);
    }

    #[test]
    fn a_folder_that_became_a_link_is_not_entered() {
        let folder = folder();
        let out = folder.path().join("slipway/out");
        std::fs::remove_dir(&out).unwrap();
        std::fs::create_dir(folder.path().join("other")).unwrap();
        std::fs::write(folder.path().join("other/report"), b"r").unwrap();
        symlink("../other", &out).unwrap();
        assert_eq!(names(folder.path(), 50), [""; 0]);
    }
}
