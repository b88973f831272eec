//! What stands between a key and a change of the fleet.

mod prompt;

pub use prompt::{Prompt, PromptMove};
