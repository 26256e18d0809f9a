//! Addresses of outside services.

/// Whether what must stay unread and unchanged on the way may go to this address: https, or http on
/// this machine.
pub fn is_safe(url: &str) -> bool {
    let host = |rest: &str| {
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        // A user part could make an address look like another one.
        (!authority.is_empty() && !authority.contains(['@', ' ', '\\']))
            .then(|| authority.to_owned())
    };
    if let Some(rest) = url.strip_prefix("https://") {
        return host(rest).is_some();
    }
    let Some(authority) = url.strip_prefix("http://").and_then(host) else {
        return false;
    };
    let name = match authority.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default().to_owned(),
        None => authority.split(':').next().unwrap_or_default().to_owned(),
    };
    let parts: Vec<&str> = name.split('.').collect();
    let of_this_machine = parts.len() == 4
        && parts.first() == Some(&"127")
        && parts.iter().all(|part| part.parse::<u8>().is_ok());
    name == "localhost" || name == "::1" || of_this_machine
}

#[cfg(test)]
mod tests {
    use super::is_safe;

    #[test]
    fn secrets_leave_this_machine_under_https_alone() {
        for (url, safe) in [
            ("https://graph.facebook.com", true),
            ("http://127.0.0.1:8099/x", true),
            ("http://localhost:8099", true),
            ("http://[::1]:8099/", true),
            ("http://graph.facebook.com", false),
            ("http://127.0.0.1.evil.example/", false),
            ("http://localhost@evil.example/", false),
            ("http://10.0.0.1/", false),
            ("https://", false),
            ("ftp://127.0.0.1/", false),
            ("", false),
        ] {
            assert_eq!(is_safe(url), safe, "{url}");
        }
    }
}
