//! What tests and fuzz targets need: guests written by hand, one that lies, and ways to what reads bytes of guests.

#[cfg(feature = "fuzzing")]
pub mod fuzzing;
#[cfg(test)]
mod lying;
#[cfg(test)]
pub(crate) mod test_guest;
#[cfg(test)]
mod tests;
