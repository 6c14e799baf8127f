//! Texts of guests on their way to people: to a terminal, a log, a page.
//!
//! A guest chooses its exceptions' texts, its assemblies' names and what it logs. A terminal obeys some of what can be in them
//! (it clears lines, moves the cursor, sets the title, answers), and people read what is not there: characters that turn the direction
//! of writing around, or are seen by nobody. So all that is printed, and is not the guest's own output, goes through here.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Whether a character is not shown as itself: controls (C0, DEL, C1), marks of direction, line and paragraph separators, and what is
/// invisible (zero-width and filling characters, tags).
#[must_use]
pub const fn is_hidden(c: char) -> bool {
    matches!(c,
        '\0'..='\x1f' | '\x7f'..='\u{9f}' | '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}'
        | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// A text for one line: every [hidden](is_hidden) character is escaped, as `\n`, `\r`, `\t`, `\u001b` or `\U000e0041`.
///
/// ```
/// use isolator_host::printable::line;
/// assert_eq!(line("red: \u{1b}[31m, backwards: \u{202e}dlrow"), r"red: \u001b[31m, backwards: \u202edlrow");
/// ```
#[must_use]
pub fn line(text: &str) -> Cow<'_, str> {
    escape(text, is_hidden)
}

/// A text of several lines, such as an exception with its stack trace: as [`line`](self::line()), but line feeds and tabs stay, and a
/// carriage return before a line feed goes.
#[must_use]
pub fn text(text: &str) -> Cow<'_, str> {
    let stays = |c| is_hidden(c) && !matches!(c, '\n' | '\t');
    if text.contains("\r\n") {
        Cow::Owned(escape(&text.replace("\r\n", "\n"), stays).into_owned())
    } else {
        escape(text, stays)
    }
}

/// A stack trace without the frames below the program's own: those of the runner that called it. The text of an exception may hold several traces.
#[must_use]
pub fn without_runner(text: &str) -> String {
    const OURS: [&str; 2] = ["   at Isolator.Runtime.", "   at Isolator.Scripting."];
    const CALLERS: [&str; 4] = [
        "   at System.Reflection.",
        "   at System.RuntimeMethodHandle.",
        "   at InvokeStub_",
        "--- End of stack trace from previous location ---",
    ];
    let mut kept: Vec<&str> = Vec::new();
    for line in text.lines() {
        if OURS.iter().any(|ours| line.starts_with(ours)) {
            // What reflection did in between is ours, too.
            while kept
                .last()
                .is_some_and(|last| CALLERS.iter().any(|caller| last.starts_with(caller)))
            {
                kept.pop();
            }
        } else {
            kept.push(line);
        }
    }
    kept.join("\n")
}

fn escape(text: &str, hidden: impl Fn(char) -> bool) -> Cow<'_, str> {
    let Some(first) = text.find(&hidden) else {
        return Cow::Borrowed(text);
    };
    let (clean, rest) = text.split_at_checked(first).unwrap_or(("", text));
    let mut escaped = String::with_capacity(text.len() + 16);
    escaped.push_str(clean);
    for c in rest.chars() {
        match c {
            c if !hidden(c) => escaped.push(c),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            // Writing to a `String` cannot fail.
            c if u32::from(c) > 0xffff => drop(write!(escaped, "\\U{:08x}", u32::from(c))),
            c => drop(write!(escaped, "\\u{:04x}", u32::from(c))),
        }
    }
    Cow::Owned(escaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_the_runner_are_left_out() {
        let text = "System.Exception: a\n ---> System.Exception: b\n   at App.B()\n   --- End of inner exception stack trace ---\n   at App.Main()\n   \
                    at System.Reflection.MethodBaseInvoker.InvokeDirectByRef()\n   at Isolator.Runtime.Hosting.MainRunner.RunAsync()";
        assert_eq!(
            without_runner(text),
            "System.Exception: a\n ---> System.Exception: b\n   at App.B()\n   --- End of inner exception stack trace ---\n   at App.Main()"
        );
        let awaited = "System.Exception: a\n   at Submission#1.<<Initialize>>d__0.MoveNext()\n--- End of stack trace from previous location ---\n   at Isolator.Scripting.Submissions.Run()";
        assert_eq!(
            without_runner(awaited),
            "System.Exception: a\n   at Submission#1.<<Initialize>>d__0.MoveNext()"
        );
    }

    #[test]
    fn what_a_terminal_or_a_reader_would_obey_is_escaped() {
        for (given, expected) in [
            ("plain é 漢 🎉", "plain é 漢 🎉"),
            ("\x1b]0;title\x07", r"\u001b]0;title\u0007"),
            ("\u{9b}2J\u{7f}\u{85}", r"\u009b2J\u007f\u0085"),
            ("a\rb\nc\td\0", r"a\rb\nc\td\u0000"),
            (
                "\u{202a}\u{202e}\u{2066}\u{2069}",
                r"\u202a\u202e\u2066\u2069",
            ),
            (
                "\u{200e}\u{200f}\u{61c}\u{2028}\u{2029}",
                r"\u200e\u200f\u061c\u2028\u2029",
            ),
            (
                "\u{200b}\u{200d}\u{feff}\u{ad}",
                r"\u200b\u200d\ufeff\u00ad",
            ),
            ("\u{e0041}", r"\U000e0041"),
        ] {
            assert_eq!(line(given), expected);
        }
        assert!(matches!(line("same"), Cow::Borrowed("same")));
    }

    #[test]
    fn lines_of_a_longer_text_stay() {
        assert_eq!(
            text("one\r\n\ttwo\n\x1b[A\rthree"),
            "one\n\ttwo\n\\u001b[A\\rthree"
        );
        assert!(matches!(text("a\nb"), Cow::Borrowed("a\nb")));
    }

    #[test]
    fn nothing_hidden_is_left_whatever_it_was() {
        for c in '\0'..=char::MAX {
            let given = format!("{c}x{c}");
            assert!(!line(&given).contains(is_hidden), "{c:?}");
            assert!(
                !text(&given).contains(|c| is_hidden(c) && c != '\n' && c != '\t'),
                "{c:?}"
            );
        }
    }
}
