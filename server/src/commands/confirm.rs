//! Whether what cannot be undone is meant.

use anyhow::{Context, Result, bail};
use clap::Args;
use std::io::{self, BufRead, IsTerminal};

#[derive(Debug, Clone, Copy, Args)]
pub(super) struct Yes {
    /// Do not ask whether it is meant; needed where nobody sits at a terminal
    #[arg(long)]
    yes: bool,
}

impl Yes {
    /// Asks at a terminal, unless `--yes` was given. `what` would be done, such as "removes the record".
    ///
    /// # Errors
    /// When it is not meant, or nobody can be asked.
    pub(super) fn ask(self, what: &str) -> Result<()> {
        let stdin = io::stdin();
        let terminal = stdin.is_terminal().then(|| stdin.lock());
        ask(self.yes, what, terminal)
    }
}

fn ask(yes: bool, what: &str, terminal: Option<impl BufRead>) -> Result<()> {
    if yes {
        return Ok(());
    }
    let Some(mut terminal) = terminal else {
        bail!("this {what}, which cannot be undone; give --yes if that is meant")
    };
    eprint!("This {what}, which cannot be undone. Type yes if that is meant: ");
    let mut answer = String::new();
    terminal.read_line(&mut answer).context("the answer could not be read")?;
    if answer.trim() != "yes" {
        bail!("it was not meant, so nothing was done")
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(yes: bool, terminal: Option<&str>) -> Result<(), String> {
        let terminal = terminal.map(str::as_bytes);
        ask(yes, "removes all", terminal).map_err(|error| error.to_string())
    }

    #[test]
    fn nothing_is_undone_that_nobody_meant() {
        assert_eq!(told(true, None), Ok(()));
        assert_eq!(told(false, Some("yes\n")), Ok(()));
        for answer in ["", "\n", "y\n", "no\n", "Yes!\n"] {
            assert!(told(false, Some(answer)).is_err(), "{answer:?}");
        }
        let unasked = told(false, None).expect_err("nobody is there to be asked");
        assert_eq!(unasked, "this removes all, which cannot be undone; give --yes if that is meant");
    }
}
