//! Reading a guest's MessagePack one token after the other: nothing is kept, so a value costs no memory here, whatever it is made of.

/// What stands at a place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Token<'a> {
    Nil,
    Bool(bool),
    Int(i64),
    UInt(u64),
    Single(f32),
    Double(f64),
    Text(&'a str),
    Bytes(&'a [u8]),
    /// So many values follow.
    Array(u32),
    /// So many pairs of a key and a value follow.
    Map(u32),
    Extension(i8, &'a [u8]),
}

/// Why bytes cannot be read, with the place.
pub type Wrong = String;

/// Bytes that are read from their start to their end.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    /// At the start of a value.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Bytes that are left.
    pub fn left(&self) -> usize {
        self.bytes.len() - self.at
    }

    /// Reads what comes next.
    ///
    /// # Errors
    /// What is wrong there.
    pub fn next(&mut self) -> Result<Token<'a>, Wrong> {
        let [marker] = self.array()?;
        Ok(match marker {
            0x00..=0x7f => Token::Int(marker.into()),
            0xe0..=0xff => Token::Int(i64::from(marker.cast_signed())),
            0x80..=0x8f => Token::Map((marker & 0x0f).into()),
            0x90..=0x9f => Token::Array((marker & 0x0f).into()),
            0xa0..=0xbf => self.text((marker & 0x1f).into())?,
            0xc0 => Token::Nil,
            0xc1 => return Err(self.wrong("the byte 0xc1 stands for nothing")),
            0xc2 => Token::Bool(false),
            0xc3 => Token::Bool(true),
            0xc4 => self.binary(1)?,
            0xc5 => self.binary(2)?,
            0xc6 => self.binary(4)?,
            0xc7 => self.extension_of(1)?,
            0xc8 => self.extension_of(2)?,
            0xc9 => self.extension_of(4)?,
            0xca => Token::Single(f32::from_be_bytes(self.array()?)),
            0xcb => Token::Double(f64::from_be_bytes(self.array()?)),
            0xcc => Token::Int(u8::from_be_bytes(self.array()?).into()),
            0xcd => Token::Int(u16::from_be_bytes(self.array()?).into()),
            0xce => Token::Int(u32::from_be_bytes(self.array()?).into()),
            0xcf => {
                let value = u64::from_be_bytes(self.array()?);
                i64::try_from(value).map_or(Token::UInt(value), Token::Int)
            }
            0xd0 => Token::Int(i8::from_be_bytes(self.array()?).into()),
            0xd1 => Token::Int(i16::from_be_bytes(self.array()?).into()),
            0xd2 => Token::Int(i32::from_be_bytes(self.array()?).into()),
            0xd3 => Token::Int(i64::from_be_bytes(self.array()?)),
            0xd4..=0xd8 => self.extension(1 << (marker - 0xd4))?,
            0xd9 => {
                let len = self.length(1)?;
                self.text(len)?
            }
            0xda => {
                let len = self.length(2)?;
                self.text(len)?
            }
            0xdb => {
                let len = self.length(4)?;
                self.text(len)?
            }
            0xdc => Token::Array(self.length(2)?),
            0xdd => Token::Array(self.length(4)?),
            0xde => Token::Map(self.length(2)?),
            0xdf => Token::Map(self.length(4)?),
        })
    }

    fn take(&mut self, len: usize) -> Result<&'a [u8], Wrong> {
        let taken = self
            .at
            .checked_add(len)
            .and_then(|end| self.bytes.get(self.at..end))
            .ok_or_else(|| self.wrong("the value is cut off"))?;
        self.at += len;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Wrong> {
        let taken = self.take(N)?;
        <[u8; N]>::try_from(taken).map_err(|_| self.wrong("the value is cut off"))
    }

    fn length(&mut self, width: usize) -> Result<u32, Wrong> {
        let digits = self.take(width)?;
        Ok(digits
            .iter()
            .fold(0, |sum, digit| sum << 8 | u32::from(*digit)))
    }

    fn text(&mut self, len: u32) -> Result<Token<'a>, Wrong> {
        let bytes = self.take(len as usize)?;
        std::str::from_utf8(bytes)
            .map(Token::Text)
            .map_err(|_| self.wrong("a text is not UTF-8"))
    }

    fn binary(&mut self, width: usize) -> Result<Token<'a>, Wrong> {
        let len = self.length(width)?;
        self.take(len as usize).map(Token::Bytes)
    }

    fn extension_of(&mut self, width: usize) -> Result<Token<'a>, Wrong> {
        let len = self.length(width)?;
        self.extension(len)
    }

    fn extension(&mut self, len: u32) -> Result<Token<'a>, Wrong> {
        let [kind] = self.array()?;
        let bytes = self.take(len as usize)?;
        Ok(Token::Extension(kind.cast_signed(), bytes))
    }

    #[cold]
    fn wrong(&self, what: &str) -> Wrong {
        format!("{what}, at byte {} of {}", self.at, self.bytes.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_read() {
        let cases: &[(&[u8], Token<'_>)] = &[
            (&[0x7f], Token::Int(127)),
            (&[0xff], Token::Int(-1)),
            (&[0xcc, 0xff], Token::Int(255)),
            (&[0xcd, 1, 0], Token::Int(256)),
            (&[0xce, 0xff, 0, 0, 0], Token::Int(0xff00_0000)),
            (
                &[0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
                Token::UInt(u64::MAX),
            ),
            (&[0xcf, 0, 0, 0, 0, 0, 0, 0, 5], Token::Int(5)),
            (&[0xd0, 0x80], Token::Int(-128)),
            (&[0xd1, 0x80, 0], Token::Int(-32768)),
            (&[0xd2, 0x80, 0, 0, 0], Token::Int(i32::MIN.into())),
            (&[0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0], Token::Int(i64::MIN)),
            (&[0xca, 0x3f, 0x80, 0, 0], Token::Single(1.0)),
            (&[0xcb, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0], Token::Double(1.0)),
            (&[0xa1, b'a'], Token::Text("a")),
            (&[0xd9, 1, b'a'], Token::Text("a")),
            (&[0xda, 0, 1, b'a'], Token::Text("a")),
            (&[0xdb, 0, 0, 0, 1, b'a'], Token::Text("a")),
            (&[0xc4, 1, 9], Token::Bytes(&[9])),
            (&[0xc5, 0, 1, 9], Token::Bytes(&[9])),
            (&[0xc6, 0, 0, 0, 1, 9], Token::Bytes(&[9])),
            (&[0xd4, 5, 9], Token::Extension(5, &[9])),
            (&[0xd5, 5, 9, 8], Token::Extension(5, &[9, 8])),
            (&[0xc7, 1, 0xff, 9], Token::Extension(-1, &[9])),
            (&[0xc8, 0, 1, 5, 9], Token::Extension(5, &[9])),
            (&[0xc9, 0, 0, 0, 1, 5, 9], Token::Extension(5, &[9])),
            (&[0x93], Token::Array(3)),
            (&[0xdc, 1, 0], Token::Array(256)),
            (&[0xdd, 0, 1, 0, 0], Token::Array(65536)),
            (&[0x83], Token::Map(3)),
            (&[0xde, 1, 0], Token::Map(256)),
            (&[0xdf, 0, 1, 0, 0], Token::Map(65536)),
            (&[0xc0], Token::Nil),
            (&[0xc2], Token::Bool(false)),
            (&[0xc3], Token::Bool(true)),
        ];
        for (bytes, expected) in cases {
            let mut reader = Reader::new(bytes);
            assert_eq!(reader.next().as_ref(), Ok(expected), "{bytes:x?}");
            assert_eq!(reader.left(), 0, "{bytes:x?}");
            if bytes.len() > 1 {
                let cut = Reader::new(&bytes[..bytes.len() - 1]).next();
                assert!(cut.unwrap_err().contains("cut off"), "{bytes:x?}");
            }
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        assert!(
            Reader::new(&[0xc1])
                .next()
                .unwrap_err()
                .contains("0xc1 stands for nothing, at byte 1 of 1")
        );
        assert!(
            Reader::new(&[0xa1, 0xff])
                .next()
                .unwrap_err()
                .contains("UTF-8")
        );
        assert!(Reader::new(&[0xdb, 0xff, 0xff, 0xff, 0xff]).next().is_err());
        assert!(Reader::new(&[]).next().is_err());
    }
}
