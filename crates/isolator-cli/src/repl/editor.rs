//! The line editor at the prompt.

use super::colours::Colours;
use super::{Shared, history, locked};
use crate::error::{CliError, Result};
use crate::output;
use crate::script::first_line;
use isolator_host::printable;
use isolator_script::{Position, Session};
use reedline::{
    ColumnarMenu, Completer, CompletionResult, EditCommand, Emacs, KeyCode, KeyModifiers,
    MenuBuilder, Prompt, PromptEditMode, PromptHistorySearch, Reedline, ReedlineEvent,
    ReedlineMenu, Signal, Span, Suggestion, ValidationResult, Validator, default_emacs_keybindings,
};
use std::borrow::Cow;
use std::time::Duration;

const MENU: &str = "completions";
/// What one question about a text may take, while who types it waits.
const LONGEST: Duration = Duration::from_secs(3);

/// What was typed.
pub enum Typed {
    Text(String),
    /// The line was thrown away.
    Nothing,
    End,
}

/// The line editor.
pub struct Editor(Reedline);

impl Editor {
    /// One for a session, which says what is complete, and what can stand where.
    pub fn new(session: &Shared) -> Self {
        let mut keys = default_emacs_keybindings();
        keys.add_binding(
            KeyModifiers::NONE,
            KeyCode::Tab,
            ReedlineEvent::UntilFound(vec![
                ReedlineEvent::Menu(MENU.into()),
                ReedlineEvent::MenuNext,
            ]),
        );
        keys.add_binding(
            KeyModifiers::ALT,
            KeyCode::Enter,
            ReedlineEvent::Edit(vec![EditCommand::InsertNewline]),
        );
        let has_colours = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        let menu = ColumnarMenu::default().with_name(MENU);
        let mut editor = Reedline::create()
            .with_edit_mode(Box::new(Emacs::new(keys)))
            .with_completer(Box::new(OfSession(session.clone())))
            .with_validator(Box::new(OfSession(session.clone())))
            .with_menu(ReedlineMenu::EngineCompleter(Box::new(menu)))
            .with_quick_completions(true)
            .with_partial_completions(true)
            .use_bracketed_paste(true)
            .with_ansi_colors(has_colours);
        editor = match has_colours {
            true => editor.with_highlighter(Box::new(Colours)),
            false => editor,
        };
        Self(match history::open() {
            Some(history) => editor.with_history(history),
            None => editor,
        })
    }

    /// Reads a submission.
    ///
    /// # Errors
    /// A terminal that is none any more.
    pub fn read(&mut self) -> Result<Typed> {
        match self.0.read_line(&CSharp) {
            Ok(Signal::Success(text)) => Ok(Typed::Text(text)),
            Ok(Signal::CtrlD) => Ok(Typed::End),
            Ok(_) => Ok(Typed::Nothing),
            Err(error) => Err(CliError::new(format!("cannot read the terminal: {error}"))),
        }
    }
}

struct CSharp;

impl Prompt for CSharp {
    fn render_prompt_left(&self) -> Cow<'_, str> {
        "".into()
    }

    fn render_prompt_right(&self) -> Cow<'_, str> {
        "".into()
    }

    fn render_prompt_indicator(&self, _: PromptEditMode) -> Cow<'_, str> {
        "> ".into()
    }

    fn render_prompt_multiline_indicator(&self) -> Cow<'_, str> {
        "· ".into()
    }

    fn render_prompt_history_search_indicator(&self, search: PromptHistorySearch) -> Cow<'_, str> {
        format!("search `{}`: ", search.term).into()
    }
}

/// What a session knows of a text.
struct OfSession(Shared);

impl OfSession {
    /// Asks something of the session. While a line is typed, Ctrl-C is a key like others, and stops nothing: time does.
    fn ask<T>(
        &self,
        question: impl FnOnce(&mut Session) -> isolator_script::Result<T>,
    ) -> isolator_script::Result<T> {
        let mut session = locked(&self.0);
        let cancel = session.cancel_handle();
        within(LONGEST, move || cancel.cancel(), || question(&mut session))
    }
}

/// Does something that is told to stop when it takes too long.
fn within<T>(most: Duration, stop: impl FnOnce() + Send + 'static, work: impl FnOnce() -> T) -> T {
    let (answer, watch) = output::watched(most, stop, work);
    // What it stops must not be what comes next.
    let _watched = watch.join();
    answer
}

