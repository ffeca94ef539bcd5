//! Checks of string directives. Each gives the text of its error; none looks at other directives.

fn bare_name(name: &[u8], empty: &'static str, path: &'static str) -> Result<(), &'static str> {
    if name.is_empty() && !empty.is_empty() {
        return Err(empty);
    }
    if name.iter().any(|&byte| byte == b'/' || byte == b'\\') {
        return Err(path);
    }
    Ok(())
}

/// `appendfilename`
pub(super) fn append_file_name(name: &[u8]) -> Result<(), &'static str> {
    bare_name(
        name,
        "appendfilename can't be empty",
        "appendfilename can't be a path, just a filename",
    )
}

/// `appenddirname`
pub(super) fn append_dir_name(name: &[u8]) -> Result<(), &'static str> {
    bare_name(
        name,
        "appenddirname can't be empty",
        "appenddirname can't be a path, just a dirname",
    )
}

/// `dbfilename`
pub(super) fn snapshot_file_name(name: &[u8]) -> Result<(), &'static str> {
    bare_name(name, "", "dbfilename can't be a path, just a filename")
}

/// `cluster-announce-hostname`
pub(super) fn host_name(name: &[u8]) -> Result<(), &'static str> {
    if name.len() >= 256 {
        return Err("Hostnames must be less than 256 characters");
    }
    if name
        .iter()
        .any(|&byte| !byte.is_ascii_alphanumeric() && byte != b'-' && byte != b'.')
    {
        return Err("Hostnames may only contain alphanumeric characters, hyphens or dots");
    }
    Ok(())
}

/// `cluster-announce-human-nodename`
pub(super) fn node_name(name: &[u8]) -> Result<(), &'static str> {
    match host_name(name) {
        Ok(()) => Ok(()),
        Err(_) => Err("Announced human node name contained invalid character"),
    }
}

/// `proc-title-template`: known variables only, and something left to show when `{title}` and the optional ones are
/// empty.
pub(super) fn title_template(template: &[u8]) -> Result<(), &'static str> {
    const ERROR: &str = "template format is invalid or contains unknown variables";
    let mut rest = template;
    let mut shows_something = false;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte != b'{' {
            shows_something |= byte != b' ';
            continue;
        }
        if let Some((b'{', tail)) = rest.split_first() {
            shows_something = true;
            rest = tail;
            continue;
        }
        let end = rest.iter().position(|&byte| byte == b'}').ok_or(ERROR)?;
        let (variable, tail) = rest.split_at(end);
        rest = tail.get(1..).unwrap_or(&[]);
        match variable {
            b"listen-addr" | b"port" | b"tls-port" => shows_something = true,
            b"title" | b"server-mode" | b"unixsocket" | b"config-file" => {}
            _ => return Err(ERROR),
        }
    }
    if shows_something { Ok(()) } else { Err(ERROR) }
}
