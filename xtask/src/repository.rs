//! Where the sources of a package are: packages say it, and their symbols, so that a debugger finds the sources of what it steps into.

use anyhow::{Context, Result};
use std::net::IpAddr;
use std::path::Path;
use std::process::Command;

/// Environment variable with the address. Without it that of git's remote `origin` is taken.
const VARIABLE: &str = "ISOLATOR_REPOSITORY_URL";

/// A commit, and the repository where others find it.
pub struct Repository {
    /// Its address, which begins with `https://`.
    pub url: String,
    /// The commit that is packed.
    pub commit: String,
}

impl Repository {
    /// What the environment or git says. None if that is nothing that others could reach: another folder of this machine, for example.
    ///
    /// # Errors
    /// If the variable's address is of no use.
    pub fn find(workspace: &Path) -> Result<Option<Self>> {
        let url = match std::env::var(VARIABLE) {
            Ok(named) if !named.is_empty() => Some(public(&named).with_context(|| {
                format!(
                    "{VARIABLE} is `{named}`, and should be an address such as `https://example.org/isolator.git`"
                )
            })?),
            _ => git(workspace, &["remote", "get-url", "origin"]).and_then(|url| public(&url)),
        };
        Ok(url.and_then(|url| Self::at(workspace, url)))
    }

    /// The commit that is checked out, at this address; none outside of a repository.
    pub fn at(workspace: &Path, url: String) -> Option<Self> {
        let commit = git(workspace, &["rev-parse", "HEAD"])?;
        Some(Self { url, commit })
    }
}

/// What git prints, if it has an answer.
fn git(workspace: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git")
        .current_dir(workspace)
        .args(arguments)
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    (output.status.success() && !text.trim().is_empty()).then(|| text.trim().to_owned())
}

/// The address under which everybody can read what git fetches from this one. A password in it stays out.
fn public(address: &str) -> Option<String> {
    let (place, path) = if let Some(rest) = address
        .strip_prefix("https://")
        .or_else(|| address.strip_prefix("ssh://"))
    {
        rest.split_once('/')?
    } else if address.contains("://") {
        return None;
    } else {
        // As ssh writes it: `git@example.org:isolator.git`.
        let (place, path) = address.split_once(':')?;
        place.contains('@').then_some((place, path))?
    };
    let host = place.rsplit_once('@').map_or(place, |(_, host)| host);
    // The port is one of ssh's, if ssh is what is spoken.
    let (name, port) = host.split_once(':').unwrap_or((host, ""));
    let host = match address.starts_with("https://") && !port.is_empty() {
        true => host,
        false => name,
    };
    let path = path.trim_matches('/');
    // It becomes a part of XML and of MSBuild's command line, where other characters have a meaning.
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~/+".contains(c);
    let usable = name.contains('.')
        && name.parse::<IpAddr>().is_err()
        && name.chars().all(plain)
        && port.chars().all(|c| c.is_ascii_digit())
        && !path.is_empty()
        && path.chars().all(plain);
    usable.then(|| format!("https://{host}/{path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_that_others_can_read() {
        for (address, expected) in [
            (
                "https://example.org/a/isolator.git",
                "https://example.org/a/isolator.git",
            ),
            (
                "https://name:secret@example.org/a/isolator/",
                "https://example.org/a/isolator",
            ),
            (
                "https://example.org:8443/isolator",
                "https://example.org:8443/isolator",
            ),
            (
                "git@example.org:a/isolator.git",
                "https://example.org/a/isolator.git",
            ),
            (
                "ssh://git@example.org:2222/a/isolator.git",
                "https://example.org/a/isolator.git",
            ),
        ] {
            assert_eq!(public(address).as_deref(), Some(expected), "{address}");
        }
        for address in [
            "",
            "isolator",
            "/home/me/isolator",
            "../a:b/isolator",
            "C:\\isolator",
            "file:///home/me/isolator",
            "http://example.org/isolator",
            "https://localhost/isolator",
            "https://127.0.0.1:3000/isolator",
            "https://example.org/",
            "https://example.org",
            "https://example.org/a;b",
            "https://example.org/a\"b",
            "https://example.org/a b",
            "https://example.org:port/isolator",
        ] {
            assert_eq!(public(address), None, "{address}");
        }
    }
}
