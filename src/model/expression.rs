//! The rules under which the expressions of playbooks live, whether they are checked or worked
//! out, and what they may speak of.

use minijinja::{Environment, UndefinedBehavior};

/// What any expression may speak of, besides what earlier steps have registered.
pub const EXPRESSION_ROOTS: [&str; 4] = ["host", "job", "failed", "failure"];
/// An expression costs at most so many instructions.
const FUEL: u64 = 10_000;

/// A name that is not there is a fault and not nothing, and no expression goes on for ever.
pub fn expressions() -> Environment<'static> {
    let mut rules = Environment::new();
    rules.set_undefined_behavior(UndefinedBehavior::Strict);
    rules.set_fuel(Some(FUEL));
    rules
}
