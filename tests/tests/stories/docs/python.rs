//! Programs that the pages show and nobody runs: Python at least reads them.

use crate::docs::markdown;
use crate::docs::page::Page;
use std::process::Command;

/// Python, as `cargo xtask test` names it.
const PYTHON: &str = "COUNTERSIGN_PYTHON";

#[test]
fn every_block_of_python_is_python() {
    let python = std::env::var_os(PYTHON).unwrap_or_else(|| {
        panic!("{PYTHON} is not set; `cargo xtask test` makes a virtual environment and sets it")
    });
    let mut count = 0;
    for page in Page::that_are_run() {
        let (blocks, _) = markdown::read(&page.text);
        for block in blocks.iter().filter(|block| block.language == "python") {
            let program = block.body.join("\n");
            let told = Command::new(&python)
                .args(["-c", "import ast, sys; ast.parse(sys.argv[1])", &program])
                .output()
                .expect("Python starts");
            let complaint = String::from_utf8_lossy(&told.stderr);
            assert!(told.status.success(), "{}:{}: {complaint}", page.name, block.line);
            count += 1;
        }
    }
    assert!(count > 0, "no page shows Python");
}
