//! Follows a controller: a World that is kept current from the stream, and what it does about a
//! gap.

use anyhow::Result;
use futures::StreamExt;
use futures::stream::BoxStream;
use hostler::api::{Client, ClientError, StreamItem};
use hostler::model::{Timestamp, World};

use super::failure::{Failure, UNREACHABLE};

/// A World that follows a controller's.
pub(crate) struct Follower {
    client: Client,
    pub(crate) world: World,
    /// The controller's time, as last heard.
    pub(crate) now: Timestamp,
    stream: BoxStream<'static, Result<StreamItem, ClientError>>,
}

/// What came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Step {
    /// The World is another than before.
    News,
    /// Only the time went on.
    Beat,
}

impl Follower {
    /// From a snapshot on.
    pub(crate) async fn begin(client: &Client) -> Result<Self> {
        let snapshot = client.world().await?;
        let stream = client.events(snapshot.seq);
        let now = client.status().await?.at;
        Ok(Self { client: client.clone(), world: snapshot.world, now, stream })
    }

    /// The next step. A controller that goes is an error.
    pub(crate) async fn next(&mut self) -> Result<Step> {
        match self.stream.next().await.transpose()? {
            Some(StreamItem::Heartbeat(beat)) => {
                self.now = beat.at;
                Ok(Step::Beat)
            }
            Some(StreamItem::Entry(entry)) => {
                self.now = self.now.max(entry.at);
                match self.world.apply(&entry) {
                    Ok(()) => Ok(Step::News),
                    // A controller of another version, or a fault: its World is right.
                    Err(_) => self.anew().await,
                }
            }
            Some(StreamItem::Resync) => self.anew().await,
            None => Err(Failure::with(UNREACHABLE, "the controller has ended").into()),
        }
    }

    async fn anew(&mut self) -> Result<Step> {
        let Self { world, now, stream, .. } = Self::begin(&self.client).await?;
        (self.world, self.now, self.stream) = (world, now.max(self.now), stream);
        Ok(Step::News)
    }
}
