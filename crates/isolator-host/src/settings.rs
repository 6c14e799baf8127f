//! Names of settings as messages spell them. A binding for another language puts that language's names in their place.

mod names;

pub use names::Setting;

use std::fmt;

impl fmt::Display for Setting {
    /// As messages spell it: the name between backticks.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.name())
    }
}

impl Setting {
    /// A text with the settings that it names called something else.
    #[must_use]
    pub fn rename_in(text: &str, name: impl Fn(Self) -> &'static str) -> String {
        let mut renamed = text.to_owned();
        for setting in Self::ALL {
            let old = setting.to_string();
            if renamed.contains(&old) {
                renamed = renamed.replace(&old, &format!("`{}`", name(*setting)));
            }
        }
        renamed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_put_in_place_of_names() {
        let text = format!(
            "raise {} or {}; `Limits` stays",
            Setting::Memory,
            Setting::HostMemory
        );
        let renamed = Setting::rename_in(&text, |setting| match setting {
            Setting::Memory => "A",
            _ => "B",
        });
        assert_eq!(renamed, "raise `A` or `B`; `Limits` stays");
    }
}
