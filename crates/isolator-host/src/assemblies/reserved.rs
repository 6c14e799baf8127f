//! Names that are devices on Windows in every folder, whatever extension follows.

/// Whether a file name is such a one.
pub(crate) fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end();
    if ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"]
        .iter()
        .any(|device| stem.eq_ignore_ascii_case(device))
    {
        return true;
    }
    let numbered = |prefix: &str| {
        stem.get(..3)
            .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
            && matches!(
                stem.get(3..),
                Some("0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "¹" | "²" | "³")
            )
    };
    numbered("COM") || numbered("LPT")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_told_from_names() {
        for name in [
            "NUL",
            "nul.dll",
            "Con",
            "com1.resources",
            "LPT9",
            "COM²",
            "aux .x",
        ] {
            assert!(is_device(name), "{name}");
        }
        for name in ["NULL", "Console", "COM", "COM10", "Comå", "LPTX", "", "ä"] {
            assert!(!is_device(name), "{name}");
        }
    }
}
