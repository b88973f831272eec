//! Values that are written as text, in JSON and elsewhere: as they print themselves, and read back
//! by their own rules.

/// A text that is no such value, as far as an error repeats it.
pub(super) fn clip(text: &str) -> String {
    text.chars().take(80).collect()
}

/// Serde for a type that has `Display` and `FromStr`.
macro_rules! as_text {
    ($type:ty) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(super) use as_text;
