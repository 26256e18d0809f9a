//! Folders of our own for a while: nobody else may enter, and they go with their handle. What lies
//! in them is as private as the desk.

use std::io;
use std::path::Path;
use tempfile::TempDir;

/// Makes a folder within another, its name beginning as given.
pub fn folder(within: &Path, prefix: &str) -> io::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(prefix);
    // Otherwise the user's own default decides, which usually lets everybody read.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.tempdir_in(within)
}

#[cfg(test)]
mod tests {
    #[test]
    #[cfg(unix)]
    fn nobody_else_may_enter() {
        use std::os::unix::fs::PermissionsExt;
        let folder = super::folder(&std::env::temp_dir(), "trailbox-apart-").unwrap();
        let mode = folder.path().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }
}
