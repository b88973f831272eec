//! The few files that commands read and write themselves: a demo's fleet and its key, and what
//! playbooks copy to hosts.
#![expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "licence: a demo's files")]

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use futures::future::BoxFuture;
use hostler::engine::FleetFiles;

/// Writes a file that only its owner may read.
pub(crate) fn write_private(path: &Path, text: &str) -> Result<()> {
    let mut open = OpenOptions::new();
    let file = open.write(true).create_new(true).mode(0o600).open(path);
    let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
    written.with_context(|| format!("{} cannot be written", path.display()))
}

/// Removes a file, if there is one.
pub(crate) fn remove(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{} cannot be removed", path.display()))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Writes a file and the directory it is in.
pub(crate) fn write(path: &Path, text: &str) -> Result<()> {
    let dir = path.parent().map_or(Ok(()), std::fs::create_dir_all);
    let written = dir.and_then(|()| std::fs::write(path, text));
    written.with_context(|| format!("{} cannot be written", path.display()))
}

/// Reads a file that a person named.
pub(crate) fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))
}

/// The same, where there may be no such file.
pub(crate) fn read_if_any(path: &Path) -> Result<Option<String>> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("{} cannot be read", path.display())),
    }
}

/// Writes a file whole: whoever reads it finds the old text or the new, and never a part.
pub(crate) fn replace(path: &Path, text: &str) -> Result<()> {
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let write = || {
        std::fs::create_dir_all(dir)?;
        let mut file = tempfile::NamedTempFile::new_in(dir)?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)
    };
    write().map(drop).with_context(|| format!("{} cannot be written", path.display()))
}

/// Makes a directory that only its owner may enter, with those above it.
pub(crate) fn private_dir(path: &Path) -> Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.with_context(|| {
        let path = path.display();
        format!("the directory {path} cannot be made: make it writable, or choose another")
    })
}

/// The files of a fleet directory.
pub(crate) struct InFleet(pub(crate) PathBuf);

impl FleetFiles for InFleet {
    fn read(&self, path: &Path) -> BoxFuture<'static, Result<Vec<u8>, String>> {
        let path = self.0.join(path);
        Box::pin(async move {
            let said = |error| format!("{} cannot be read: {error}", path.display());
            tokio::fs::read(&path).await.map_err(said)
        })
    }
}
