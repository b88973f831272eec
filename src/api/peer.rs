//! Who asks: the peer of the socket as the kernel names it, and what a peer of our own user says
//! about the person before it.

use axum::extract::FromRequestParts;
use axum::extract::connect_info::ConnectInfo;
use axum::http::request::Parts;

use super::Api;
use super::problem::{Fault, What};
use crate::model::{Actor, Via};

/// `x-hostler-actor: alice/cli`: who asks, and by which door (`cli`, `desktop`, `api`).
pub const ACTOR_HEADER: &str = "x-hostler-actor";

/// The other end of a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Peer {
    /// `None` when the kernel would not say.
    pub(super) uid: Option<u32>,
}

/// The actor of a request.
#[derive(Debug)]
pub(super) struct Caller(pub(super) Actor);

impl FromRequestParts<Api> for Caller {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Fault> {
        let peer = parts.extensions.get::<ConnectInfo<Peer>>().map(|info| info.0);
        let uid = peer.and_then(|peer| peer.uid);
        let ours = uid.is_some() && uid == api.uid;
        let who = match uid {
            Some(_) if ours && api.user.is_some() => api.user.clone().unwrap_or_default(),
            Some(0) => "root".into(),
            Some(uid) => format!("uid {uid}"),
            None => "unknown".into(),
        };
        match parts.headers.get(ACTOR_HEADER) {
            Some(said) if ours => parse_actor(said.as_bytes()).map(Self),
            // Another user may not speak for somebody else.
            Some(_) | None => Ok(Self(Actor { who, via: Via::Api })),
        }
    }
}

/// The longest name of a person.
const WHO_MOST: usize = 64;

fn parse_actor(said: &[u8]) -> Result<Actor, Fault> {
    let bad = || {
        let said = String::from_utf8_lossy(said).chars().take(80).collect::<String>();
        let detail = format!(
            "{ACTOR_HEADER}: `{said}` is not an actor: expected a name of at most {WHO_MOST} \
             characters, `/`, and cli, desktop or api"
        );
        Fault::new(What::BadActor, detail)
    };
    let text = std::str::from_utf8(said).map_err(|_| bad())?;
    let (who, via) = text.rsplit_once('/').ok_or_else(bad)?;
    let via = match via {
        "cli" => Via::Cli,
        "desktop" => Via::Desktop,
        "api" => Via::Api,
        _ => return Err(bad()),
    };
    let who = who.trim();
    let fits = !who.is_empty() && who.chars().count() <= WHO_MOST;
    if !fits || who.chars().any(char::is_control) {
        return Err(bad());
    }
    Ok(Actor { who: who.into(), via })
}

/// The header's value for an actor: what `parse_actor` reads back.
pub(super) fn actor_value(actor: &Actor) -> String {
    let via = match actor.via {
        Via::Cli => "cli",
        Via::Desktop => "desktop",
        Via::Api | Via::Controller => "api",
    };
    let who: String = actor.who.chars().filter(|c| !c.is_control()).take(WHO_MOST).collect();
    let who = who.trim();
    format!("{}/{via}", if who.is_empty() { "unknown" } else { who })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_actor_reads_back_whatever_the_name() {
        for (who, read) in [
            ("alice", "alice"),
            ("Zoë", "Zoë"),
            ("a/b", "a/b"),
            ("", "unknown"),
            ("a\nb", "ab"),
            (&"x".repeat(90), &"x".repeat(64)),
        ] {
            let actor = Actor { who: who.into(), via: Via::Desktop };
            let back = parse_actor(actor_value(&actor).as_bytes()).unwrap();
            assert_eq!((back.who.as_str(), back.via), (read, Via::Desktop));
        }
    }

    #[test]
    fn what_is_no_actor_is_refused() {
        for bad in
            [&b"alice"[..], b"/cli", b"alice/", b"alice/controller", b"a\x07/cli", b"\xff/cli"]
        {
            assert_eq!(parse_actor(bad).unwrap_err().what, What::BadActor);
        }
    }
}
