//! What stands between a key and a change of the fleet.

mod command;
mod palette;
mod plan;
mod plan_view;
mod prompt;

pub use palette::{Found, Palette, PaletteMove};
pub use plan::{Act, PlanDialog, PlanMove, Spot};
pub use prompt::{Prompt, PromptMove};
