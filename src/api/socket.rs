//! The controller's socket: nobody but its user may connect from the first instant, a dead
//! controller's socket is replaced, a live one's is left alone.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "licence: the one listening socket"
)]

use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use axum::extract::connect_info::Connected;
use axum::serve::IncomingStream;
use tokio::net::UnixListener;

use super::ApiError;
use super::peer::Peer;

/// What both Linux and macOS allow, less the closing zero: macOS has 104 bytes.
const PATH_MOST: usize = 103;
/// Where the socket is made before it is moved to its place.
const CRADLE: &str = ".new";

/// A bound socket that listens.
#[derive(Debug)]
pub struct Socket {
    listener: UnixListener,
    place: Place,
}

/// Its file; removed when the server ends, unless somebody else's is there by then.
#[derive(Debug)]
pub(super) struct Place {
    path: PathBuf,
    inode: u64,
    uid: u32,
}

impl Socket {
    /// Listens at `path`, mode 0600.
    ///
    /// Fails when a controller answers there, when something other than a socket lies there, and
    /// when the system refuses. Two controllers that start at once on one state directory are
    /// kept apart by the store's lock, not here.
    pub fn bind(path: &Path) -> Result<Self, ApiError> {
        let io = |what| move |source| ApiError::Io { path: path.to_path_buf(), what, source };
        let cradle = cradle(path);
        let born = cradle.join("s");
        if born.as_os_str().as_bytes().len() > PATH_MOST {
            // The socket is made at a path a little longer than its own.
            let most = PATH_MOST - CRADLE.len() - "/s".len();
            return Err(ApiError::TooLong { path: path.to_path_buf(), most });
        }
        check_free(path)?;
        // A directory nobody else may enter: the socket is never open to others, not even between
        // its making and its change of mode. What an earlier start left there is of no use.
        let _ = std::fs::remove_dir_all(&cradle);
        std::fs::DirBuilder::new().mode(0o700).create(&cradle).map_err(io("make"))?;
        let made = UnixListener::bind(&born).map_err(io("bind")).and_then(|listener| {
            let only_us = std::fs::Permissions::from_mode(0o600);
            std::fs::set_permissions(&born, only_us).map_err(io("protect"))?;
            let file = std::fs::symlink_metadata(&born).map_err(io("read"))?;
            std::fs::rename(&born, path).map_err(io("place"))?;
            let place = Place { path: path.to_path_buf(), inode: file.ino(), uid: file.uid() };
            Ok(Self { listener, place })
        });
        let _ = std::fs::remove_dir_all(&cradle);
        made
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.place.path
    }

    /// The user it belongs to: ours.
    pub(super) fn uid(&self) -> u32 {
        self.place.uid
    }

    pub(super) fn split(self) -> (UnixListener, Place) {
        (self.listener, self.place)
    }
}

fn cradle(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_os_string();
    name.push(CRADLE);
    PathBuf::from(name)
}

/// Nothing there, or the socket of a controller that is no more.
fn check_free(path: &Path) -> Result<(), ApiError> {
    let owned = || path.to_path_buf();
    let file = match std::fs::symlink_metadata(path) {
        Ok(file) => file,
        Err(gone) if gone.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(ApiError::Io { path: owned(), what: "look at it", source }),
    };
    if !file.file_type().is_socket() {
        return Err(ApiError::NotASocket { path: owned() });
    }
    match std::os::unix::net::UnixStream::connect(path) {
        Err(dead) if dead.kind() == io::ErrorKind::ConnectionRefused => Ok(()),
        // A full queue or a forbidden door: somebody lives there.
        Ok(_) | Err(_) => Err(ApiError::Busy { path: owned() }),
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if std::fs::symlink_metadata(&self.path).is_ok_and(|file| file.ino() == self.inode) {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

impl Connected<IncomingStream<'_, UnixListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, UnixListener>) -> Self {
        Self { uid: stream.io().peer_cred().ok().map(|cred| cred.uid()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_dead_socket_is_replaced_and_a_live_one_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("hostler.sock");
        let first = Socket::bind(&path).unwrap();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(matches!(Socket::bind(&path), Err(ApiError::Busy { .. })));
        let (listener, place) = first.split();
        drop(listener);
        let second = Socket::bind(&path).unwrap();
        drop(place);
        assert!(path.exists(), "the first one must not remove the second one's socket");
        drop(second);
        assert!(!path.exists());
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn what_is_no_socket_stays_and_long_paths_are_told() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("hostler.sock");
        std::fs::write(&path, "precious").unwrap();
        assert!(matches!(Socket::bind(&path), Err(ApiError::NotASocket { .. })));
        assert_eq!(std::fs::read(&path).unwrap(), b"precious");
        let long = dir.path().join("x".repeat(100));
        let said = Socket::bind(&long).unwrap_err().to_string();
        assert!(said.contains("use a shorter --state"), "{said}");
        let nowhere = dir.path().join("no/hostler.sock");
        assert!(matches!(Socket::bind(&nowhere), Err(ApiError::Io { .. })));
    }
}
