//! Denies a call of a tool that the configuration does not name. The tool's
//! name is the `tool` of the input's `mcp`; what is no such call passes.

use std::alloc::{alloc, Layout};

#[link(wasm_import_module = "portcullis")]
extern "C" {
    fn config(key: *const u8, key_length: usize, room: *mut u8, room_length: usize) -> i32;
    fn now() -> i64;
}

#[no_mangle]
pub extern "C" fn guard_abi_version() -> i32 {
    1
}

#[no_mangle]
pub extern "C" fn guard_alloc(size: usize) -> *mut u8 {
    let layout = Layout::from_size_align(size.max(1), 1).expect("a size");
    unsafe { alloc(layout) }
}

#[no_mangle]
pub extern "C" fn guard_evaluate(at: *const u8, length: usize) -> u64 {
    let bytes = unsafe { std::slice::from_raw_parts(at, length) };
    let verdict = judge(std::str::from_utf8(bytes).unwrap_or(""));
    let text = verdict.into_bytes().leak();
    (text.as_ptr() as u64) << 32 | text.len() as u64
}

fn judge(input: &str) -> String {
    match text_after(input, "\"tool\":\"") {
        None => "true".into(),
        Some(tool) if allowed().split(',').any(|name| name == tool) => "true".into(),
        Some(tool) => format!(
            "{{\"allowed\":false,\"code\":\"tool_denied\",\"reason\":\"the tool {} is not allowed\",\"evidence\":{{\"asked_at\":{}}}}}",
            tool,
            unsafe { now() } / 1_000_000_000
        ),
    }
}

/// The text from behind a mark to the next quote.
fn text_after<'a>(input: &'a str, mark: &str) -> Option<&'a str> {
    let (_, rest) = input.split_once(mark)?;
    rest.split('"').next()
}

/// The configuration's `tools`: names with commas between.
fn allowed() -> String {
    let key = "tools";
    let mut room = vec![0; 1024];
    let length = unsafe { config(key.as_ptr(), key.len(), room.as_mut_ptr(), room.len()) };
    match usize::try_from(length) {
        Ok(length) if length <= room.len() => {
            room.truncate(length);
            String::from_utf8(room).unwrap_or_default()
        }
        _ => String::new(),
    }
}
