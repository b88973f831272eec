//! JSON Schema of each kind of file, for editors. A test holds the keys described here against the
//! keys the readers know.

mod book;
mod text;

use schemars::Schema;
use schemars::generate::SchemaSettings;
use schemars::transform::transform_subschemas;
use serde_json::Value;

/// The files Hostler reads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Inventory,
    Playbook,
    Settings,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Inventory, Self::Playbook, Self::Settings];
    /// The word on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Inventory => "inventory",
            Self::Playbook => "playbook",
            Self::Settings => "settings",
        }
    }
}

/// The JSON Schema (2020-12) of a kind of file.
pub fn schema(kind: Kind) -> Value {
    let made = SchemaSettings::draft2020_12().with_transform(refuse_null).into_generator();
    let schema = match kind {
        Kind::Inventory => made.into_root_schema_for::<text::Inventory>(),
        Kind::Playbook => made.into_root_schema_for::<book::Playbook>(),
        Kind::Settings => made.into_root_schema_for::<text::Settings>(),
    };
    schema.to_value()
}

/// A key may be left out; a key that is there has a value, unless that is a map.
fn refuse_null(schema: &mut Schema) {
    if let Some(Value::Array(types)) = schema.get_mut("type")
        && !types.contains(&"object".into())
    {
        types.retain(|kind| kind != "null");
    }
    transform_subschemas(&mut refuse_null, schema);
}
