//! Versions of packages, and ranges of them, as NuGet writes and compares them.

use std::cmp::Ordering;
use std::fmt;

const LONGEST: usize = 128;

/// A version: up to four numbers, and what comes before a release.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Version {
    numbers: [u32; 4],
    /// In lower case: versions are the same in any.
    before: Vec<String>,
}

impl Version {
    /// Reads one; what stands behind `+` says nothing.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > LONGEST {
            return None;
        }
        let text = text.split_once('+').map_or(text, |(version, _)| version);
        let (release, before) = match text.split_once('-') {
            Some((release, before)) => (release, Some(before)),
            None => (text, None),
        };
        let mut numbers = [0; 4];
        let mut parts = release.split('.');
        for (place, part) in numbers.iter_mut().zip(parts.by_ref()) {
            if !part.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            *place = part.parse().ok()?;
        }
        if parts.next().is_some() {
            return None;
        }
        let before: Vec<String> = before
            .into_iter()
            .flat_map(|before| before.split('.'))
            .map(str::to_ascii_lowercase)
            .collect();
        let is_fine = |part: &String| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        before
            .iter()
            .all(is_fine)
            .then_some(Self { numbers, before })
    }

    /// Whether it is no release.
    pub fn is_before_release(&self) -> bool {
        !self.before.is_empty()
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch, revision] = self.numbers;
        write!(f, "{major}.{minor}.{patch}")?;
        if revision > 0 {
            write!(f, ".{revision}")?;
        }
        match &*self.before {
            [] => Ok(()),
            before => write!(f, "-{}", before.join(".")),
        }
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        let part = |a: &String, b: &String| match (a.parse::<u64>(), b.parse::<u64>()) {
            (Ok(a), Ok(b)) => a.cmp(&b),
            (Ok(_), Err(_)) => Ordering::Less,
            (Err(_), Ok(_)) => Ordering::Greater,
            (Err(_), Err(_)) => a.cmp(b),
        };
        let before = || {
            // What comes before a release is less than it.
            match (self.before.is_empty(), other.before.is_empty()) {
                (true, other) => return (!other).cmp(&false),
                (false, true) => return Ordering::Less,
                (false, false) => {}
            }
            let mut parts = self.before.iter().zip(&other.before);
            parts
                .find_map(|(a, b)| Some(part(a, b)).filter(|order| order.is_ne()))
                .unwrap_or_else(|| self.before.len().cmp(&other.before.len()))
        };
        self.numbers.cmp(&other.numbers).then_with(before)
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Which versions of a package another one can use.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VersionRange {
    /// And whether it is one of them.
    least: Option<(Version, bool)>,
    most: Option<(Version, bool)>,
}

impl VersionRange {
    /// Reads one: `1.0` is that and all above, `[1.0]` that alone, `[1.0,2.0)` as in mathematics. Nothing is all.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.is_empty() {
            return Some(Self::default());
        }
        let Some(open) = text.strip_prefix(['[', '(']) else {
            let least = Some((Version::parse(text)?, true));
            return Some(Self { least, most: None });
        };
        let inside = open.strip_suffix([']', ')'])?;
        let bound = |text: &str, with: bool| match text.trim() {
            "" => Some(None),
            text => Some(Some((Version::parse(text)?, with))),
        };
        let (from, to) = (text.starts_with('['), text.ends_with(']'));
        match inside.split_once(',') {
            Some((least, most)) => Some(Self {
                least: bound(least, from)?,
                most: bound(most, to)?,
            }),
            None if from && to => {
                let only = Version::parse(inside.trim())?;
                Some(Self {
                    least: Some((only.clone(), true)),
                    most: Some((only, true)),
                })
            }
            None => None,
        }
    }

    /// Reads a version that floats, as NuGet writes it: `13.*` is each from 13.0 on and below 14.0, `*` is each; with `-*` at its end those before a release,
    /// too.
    pub fn floating(text: &str) -> Option<Self> {
        let (text, before) = match text.strip_suffix("-*") {
            Some(text) => (text, vec!["0".to_owned()]),
            None => (text, Vec::new()),
        };
        let fixed = text.strip_suffix('*')?;
        let Some(fixed) = fixed.strip_suffix('.') else {
            let numbers = [0; 4];
            return fixed.is_empty().then(|| Self {
                least: (!before.is_empty()).then_some((Version { numbers, before }, true)),
                most: None,
            });
        };
        let parts = fixed.split('.').count();
        if parts > 3 {
            return None;
        }
        let known = Version::parse(fixed).filter(|known| !known.is_before_release())?;
        let mut above = known.numbers;
        let last = above.get_mut(parts.checked_sub(1)?)?;
        *last = last.checked_add(1)?;
        let whole = |numbers, before| Version { numbers, before };
        Some(Self {
            least: Some((whole(known.numbers, before), true)),
            most: Some((whole(above, Vec::new()), false)),
        })
    }

    /// Whether a version is in it.
    pub fn has(&self, version: &Version) -> bool {
        let fits = |bound: &Option<(Version, bool)>, side: Ordering| {
            bound.as_ref().is_none_or(|(bound, with)| {
                let order = version.cmp(bound);
                order == side || *with && order.is_eq()
            })
        };
        fits(&self.least, Ordering::Greater) && fits(&self.most, Ordering::Less)
    }

    /// Whether its least version is no release.
    pub fn is_before_release(&self) -> bool {
        self.least
            .as_ref()
            .is_some_and(|(least, _)| least.is_before_release())
    }
}