impl Validator for OfSession {
    fn validate(&self, text: &str) -> ValidationResult {
        // An empty line at the end is the wish for an end, whatever is missing.
        let is_wanted = text.ends_with("\n\n") || super::is_command(text);
        // What cannot be looked at is told when it is run.
        match is_wanted
            || self
                .ask(|session| session.is_complete(text))
                .unwrap_or(true)
        {
            true => ValidationResult::Complete,
            false => ValidationResult::Incomplete,
        }
    }
}

impl Completer for OfSession {
    fn complete(&mut self, line: &str, position: usize) -> CompletionResult {
        let found = self
            .ask(|session| session.complete(line, position))
            .unwrap_or_default();
        let suggestions: Vec<Suggestion> = found
            .into_iter()
            // A name that a terminal would obey is nothing to choose.
            .filter(|completion| !completion.qualified().contains(printable::is_hidden))
            .map(|completion| Suggestion {
                span: Span::new(
                    offset(line, completion.replaces.start),
                    offset(line, completion.replaces.end),
                ),
                // Here the name is all that can be written.
                value: completion.qualified().into_owned(),
                description: completion
                    .detail
                    .map(|detail| printable::line(&detail).into_owned()),
                ..Suggestion::default()
            })
            .collect();
        CompletionResult::fresh(suggestions)
    }
}

/// The bytes before a place: lines and columns are C#'s, which has ends of lines of five kinds and counts UTF-16.
fn offset(text: &str, position: Position) -> usize {
    let mut rest = text;
    for _ in 0..position.line {
        match first_line(rest).1 {
            Some(after) => rest = after,
            None => return text.len(),
        }
    }
    let (line, _) = first_line(rest);
    let mut column = 0;
    let bytes: usize = line
        .chars()
        .take_while(|character| {
            let is_before = column < position.character as usize;
            column += character.len_utf16();
            is_before
        })
        .map(char::len_utf8)
        .sum();
    text.len() - rest.len() + bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Instant;

    #[test]
    fn what_takes_too_long_is_stopped_and_nothing_else() {
        let stopped = Arc::new(AtomicBool::new(false));
        let stop = |flag: &Arc<AtomicBool>| {
            let flag = flag.clone();
            move || flag.store(true, Ordering::Release)
        };
        let began = Instant::now();
        let answer = within(Duration::from_millis(20), stop(&stopped), || {
            while !stopped.load(Ordering::Acquire) {
                assert!(began.elapsed() < Duration::from_secs(60));
                std::thread::sleep(Duration::from_millis(1));
            }
            7
        });
        assert_eq!(answer, 7);
        assert!(began.elapsed() >= Duration::from_millis(20));
        stopped.store(false, Ordering::Release);
        let answer = within(Duration::from_millis(50), stop(&stopped), || 8);
        std::thread::sleep(Duration::from_millis(200));
        assert_eq!((answer, stopped.load(Ordering::Acquire)), (8, false));
    }

    #[test]
    fn places_are_found_in_the_bytes_of_a_text() {
        let text = "aä\n😀bc\n";
        let at = |line, character| offset(text, Position { line, character });
        assert_eq!(
            [
                at(0, 0),
                at(0, 1),
                at(0, 2),
                at(1, 0),
                at(1, 2),
                at(1, 3),
                at(2, 0),
                at(9, 9)
            ],
            [0, 1, 3, 4, 8, 9, 11, 11]
        );
    }

    #[test]
    fn lines_end_as_they_do_in_csharp() {
        for end in ["\n", "\r\n", "\r", "\u{85}", "\u{2028}", "\u{2029}"] {
            let text = format!("a{end}{end}😀b{end}c");
            let at = |line, character| {
                let at = offset(&text, Position { line, character });
                text.get(at..).unwrap()
            };
            assert_eq!(at(0, 1), &text[1..], "{end:?}");
            assert_eq!(at(1, 0), format!("{end}😀b{end}c"), "{end:?}");
            assert_eq!(at(2, 0), format!("😀b{end}c"), "{end:?}");
            assert_eq!(at(2, 2), format!("b{end}c"), "{end:?}");
            assert_eq!(at(3, 0), "c", "{end:?}");
            // No column is on the next line.
            assert_eq!(at(0, 9), &text[1..], "{end:?}");
            assert_eq!(at(2, 9), format!("{end}c"), "{end:?}");
            assert_eq!(at(3, 9), "", "{end:?}");
        }
    }
}
