//! What was typed before: in the user's folder for such things, where nobody else reads it.

use directories::ProjectDirs;
use isolator_host::make_private_directory;
use reedline::{FileBackedHistory, History};
use std::fs::OpenOptions;
use std::io;
use std::path::{Path, PathBuf};

const ENTRIES: usize = 1_000;
const FILE: &str = "repl_history";

/// The history; none if there can be none, which is no reason not to begin.
pub fn open() -> Option<Box<dyn History>> {
    let path = folder()?.join(FILE);
    let opened = prepare(&path)
        .map_err(|error| error.to_string())
        .and_then(|()| {
            FileBackedHistory::with_file(ENTRIES, path.clone()).map_err(|error| error.to_string())
        });
    match opened {
        Ok(history) => Some(Box::new(history)),
        Err(error) => {
            tracing::warn!(file = %path.display(), %error, "what is typed is not remembered");
            None
        }
    }
}

fn folder() -> Option<PathBuf> {
    let project = ProjectDirs::from("", "", "isolator")?;
    let folder = project
        .state_dir()
        .unwrap_or_else(|| project.data_local_dir());
    Some(folder.to_path_buf())
}

/// Makes the file, which only its owner reads. Secrets get typed.
fn prepare(path: &Path) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        make_private_directory(folder)?;
    }
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
        let file = options.mode(0o600).open(path)?;
        // One that was there already may be open to others.
        file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
    }
    #[cfg(not(unix))]
    options.open(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #[cfg(unix)]
    #[test]
    fn only_the_owner_reads_it() {
        use std::os::unix::fs::PermissionsExt;
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("state/repl_history");
        super::prepare(&file).unwrap();
        let mode =
            |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&file), 0o600);
        assert_eq!(mode(file.parent().unwrap()), 0o700);
        std::fs::set_permissions(&file, PermissionsExt::from_mode(0o644)).unwrap();
        std::fs::write(&file, "kept\n").unwrap();
        super::prepare(&file).unwrap();
        assert_eq!(mode(&file), 0o600);
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "kept\n");
    }
}