impl fmt::Display for VersionRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.least, &self.most) {
            (None, None) => f.write_str("any version"),
            (Some((least, true)), None) => write!(f, "{least} or newer"),
            (Some((least, true)), Some((most, true))) if least == most => write!(f, "{least}"),
            (least, most) => {
                let (open, close) = (
                    least.as_ref().is_some_and(|(_, with)| *with),
                    most.as_ref().is_some_and(|(_, with)| *with),
                );
                f.write_str(if open { "[" } else { "(" })?;
                if let Some((least, _)) = least {
                    write!(f, "{least}")?;
                }
                f.write_str(", ")?;
                if let Some((most, _)) = most {
                    write!(f, "{most}")?;
                }
                f.write_str(if close { "]" } else { ")" })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        Version::parse(text).unwrap_or_else(|| panic!("{text}"))
    }

    #[test]
    fn versions_are_compared_as_nuget_does() {
        let order = [
            "0.9",
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.2",
            "1.0.0-alpha.10",
            "1.0.0-alpha.beta",
            "1.0.0-beta",
            "1.0.0-rc-1",
            "1.0.0",
            "1.0.0.1",
            "1.0.1",
            "1.2",
            "1.10",
            "13.0.3",
        ];
        for pair in order.windows(2) {
            assert!(version(pair[0]) < version(pair[1]), "{pair:?}");
        }
        assert_eq!(version("1"), version("1.0.0.0"));
        assert_eq!(version("1.0.0-RC+abc"), version("1.0-rc"));
        assert_eq!(version("01.2.3.4-A.b").to_string(), "1.2.3.4-a.b");
        assert_eq!(version("1.2.0.0").to_string(), "1.2.0");
        for wrong in [
            "",
            "1.",
            "a",
            "1.2.3.4.5",
            "1.0-",
            "1.0-a..b",
            "1.0-ä",
            "-1",
            "4294967296",
            "1.0/../x",
            &"1".repeat(200),
        ] {
            assert_eq!(Version::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn floating_versions_begin_alike() {
        let range = |text: &str| VersionRange::floating(text).unwrap_or_else(|| panic!("{text}"));
        for (text, inside, outside) in [
            ("13.*", &["13.0", "13.9.1"][..], &["12.9", "14.0"][..]),
            ("1.2.*", &["1.2", "1.2.9"], &["1.1", "1.3"]),
            ("1.2.3.*", &["1.2.3", "1.2.3.7"], &["1.2.4"]),
            ("*", &["0.1", "99"], &[]),
            ("1.*-*", &["1.0-alpha", "1.0", "1.9"], &["2.0"]),
            ("*-*", &["0.1-alpha", "1.0"], &[]),
        ] {
            let range = range(text);
            let has = |text: &&str| range.has(&version(text));
            assert!(inside.iter().all(has), "{text}");
            assert!(!outside.iter().any(has), "{text}");
            assert_eq!(range.is_before_release(), text.ends_with("-*"), "{text}");
        }
        for wrong in [
            "13",
            "1.2*",
            "a.*",
            ".*",
            "1.2.3.4.*",
            "1.0-a.*",
            "",
            "4294967295.*",
        ] {
            assert_eq!(VersionRange::floating(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn ranges_are_as_in_mathematics() {
        let range = |text: &str| VersionRange::parse(text).unwrap_or_else(|| panic!("{text}"));
        for (text, inside, outside, shown) in [
            (
                "1.0",
                &["1.0", "2.0"][..],
                &["0.9", "1.0-rc"][..],
                "1.0.0 or newer",
            ),
            ("[1.0]", &["1.0"], &["1.0.1"], "1.0.0"),
            ("[1.0, 2.0)", &["1.0", "1.9.9"], &["2.0"], "[1.0.0, 2.0.0)"),
            ("(1.0,2.0]", &["1.0.1", "2.0"], &["1.0"], "(1.0.0, 2.0.0]"),
            ("(,2.0)", &["0.1"], &["2.0"], "(, 2.0.0)"),
            ("", &["0.1"], &[], "any version"),
        ] {
            let range = range(text);
            assert!(
                inside.iter().all(|inside| range.has(&version(inside))),
                "{text}"
            );
            assert!(
                !outside.iter().any(|outside| range.has(&version(outside))),
                "{text}"
            );
            assert_eq!(range.to_string(), shown);
        }
        for wrong in ["[1.0", "(1.0)", "1.0]", "[a,b]", "[1.0,2.0,3.0]", "1.*"] {
            assert_eq!(VersionRange::parse(wrong), None, "{wrong}");
        }
    }
}
