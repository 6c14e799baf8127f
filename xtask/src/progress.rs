//! Shows the steps of a build: a spinner on a terminal, a line each elsewhere.

use indicatif::{ProgressBar, ProgressStyle};
use isolator_guest_shim::steps::StepState;
use std::cell::RefCell;
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// Progress of one build.
pub struct Steps {
    current: RefCell<Option<(ProgressBar, Instant)>>,
    terminal: bool,
    verbose: bool,
}

impl Steps {
    /// With `verbose`, steps that had nothing to do are named too.
    pub fn new(verbose: bool) -> Self {
        Self {
            current: RefCell::new(None),
            terminal: std::io::stderr().is_terminal(),
            verbose,
        }
    }

    /// Takes the state of a step.
    pub fn report(&self, name: &str, state: StepState) {
        match state {
            StepState::Started => {
                let bar = if self.terminal {
                    ProgressBar::new_spinner()
                } else {
                    ProgressBar::hidden()
                };
                if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
                    bar.set_style(style);
                }
                bar.set_message(name.to_owned());
                bar.enable_steady_tick(Duration::from_millis(100));
                if !self.terminal {
                    eprintln!("  {name} …");
                }
                *self.current.borrow_mut() = Some((bar, Instant::now()));
            }
            StepState::Done => {
                if let Some((bar, started)) = self.current.borrow_mut().take() {
                    bar.finish_and_clear();
                    eprintln!("  {name}: {:.1} s", started.elapsed().as_secs_f64());
                }
            }
            StepState::Fresh if self.verbose => eprintln!("  {name}: nothing to do"),
            StepState::Fresh => {}
        }
    }
}
