//! Files of the transport: key files and known hosts, read whole; a known host, appended.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "licence: known hosts, with salts of their own, and key files"
)]

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use super::known_hosts::{has, hashed, is_hashed, lookup_name, without};

/// No key file or list of known hosts has more bytes; whatever has is something else.
const MOST: u64 = 16 << 20;

/// A file's text; bytes that are not UTF-8 are replaced.
pub(super) fn read_text(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    let file = OpenOptions::new().read(true).open(path)?;
    if file.take(MOST + 1).read_to_end(&mut bytes)? as u64 > MOST {
        return Err(io::Error::other("larger than 16 MiB"));
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A file's text, `None` when there is no such file.
pub(super) fn read_if_there(path: &Path) -> io::Result<Option<String>> {
    match read_text(path) {
        Ok(text) => Ok(Some(text)),
        Err(why) if why.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(why) => Err(why),
    }
}

/// Whoever holds it is the only one of us that writes files in the directory of `path`.
fn turn(path: &Path) -> io::Result<File> {
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty());
    let dir = File::open(dir.unwrap_or(Path::new(".")))?;
    dir.lock()?;
    Ok(dir)
}

/// Makes `key`, a public key line, the one plain key of a host in the known hosts in `path`. The
/// file is whole at every moment.
///
/// # Errors
/// What reading or writing the file came to, or that a line names the host by a pattern.
pub fn replace_known_host(path: &Path, address: &str, port: u16, key: &str) -> io::Result<()> {
    let _turn = turn(path)?;
    let text = std::fs::read_to_string(path)?;
    let (name, hides) = (lookup_name(address, port), is_hashed(&text));
    let mut text = without(&text, &name).map_err(|line| {
        let file = path.display();
        io::Error::other(format!("{file}:{line} names {name} by a pattern: mend that line by hand"))
    })?;
    // Whoever hides the names of hosts from readers of the file wants this one hidden, too.
    let shown = if hides { hashed(&name, &rand::random()) } else { name };
    text.push_str(&format!("{shown} {}\n", key.trim()));
    // The file itself, not a link to it, is replaced.
    let path = std::fs::canonicalize(path)?;
    let mut fresh = path.clone().into_os_string();
    fresh.push(".new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(&fresh)?;
    file.set_permissions(std::fs::metadata(&path)?.permissions())?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&fresh, &path)
}

/// Adds `line`, the name of one host and its key, to the known hosts in `path`, which is made when
/// missing. A line that is there already is not added again. Where the names of other hosts are
/// hashed, so is this one's.
///
/// # Errors
/// What reading or writing the file came to.
pub fn append_known_host(path: &Path, line: &str) -> io::Result<()> {
    let (line, _turn) = (line.trim(), turn(path)?);
    let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    if line.is_empty() || text.lines().any(|known| known.trim() == line) {
        return Ok(());
    }
    let mut line = line.to_owned();
    if is_hashed(&text)
        && let Some((name, key)) = line.split_once(' ')
    {
        if has(&text, name, key) {
            return Ok(());
        }
        line = format!("{} {key}", hashed(name, &rand::random()));
    }
    let gap = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    file.seek(SeekFrom::End(0))?;
    // One write: a reader sees the whole line or none of it.
    file.write_all(format!("{gap}{line}\n").as_bytes())?;
    file.sync_data()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replaced_key_leaves_the_rest_and_the_modes_of_the_file() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let (file, link) = (dir.path().join("file"), dir.path().join("known_hosts"));
        std::os::unix::fs::symlink("file", &link).unwrap();
        append_known_host(&link, "mac1,mac2 ssh-ed25519 AAAA").unwrap();
        std::fs::set_permissions(&file, PermissionsExt::from_mode(0o640)).unwrap();
        replace_known_host(&link, "mac1", 22, "ssh-ed25519 BBBB").unwrap();
        let text = "mac2 ssh-ed25519 AAAA\nmac1 ssh-ed25519 BBBB\n";
        assert_eq!(read_text(&file).unwrap(), text);
        assert!(link.symlink_metadata().unwrap().is_symlink());
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o640);
        append_known_host(&link, "*3 ssh-ed25519 AAAA").unwrap();
        let said = replace_known_host(&link, "mac3", 22, "ssh-ed25519 BBBB").unwrap_err();
        assert!(said.to_string().contains("known_hosts:3 names mac3 by a pattern"), "{said}");
        assert_eq!(read_text(&file).unwrap(), format!("{text}*3 ssh-ed25519 AAAA\n"));
    }

    #[test]
    fn a_known_host_is_appended_once_on_a_line_of_its_own() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("known_hosts");
        append_known_host(&path, "mac1 ssh-ed25519 AAAA").unwrap();
        append_known_host(&path, "mac1 ssh-ed25519 AAAA\n").unwrap();
        assert_eq!(read_text(&path).unwrap(), "mac1 ssh-ed25519 AAAA\n");

        let torn = dir.path().join("torn");
        let mut file = OpenOptions::new().write(true).create_new(true).open(&torn).unwrap();
        file.write_all(b"mac0 ssh-ed25519 BBBB").unwrap();
        append_known_host(&torn, "mac1 ssh-ed25519 AAAA").unwrap();
        let text = read_text(&torn).unwrap();
        assert_eq!(text, "mac0 ssh-ed25519 BBBB\nmac1 ssh-ed25519 AAAA\n");
    }
}
