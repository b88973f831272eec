//! What stands between a key and a change of the fleet.

mod act;
mod columns;
mod finder;
mod palette;
mod pick;
mod plan;
mod plan_view;
mod preview;
mod prompt;
mod shown;

pub use act::{Act, On};
pub use columns::{ColumnBox, ColumnMove};
pub use finder::Find;
pub use palette::{Found, Palette, PaletteMove};
pub use pick::{Choice, Gives, Pick};
pub use plan::{PlanDialog, PlanMove, Spot};
pub use prompt::{Prompt, PromptMove};
pub use shown::Shown;
