//! Finding directives in a text, as C# counts its lines.

/// A directive that a source begins with.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found<'a> {
    pub kind: Kind,
    /// Its line, counted from 1.
    pub line: usize,
    /// The bytes before it.
    pub at: usize,
    /// What stands behind its first word, without blanks around it.
    pub rest: &'a str,
    /// Whether it stands between `#if` and `#endif`.
    pub is_conditional: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `#:`
    Project,
    /// `#r`
    Reference,
    /// `#load`
    Load,
}

impl Found<'_> {
    /// As it stands there, without its first mark.
    pub fn shown(&self) -> String {
        match self.kind {
            Kind::Project => format!(":{}", self.rest),
            Kind::Reference => format!("r {}", self.rest),
            Kind::Load => format!("load {}", self.rest),
        }
    }
}

/// The directives before the first line of code.
pub(super) fn directives(text: &str) -> Vec<Found<'_>> {
    let mut found = Vec::new();
    let mut in_comment = false;
    let mut conditions = 0usize;
    let mut left = text;
    let mut number = 0;
    while !left.is_empty() {
        let start = text.len() - left.len();
        let (whole, after) = first_line(left);
        left = after;
        number += 1;
        let line = whole.trim_start_matches('\u{feff}').trim_start();
        let at = start + whole.len() - line.len();
        let line = line.trim_end();
        let Some(code) = without_comments(line, &mut in_comment) else {
            continue;
        };
        // Behind a comment there is no directive: the compiler says what is wrong with it.
        let Some(directive) = line.strip_prefix('#').filter(|_| code.len() == line.len()) else {
            break;
        };
        let word = directive.trim_start_matches([' ', '\t']);
        let end = word
            .find(|letter: char| !letter.is_ascii_alphanumeric())
            .unwrap_or(word.len());
        let (word, rest) = word.split_at(end);
        let (kind, rest) = match (word, directive.strip_prefix(':')) {
            (_, Some(rest)) => (Kind::Project, rest),
            ("r", _) => (Kind::Reference, rest),
            ("load", _) => (Kind::Load, rest),
            ("if", _) => {
                conditions += 1;
                continue;
            }
            ("endif", _) => {
                conditions = conditions.saturating_sub(1);
                continue;
            }
            _ => continue,
        };
        found.push(Found {
            kind,
            line: number,
            at,
            rest: rest.trim(),
            is_conditional: conditions > 0,
        });
    }
    found
}

/// What of a line is no comment, from its first such character on; none if there is no more than comments. `in_comment` says whether one began in a line before, and
/// whether one goes on in the next.
fn without_comments<'a>(line: &'a str, in_comment: &mut bool) -> Option<&'a str> {
    let mut rest = line;
    loop {
        if *in_comment {
            let (_, behind) = rest.split_once("*/")?;
            *in_comment = false;
            rest = behind.trim_start();
        }
        if rest.is_empty() || rest.starts_with("//") {
            return None;
        }
        let Some(inside) = rest.strip_prefix("/*") else {
            return Some(rest);
        };
        *in_comment = true;
        rest = inside;
    }
}

/// The first line of a text as C# counts lines, without its end, and what stands behind that.
fn first_line(text: &str) -> (&str, &str) {
    let Some(end) = text.find(['\r', '\n', '\u{85}', '\u{2028}', '\u{2029}']) else {
        return (text, "");
    };
    let (line, after) = text.split_at(end);
    let mut next = after.chars();
    let behind = match next.next() {
        Some('\r') => next.as_str().strip_prefix('\n').unwrap_or(next.as_str()),
        _ => next.as_str(),
    };
    (line, behind)
}
