//! The API over a real socket: every route through the client, and the raw side of it.

mod bodies;
mod fixture;
mod jobs;
mod raw;
mod routes;
mod stream;
