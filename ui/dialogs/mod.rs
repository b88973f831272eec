//! What stands between a key and a change of the fleet.

mod act;
mod palette;
mod plan;
mod plan_view;
mod preview;
mod prompt;

pub use act::{Act, On};
pub use palette::{Found, Palette, PaletteMove};
pub use plan::{PlanDialog, PlanMove, Spot};
pub use prompt::{Prompt, PromptMove};
