//! Links between documents, and their lists of contents.

use super::text::Document;
use std::path::Path;

/// Every link that leads nowhere, and every heading that a list of contents leaves out.
pub fn faults(workspace: &Path, documents: &[Document]) -> Vec<String> {
    let mut faults = Vec::new();
    for document in documents {
        for (line, target) in links(document) {
            if target.contains("://") {
                continue;
            }
            let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
            let path = match path {
                "" => document.path.clone(),
                _ => resolve(&document.path, path),
            };
            let place = format!("{}:{line}", document.path);
            let is_document = documents.iter().any(|other| other.path == path);
            if !is_document && !workspace.join(&path).exists() {
                faults.push(format!("{place}: there is no {path}"));
            } else if !anchor.is_empty() {
                let there = documents.iter().find(|other| other.path == path);
                if !there.is_some_and(|other| anchors(other).any(|known| known == anchor)) {
                    faults.push(format!("{place}: {path} has no heading #{anchor}"));
                }
            }
        }
        faults.extend(missing_contents(document));
    }
    faults
}

/// Headings of the second level that a document's list of contents lacks, if it has one.
fn missing_contents(document: &Document) -> Vec<String> {
    let listed: Vec<&str> = document
        .prose()
        .into_iter()
        .filter_map(|(_, line)| {
            line.strip_prefix("- [")?
                .strip_suffix(')')?
                .split_once("](#")
        })
        .map(|(_, anchor)| anchor)
        .collect();
    if listed.len() < 3 {
        return Vec::new();
    }
    document
        .prose()
        .into_iter()
        .filter_map(|(line, text)| Some((line, text.strip_prefix("## ")?)))
        .filter(|(_, heading)| !listed.contains(&slug(heading).as_str()))
        .map(|(line, heading)| {
            format!(
                "{}:{line}: the list of contents lacks {heading:?}",
                document.path
            )
        })
        .collect()
}

/// The targets of `[text](target)`, with their lines.
fn links(document: &Document) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    for (number, line) in document.prose() {
        // Code is no link.
        for text in line.split('`').step_by(2) {
            for part in text.split("](").skip(1) {
                if let Some((target, _)) = part.split_once(')') {
                    found.push((number, target));
                }
            }
        }
    }
    // A link whose text is code is split by its backticks: `](` follows one of them.
    found.sort_unstable();
    found.dedup();
    found
}

fn anchors(document: &Document) -> impl Iterator<Item = String> {
    let headings = document.prose().into_iter().filter_map(|(_, line)| {
        let text = line.trim_start_matches('#');
        (text.len() < line.len()).then(|| slug(text.trim()))
    });
    headings.collect::<Vec<_>>().into_iter()
}

/// A heading as the name of its place: lower case, words joined by hyphens, without punctuation.
fn slug(heading: &str) -> String {
    heading
        .to_lowercase()
        .chars()
        .filter_map(|c| match c {
            ' ' => Some('-'),
            c if c.is_alphanumeric() || c == '-' || c == '_' => Some(c),
            _ => None,
        })
        .collect()
}

/// A path as a document names it, from the repository's root.
fn resolve(document: &str, path: &str) -> String {
    let mut parts: Vec<&str> = document.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dead_links_and_forgotten_headings_are_found() {
        let document = Document {
            path: "docs/a.md".into(),
            text: "# A\n- [One](#one)\n- [Two, too](#two-too)\n- [B](#b)\n## One\n## Two, too\n## Three\n[x](../Cargo.toml) [y](z.md) `[a](b)` [`c`](gone)\n".into(),
        };
        let faults = faults(&crate::workspace(), &[document]);
        assert_eq!(
            faults,
            [
                "docs/a.md:4: docs/a.md has no heading #b",
                "docs/a.md:8: there is no docs/gone",
                "docs/a.md:8: there is no docs/z.md",
                "docs/a.md:7: the list of contents lacks \"Three\"",
            ]
        );
    }
}
