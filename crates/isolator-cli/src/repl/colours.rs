//! Colours of C# as it is typed: by its words alone, since they change with each key.

use reedline::{Color, Highlighter, StyledText};

/// Words of the language; those that are words only here and there are left out.
const KEYWORDS: [&str; 93] = [
    "abstract",
    "as",
    "async",
    "await",
    "base",
    "bool",
    "break",
    "byte",
    "case",
    "catch",
    "char",
    "checked",
    "class",
    "const",
    "continue",
    "decimal",
    "default",
    "delegate",
    "do",
    "double",
    "dynamic",
    "else",
    "enum",
    "event",
    "explicit",
    "extern",
    "false",
    "finally",
    "fixed",
    "float",
    "for",
    "foreach",
    "goto",
    "if",
    "implicit",
    "in",
    "int",
    "interface",
    "internal",
    "is",
    "lock",
    "long",
    "nameof",
    "namespace",
    "new",
    "not",
    "null",
    "object",
    "operator",
    "out",
    "override",
    "params",
    "private",
    "protected",
    "public",
    "readonly",
    "record",
    "ref",
    "required",
    "return",
    "sbyte",
    "sealed",
    "short",
    "sizeof",
    "stackalloc",
    "static",
    "string",
    "struct",
    "switch",
    "this",
    "throw",
    "true",
    "try",
    "typeof",
    "uint",
    "ulong",
    "unchecked",
    "unsafe",
    "ushort",
    "using",
    "var",
    "virtual",
    "void",
    "volatile",
    "when",
    "where",
    "while",
    "with",
    "yield",
    "nint",
    "nuint",
    "init",
    "global",
];

/// A part of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Plain,
    Keyword,
    Text,
    Number,
    Comment,
}

/// The highlighter.
pub struct Colours;

impl Highlighter for Colours {
    fn highlight(&self, line: &str, _: usize) -> StyledText {
        let mut styled = StyledText::new();
        for (part, text) in parts(line) {
            let style = match part {
                Part::Plain => Color::Default.normal(),
                Part::Keyword => Color::Blue.bold(),
                Part::Text => Color::Green.normal(),
                Part::Number => Color::Cyan.normal(),
                Part::Comment => Color::DarkGray.normal(),
            };
            styled.push((style, text.to_owned()));
        }
        styled
    }
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// The parts of a text, all of it.
fn parts(text: &str) -> Vec<(Part, &str)> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (part, length) = if rest.starts_with("//") {
            (Part::Comment, rest.find('\n').unwrap_or(rest.len()))
        } else if let Some(inside) = rest.strip_prefix("/*") {
            let end = inside.find("*/").map_or(rest.len(), |end| end + 4);
            (Part::Comment, end)
        } else if let Some(length) = literal(rest) {
            (Part::Text, length)
        } else if is_word(first) {
            let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            let word = rest.get(..length).unwrap_or_default();
            let part = match word {
                _ if first.is_ascii_digit() => Part::Number,
                word if KEYWORDS.contains(&word) => Part::Keyword,
                _ => Part::Plain,
            };
            (part, length)
        } else {
            (Part::Plain, first.len_utf8())
        };
        let (this, after) = rest.split_at_checked(length.max(1)).unwrap_or((rest, ""));
        parts.push((part, this));
        rest = after;
    }
    parts
}

/// The length of a text or a character that begins here.
fn literal(text: &str) -> Option<usize> {
    let prefix = text.len() - text.trim_start_matches(['$', '@']).len();
    let body = text.get(prefix..)?;
    let is_verbatim = text.get(..prefix)?.contains('@');
    let quotes = body.len() - body.trim_start_matches('"').len();
    if quotes >= 3 {
        let fence = body.get(..quotes)?;
        let end = body.get(quotes..)?.find(fence);
        return Some(prefix + end.map_or(body.len(), |end| end + 2 * quotes));
    }
    let quote = match body.chars().next()? {
        '"' => '"',
        '\'' if prefix == 0 => '\'',
        _ => return None,
    };
    let mut characters = body.char_indices().skip(1).peekable();
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' if !is_verbatim => {
                characters.next();
            }
            '\n' if !is_verbatim => return Some(prefix + at),
            // Two of them are one in a verbatim text.
            found
                if found == quote
                    && is_verbatim
                    && characters.peek().is_some_and(|(_, next)| *next == quote) =>
            {
                characters.next();
            }
            found if found == quote => return Some(prefix + at + 1),
            _ => {}
        }
    }
    Some(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_texts_and_comments_are_told_apart() {
        let text = "var x = 1_0 + F(\"a\\\"b\", 'c', @\"d\"\"\\\", $\"\"\"e\"f\"\"\"); // é\nreturn /* g */ @var;";
        let found: Vec<(Part, &str)> = parts(text)
            .into_iter()
            .filter(|(part, _)| *part != Part::Plain)
            .collect();
        assert_eq!(
            found,
            [
                (Part::Keyword, "var"),
                (Part::Number, "1_0"),
                (Part::Text, "\"a\\\"b\""),
                (Part::Text, "'c'"),
                (Part::Text, "@\"d\"\"\\\""),
                (Part::Text, "$\"\"\"e\"f\"\"\""),
                (Part::Comment, "// é"),
                (Part::Keyword, "return"),
                (Part::Comment, "/* g */"),
                (Part::Keyword, "var"),
            ]
        );
    }

    #[test]
    fn nothing_of_a_text_is_lost() {
        for text in [
            "",
            "\"",
            "'",
            "$",
            "@",
            "$@",
            "\"\"\"",
            "/*",
            "/* *",
            "//",
            "\"\\",
            "'\\",
            "ä\u{1b}\"😀",
            "@\"\"\"",
            "\"a\nb\"",
            "1.5e3f",
            "\\",
        ] {
            let whole: String = parts(text).into_iter().map(|(_, part)| part).collect();
            assert_eq!(whole, text);
        }
    }
}
