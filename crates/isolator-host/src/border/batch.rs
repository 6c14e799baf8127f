//! Many calls of one method of numbers with one crossing: columns of numbers in, one column out.

use crate::border::entry::{Entry, Fault, shape};
use crate::border::scalar::Scalars;
use crate::error::{Error, Result};
use crate::runtime::handle::IsolatedMethod;

/// Most calls that cross at once. A batch of more is several of them: what crosses lies in guest memory while it is used.
const MOST_AT_ONCE: usize = 4096;

/// Bytes of a word.
const WORD: usize = 8;

/// Words before the results of a batch: how many calls returned, and the exception that ended it.
const HEAD: usize = 2;

/// What a batch of calls has for one parameter: a number for each call.
///
/// Made `from` a slice. The numbers are of the parameter's C# type, exactly: `i32` for `int`, `u16` for `ushort` and `char`.
#[derive(Debug, Clone, Copy)]
pub enum BatchColumn<'a> {
    /// `bool`
    Bool(&'a [bool]),
    /// `bool`, where each byte is one, and 0 is false.
    Flags(&'a [u8]),
    /// `sbyte`
    I8(&'a [i8]),
    /// `byte`
    U8(&'a [u8]),
    /// `short`
    I16(&'a [i16]),
    /// `ushort` and `char`
    U16(&'a [u16]),
    /// `int`
    I32(&'a [i32]),
    /// `uint`
    U32(&'a [u32]),
    /// `long`
    I64(&'a [i64]),
    /// `ulong`
    U64(&'a [u64]),
    /// `float`
    F32(&'a [f32]),
    /// `double`
    F64(&'a [f64]),
}

/// Where the results of a batch go: a place for each call. As many calls are made.
///
/// Made `from` a mutable slice of the C# type of the method's result, exactly; [`BatchResults::Void`] for a method without one.
#[derive(Debug)]
pub enum BatchResults<'a> {
    /// No results, of so many calls.
    Void(usize),
    /// `bool`
    Bool(&'a mut [bool]),
    /// `bool`, a byte each, 0 or 1.
    Flags(&'a mut [u8]),
    /// `sbyte`
    I8(&'a mut [i8]),
    /// `byte`
    U8(&'a mut [u8]),
    /// `short`
    I16(&'a mut [i16]),
    /// `ushort` and `char`
    U16(&'a mut [u16]),
    /// `int`
    I32(&'a mut [i32]),
    /// `uint`
    U32(&'a mut [u32]),
    /// `long`
    I64(&'a mut [i64]),
    /// `ulong`
    U64(&'a mut [u64]),
    /// `float`
    F32(&'a mut [f32]),
    /// `double`
    F64(&'a mut [f64]),
}

mod sealed {
    pub trait Sealed {}
}

/// The arguments of a batch: a tuple with one slice of numbers for each parameter, such as `(&a[..], &b[..])`; `()` for none. Where
/// the types are known at run time only, a slice of [`BatchColumn`].
pub trait BatchArguments: sealed::Sealed {
    /// Calls `then` with a column for each parameter.
    #[doc(hidden)]
    fn with<R>(&self, then: impl FnOnce(&[BatchColumn<'_>]) -> R) -> R;
}

impl sealed::Sealed for &[BatchColumn<'_>] {}
impl BatchArguments for &[BatchColumn<'_>] {
    fn with<R>(&self, then: impl FnOnce(&[BatchColumn<'_>]) -> R) -> R {
        then(self)
    }
}

macro_rules! tuples {
    ($($($name:ident $index:tt),*;)*) => {$(
        impl<'a, $($name: Copy + Into<BatchColumn<'a>>),*> sealed::Sealed for ($($name,)*) {}
        impl<'a, $($name: Copy + Into<BatchColumn<'a>>),*> BatchArguments for ($($name,)*) {
            fn with<R>(&self, then: impl FnOnce(&[BatchColumn<'_>]) -> R) -> R {
                then(&[$(self.$index.into()),*])
            }
        }
    )*};
}
tuples! {
    A 0;
    A 0, B 1;
    A 0, B 1, C 2;
    A 0, B 1, C 2, D 3;
    A 0, B 1, C 2, D 3, E 4;
    A 0, B 1, C 2, D 3, E 4, F 5;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7;
}

impl sealed::Sealed for () {}
impl BatchArguments for () {
    fn with<R>(&self, then: impl FnOnce(&[BatchColumn<'_>]) -> R) -> R {
        then(&[])
    }
}

/// A number as a word and back. What a word holds beyond the number says nothing.
trait Word: Copy {
    fn word(self) -> u64;
    fn number(word: u64) -> Self;
}

macro_rules! words {
    ($($ty:ty: $to:expr, $from:expr;)*) => {$(
        impl Word for $ty {
            #[inline]
            fn word(self) -> u64 {
                let to: fn($ty) -> u64 = $to;
                to(self)
            }
            #[inline]
            #[allow(
                clippy::cast_possible_truncation,
                clippy::allow_attributes,
                reason = "a narrow number is in the low bits; not every type here is narrow"
            )]
            fn number(word: u64) -> Self {
                let from: fn(u64) -> $ty = $from;
                from(word)
            }
        }
    )*};
}
words! {
    bool: u64::from, |word| word & 0xff != 0;
    i8: |number| i64::from(number).cast_unsigned(), |word| word as i8;
    u8: u64::from, |word| word as u8;
    i16: |number| i64::from(number).cast_unsigned(), |word| word as i16;
    u16: u64::from, |word| word as u16;
    i32: |number| i64::from(number).cast_unsigned(), |word| word as i32;
    u32: u64::from, |word| word as u32;
    i64: i64::cast_unsigned, u64::cast_signed;
    u64: |number| number, |word| word;
    f32: |number| u64::from(number.to_bits()), |word| f32::from_bits(word as u32);
    f64: f64::to_bits, f64::from_bits;
}

macro_rules! from_slices {
    ($($ty:ty => $variant:ident;)*) => {$(
        impl<'a> From<&'a [$ty]> for BatchColumn<'a> {
            fn from(numbers: &'a [$ty]) -> Self {
                Self::$variant(numbers)
            }
        }
        impl<'a> From<&'a Vec<$ty>> for BatchColumn<'a> {
            fn from(numbers: &'a Vec<$ty>) -> Self {
                Self::$variant(numbers)
            }
        }
        impl<'a, const N: usize> From<&'a [$ty; N]> for BatchColumn<'a> {
            fn from(numbers: &'a [$ty; N]) -> Self {
                Self::$variant(numbers)
            }
        }
        impl<'a> From<&'a mut [$ty]> for BatchResults<'a> {
            fn from(numbers: &'a mut [$ty]) -> Self {
                Self::$variant(numbers)
            }
        }
        impl<'a> From<&'a mut Vec<$ty>> for BatchResults<'a> {
            fn from(numbers: &'a mut Vec<$ty>) -> Self {
                Self::$variant(numbers)
            }
        }
        impl<'a, const N: usize> From<&'a mut [$ty; N]> for BatchResults<'a> {
            fn from(numbers: &'a mut [$ty; N]) -> Self {
                Self::$variant(numbers)
            }
        }
    )*};
}
from_slices! {
    bool => Bool; i8 => I8; u8 => U8; i16 => I16; u16 => U16; i32 => I32; u32 => U32; i64 => I64; u64 => U64; f32 => F32; f64 => F64;
}

/// Calls `$then` with the slice of whatever type it is.
macro_rules! each {
    ($column:expr, $of:ident, $slice:ident => $then:expr $(, $extra:pat => $other:expr)*) => {
        match $column {
            $($extra => $other,)*
            $of::Bool($slice) => $then,
            $of::I8($slice) => $then,
            $of::U8($slice) => $then,
            $of::I16($slice) => $then,
            $of::U16($slice) => $then,
            $of::I32($slice) => $then,
            $of::U32($slice) => $then,
            $of::I64($slice) => $then,
            $of::U64($slice) => $then,
            $of::F32($slice) => $then,
            $of::F64($slice) => $then,
        }
    };
}

/// Puts numbers into every `stride`-th word, from the `index`-th on.
fn put<T: Word>(numbers: &[T], words: &mut [u8], index: usize, stride: usize) {
    let rows = words.chunks_exact_mut(stride * WORD);
    for (row, number) in rows.zip(numbers) {
        if let Some(place) = row.get_mut(index * WORD..(index + 1) * WORD) {
            place.copy_from_slice(&number.word().to_le_bytes());
        }
    }
}

/// Takes numbers from words that lie one after the other.
fn take<T: Word>(words: &[u8], numbers: &mut [T]) {
    let (words, _) = words.as_chunks::<WORD>();
    for (number, word) in numbers.iter_mut().zip(words) {
        *number = T::number(u64::from_le_bytes(*word));
    }
}

impl BatchColumn<'_> {
    /// How many numbers.
    #[must_use]
    pub fn len(&self) -> usize {
        each!(self, Self, numbers => numbers.len(), Self::Flags(flags) => flags.len())
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The contract's letters that it can be passed for.
    fn letters(&self) -> &'static str {
        match self {
            Self::Bool(_) | Self::Flags(_) => "z",
            Self::I8(_) => "b",
            Self::U8(_) => "B",
            Self::I16(_) => "s",
            Self::U16(_) => "Sc",
            Self::I32(_) => "i",
            Self::U32(_) => "I",
            Self::I64(_) => "l",
            Self::U64(_) => "L",
            Self::F32(_) => "f",
            Self::F64(_) => "d",
        }
    }

    /// Puts the numbers from `at` on, as many as there is room for.
    fn put(&self, at: usize, words: &mut [u8], index: usize, stride: usize) {
        each!(self, Self, numbers => put(numbers.get(at..).unwrap_or_default(), words, index, stride),
            Self::Flags(flags) => {
                let rows = words.chunks_exact_mut(stride * WORD);
                for (row, flag) in rows.zip(flags.get(at..).unwrap_or_default()) {
                    if let Some(place) = row.get_mut(index * WORD..(index + 1) * WORD) {
                        place.copy_from_slice(&u64::from(*flag != 0).to_le_bytes());
                    }
                }
            }
        );
    }
}

impl BatchResults<'_> {
    /// How many calls.
    #[must_use]
    pub fn len(&self) -> usize {
        each!(self, Self, numbers => numbers.len(), Self::Flags(flags) => flags.len(), Self::Void(len) => *len)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn letters(&self) -> &'static str {
        match self {
            Self::Void(_) => "v",
            Self::Bool(_) | Self::Flags(_) => "z",
            Self::I8(_) => "b",
            Self::U8(_) => "B",
            Self::I16(_) => "s",
            Self::U16(_) => "Sc",
            Self::I32(_) => "i",
            Self::U32(_) => "I",
            Self::I64(_) => "l",
            Self::U64(_) => "L",
            Self::F32(_) => "f",
            Self::F64(_) => "d",
        }
    }

    /// Takes the results of the calls from the `at`-th on.
    fn take(&mut self, at: usize, words: &[u8]) {
        each!(self, Self, numbers => take(words, numbers.get_mut(at..).unwrap_or_default()),
            Self::Void(_) => {},
            Self::Flags(flags) => {
                let (words, _) = words.as_chunks::<WORD>();
                for (flag, word) in flags.iter_mut().skip(at).zip(words) {
                    *flag = u8::from(bool::number(u64::from_le_bytes(*word)));
                }
            }
        );
    }
}

/// A letter's type as C# names it.
fn type_of(letter: u8) -> &'static str {
    match letter {
        b'v' => "void",
        b'z' => "bool",
        b'c' => "char",
        b'b' => "sbyte",
        b'B' => "byte",
        b's' => "short",
        b'S' => "ushort",
        b'i' => "int",
        b'I' => "uint",
        b'l' => "long",
        b'L' => "ulong",
        b'f' => "float",
        _ => "double",
    }
}

fn refused(message: String) -> Error {
    Error::Argument {
        message,
        candidates: Vec::new(),
    }
}

/// Whether a column can be passed for a letter. `what` names it.
fn check_type(letters: &str, letter: u8, what: impl FnOnce() -> String) -> Result<()> {
    if letters.as_bytes().contains(&letter) {
        return Ok(());
    }
    let given = letters.bytes().next().map_or("nothing", type_of);
    Err(refused(format!(
        "{} of the batch is of type {given}, and the method has {} there: a batch converts nothing",
        what(),
        type_of(letter)
    )))
}

/// Whether columns fit a signature and each other.
fn check(scalars: &Scalars, args: &[BatchColumn<'_>], results: &BatchResults<'_>) -> Result<()> {
    if args.len() != scalars.count() {
        return Err(refused(format!(
            "the method takes {} arguments, and the batch has {} columns of them",
            scalars.count(),
            args.len()
        )));
    }
    check_type(results.letters(), scalars.result, || "the result".into())?;
    for (index, (column, letter)) in args.iter().zip(scalars.params()).enumerate() {
        check_type(column.letters(), *letter, || {
            format!("argument {}", index + 1)
        })?;
        if column.len() != results.len() {
            return Err(refused(format!(
                "argument {} of the batch has {} elements, and there is room for {} results: there must be one of each for every call",
                index + 1,
                column.len(),
                results.len()
            )));
        }
    }
    Ok(())
}

/// What came of some calls.
struct Part {
    returned: usize,
    exception: u64,
}

/// Reads what came of `called` calls.
fn read_part(
    bytes: &[u8],
    called: usize,
    at: usize,
    results: &mut BatchResults<'_>,
) -> Result<Part, Fault> {
    let (words, rest) = bytes.as_chunks::<WORD>();
    let (Some([returned, exception]), []) = (words.first_chunk::<HEAD>(), rest) else {
        return Err(Fault(format!(
            "a batch gave {} bytes, and that is no number of words beyond {HEAD}",
            bytes.len()
        )));
    };
    let exception = u64::from_le_bytes(*exception);
    let claimed = u64::from_le_bytes(*returned);
    let returned = usize::try_from(claimed).unwrap_or(usize::MAX);
    if returned > called || (returned == called) != (exception == 0) {
        return Err(Fault(format!(
            "of {called} calls in a batch {claimed} returned, and the handle to the next one's exception is {exception:#x}"
        )));
    }
    let given = words.len() - HEAD;
    let due = if matches!(results, BatchResults::Void(_)) {
        0
    } else {
        returned
    };
    if given != due {
        return Err(Fault(format!(
            "a batch gave {given} results where {due} are due"
        )));
    }
    results.take(at, bytes.get(HEAD * WORD..).unwrap_or_default());
    Ok(Part {
        returned,
        exception,
    })
}

/// What a batch of so many calls makes of any bytes.
#[cfg(feature = "fuzzing")]
pub(crate) fn fuzz(bytes: &[u8], called: usize) -> Result<usize, Fault> {
    let mut room = [0i16; 8];
    let read = read_part(bytes, called, 0, &mut BatchResults::from(&mut room))?;
    assert!(read.returned <= called, "more results than calls");
    Ok(read.returned)
}

impl Entry<'_> {
    /// Calls a method once for each place in `results`. `done` says how many results are there, whatever comes of it.
    pub(crate) fn invoke_batch(
        &mut self,
        method: &IsolatedMethod,
        target: u64,
        args: &[BatchColumn<'_>],
        results: &mut BatchResults<'_>,
        done: &mut usize,
    ) -> Result<()> {
        *done = 0;
        let raw = method.inner().raw(self.runtime())?;
        let Some(scalars) = self.scalars_of(method)? else {
            // The guest names the method, and says what it must be.
            self.call_some(raw, target, &[], 0, 0, results)?;
            return Err(refused("the method is not one of numbers".into()));
        };
        check(&scalars, args, results)?;
        let (total, words) = (results.len(), args.len().max(1));
        let largest = self.store.data().meter.limits.largest_value() / WORD as u64;
        let most = largest.saturating_sub(HEAD as u64) / words as u64;
        let most = usize::try_from(most)
            .unwrap_or(MOST_AT_ONCE)
            .clamp(1, MOST_AT_ONCE);
        // At least once, so that a batch of nothing finds the same mistakes.
        loop {
            let called = most.min(total - *done);
            let part = self.call_some(raw, target, args, *done, called, results)?;
            *done += part.returned;
            if part.exception != 0 {
                let error = self.scalar_error(part.exception);
                return Err(if error.is_fatal() {
                    error
                } else {
                    Error::InBatch {
                        element: *done,
                        error: Box::new(error),
                    }
                });
            }
            if *done == total {
                return Ok(());
            }
        }
    }

    /// Makes `called` calls, from the `at`-th on.
    fn call_some(
        &mut self,
        method: u64,
        target: u64,
        args: &[BatchColumn<'_>],
        at: usize,
        called: usize,
        results: &mut BatchResults<'_>,
    ) -> Result<Part> {
        let words = self.lower_with(called * args.len() * WORD, |words| {
            for (index, column) in args.iter().enumerate() {
                column.put(at, words, index, args.len());
            }
        })?;
        let instance = self.instance;
        let count = u32::try_from(called).unwrap_or(u32::MAX);
        self.call_for(
            &instance.exports.invoke_batch,
            (method, target, count, words.at, words.len),
            shape::checked(|bytes| read_part(bytes, called, at, results)),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_become_words_and_words_become_numbers() {
        let mut words = vec![0xaa; 4 * 2 * WORD];
        BatchColumn::from(&[1i8, -1, i8::MIN, 5]).put(1, &mut words, 1, 2);
        BatchColumn::Flags(&[9, 9, 0, 255]).put(1, &mut words, 0, 2);
        let mut read = [0u64; 6];
        take(&words[..6 * WORD], &mut read);
        assert_eq!(
            read,
            [1, u64::MAX, 0, i64::from(i8::MIN).cast_unsigned(), 1, 5]
        );
        assert_eq!(words[6 * WORD..], [0xaa; 2 * WORD], "there were no more");
        let mut results = [7i16; 4];
        BatchResults::from(&mut results)
            .take(1, &[0xfe, 0xff, 1, 1, 1, 1, 1, 1, 3, 0, 2, 2, 2, 2, 2, 2]);
        assert_eq!(results, [7, -2, 3, 7]);
        let mut flags = [9u8; 3];
        BatchResults::Flags(&mut flags).take(0, &[0, 1, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(flags, [0, 1, 9], "only the low byte counts");
    }

    #[test]
    fn columns_that_do_not_fit_are_told() {
        let scalars = Scalars::parse("dic").unwrap();
        let mut room = [0.0; 2];
        let mut why = |args: &[BatchColumn<'_>]| {
            check(&scalars, args, &BatchResults::from(&mut room)).map_err(|error| error.to_string())
        };
        assert_eq!(why(&[(&[1, 2]).into(), (&[1u16, 2]).into()]), Ok(()));
        assert!(why(&[(&[1, 2]).into()]).unwrap_err().contains("takes 2"));
        let error = why(&[(&[1i64, 2]).into(), (&[1u16, 2]).into()]).unwrap_err();
        assert!(
            error.contains("argument 1 of the batch is of type long, and the method has int there"),
            "{error}"
        );
        let error = why(&[(&[1, 2]).into(), (&[1u16]).into()]).unwrap_err();
        assert!(
            error.contains("argument 2 of the batch has 1 elements"),
            "{error}"
        );
        let mut other = [0f32; 2];
        let error = check(
            &scalars,
            &[(&[1, 2]).into(), (&[1u16, 2]).into()],
            &(&mut other).into(),
        );
        assert!(
            error
                .unwrap_err()
                .to_string()
                .contains("the result of the batch is of type float")
        );
    }

    #[test]
    fn what_a_lying_guest_says_of_a_batch_is_refused() {
        let bytes = |words: &[u64]| {
            words
                .iter()
                .flat_map(|word| word.to_le_bytes())
                .collect::<Vec<u8>>()
        };
        let mut room = [0u64; 2];
        let mut read = |bytes: &[u8]| {
            read_part(bytes, 2, 0, &mut BatchResults::from(&mut room))
                .map(|part| (part.returned, part.exception))
                .ok()
        };
        assert_eq!(read(&bytes(&[2, 0, 5, 6])), Some((2, 0)));
        assert_eq!(read(&bytes(&[1, 9, 5])), Some((1, 9)));
        assert_eq!(read(&bytes(&[0, 9])), Some((0, 9)));
        for lie in [
            &bytes(&[])[..],
            &bytes(&[2])[..],
            &bytes(&[2, 0, 5, 6])[..31],
            &bytes(&[3, 0, 5, 6, 7]),
            &bytes(&[u64::MAX, 0]),
            &bytes(&[2, 9, 5, 6]),
            &bytes(&[1, 0, 5]),
            &bytes(&[2, 0, 5]),
            &bytes(&[2, 0, 5, 6, 7]),
            &bytes(&[2, 0]),
        ] {
            assert_eq!(read(lie), None, "{lie:?}");
        }
        assert_eq!(room, [5, 6]);
        assert!(read_part(&bytes(&[2, 0]), 2, 0, &mut BatchResults::Void(2)).is_ok());
        assert!(read_part(&bytes(&[2, 0, 1, 1]), 2, 0, &mut BatchResults::Void(2)).is_err());
    }
}
