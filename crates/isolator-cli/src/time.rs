//! Points in time on the command line. What they are on the wire, and how they are written, the library knows.

use isolator_host::values::{DateTime, Extension, Value};
use std::fmt;

/// A point in time: in UTC, or on some clock that is not known (`DateTimeKind.Unspecified`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instant(DateTime);

impl From<Instant> for Value {
    fn from(time: Instant) -> Self {
        Self::Extension(time.0.into())
    }
}

impl Instant {
    /// Reads an extension value; none if it is no point in time.
    pub fn from_extension(kind: i8, bytes: &[u8]) -> Option<Self> {
        // The longest that is one has 12 bytes.
        let bytes = bytes.get(..13).unwrap_or(bytes).to_vec();
        DateTime::try_from(&Extension { kind, bytes })
            .ok()
            .map(Self)
    }

    /// Reads `YYYY-MM-DDTHH:MM:SS[.fffffff][Z|±HH:MM]`, or a date alone. With an offset or `Z` it is UTC, without one it is
    /// a clock's time.
    ///
    /// # Errors
    /// One sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        text.parse()
            .map(Self)
            .map_err(|error: isolator_host::values::ConversionError| error.to_string())
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use isolator_abi::numbers::extension::DATE_TIME_WITH_KIND as WITH_KIND;

    const TIMESTAMP: i8 = -1;
    const UNSPECIFIED: u8 = 1;
    const LOCAL: u8 = 2;

    #[test]
    fn times_cross_as_they_were_read() {
        for text in ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.9999999"] {
            let time = Instant::parse(text).unwrap();
            let Extension { kind, bytes } = time.0.into();
            assert_eq!(Instant::from_extension(kind, &bytes), Some(time), "{text}");
            assert_eq!(time.to_string(), text);
        }
        assert!(
            Instant::parse("x")
                .unwrap_err()
                .starts_with("`x` is not a time")
        );
    }

    #[test]
    fn the_three_sizes_of_a_timestamp_are_read() {
        let time =
            |bytes: &[u8]| Instant::from_extension(TIMESTAMP, bytes).map(|time| time.to_string());
        assert_eq!(
            time(&[0, 0, 0, 60]).as_deref(),
            Some("1970-01-01T00:01:00Z")
        );
        assert_eq!(
            time(&(((500_000_000u64) << 34) | 1).to_be_bytes()).as_deref(),
            Some("1970-01-01T00:00:01.5Z")
        );
        assert_eq!(time(&[255; 12]), None, "more nanoseconds than a second has");
        assert_eq!(time(&[0; 5]), None);
        assert_eq!(
            Instant::from_extension(WITH_KIND, &[LOCAL, 0, 0, 0, 0, 0, 0, 0, 0])
                .unwrap()
                .to_string(),
            "0001-01-01T00:00:00Z"
        );
        assert_eq!(
            Instant::from_extension(WITH_KIND, &[UNSPECIFIED, 0, 0, 0, 0, 0, 0, 0, 0])
                .unwrap()
                .to_string(),
            "0001-01-01T00:00:00"
        );
        assert_eq!(
            Instant::from_extension(WITH_KIND, &[9, 0, 0, 0, 0, 0, 0, 0, 0]),
            None
        );
        assert_eq!(
            Instant::from_extension(WITH_KIND, &[1, 255, 255, 255, 255, 255, 255, 255, 255]),
            None
        );
    }
}
