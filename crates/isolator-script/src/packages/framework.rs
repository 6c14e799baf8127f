//! Names of frameworks: which of a package's folders .NET 10 uses.

/// How near a framework is to .NET 10, the more the nearer; none: it is of no use there. The name is a folder's (`net8.0`, `netstandard2.0`) or a specification's
/// (`.NETStandard2.0`).
pub fn nearness(name: &str) -> Option<u32> {
    const NEWEST: (u32, u32) = (10, 0);
    let name = name.trim().to_ascii_lowercase();
    let name = name.strip_prefix('.').unwrap_or(&name);
    let version = |text: &str| {
        let (major, minor) = text.split_once('.')?;
        let number = |text: &str| match text.len() {
            1..=2 if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().ok(),
            _ => None,
        };
        Some((number(major)?, number(minor)?))
    };
    // `net48` and the like, and what has a platform (`net8.0-windows`), have no such version.
    for (prefix, base, least, most) in [
        ("netcoreapp", 3_000, (1, 0), NEWEST),
        ("netstandard", 1_000, (1, 0), (2, 1)),
        ("net", 3_000, (5, 0), NEWEST),
    ] {
        if let Some(rest) = name.strip_prefix(prefix) {
            let (major, minor) = version(rest)?;
            let fits = (least..=most).contains(&(major, minor));
            return fits.then_some(base + 100 * major + minor);
        }
    }
    matches!(name, "" | "any").then_some(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_framework_is_the_newest_that_fits() {
        let order = [
            "",
            "netstandard1.0",
            ".NETStandard1.3",
            "netstandard2.0",
            ".NETStandard2.1",
            "netcoreapp2.1",
            ".NETCoreApp3.1",
            "net5.0",
            "net8.0",
            "NET10.0",
        ];
        for pair in order.windows(2) {
            assert!(
                nearness(pair[0]).unwrap() < nearness(pair[1]).unwrap(),
                "{pair:?}"
            );
        }
        for wrong in [
            "net48",
            "net4.8",
            ".NETFramework4.5",
            "net11.0",
            "net8.0-windows7.0",
            "netstandard3.0",
            "uap10.0",
            "monoandroid",
            "net",
            "net8",
            "net8.0.0",
            "net８.0",
            "portable-net45+win8",
        ] {
            assert_eq!(nearness(wrong), None, "{wrong}");
        }
    }
}
